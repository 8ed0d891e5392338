"""The words by which the values of an example are shown. Pure."""

from collections.abc import Iterable
from typing import Any

from hfcourse.spaces.schema.examples.sample_files import files_in
from hfcourse.spaces.schema.values import numbers

LINK_CHARACTERS, PAIR_CHARACTERS = 90, 60  # of all values of an example, of one beside its label


def words_of(given: Iterable[Any], max_characters: int = LINK_CHARACTERS) -> str:
    """« Léo, 2,5, bleu »: the values, as far as they fit."""
    words = ", ".join(filter(None, map(written, given)))
    return words if len(words) <= max_characters else f"{words[: max_characters - 1].rstrip()}…"


def written(value: Any) -> str:
    """The words of a value; of one that holds files, their names, and its text."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float):
        return numbers.decimal(value)
    names = [file.name for file in files_in(value)]
    if names:
        text = value.get("text") if isinstance(value, dict) else ""
        return ", ".join([*([text] if isinstance(text, str) and text else []), *names[:10]])
    if isinstance(value, list):
        return ", ".join(map(written, value[:10]))
    is_table = isinstance(value, dict) and "headers" in value
    return "un tableau" if is_table else " ".join(numbers.shown(value).split())
