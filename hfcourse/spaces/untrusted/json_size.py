"""Size of a value as JSON, and of a text as escaped HTML, measured without encoding the value. Pure."""

from typing import Any

from markupsafe import escape


def exceeds_json_size(value: Any, max_characters: int) -> bool:
    """Does this value need more than `max_characters` as compact JSON?

    The iteration stops at the limit: its cost depends on `max_characters`, never on the value.
    Escapes are not counted, so that a text of quotation marks counts half of what `json.dumps`
    returns.
    """
    return measure_json_size(value, max_characters) > max_characters


def measure_json_size(value: Any, max_characters: int) -> int:
    """Count the characters of this value as compact JSON; above `max_characters`, any larger number."""
    total, stack = 0, [value]
    while stack and total <= max_characters:
        item = stack.pop()
        if isinstance(item, dict):
            total += 2 + len(item)
            if total <= max_characters:
                stack += [*item, *item.values()]
        elif isinstance(item, list | tuple):
            total += 2 + len(item)
            if total <= max_characters:
                stack += item
        else:
            total += measure_scalar(item)
    return total


def measure_scalar(item: Any) -> int:
    """Return the approximate size of a scalar as JSON."""
    if isinstance(item, str):
        return 2 + len(item)
    if isinstance(item, int) and not isinstance(item, bool):
        return 1 + item.bit_length() * 3 // 10
    return 4


def measure_escaped_bytes(text: str) -> int:
    """Return the size in bytes of this text when escaped in a page."""
    escaped = escape(text)
    return len(escaped) if escaped.isascii() else len(escaped.encode(errors="replace"))
