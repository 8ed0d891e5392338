"""Component updates (`gr.update`, `gr.skip`) among the outputs of a call, and the values that they leave. Pure.

Source: `gradio.blocks.postprocess_update_dict` of Gradio 4 to 6. An update without `value` changes properties of its
component alone (`gr.skip()`: nothing at all), so the component keeps the value that an earlier message of the same call
gave it.
"""

from collections.abc import Sequence
from typing import Any

UPDATE_KEY, UPDATE_MARK = "__type__", "update"
MAX_UPDATE_KEYS = 200  # a component has some fifty properties; without a bound, each message could add its own


def is_component_update(value: Any) -> bool:
    """Does the Space change its component, with a value or without?"""
    return isinstance(value, dict) and value.get(UPDATE_KEY) == UPDATE_MARK


def is_choice_update(value: Any) -> bool:
    """Does the Space give a list new choices, and no value?"""
    return is_component_update(value) and isinstance(value.get("choices"), list) and value.get("value") in (None, [])


class LatestOutputs:
    """The last value of each output of one call."""

    def __init__(self) -> None:
        self._values: Sequence[Any] = ()

    def merge_outputs(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Merge the outputs of a message into those before it.

        Returns:
            The outputs as the Space's own page has them now.
        """
        unset: list[Any] = [{UPDATE_KEY: UPDATE_MARK}] * max(0, len(values) - len(self._values))
        merged = tuple(map(merge_update, [*self._values[: len(values)], *unset], values))
        self._values = merged
        return merged


def merge_update(before: Any, after: Any) -> Any:
    """The value of an output after `before`, which an update without `value` keeps."""
    if not is_component_update(after) or "value" in after:
        return after
    if len(after) == 1:
        return before
    kept = before if is_component_update(before) else {"value": before}
    if len(kept) + len(after) > MAX_UPDATE_KEYS:
        kept = {"value": kept["value"]} if "value" in kept else {}
    return {**kept, **after}
