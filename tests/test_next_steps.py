"""What a Space's page goes on with: the next steps of an endpoint, by the component ids of the description."""

from typing import Any

import pytest

from hfcourse.runs.execution.next_steps import find_next_steps, is_filled_value
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description
from tests.spaces.fake_servers import make_component

SHOWN = (1, 2, 3, 4)
STATE = 9
CLICK = [[50, "click"]]


def step(name: str | None, inputs: list[int], outputs: list[int], **more: Any) -> dict[str, Any]:
    """A dependency; without a name it is private."""
    return {"api_name": name or False, "inputs": inputs, "outputs": outputs, "targets": CLICK, **more}


def described(*steps: dict[str, Any]) -> Description:
    """A Space of four text fields, a State and these steps, numbered from 0."""
    components = [*(make_component(n, "textbox", label=f"Champ {n}") for n in SHOWN), make_component(STATE, "state")]
    numbered = [{"id": n, **each} for n, each in enumerate(steps)]
    return build_description(
        {"components": components, "dependencies": numbered},
        {"named_endpoints": {f"/{each['api_name']}": entry_of(each) for each in steps if each["api_name"]}},
    )


def entry_of(dependency: dict[str, Any]) -> dict[str, Any]:
    known = [[n for n in dependency[key] if n in SHOWN] for key in ("inputs", "outputs")]
    parameters = [
        {"label": f"Champ {n}", "parameter_name": f"p{n}", "type": {"type": "string"}, "component": "Textbox"}
        for n in known[0]
    ]
    return {"parameters": parameters, "returns": [{"label": "R", "type": {}, "component": "Textbox"} for _ in known[1]]}


def steps_after(description: Description, name: str, *values: Any) -> list[str]:
    endpoint = description.find_endpoint(name)
    assert endpoint is not None
    return [each["endpoint"] for each in find_next_steps(description, endpoint, values)]


CASES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "an output is the input of another": ([step("un", [1], [2]), step("deux", [2], [3])], ["/deux"]),
    "nothing is shared": ([step("un", [1], [2]), step("deux", [1], [3])], []),
    "an endpoint does not lead to itself": ([step("un", [1, 2], [2])], []),
    "session state is shared": ([step("un", [1], [2, STATE]), step("deux", [3, STATE], [4])], ["/deux"]),
    "what fills the same outputs again leads back": (
        [step("un", [1], [2, STATE]), step("deux", [2, STATE], [2, STATE]), step("trois", [2], [STATE])],
        [],
    ),
    "a field event goes on by itself": ([step("un", [1], [2]), step("deux", [2], [3], targets=[[2, "change"]])], []),
    "the next of the chain is first": (
        [step("un", [1], [2]), step("autre", [2], [3]), step("deux", [2], [4], targets=[], trigger_after=0)],
        ["/deux", "/autre"],
    ),
    "a private step stands between": (
        [
            step("un", [1], [2]),
            step(None, [], [], targets=[], trigger_after=0),
            step("deux", [2], [4], targets=[], trigger_after=1),
        ],
        ["/deux"],
    ),
    "a step of its own chain is behind it": (
        [step("un", [2], [3]), step("deux", [3], [2], targets=[], trigger_after=0)],
        ["/deux"],
    ),
    "what cannot be called is not offered": (
        [step("un", [1], [2]), step("deux", [2], [3], collects_event_data=True)],
        [],
    ),
    "three at most": ([step("un", [1], [2]), *(step(f"s{n}", [2], [3]) for n in range(6))], ["/s0", "/s1", "/s2"]),
    "a chain that bites its tail": (
        [step("un", [1], [2], trigger_after=1), step("deux", [2], [3], targets=[], trigger_after=0)],
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_next_steps_take_what_came_back(case: str) -> None:
    steps, expected = CASES[case]
    assert steps_after(described(*steps), "/un", "valeur") == expected


def test_next_steps_never_lead_back() -> None:
    description = described(step("un", [2], [3]), step("deux", [3], [2], targets=[], trigger_after=0))
    assert steps_after(description, "/deux", "valeur") == []


@pytest.mark.parametrize(
    "value", [None, "", [], {"__type__": "update", "visible": True}, {"__type__": "update", "value": ""}]
)
def test_an_output_that_brings_nothing_leads_nowhere(value: Any) -> None:
    assert not is_filled_value(value)
    assert steps_after(described(step("un", [1], [2]), step("deux", [2], [3])), "/un", value) == []


@pytest.mark.parametrize("value", [0, False, "x", [0], {"__type__": "update", "value": "x"}])
def test_an_output_that_brings_a_value_leads_on(value: Any) -> None:
    assert steps_after(described(step("un", [1], [2]), step("deux", [2], [3])), "/un", value) == ["/deux"]


def test_an_endpoint_that_only_writes_state_speaks_in_the_session() -> None:
    description = described(step("un", [1], [2, STATE]), step("deux", [3], [4]))
    assert [each.has_session_state for each in description.endpoints] == [True, False]
