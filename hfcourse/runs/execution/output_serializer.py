"""Serialization of the outputs of a run into the JSON that is stored and shown, masked and limited in size."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from hfcourse import tokens
from hfcourse.errors import CallError
from hfcourse.runs.execution.output_files import strip_files
from hfcourse.runs.values.value_types import COMPONENTS_WITH_FILES, is_conversation
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue

MAX_OUTPUT_BYTES = 2_000_000  # as much as one message of a Space; partial outputs grow from message to message
ADDRESS_MASK = "[adresse du Space]"
PUBLIC_DOMAIN = ".hf.space"  # the address of a Space on the Hub is no secret


class OutputSerializer:
    """Serializer for the declared outputs of one endpoint of one Space."""

    def __init__(self, returns: Sequence[ReturnValue] = (), space_address: str = "") -> None:
        """Create a serializer; without arguments, for a run whose Space is not known yet."""
        self._returns = tuple(returns)
        self._token = tokens.get_site_token()
        self._masked_addresses = list_masked_addresses(space_address)

    @property
    def can_return_files(self) -> bool:
        """May any of the outputs hold files?"""
        return any(map(can_hold_files, self._returns))

    def mask_value(self, value: Any) -> Any:
        """Return a JSON value without the site's token and the address of the Space.

        The responses of a Space that receives the token are masked as they arrive. The token itself is
        masked here as well, for every Space: it may have received it earlier.
        """
        text = json.dumps(value, ensure_ascii=False)
        masked = tokens.redact_token(text, self._token)
        for address in self._masked_addresses:
            masked = masked.replace(address, ADDRESS_MASK)
        return value if masked == text else json.loads(masked)

    def serialize_outputs(self, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Return one entry per declared output: label, component, value, and hints for rendering it."""
        missing = [None] * (len(self._returns) - len(values))
        return [
            {
                "label": item.label,
                "component": item.component,
                "hints": dict(item.rendering_hints),
                "holds_files": has_files_to_store(item, value),
                "value": self.mask_value(strip_files(value) if has_files_to_store(item, value) else value),
            }
            for item, value in zip(self._returns, [*values, *missing], strict=False)
        ]

    def serialize_within_limit(self, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Serialize partial outputs, each of which may be as large as one message of the Space.

        Raises:
            CallError: `answer-too-large`, together they are larger than MAX_OUTPUT_BYTES.
        """
        outputs = self.serialize_outputs(values)
        if len(json.dumps(outputs, ensure_ascii=False).encode()) > MAX_OUTPUT_BYTES:
            raise CallError("answer-too-large")
        return outputs

    def replace_files(self, values: Sequence[Any], replace: Callable[[Any], Any]) -> list[Any]:
        """Return the final outputs, with `replace(value)` for each that has files to store."""
        return [
            replace(value) if has_files_to_store(item, value) else value
            for item, value in zip(self._returns, values, strict=False)
        ]

    def replace_previews(self, values: Sequence[Any], replace: Callable[[list[Any]], list[Any]]) -> list[Any]:
        """Return partial outputs, with those that can hold files replaced by `replace`, all in one call."""
        replaced = list(values)
        numbers = [number for number, item in enumerate(self._returns[: len(values)]) if can_hold_files(item)]
        if numbers:
            for number, value in zip(numbers, replace([values[number] for number in numbers]), strict=True):
                replaced[number] = value
        return replaced


def list_masked_addresses(address: str) -> list[str]:
    """Return the forms of a Space's private address that may occur in its responses, the longest first."""
    if not address or address.endswith(PUBLIC_DOMAIN):
        return []
    parts = urlsplit(address)
    return [address, f"{parts.scheme}://{parts.netloc}", parts.netloc]


def can_hold_files(item: ReturnValue) -> bool:
    """May the values of this output hold files?"""
    return item.holds_files or item.component.lower() in COMPONENTS_WITH_FILES


def has_files_to_store(item: ReturnValue, value: Any) -> bool:
    """Is file data in this value a file? In a conversation it is, for every component that declares it."""
    return can_hold_files(item) or is_conversation(value)
