"""Choices that one endpoint gives to a list of another, while the visitor's session lives."""

from typing import Any

import pytest

from hfcourse.runs.form_choice_updates import select_latest_updates
from hfcourse.runs.outputs import rendered_outputs
from hfcourse.spaces.form.choice_updates import apply_choice_updates, find_choice_sources
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description


def update(*choices: str, **more: Any) -> dict[str, Any]:
    return {"__type__": "update", "choices": [[each, each] for each in choices], **more}


def described(*, keeps_state: bool = True) -> Description:
    """`/villes` gives component 1 its choices, `/partir` takes it; both share a State."""
    components = [
        {"id": 1, "type": "dropdown", "props": {"choices": [["Brest", "Brest"]], "value": "Brest"}},
        {"id": 2, "type": "state", "skip_api": True, "props": {}},
    ]
    state = [2] if keeps_state else []
    dependencies = [
        {"id": 0, "api_name": "villes", "inputs": state, "outputs": [1, *state], "targets": []},
        {"id": 1, "api_name": "partir", "inputs": [1, *state], "outputs": [], "targets": []},
    ]
    town = {"parameter_name": "town", "component": "Dropdown", "label": "Ville", "type": {"type": "string"}}
    named = {
        "/villes": {"parameters": [], "returns": [{"component": "Dropdown", "label": "Ville", "type": {}}]},
        "/partir": {"parameters": [town], "returns": []},
    }
    config = {"version": "6.31.0", "components": components, "dependencies": dependencies}
    return build_description(config, {"named_endpoints": named})


def endpoint_after(*updates: dict[str, Any]) -> Any:
    description = described()
    endpoint = description.find_endpoint("/partir")
    assert endpoint
    sources = find_choice_sources(description, endpoint)
    found = select_latest_updates((("/villes", [{"value": each}]) for each in updates), sources)
    return apply_choice_updates(endpoint, found)


def test_a_list_knows_which_outputs_fill_it() -> None:
    description = described()
    endpoint = description.find_endpoint("/partir")
    assert endpoint
    assert find_choice_sources(description, endpoint) == {"/villes": [(0, "town")]}


def test_a_list_is_filled_without_a_state_too() -> None:
    description = described(keeps_state=False)
    assert [each.has_session_state for each in description.endpoints] == [True, True], "both are called in one session"
    endpoint = description.find_endpoint("/partir")
    assert endpoint
    assert find_choice_sources(description, endpoint) == {"/villes": [(0, "town")]}


def test_the_newest_choices_take_the_place_of_the_others() -> None:
    town = endpoint_after(update("Colmar", value=None), update("Rennes", value="Rennes")).parameters[0]
    assert ([label for label, _ in town.choices], town.default) == (["Colmar"], None)


def test_an_update_without_choices_changes_nothing() -> None:
    town = endpoint_after({"__type__": "update", "visible": True}, update("Rennes")).parameters[0]
    assert ([label for label, _ in town.choices], town.default) == (["Rennes"], "Brest")


@pytest.mark.parametrize("value", [None, "Colmar", {"__type__": "update", "choices": "all"}, {"choices": [["a", "b"]]}])
def test_what_is_no_update_with_choices_is_left_alone(value: Any) -> None:
    assert endpoint_after(value) == described().find_endpoint("/partir")


def test_an_update_of_a_hundred_thousand_choices_is_cut() -> None:
    town = endpoint_after(update(*map(str, range(100_000)))).parameters[0]
    assert (len(town.choices), town.choices.is_cut) == (20_000, True)
    assert town.max_shown_choices is not None


@pytest.mark.parametrize("value", [None, []])
def test_new_choices_without_a_value_are_shown_as_what_they_are(value: Any) -> None:
    output = {"label": "Ville", "component": "Dropdown", "value": update(*map(str, range(5_000)), value=value)}
    drawn = rendered_outputs.render_output(output, 0)
    assert drawn.kind == "choices"
    assert drawn.value.items[:2] == ["0", "1"]
    assert len(drawn.value.items) + drawn.value.omitted_count == 5_000


def test_new_choices_with_a_value_are_shown_by_the_value() -> None:
    output = {"label": "Ville", "component": "Dropdown", "value": update("Colmar", value="Colmar")}
    assert rendered_outputs.render_output(output, 0).value.text == "Colmar"
