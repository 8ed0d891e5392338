"""Names of sample files in code: of the kind and with the extension that a parameter takes. Pure."""

import re
from typing import Protocol

from hfcourse.spaces.schema.parameters.parameter import Parameter

EXTENSION = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9_.+-]{0,11}", re.ASCII)
LAST_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}\Z", re.ASCII)
# By family of media types, which file_types names too.
FAMILIES = {"image": "votre_image.png", "audio": "votre_son.wav", "video": "votre_video.mp4", "text": "votre_texte.txt"}
COMPONENTS = {
    "image": FAMILIES["image"],
    "imageeditor": FAMILIES["image"],
    "imageslider": FAMILIES["image"],
    "gallery": FAMILIES["image"],
    "audio": FAMILIES["audio"],
    "video": FAMILIES["video"],
    "model3d": "votre_volume.glb",
    "pdf": "votre_document.pdf",
}
SAMPLE_STEM, SAMPLE = "votre_fichier", "votre_fichier.txt"


class NamedFile(Protocol):
    """A file that we hold."""

    @property
    def name(self) -> str: ...

    @property
    def media_type(self) -> str: ...


def sample_name(parameter: Parameter, chosen: NamedFile | None = None) -> str:
    """Return the name of a file that this parameter takes.

    Args:
        chosen: the file that somebody has chosen, whose extension the sample then has; its own name is not shown.
    """
    if chosen is not None and (extension := LAST_EXTENSION.search(chosen.name.lower())):
        known = FAMILIES.get(chosen.media_type.split("/")[0], SAMPLE)
        return known.rpartition(".")[0] + extension[0]
    for file_type in parameter.file_types:
        if file_type in FAMILIES:
            return FAMILIES[file_type]
        if EXTENSION.fullmatch(file_type):
            return SAMPLE_STEM + file_type
    return COMPONENTS.get(parameter.component, SAMPLE)
