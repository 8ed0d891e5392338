"""Inputs that a caller does not send, as a button whose label is its value: the Space's own page sends it. Pure.

Gradio omits components marked `skip_api` from /info. gradio_client inserts null for a State, which the Space
replaces, and nothing for any other component: the function then receives too few values.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hfcourse.spaces.untrusted.json_size import exceeds_json_size
from hfcourse.spaces.untrusted.json_tree import is_scalar

MAX_FIXED_CHARACTERS = 10_000

FixedInputs = Mapping[int, Any]


def find_fixed_inputs(inputs: Sequence[Mapping[str, Any]]) -> FixedInputs:
    """Return the value of each input that /info omits and is not a State, by its index among all inputs.

    Args:
        inputs: the input components of an endpoint in /config, in order.
    """
    skipped = {place: each for place, each in enumerate(inputs) if each.get("skip_api") and each.get("type") != "state"}
    return {place: limit_fixed_value((each.get("props") or {}).get("value")) for place, each in skipped.items()}


def limit_fixed_value(value: Any) -> Any:
    """Return the value if it is a scalar within the limit; else None, in particular for file data."""
    return value if is_scalar(value) and not exceeds_json_size(value, MAX_FIXED_CHARACTERS) else None


def insert_fixed_inputs(data: Sequence[Any], fixed: FixedInputs, states: Sequence[bool]) -> list[Any]:
    """Insert null for each State, and the fixed values, so that each input of the function has a value.

    Args:
        data: one value per parameter.
        fixed: the result of `find_fixed_inputs`.
        states: whether each input is a State, in order.

    Returns:
        One value per input of the function.
    """
    complete = [*data]
    for place, is_state in enumerate(states):
        if is_state or place in fixed:
            complete.insert(place, fixed.get(place))
    return complete
