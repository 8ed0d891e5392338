"""Where files stand in a value, by the JSON schema of its type. Pure.

A Python function of `gr.api` or `gr.Server` may take a file, a list of files, or an object or tuple with files in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.json_schema import Schema

MAX_DEPTH, MAX_PLACES, MAX_ITEMS = 4, 12, 20
MAX_STEPS = 500  # references make a small schema a large tree
EMPTY_VALUES: Mapping[str, Any] = {"string": "", "number": 0, "integer": 0, "boolean": False}

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class FilePlace:
    """One file, or a list of them, in a value: the keys and indexes that lead there, () for the value itself."""

    path: Path
    several: bool = False
    is_required: bool = True


@dataclass
class StepBudget:
    """How many parts of a schema may still be looked at."""

    left: int = MAX_STEPS

    def take(self) -> bool:
        """Take one step, if one is left."""
        self.left -= 1
        return self.left >= 0


def find_file_places(schema: Schema) -> tuple[FilePlace, ...]:
    """Return the places of files in values of this type, in order: MAX_PLACES at most, none deeper than MAX_DEPTH."""
    return tuple(islice(walk(schema, schema, (), StepBudget(), is_required=True), MAX_PLACES))


def walk(schema: Any, root: Schema, path: Path, budget: StepBudget, *, is_required: bool) -> Iterator[FilePlace]:
    """Yield the places of files at the end of `path` and beyond."""
    if not budget.take():
        return
    shape = file_alternative(schema, root)
    if json_schema.is_file(shape, root):
        yield FilePlace(path, is_required=is_required)
    elif json_schema.type_of(shape) == "array" and is_file_at(shape.get("items"), root):
        yield FilePlace(path, several=True, is_required=is_required)
    elif len(path) < MAX_DEPTH:
        for key, child, is_needed in children_of(shape):
            is_optional = isinstance(child, dict) and json_schema.may_be_null(child)
            yield from walk(
                child, root, (*path, key), budget, is_required=is_required and is_needed and not is_optional
            )


def file_alternative(schema: Any, root: Schema) -> Schema:
    """Return the schema resolved; where it offers a choice, as `FileData | str`, the alternative that is a file."""
    shape = json_schema.plain(schema, root)
    for each in json_schema.alternatives(shape):
        if is_file_at(each, root):
            return json_schema.plain(each, root)
    return shape


def is_file_at(schema: Any, root: Schema) -> bool:
    return json_schema.is_file(json_schema.plain(schema, root), root)


def children_of(shape: Schema) -> Iterator[tuple[str | int, Any, bool]]:
    """Yield key or index, schema, and whether it is required, of each part of an object or a tuple."""
    required = shape.get("required")
    names = required if isinstance(required, list) else []
    for name, child in json_schema.properties_of(shape).items():
        yield name, child, name in names
    parts = shape.get("prefixItems")
    for index, child in enumerate(parts[:MAX_ITEMS] if isinstance(parts, list) else []):
        yield index, child, True


def wraps_one_file(schema: Schema, places: tuple[FilePlace, ...]) -> bool:
    """Is this an object around one file, without anything else that must be filled in (VideoData of Gradio 4)?"""
    is_one = len(places) == 1 and len(places[0].path) == 1 and not places[0].several
    return is_one and skeleton(schema, places) == {}


def skeleton(schema: Schema, places: tuple[FilePlace, ...]) -> Any:
    """Return the smallest value of this type without its files: what is required, empty or as its default says.

    A tuple keeps its length, with null where a file goes.
    """
    return smallest_value(schema, schema, (), {place.path for place in places}, StepBudget())


def smallest_value(schema: Any, root: Schema, path: Path, places: set[Path], budget: StepBudget) -> Any:
    """Return the smallest value of the part at `path`, null for a file and beyond the bounds."""
    if path in places or len(path) > MAX_DEPTH or not budget.take():
        return None
    if isinstance(schema, dict) and "default" in schema:
        return schema["default"]
    shape = json_schema.plain(schema, root)
    enum, kind = shape.get("enum"), json_schema.type_of(shape)
    if isinstance(enum, list) and enum:
        return enum[0]
    children = [*children_of(shape)]
    if kind == "array":
        return [smallest_value(child, root, (*path, key), places, budget) for key, child, _ in children]
    if kind != "object":
        return EMPTY_VALUES.get(kind)
    wanted = [(key, child) for key, child, is_needed in children if is_needed and (*path, key) not in places]
    return {str(key): smallest_value(child, root, (*path, key), places, budget) for key, child in wanted}
