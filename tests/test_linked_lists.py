"""Lists whose choices follow another field of the page: one session, and a sentence that says what to call."""

from typing import Any

import pytest

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description

COUNTRY, TOWN, DAYS, GO, EXAMPLES, OUT = 1, 2, 3, 4, 5, 6
LISTS = ["dropdown", "radio", "checkboxgroup"]


def component(number: int, kind: str, **props: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "props": {"label": f"Champ {number}", **props}}


def step(number: int, name: str, inputs: list[int], outputs: list[int], *target: int | str) -> dict[str, Any]:
    """One dependency of the page; `target` is a component and its event."""
    return {"id": number, "api_name": name, "inputs": inputs, "outputs": outputs, "targets": [[*target]]}


def entry(inputs: list[int], outputs: list[int], kinds: dict[int, str]) -> dict[str, Any]:
    parameters = [
        {"parameter_name": f"p{each}", "label": f"Champ {each}", "component": kinds[each].title(), "type": {}}
        for each in inputs
    ]
    returns = [{"label": f"Champ {each}", "component": kinds[each].title(), "type": {}} for each in outputs]
    return {"parameters": parameters, "returns": returns}


def space(*steps: dict[str, Any], kind: str = "dropdown", choices: tuple[str, ...] = ("Brest",)) -> Description:
    """A page with a country, a list of towns of that kind, a number of days, a button and examples."""
    listed = [[each, each] for each in choices]
    components = [
        component(COUNTRY, "dropdown", choices=[["France", "France"]]),
        component(TOWN, kind, choices=listed),
        component(DAYS, "slider", minimum=1, maximum=9),
        component(GO, "button", value="Partir"),
        component(EXAMPLES, "dataset"),
        component(OUT, "textbox"),
    ]
    kinds = {each["id"]: each["type"] for each in components}
    named = {f"/{each['api_name']}": entry(each["inputs"], each["outputs"], kinds) for each in steps}
    config = {"version": "6.31.0", "components": components, "dependencies": [*steps]}
    return build_description(config, {"named_endpoints": named})


GOES = step(0, "partir", [TOWN, DAYS], [OUT], GO, "click")


def sessions(description: Description) -> dict[str, bool]:
    return {each.name: each.has_session_state for each in description.endpoints}


def notices_of(description: Description, name: str) -> list[tuple[str, tuple[str, ...]]]:
    endpoint = description.find_endpoint(name)
    assert endpoint
    return [(each.words.replace("\u00a0", " "), each.endpoints) for each in endpoint.notices]


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("event", ["change", "input", "select"])
def test_list_that_follows_a_field_shares_a_session_and_says_so(kind: str, event: str) -> None:
    description = space(GOES, step(1, "lister", [COUNTRY], [TOWN], COUNTRY, event), kind=kind)
    assert sessions(description) == {"/partir": True, "/lister": True}
    ((words, endpoints),) = notices_of(description, "/partir")
    assert "les choix de « Champ 2 » suivent" in words
    assert endpoints == ("/lister",)
    assert notices_of(description, "/lister") == []


def test_list_that_a_button_fills_shares_a_session() -> None:
    description = space(GOES, step(1, "actualiser", [], [TOWN], GO, "click"))
    assert sessions(description) == {"/partir": True, "/actualiser": True}
    assert notices_of(description, "/partir") == []


def test_empty_list_is_explained_once() -> None:
    description = space(GOES, step(1, "lister", [COUNTRY], [TOWN], COUNTRY, "change"), choices=())
    assert [endpoints for _, endpoints in notices_of(description, "/partir")] == [("/lister",)]


@pytest.mark.parametrize(
    "other",
    [
        step(1, "exemple", [COUNTRY], [TOWN], EXAMPLES, "click"),
        step(1, "compter", [COUNTRY], [DAYS], COUNTRY, "change"),
        step(1, "nommer", [TOWN], [OUT], TOWN, "change"),
        step(1, "effacer", [OUT], [OUT], GO, "click"),
    ],
)
def test_other_endpoints_have_each_a_session_of_their_own(other: dict[str, Any]) -> None:
    description = space(GOES, other)
    assert not any(sessions(description).values())
    assert notices_of(description, "/partir") == []


def test_endpoint_that_changes_its_own_list_alone_shares_nothing() -> None:
    description = space(step(0, "trier", [TOWN], [TOWN], TOWN, "change"))
    assert sessions(description) == {"/trier": False}
