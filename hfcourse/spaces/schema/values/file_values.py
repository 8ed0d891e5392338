"""Values that hold files: which file controls a form shows for one, and how the value is put together. Pure.

A file is whatever the caller keeps of one; only its `media_type` is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import control
from hfcourse.spaces.schema.values.file_objects import (
    at,
    compose_object,
    rest_of,
    suffix_of,
    text_of,
    without_files,
    words_of,
)

MOST_FILES = 100
Kept = Mapping[str, Sequence[Any]]


class SentFile(Protocol):
    """A file that we hold."""

    @property
    def media_type(self) -> str: ...


@dataclass(frozen=True)
class Part:
    """One file control: the end of its name ('' for the parameter's own), its words, does it take several files?"""

    suffix: str
    words: str = ""
    several: bool = False


PARTS = {
    "file": (Part(""),),
    "files": (Part("", several=True),),
    "gallery": (Part("", several=True),),
    "pair": (Part("1", "Première image"), Part("2", "Seconde image")),
    "editor": (
        Part("background", "Image de fond"),
        Part("layers", "Calques, si vous en avez", several=True),
        Part("composite", "Image terminée, si elle diffère du fond"),
    ),
    "multimodal": (Part("files", "Fichiers joints", several=True),),
}


def parts_of(parameter: Parameter) -> tuple[Part, ...]:
    """The file controls of this parameter, in order; none where its value holds no file."""
    if control(parameter) == "object":
        places = parameter.file_places
        return tuple(Part(suffix_of(n), words_of(place), place.several) for n, place in enumerate(places))
    parts = PARTS.get(control(parameter), ())
    is_single = control(parameter) == "multimodal" and not parameter.multiple
    return tuple(Part(part.suffix, "Fichier joint") for part in parts) if is_single else parts


def compose(parameter: Parameter, kept: Kept, text: str = "") -> Any:
    """The JSON value, with a file of `kept` (by the suffix of its part) at each place where file data belongs.

    Empty: one file null, several null, a gallery [], a pair two nulls, an editor a dict of nothing.

    Raises:
        Wrong: the text beside the files is not what it has to be.
    """
    kind = control(parameter)
    if kind == "object":
        return compose_object(parameter, kept, text)
    files = {part.suffix: [*kept.get(part.suffix, ())] for part in parts_of(parameter)}
    if kind == "gallery":
        return [pictured(file) for file in files[""]]
    if kind == "pair":
        return [one(files["1"]), one(files["2"])]
    if kind == "editor":
        return edited(one(files["background"]), files["layers"], one(files["composite"]))
    if kind == "multimodal":
        return {"text": text, "files": files["files"]}
    return (files[""] or None) if kind == "files" else wrapped(parameter, one(files[""]))


def one(files: Sequence[Any]) -> Any:
    return files[0] if files else None


def pictured(file: SentFile) -> dict[str, Any]:
    return {"video" if file.media_type.startswith("video/") else "image": file, "caption": None}


def edited(background: Any, layers: list[Any], composite: Any) -> dict[str, Any]:
    """Some apps read the background, others the composite: where only one was given, it is both."""
    return {"background": background or composite, "layers": layers, "composite": composite or background, "id": None}


def wrapped(parameter: Parameter, file: Any) -> Any:
    """The file, inside the object that the schema wants around it if it wants one (`video` in Gradio 4 and 5).

    What else the object may hold is as the Space's own value has it, or left out: its type then has a default for it.
    """
    around = parameter.default if isinstance(parameter.default, dict) else {}
    name = "" if json_schema.is_file(parameter.shape, parameter.schema) else json_schema.file_property(parameter.schema)
    if file is None:
        return around if name and around else None
    others = {key: each for key, each in around.items() if key in json_schema.properties_of(parameter.shape)}
    return {**others, name: file} if name else file


def decompose(parameter: Parameter, value: Any, file_type: type) -> tuple[dict[str, list[Any]], str]:
    """What `compose` was given: the files by part, and the text. Whatever is no `file_type` is left out."""
    if control(parameter) == "object":
        return decompose_object(parameter, value, file_type)
    kind, places = control(parameter), {part.suffix: value for part in parts_of(parameter)}
    if kind == "pair":
        first, second = value if isinstance(value, list) and len(value) == 2 else (None, None)
        places = {"1": first, "2": second}
    elif kind in ("editor", "multimodal"):
        places = {suffix: value.get(suffix) if isinstance(value, dict) else None for suffix in places}
    if kind == "editor" and places["composite"] == places["background"]:
        places["composite"] = None
    text = value.get("text") if isinstance(value, dict) else value
    kept = {suffix: files_in(place, file_type) for suffix, place in places.items()}
    return kept, text if isinstance(text, str) else ""


def decompose_object(parameter: Parameter, value: Any, file_type: type) -> tuple[dict[str, list[Any]], str]:
    """The files of each place of an object, and the text of what surrounds them."""
    kept = {suffix_of(n): files_in(at(value, place.path), file_type) for n, place in enumerate(parameter.file_places)}
    rest = without_files(value, parameter.file_places) if isinstance(value, dict | list) else rest_of(parameter)
    return kept, text_of(parameter, rest)


def files_in(value: Any, file_type: type) -> list[Any]:
    """The files of a value, in order."""
    if isinstance(value, file_type):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [file for item in items for file in files_in(item, file_type)]
