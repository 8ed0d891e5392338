"""Files that a Space's description names as samples, inside the values of its examples. Pure.

What `/config` has of them, measured on Gradio 4.44, 5.49 and 6.31: the file data of a picture, a video (inside
`{"video": …}` before Gradio 6), a gallery, an image editor and a multimodal text; of a sound, a file and a 3D model
nothing but the name, since the page asks the Space for the row that is clicked (see page_events.py).
"""

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hfcourse.spaces.schema.labels import MAX_LABEL_CHARACTERS
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import get_control_kind

MAX_SAMPLE_FILES = 20
MAX_SAMPLE_DEPTH = 6  # an editor's layers are three levels deep
PREVIEWABLE_KINDS = ("image", "audio", "video")


@dataclass(frozen=True)
class SampleFile:
    """A file on the Space's disk: `path` is '' where the description gives its name alone.

    `key` says where the description names it: `<dataset>-<row>-<column>-<position>`, as the address of its preview.
    """

    name: str
    path: str = ""
    key: str = field(default="", compare=False)

    @property
    def media_kind(self) -> str:
        """The kind by its name, one of PREVIEWABLE_KINDS or ''; its bytes decide once they are here."""
        kind = (mimetypes.guess_type(self.name)[0] or "").split("/")[0]
        return kind if kind in PREVIEWABLE_KINDS else ""


def parse_sample(parameter: Parameter, value: Any, key: str = "") -> Any:
    """The sample value of a parameter that holds files, with a SampleFile for each file; None where there is none.

    Args:
        key: where the description has the value.
    """
    if get_control_kind(parameter) == "multimodal" and isinstance(value, str):
        return {"text": value, "files": []}
    found = replace_file_data(parse_named_file(value) if isinstance(value, str) else value)
    files = [*iter_sample_files(found)]
    has_text = get_control_kind(parameter) == "multimodal" and isinstance(found, dict) and bool(found.get("text"))
    if len(files) > MAX_SAMPLE_FILES or not (files or has_text):
        return None
    keys = {id(file): replace(file, key=f"{key}-{position}") for position, file in enumerate(files)}
    return map_sample_files(found, lambda file: keys[id(file)])


def parse_named_file(text: str) -> Any:
    """A file that is a text: its path on the Space, or its name alone; None for an address of the web."""
    if not text.strip() or "://" in text:
        return None
    return SampleFile(clean_sample_name(text), text if "/" in text else "")


def replace_file_data(value: Any, depth: int = 0) -> Any:
    """The value with a SampleFile in place of each file data; what is deeper than MAX_SAMPLE_DEPTH is left out."""
    if depth > MAX_SAMPLE_DEPTH:
        return None
    if isinstance(value, dict):
        if is_file_data(value):
            return build_sample_file(value)
        return {key: replace_file_data(item, depth + 1) for key, item in value.items()}
    return [replace_file_data(item, depth + 1) for item in value] if isinstance(value, list) else value


def is_file_data(value: dict[str, Any]) -> bool:
    """Is this the file data of Gradio (FileData, ImageData)?"""
    return isinstance(value.get("path"), str) and not {"url", "orig_name", "meta"}.isdisjoint(value)


def build_sample_file(data: dict[str, Any]) -> SampleFile | None:
    """The file of this file data; None for one that is at an address of the web, which the Space does not serve."""
    path, given = data["path"], data.get("orig_name")
    if "://" in path or not path:
        return None
    return SampleFile(clean_sample_name(given if isinstance(given, str) and given else path), path)


def clean_sample_name(path: str) -> str:
    """The last part of a path, as it may be shown."""
    last = path.replace("\\", "/").rpartition("/")[2]
    return "".join(filter(str.isprintable, last))[-MAX_LABEL_CHARACTERS:] or "fichier"


def iter_sample_files(value: Any) -> Iterator[SampleFile]:
    """Yield the files of a value, in order."""
    if isinstance(value, SampleFile):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from iter_sample_files(item)


def map_sample_files(value: Any, change: Any) -> Any:
    """The value with `change(file)` in place of each SampleFile."""
    if isinstance(value, SampleFile):
        return change(value)
    if isinstance(value, dict):
        return {key: map_sample_files(item, change) for key, item in value.items()}
    return [map_sample_files(item, change) for item in value] if isinstance(value, list) else value
