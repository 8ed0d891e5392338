"""Inputs that no caller fills: a button whose own words are its value, as the page of the Space sends it. Pure.

Gradio leaves out of /info the components that are marked `skip_api`. gradio_client puts null in the place of a State,
which the Space replaces, and nothing in the place of any other: the function then gets too few values.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.schema.parameters.parameter_defaults import is_scalar
from hfcourse.spaces.untrusted.json_size import exceeds_json_size

MAX_FIXED_CHARACTERS = 10_000

FixedInputs = Mapping[int, Any]


def find_fixed_inputs(inputs: Sequence[Mapping[str, Any]]) -> FixedInputs:
    """Return the value of each input that is left out of /info and is no State, by its position among all inputs.

    Args:
        inputs: the components of /config that an endpoint takes, in order.
    """
    skipped = {place: each for place, each in enumerate(inputs) if each.get("skip_api") and each.get("type") != "state"}
    return {place: limit_fixed_value((each.get("props") or {}).get("value")) for place, each in skipped.items()}


def limit_fixed_value(value: Any) -> Any:
    """The value if it is a text, a number or a box of a reasonable size; null for all else, file data above all."""
    return value if is_scalar(value) and not exceeds_json_size(value, MAX_FIXED_CHARACTERS) else None


def insert_fixed_inputs(data: Sequence[Any], fixed: FixedInputs, states: Sequence[bool]) -> list[Any]:
    """Insert null for each State and the fixed values, so that each input of the function has its value.

    Args:
        data: one value per parameter.
        fixed: what `find_fixed_inputs` found.
        states: is it a State, of each input in order?
    """
    complete = [*data]
    for place, is_state in enumerate(states):
        if is_state or place in fixed:
            complete.insert(place, fixed.get(place))
    return complete
