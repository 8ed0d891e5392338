"""Merging of component updates (`gr.update`, `gr.skip`) into the outputs of a call. Pure.

Source: `gradio.blocks.postprocess_update_dict` of Gradio 4 to 6. An update without `value` changes only
properties of its component (`gr.skip()`: nothing at all), so the component retains the value from an
earlier message of the same call.
"""

from collections.abc import Sequence
from typing import Any

UPDATE_KEY, UPDATE_MARK = "__type__", "update"
MAX_UPDATE_KEYS = 200  # a component has about fifty properties; without a limit, each message could add more


def is_component_update(value: Any) -> bool:
    """Is this output a component update, with or without a value?"""
    return isinstance(value, dict) and value.get(UPDATE_KEY) == UPDATE_MARK


def is_choice_update(value: Any) -> bool:
    """Is this output an update that sets new choices, and no value?"""
    return is_component_update(value) and isinstance(value.get("choices"), list) and value.get("value") in (None, [])


class LatestOutputs:
    """Accumulator of the latest value of each output of one call."""

    def __init__(self) -> None:
        self._values: Sequence[Any] = ()

    def merge_outputs(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Merge the outputs of a message into those of the previous messages.

        Returns:
            The current outputs, as the Space's own page shows them after this message.
        """
        unset: list[Any] = [{UPDATE_KEY: UPDATE_MARK}] * max(0, len(values) - len(self._values))
        merged = tuple(map(merge_update, [*self._values[: len(values)], *unset], values))
        self._values = merged
        return merged


def merge_update(before: Any, after: Any) -> Any:
    """Return the new value of an output; an update without `value` is merged into `before`."""
    if not is_component_update(after) or "value" in after:
        return after
    if len(after) == 1:
        return before
    base = before if is_component_update(before) else {"value": before}
    if len(base) + len(after) > MAX_UPDATE_KEYS:
        base = {"value": base["value"]} if "value" in base else {}
    return {**base, **after}
