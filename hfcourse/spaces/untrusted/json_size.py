"""How large a value is as JSON, and a text in a page, found without writing it out. Pure."""

from typing import Any

from markupsafe import escape


def exceeds_json_size(value: Any, max_characters: int) -> bool:
    """Does this value need more than so many characters as compact JSON?

    The walk ends with the budget: what it costs depends on `max_characters`, never on the value. Escapes are not
    counted, so that a text of quotation marks counts half of what `json.dumps` writes.
    """
    return measure_json_size(value, max_characters) > max_characters


def measure_json_size(value: Any, max_characters: int) -> int:
    """Count the characters of this value as compact JSON; once above `max_characters`, any number above it."""
    total, waiting = 0, [value]
    while waiting and total <= max_characters:
        item = waiting.pop()
        if isinstance(item, dict):
            total += 2 + len(item)
            if total <= max_characters:
                waiting += [*item, *item.values()]
        elif isinstance(item, list | tuple):
            total += 2 + len(item)
            if total <= max_characters:
                waiting += item
        else:
            total += measure_scalar(item)
    return total


def measure_scalar(item: Any) -> int:
    if isinstance(item, str):
        return 2 + len(item)
    if isinstance(item, int) and not isinstance(item, bool):
        return 1 + item.bit_length() * 3 // 10
    return 4


def measure_escaped_bytes(text: str) -> int:
    """Bytes of this text in a page, escaped."""
    escaped = escape(text)
    return len(escaped) if escaped.isascii() else len(escaped.encode(errors="replace"))
