"""Values that contain files: their file controls in a form, and composition of the JSON value. Pure.

The type of a file is the caller's; only its `media_type` is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import get_control_kind
from hfcourse.spaces.schema.values.file_objects import (
    compose_object_value,
    format_place_label,
    format_surroundings,
    get_at_path,
    get_initial_surroundings,
    make_control_suffix,
    remove_files_at_places,
)
from hfcourse.spaces.untrusted.json_tree import find_nodes

MAX_FILES_PER_CONTROL = 100
FilesBySuffix = Mapping[str, Sequence[Any]]


class MediaFile(Protocol):
    """Protocol of a stored file."""

    @property
    def media_type(self) -> str: ...


@dataclass(frozen=True)
class FileControl:
    """File control: the suffix of its name ('' for the parameter's own), its label, and whether it is multiple."""

    suffix: str
    label: str = ""
    is_multiple: bool = False


FILE_CONTROLS_BY_KIND = {
    "file": (FileControl(""),),
    "files": (FileControl("", is_multiple=True),),
    "gallery": (FileControl("", is_multiple=True),),
    "image_slider": (FileControl("1", "Première image"), FileControl("2", "Seconde image")),
    "image_editor": (
        FileControl("background", "Image de fond"),
        FileControl("layers", "Calques, si vous en avez", is_multiple=True),
        FileControl("composite", "Image terminée, si elle diffère du fond"),
    ),
    "multimodal": (FileControl("files", "Fichiers joints", is_multiple=True),),
}


def list_file_controls(parameter: Parameter) -> tuple[FileControl, ...]:
    """Return the file controls of a parameter, in order; () if its value contains no file."""
    if get_control_kind(parameter) == "object":
        places = parameter.file_places
        return tuple(
            FileControl(make_control_suffix(n), format_place_label(place), place.is_list)
            for n, place in enumerate(places)
        )
    parts = FILE_CONTROLS_BY_KIND.get(get_control_kind(parameter), ())
    is_single = get_control_kind(parameter) == "multimodal" and not parameter.multiple
    return tuple(FileControl(part.suffix, "Fichier joint") for part in parts) if is_single else parts


def compose_file_value(parameter: Parameter, files_by_suffix: FilesBySuffix, text: str = "") -> Any:
    """Compose the JSON value, with a file in place of each file data.

    Empty values: null for one or several files, [] for a gallery, two nulls for a pair, a dict of nulls for an editor.

    Args:
        files_by_suffix: the files of each file control, by suffix.
        text: the text beside the files.

    Raises:
        InvalidValue: the text is invalid.
    """
    kind = get_control_kind(parameter)
    if kind == "object":
        return compose_object_value(parameter, files_by_suffix, text)
    files = {part.suffix: [*files_by_suffix.get(part.suffix, ())] for part in list_file_controls(parameter)}
    if kind == "gallery":
        return [make_gallery_item(file) for file in files[""]]
    if kind == "image_slider":
        return [get_first_file(files["1"]), get_first_file(files["2"])]
    if kind == "image_editor":
        return make_editor_value(
            get_first_file(files["background"]), files["layers"], get_first_file(files["composite"])
        )
    if kind == "multimodal":
        return {"text": text, "files": files["files"]}
    return (files[""] or None) if kind == "files" else wrap_single_file(parameter, get_first_file(files[""]))


def get_first_file(files: Sequence[Any]) -> Any:
    """Return the first file, None without one."""
    return files[0] if files else None


def make_gallery_item(file: MediaFile) -> dict[str, Any]:
    """Return a file as an item of a gallery, without a caption."""
    return {"video" if file.media_type.startswith("video/") else "image": file, "caption": None}


def make_editor_value(background: Any, layers: list[Any], composite: Any) -> dict[str, Any]:
    """Return the value of an image editor; a single image is both background and composite, as apps read either."""
    return {"background": background or composite, "layers": layers, "composite": composite or background, "id": None}


def wrap_single_file(parameter: Parameter, file: Any) -> Any:
    """Wrap a file in the object that the schema requires (`video` in Gradio 4 and 5), if any.

    Other properties are copied from the default of the Space, or omitted if they have a default in the schema.
    """
    own_value = parameter.default if isinstance(parameter.default, dict) else {}
    name = (
        ""
        if json_schema.is_file_schema(parameter.resolved_schema, parameter.schema)
        else json_schema.find_file_property(parameter.schema)
    )
    if file is None:
        return own_value if name and own_value else None
    properties = json_schema.get_properties(parameter.resolved_schema)
    others = {key: each for key, each in own_value.items() if key in properties}
    return {**others, name: file} if name else file


def decompose_file_value(parameter: Parameter, value: Any, file_type: type) -> tuple[dict[str, list[Any]], str]:
    """Decompose a value to the arguments of `compose_file_value`.

    Args:
        file_type: the class of a file; other items are omitted.

    Returns:
        The files by suffix, and the text.
    """
    if get_control_kind(parameter) == "object":
        return decompose_object_value(parameter, value, file_type)
    kind, places = get_control_kind(parameter), {part.suffix: value for part in list_file_controls(parameter)}
    if kind == "image_slider":
        first, second = value if isinstance(value, list) and len(value) == 2 else (None, None)
        places = {"1": first, "2": second}
    elif kind in ("image_editor", "multimodal"):
        places = {suffix: value.get(suffix) if isinstance(value, dict) else None for suffix in places}
    if kind == "image_editor" and places["composite"] == places["background"]:
        places["composite"] = None
    text = value.get("text") if isinstance(value, dict) else value
    files = {suffix: collect_value_files(place, file_type) for suffix, place in places.items()}
    return files, text if isinstance(text, str) else ""


def decompose_object_value(parameter: Parameter, value: Any, file_type: type) -> tuple[dict[str, list[Any]], str]:
    """Decompose an object to the files by suffix, and the JSON text of the rest."""
    files = {
        make_control_suffix(n): collect_value_files(get_at_path(value, place.path), file_type)
        for n, place in enumerate(parameter.file_places)
    }
    rest = (
        remove_files_at_places(value, parameter.file_places)
        if isinstance(value, dict | list)
        else get_initial_surroundings(parameter)
    )
    return files, format_surroundings(parameter, rest)


def collect_value_files(value: Any, file_type: type) -> list[Any]:
    """Return the files in a value, in order."""
    return [*find_nodes(value, lambda node: isinstance(node, file_type))]
