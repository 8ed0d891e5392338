"""Formatter of the values of an example as short text. Pure."""

from collections.abc import Iterable
from typing import Any

from hfcourse.spaces.schema.examples.sample_files import iter_sample_files
from hfcourse.spaces.schema.values import numbers

MAX_EXAMPLE_LINK_CHARACTERS, MAX_EXAMPLE_PAIR_CHARACTERS = (
    90,
    60,
)  # of all values of an example, of one beside its label


def format_example_values(given: Iterable[Any], max_characters: int = MAX_EXAMPLE_LINK_CHARACTERS) -> str:
    """Return the values joined by commas, truncated: « Léo, 2,5, bleu »."""
    words = ", ".join(filter(None, map(format_example_value, given)))
    return words if len(words) <= max_characters else f"{words[: max_characters - 1].rstrip()}…"


def format_example_value(value: Any) -> str:
    """Return a value as text; for a value with files, its text and their names."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float):
        return numbers.format_decimal(value)
    names = [file.name for file in iter_sample_files(value)]
    if names:
        text = value.get("text") if isinstance(value, dict) else ""
        return ", ".join([*([text] if isinstance(text, str) and text else []), *names[:10]])
    if isinstance(value, list):
        return ", ".join(map(format_example_value, value[:10]))
    is_table = isinstance(value, dict) and "headers" in value
    return "un tableau" if is_table else " ".join(numbers.format_scalar(value).split())
