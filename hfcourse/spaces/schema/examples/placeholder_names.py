"""Placeholder file names for code snippets, with the type and extension that a parameter accepts. Pure."""

import re
from typing import Protocol

from hfcourse.spaces.schema.parameters.parameter import Parameter

EXTENSION = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9_.+-]{0,11}", re.ASCII)
LAST_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}\Z", re.ASCII)
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


class NamedFile(Protocol):
    """Protocol of a stored file."""

    @property
    def name(self) -> str: ...

    @property
    def media_type(self) -> str: ...


def choose_placeholder_name(parameter: Parameter, chosen: NamedFile | None = None) -> str:
    """Return a placeholder name of a file that this parameter accepts.

    Args:
        chosen: the file that the visitor has chosen, of which only the extension is used, not the name.
    """
    if chosen is not None and (extension := LAST_EXTENSION.search(chosen.name.lower())):
        known = PLACEHOLDERS_BY_FAMILY.get(chosen.media_type.split("/")[0], DEFAULT_PLACEHOLDER)
        return known.rpartition(".")[0] + extension[0]
    for file_type in parameter.file_types:
        if file_type in PLACEHOLDERS_BY_FAMILY:
            return PLACEHOLDERS_BY_FAMILY[file_type]
        if EXTENSION.fullmatch(file_type):
            return PLACEHOLDER_STEM + file_type
    return PLACEHOLDERS_BY_COMPONENT.get(parameter.component, DEFAULT_PLACEHOLDER)
