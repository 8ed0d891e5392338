"""Where components stand on a Space's own page."""

from typing import Any

import pytest

from hfcourse.spaces.schema.endpoints.description_limits import limit_description
from hfcourse.spaces.schema.layout.block_tree import MAX_BLOCK_DEPTH, parse_layout
from tests.support.recordings import RECORDING_NAMES, read_recording


def block(number: int, kind: str, **props: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "props": props}


CONFIG = {
    "components": [
        block(1, "tabitem", label="Image", visible=True),
        block(2, "accordion", label="Advanced Settings", open=False),
        block(3, "group", visible=False),
        block(4, "textbox"),
        block(5, "slider"),
        block(6, "number"),
        block(7, "row", visible="hidden"),
        block(8, "radio"),
    ],
    "dependencies": [],
    "layout": {
        "id": 0,
        "children": [
            {"id": 1, "children": [{"id": 5}, {"id": 2, "children": [{"id": 4}, {"id": 3, "children": [{"id": 6}]}]}]},
            {"id": 7, "children": [{"id": 8}]},
        ],
    },
}


def test_order_is_that_of_the_page() -> None:
    layout = parse_layout(CONFIG)
    assert sorted((4, 5, 6, 8, 99), key=lambda number: layout.find_position(number).order) == [5, 4, 6, 8, 99]


def test_blocks_are_told_from_the_innermost() -> None:
    layout = parse_layout(CONFIG)
    assert [each.kind for each in layout.find_position(6).blocks] == ["group", "accordion", "tabitem", ""]
    assert [each.label for each in layout.find_position(4).blocks] == ["Advanced Settings", "Image", ""]


@pytest.mark.parametrize(("number", "is_hidden"), [(4, False), (5, False), (6, True), (8, True), (99, False)])
def test_hidden_is_what_a_block_hides(number: int, is_hidden: bool) -> None:
    assert parse_layout(CONFIG).find_position(number).is_hidden is is_hidden


@pytest.mark.parametrize("layout", [None, 5, [], {"id": "0"}, {"id": 0, "children": 5}, {"id": 0, "children": [None]}])
def test_layout_of_another_form_has_no_positions(layout: Any) -> None:
    assert parse_layout({**CONFIG, "layout": layout}).find_position(4).block is None


def test_tree_is_read_however_deep_and_repeated() -> None:
    layout: dict[str, Any] = {"id": 4}
    for number in range(10_000, 5_000, -1):
        layout = {"id": number, "children": [layout, {"id": 10_000}]}
    found = parse_layout({"components": [], "layout": layout})
    assert len([*found.find_position(4).blocks]) == MAX_BLOCK_DEPTH + 1


@pytest.mark.parametrize("name", RECORDING_NAMES)
def test_bounding_keeps_the_positions(name: str) -> None:
    recording = read_recording(name)
    bounded, _ = limit_description(recording["config"], recording["info"])
    before, after = parse_layout(recording["config"]), parse_layout(bounded)
    assert before.positions == after.positions
