"""Search for the paths of files in a value, by the JSON schema of its type. Pure.

A Python function of `gr.api` or `gr.Server` may take a file, a list of files, or an object or tuple
that contains files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.json_schema import Schema

MAX_SCHEMA_DEPTH, MAX_FILE_PLACES, MAX_TUPLE_ITEMS = 4, 12, 20
MAX_SCHEMA_STEPS = 500  # references expand a small schema to a large tree
EMPTY_VALUE_BY_TYPE: Mapping[str, Any] = {"string": "", "number": 0, "integer": 0, "boolean": False}

ValuePath = tuple[str | int, ...]


@dataclass(frozen=True)
class FilePlace:
    """Path of one file, or a list of files, in a value: its keys and indexes, () for the value itself."""

    path: ValuePath
    is_list: bool = False
    is_required: bool = True


@dataclass
class StepBudget:
    """Budget of schema nodes that may still be visited."""

    steps_left: int = MAX_SCHEMA_STEPS

    def take_step(self) -> bool:
        """Consume one step; return False if the budget is exhausted."""
        self.steps_left -= 1
        return self.steps_left >= 0


def find_file_places(schema: Schema) -> tuple[FilePlace, ...]:
    """Return the places of files in values of this type, in order.

    At most MAX_FILE_PLACES are returned, to a depth of MAX_SCHEMA_DEPTH.
    """
    return tuple(islice(walk_file_places(schema, schema, (), StepBudget(), is_required=True), MAX_FILE_PLACES))


def walk_file_places(
    schema: Any, root: Schema, path: ValuePath, budget: StepBudget, *, is_required: bool
) -> Iterator[FilePlace]:
    """Yield the places of files at `path` and below."""
    if not budget.take_step():
        return
    shape = resolve_file_alternative(schema, root)
    if json_schema.is_file_schema(shape, root):
        yield FilePlace(path, is_required=is_required)
    elif json_schema.get_schema_type(shape) == "array" and is_resolved_file_schema(shape.get("items"), root):
        yield FilePlace(path, is_list=True, is_required=is_required)
    elif len(path) < MAX_SCHEMA_DEPTH:
        for key, child, is_needed in iter_schema_children(shape):
            is_optional = isinstance(child, dict) and json_schema.is_nullable_schema(child)
            yield from walk_file_places(
                child, root, (*path, key), budget, is_required=is_required and is_needed and not is_optional
            )


def resolve_file_alternative(schema: Any, root: Schema) -> Schema:
    """Return the resolved schema; of a union (`FileData | str`), the file alternative."""
    shape = json_schema.resolve_schema(schema, root)
    for alternative in json_schema.get_alternatives(shape):
        if is_resolved_file_schema(alternative, root):
            return json_schema.resolve_schema(alternative, root)
    return shape


def is_resolved_file_schema(schema: Any, root: Schema) -> bool:
    """Is this schema, once resolved, Gradio's file data?"""
    return json_schema.is_file_schema(json_schema.resolve_schema(schema, root), root)


def iter_schema_children(shape: Schema) -> Iterator[tuple[str | int, Any, bool]]:
    """Yield key or index, schema and required flag of each child of an object or a tuple."""
    required = shape.get("required")
    names = required if isinstance(required, list) else []
    for name, child in json_schema.get_properties(shape).items():
        yield name, child, name in names
    parts = shape.get("prefixItems")
    for index, child in enumerate(parts[:MAX_TUPLE_ITEMS] if isinstance(parts, list) else []):
        yield index, child, True


def is_single_file_wrapper(schema: Schema, places: tuple[FilePlace, ...]) -> bool:
    """Is this an object with one file and no other required property (VideoData of Gradio 4)?"""
    is_one = len(places) == 1 and len(places[0].path) == 1 and not places[0].is_list
    return is_one and build_skeleton(schema, places) == {}


def build_skeleton(schema: Schema, places: tuple[FilePlace, ...]) -> Any:
    """Return the smallest valid value of this type, without its files.

    Required properties have their default or an empty value. A tuple retains its length, with null
    in place of each file.
    """
    return build_smallest_value(schema, schema, (), {place.path for place in places}, StepBudget())


def build_smallest_value(schema: Any, root: Schema, path: ValuePath, places: set[ValuePath], budget: StepBudget) -> Any:
    """Return the smallest valid value of the node at `path`, null for a file and beyond the limits."""
    if path in places or len(path) > MAX_SCHEMA_DEPTH or not budget.take_step():
        return None
    if isinstance(schema, dict) and "default" in schema:
        return schema["default"]
    shape = json_schema.resolve_schema(schema, root)
    enum, kind = shape.get("enum"), json_schema.get_schema_type(shape)
    if isinstance(enum, list) and enum:
        return enum[0]
    children = [*iter_schema_children(shape)]
    if kind == "array":
        return [build_smallest_value(child, root, (*path, key), places, budget) for key, child, _ in children]
    if kind != "object":
        return EMPTY_VALUE_BY_TYPE.get(kind)
    wanted = [(key, child) for key, child, is_needed in children if is_needed and (*path, key) not in places]
    return {str(key): build_smallest_value(child, root, (*path, key), places, budget) for key, child in wanted}
