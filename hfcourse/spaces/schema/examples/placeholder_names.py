"""Placeholder file names for code snippets, with the type and extension that a parameter accepts. Pure."""

import re

from hfcourse.spaces.schema.parameters.parameter import Parameter

EXTENSION = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9_.+-]{0,11}", re.ASCII)
# By family of media types, which may also be items of `file_types`.
PLACEHOLDERS_BY_FAMILY = {
    "image": "votre_image.png",
    "audio": "votre_son.wav",
    "video": "votre_video.mp4",
    "text": "votre_texte.txt",
}
PLACEHOLDERS_BY_COMPONENT = {
    "image": PLACEHOLDERS_BY_FAMILY["image"],
    "imageeditor": PLACEHOLDERS_BY_FAMILY["image"],
    "imageslider": PLACEHOLDERS_BY_FAMILY["image"],
    "gallery": PLACEHOLDERS_BY_FAMILY["image"],
    "audio": PLACEHOLDERS_BY_FAMILY["audio"],
    "video": PLACEHOLDERS_BY_FAMILY["video"],
    "model3d": "votre_volume.glb",
    "pdf": "votre_document.pdf",
}
PLACEHOLDER_STEM, DEFAULT_PLACEHOLDER = "votre_fichier", "votre_fichier.txt"


def choose_placeholder_name(parameter: Parameter) -> str:
    """Return a placeholder name of a file that this parameter accepts."""
    for file_type in parameter.file_types:
        if file_type in PLACEHOLDERS_BY_FAMILY:
            return PLACEHOLDERS_BY_FAMILY[file_type]
        if EXTENSION.fullmatch(file_type):
            return PLACEHOLDER_STEM + file_type
    return PLACEHOLDERS_BY_COMPONENT.get(parameter.component, DEFAULT_PLACEHOLDER)
