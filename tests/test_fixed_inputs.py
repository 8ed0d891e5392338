"""Inputs that no caller fills: a button's own words, and session state."""

from typing import Any

import pytest

from hfcourse.spaces.schema.parameters.fixed_inputs import find_fixed_inputs, insert_fixed_inputs


def component(kind: str, value: Any = None, *, is_skipped: bool = False) -> dict[str, Any]:
    return {"type": kind, "skip_api": is_skipped, "props": {"value": value}}


def test_a_button_sends_its_words_and_a_state_null_each_in_its_place() -> None:
    inputs = [
        component("state", [1], is_skipped=True),
        component("textbox", "a"),
        component("button", "Envoyer", is_skipped=True),
        component("textbox", "b"),
        component("state", is_skipped=True),
    ]
    fixed = find_fixed_inputs(inputs)
    assert fixed == {2: "Envoyer"}
    states = [each["type"] == "state" for each in inputs]
    assert insert_fixed_inputs(["x", "y"], fixed, states) == [None, "x", "Envoyer", "y", None]


@pytest.mark.parametrize(
    "value", [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "x" * 20_000, ["a"], None]
)
def test_a_button_never_sends_a_file_or_a_flood(value: Any) -> None:
    assert find_fixed_inputs([component("downloadbutton", value, is_skipped=True)]) == {0: None}
