"""Files within values: where they stand by the schema, and what is sent around them."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.file_places import MAX_FILE_PLACES, FilePlace, find_file_places
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.file_values import compose_file_value, decompose_file_value, list_file_controls
from tests.support.strategies import SCHEMA_LIKE_JSON

NULL = {"type": "null"}
FILE_SIX = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "meta": {"type": "object", "properties": {"_type": {"const": "gradio.FileData"}}},
    },
    "required": ["path", "meta"],
}
FILE_FOUR = {
    "title": "FileData",
    "type": "object",
    "properties": {"path": {"type": "string"}, "meta": {"type": "object", "default": {"_type": "gradio.FileData"}}},
}
SOMEBODYS = {"title": "FileData", "type": "object", "properties": {"name": {"type": "string"}}}
REFERRING = {"$defs": {"F": FILE_SIX}, "$ref": "#/$defs/F"}


@dataclass(frozen=True)
class Kept:
    name: str
    media_type: str = "text/plain"


ONE, TWO = Kept("a"), Kept("b")


def of(schema: dict[str, Any], **parts: Any) -> Parameter:
    return Parameter(name="x", label="X", component="api", schema=schema, **parts)


def around(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


@pytest.mark.parametrize("schema", [FILE_SIX, FILE_FOUR, REFERRING, {"oneOf": [NULL, FILE_SIX]}])
def test_file_is_known_by_its_structure(schema: dict[str, Any]) -> None:
    assert find_file_places(schema)[0].path == ()
    assert json_schema.contains_file_schema({"type": "array", "items": schema})


def test_file_is_not_known_by_its_title_alone() -> None:
    assert find_file_places(SOMEBODYS) == ()
    assert not json_schema.contains_file_schema(SOMEBODYS)


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        (FILE_SIX, "file"),
        ({"anyOf": [{"type": "string"}, FILE_SIX]}, "file"),
        ({"type": "array", "items": FILE_SIX}, "files"),
        ({"oneOf": [NULL, {"type": "array", "items": FILE_SIX}]}, "files"),
        (around(["image"], image=FILE_FOUR, boxes={"type": "array", "default": []}), "file"),
        (around(["image", "caption"], image=FILE_SIX, caption={"type": "string"}), "object"),
        (around(["image", "mask"], image=FILE_SIX, mask=FILE_SIX), "object"),
        ({"type": "array", "prefixItems": [FILE_SIX, {"type": "integer"}]}, "object"),
        (SOMEBODYS, "json"),
    ],
)
def test_control_of_a_value_with_files(schema: dict[str, Any], kind: str) -> None:
    assert of(schema).control == kind


def test_what_surrounds_one_file_is_left_out_unless_the_space_has_a_value() -> None:
    schema = around(["image"], image=FILE_FOUR, boxes={"type": "array", "default": []}, angle={"type": "integer"})
    assert compose_file_value(of(schema), {"": [ONE]}) == {"image": ONE}
    own = {"image": None, "boxes": [{"x": 1}], "angle": 90, "unknown": 1}
    assert compose_file_value(of(schema, default=own), {"": [ONE]}) == {"image": ONE, "boxes": [{"x": 1}], "angle": 90}
    assert compose_file_value(of(schema, default=own), {"": []}) == own


def test_object_is_composed_and_taken_apart_again() -> None:
    card = around(["front", "words", "more"], front=FILE_SIX, words={"type": "string"},
                  more={"type": "array", "items": FILE_SIX}, back={"oneOf": [NULL, FILE_SIX]})  # fmt: skip
    parameter = of(card)
    assert [part.is_multiple for part in list_file_controls(parameter)] == [False, True, False]
    value = compose_file_value(parameter, {"1": [ONE], "2": [ONE, TWO]}, '{"words": "été"}')
    assert value == {"front": ONE, "words": "été", "more": [ONE, TWO], "back": None}
    kept, text = decompose_file_value(parameter, value, Kept)
    assert kept == {"1": [ONE], "2": [ONE, TWO], "3": []}
    assert compose_file_value(parameter, kept, text) == value


def test_long_value_of_the_space_is_not_shown_and_one_of_a_run_is() -> None:
    schema = around(["file", "words"], file=FILE_SIX, words={"type": "string"})
    parameter = of(schema, default={"words": "x" * 3_000})
    kept, text = decompose_file_value(parameter, parameter.default, Kept)
    assert text == ""
    assert compose_file_value(parameter, kept | {"1": [ONE]}, text) == {"file": ONE, "words": "x" * 3_000}
    changed = {"file": ONE, "words": "y" * 3_000}
    assert compose_file_value(parameter, *decompose_file_value(parameter, changed, Kept)) == changed


def test_tuple_keeps_its_length() -> None:
    parameter = of({"type": "array", "prefixItems": [{"type": "integer"}, FILE_SIX]})
    assert compose_file_value(parameter, {"1": [ONE]}) == [0, ONE]
    assert compose_file_value(parameter, {"1": [ONE]}, "[7, null]") == [7, ONE]
    with pytest.raises(InvalidValue):
        compose_file_value(parameter, {"1": [ONE]}, "[7]")


@pytest.mark.parametrize("text", ["{", "5", '"x"', '{"path": "/etc/passwd", "meta": {}}'])
def test_text_around_files_that_cannot_hold_them_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        compose_file_value(of(around(["a", "b"], a=FILE_SIX, b={"type": "string"})), {"1": [ONE]}, text)


def test_schema_that_refers_to_itself_ends() -> None:
    node = around([*"abcdefgh"], **{name: {"$ref": "#/$defs/N"} for name in "abcdefgh"}, file=FILE_SIX)
    assert len(find_file_places({"$defs": {"N": node}, "$ref": "#/$defs/N"})) <= MAX_FILE_PLACES


@given(SCHEMA_LIKE_JSON)
def test_any_schema_has_places_that_can_be_composed(schema: Any) -> None:
    found = find_file_places(schema)
    assert all(isinstance(place, FilePlace) for place in found)
    if isinstance(schema, dict) and of(schema).control == "object":
        compose_file_value(of(schema), {})
