"""Search index text of a run, without case or accents, and the excerpt shown in lists. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from unicodedata import combining, normalize

from hfcourse.runs.values.file_refs import is_file_reference
from hfcourse.text.typography import NARROW_NO_BREAK, NO_BREAK, format_number

# Indexed characters per run: a book pasted into a form must not slow down every search of its visitor.
MAX_SEARCHED_CHARACTERS = 20_000
MAX_RUN_EXCERPT_CHARACTERS = 100
MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS = 200, 8
LETTER_REPLACEMENTS = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae", "’": "'"})


def replace_unprintable(text: str, kept: str = "") -> str:
    """Return the text on one line, without characters that a database rejects (NUL, lone surrogates).

    Args:
        kept: kinds of space that are retained.
    """
    readable = "".join(letter if letter.isprintable() or letter in kept else " " for letter in text)
    return " ".join(filter(None, readable.split(" ")))


def fold_text(text: str) -> str:
    """Normalize a text for comparison: `L’Été` becomes `l'ete`."""
    letters = normalize("NFKD", replace_unprintable(text).translate(LETTER_REPLACEMENTS))
    return "".join(letter for letter in letters if not combining(letter)).casefold()


def split_query(typed: str) -> list[str]:
    """Parse a search query into normalized words, all of which must match."""
    return fold_text(typed[:MAX_QUERY_CHARACTERS]).split()[:MAX_QUERY_WORDS]


def build_search_columns(
    parameters: Iterable[Mapping[str, Any]], inputs: Mapping[str, Any], names: Iterable[str]
) -> dict[str, str]:
    """Return the search columns of a run, by name."""
    name_list = list(names)
    return {"excerpt": build_excerpt(inputs, name_list), "words": build_search_text(parameters, inputs, name_list)}


def build_search_text(parameters: Iterable[Mapping[str, Any]], inputs: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the searched text: labels, file names, values (numbers in French notation and as JSON)."""
    labels = (each["label"] for each in parameters)
    values = (
        text
        for leaf in iter_leaves(list(inputs.values()))
        for text in dict.fromkeys((format_display_text(leaf), str(leaf)))
    )
    return fold_text(" ".join([*labels, *names, *values])[:MAX_SEARCHED_CHARACTERS])


def build_excerpt(inputs: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the beginning of the inputs, on one line."""
    values = (
        " ".join(map(format_display_text, iter_leaves(value, most=20, has_names=False))) for value in inputs.values()
    )
    excerpts = (
        replace_unprintable(truncate_text(text, MAX_RUN_EXCERPT_CHARACTERS), kept=NO_BREAK + NARROW_NO_BREAK)
        for text in [*names, *values]
    )
    return truncate_text(" · ".join(filter(None, excerpts)), MAX_RUN_EXCERPT_CHARACTERS)


def truncate_text(text: str, most: int) -> str:
    """Truncate a text to `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def format_display_text(leaf: str | int | float) -> str:
    """Format a leaf of a value as the page shows it."""
    if isinstance(leaf, bool):
        return "oui" if leaf else "non"
    return leaf if isinstance(leaf, str) else format_number(leaf)


def iter_leaves(
    value: Any, most: int = MAX_SEARCHED_CHARACTERS, *, has_names: bool = True
) -> Iterator[str | int | float]:
    """Iterate over the texts, numbers and booleans of a value, level by level, with keys or without.

    File references are skipped: file names are indexed separately.
    """
    left = deque([value])
    for _ in range(most):
        if not left:
            return
        each = left.popleft()
        if isinstance(each, dict):
            names = each if has_names else ()
            left.extend([] if is_file_reference(each) else [*names, *each.values()])
        elif isinstance(each, list):
            left.extend(each)
        elif each is not None:
            yield each
