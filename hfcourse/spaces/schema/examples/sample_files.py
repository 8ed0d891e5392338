"""Parser of the sample files in the values of a Space's examples. Pure.

Measured on Gradio 4.44, 5.49 and 6.31, `/config` has the file data of an image, a video (inside `{"video": …}` before
Gradio 6), a gallery, an image editor and a multimodal text; of a sound, a file and a 3D model only the name, since
the page requests the clicked row from the Space (see page_events.py).
"""

import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hfcourse.spaces.schema.labels import MAX_LABEL_CHARACTERS
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import get_control_kind
from hfcourse.spaces.untrusted.json_tree import DESCEND, find_nodes, map_nodes

MAX_SAMPLE_FILES = 20
MAX_SAMPLE_DEPTH = 6  # an editor's layers are three levels deep
PREVIEWABLE_KINDS = ("image", "audio", "video")


@dataclass(frozen=True)
class SampleFile:
    """File on the Space's disk; `path` is '' if the description has only its name.

    `key` is its position in the description, `<dataset>-<row>-<column>-<position>`, used in the URL of its preview.
    """

    name: str
    path: str = ""
    key: str = field(default="", compare=False)

    @property
    def media_kind(self) -> str:
        """Kind by its file name, one of PREVIEWABLE_KINDS or ''; once fetched, its content decides."""
        kind = (mimetypes.guess_type(self.name)[0] or "").split("/")[0]
        return kind if kind in PREVIEWABLE_KINDS else ""


def parse_sample(parameter: Parameter, value: Any, key: str = "") -> Any:
    """Parse the sample of a parameter with files, with a SampleFile for each file; None without any content.

    Args:
        key: the position of the value in the description.
    """
    if get_control_kind(parameter) == "multimodal" and isinstance(value, str):
        return {"text": value, "files": []}
    found = parse_file_data(parse_named_file(value) if isinstance(value, str) else value)
    files = [*iter_sample_files(found)]
    has_text = get_control_kind(parameter) == "multimodal" and isinstance(found, dict) and bool(found.get("text"))
    if len(files) > MAX_SAMPLE_FILES or not (files or has_text):
        return None
    keys = {id(file): replace(file, key=f"{key}-{position}") for position, file in enumerate(files)}
    return map_sample_files(found, lambda file: keys[id(file)])


def parse_named_file(text: str) -> Any:
    """Parse a file given as text: its path on the Space, or only its name; return None for a URL."""
    if not text.strip() or "://" in text:
        return None
    return SampleFile(clean_sample_name(text), text if "/" in text else "")


def parse_file_data(value: Any) -> Any:
    """Replace each file data by a SampleFile, and values deeper than MAX_SAMPLE_DEPTH by None."""
    return map_nodes(value, lambda node: build_sample_file(node) if is_sample_data(node) else DESCEND, MAX_SAMPLE_DEPTH)


def is_sample_data(node: Any) -> bool:
    """Is this the file data of Gradio (FileData, ImageData)?"""
    has_path = isinstance(node, dict) and isinstance(node.get("path"), str)
    return has_path and not {"url", "orig_name", "meta"}.isdisjoint(node)


def build_sample_file(data: dict[str, Any]) -> SampleFile | None:
    """Build a file from file data, None for a URL, which the Space does not serve."""
    path, original_name = data["path"], data.get("orig_name")
    if "://" in path or not path:
        return None
    return SampleFile(
        clean_sample_name(original_name if isinstance(original_name, str) and original_name else path), path
    )


def clean_sample_name(path: str) -> str:
    """Return the last part of a path, sanitized for display."""
    last = path.replace("\\", "/").rpartition("/")[2]
    return "".join(filter(str.isprintable, last))[-MAX_LABEL_CHARACTERS:] or "fichier"


def iter_sample_files(value: Any) -> Iterator[SampleFile]:
    """Return an iterator over the files in a value, in order."""
    return find_nodes(value, lambda node: isinstance(node, SampleFile))


def map_sample_files(value: Any, change: Callable[[SampleFile], Any]) -> Any:
    """Replace each SampleFile in a value by `change(file)`."""
    return map_nodes(value, lambda node: change(node) if isinstance(node, SampleFile) else DESCEND)
