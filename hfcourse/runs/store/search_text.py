"""Search index text of a run, without case or accents, and the excerpt shown in lists. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from unicodedata import combining, normalize

from hfcourse.runs.values.file_refs import FILE_KEY, is_file_reference
from hfcourse.spaces.untrusted.json_tree import find_nodes
from hfcourse.text.typography import NARROW_NO_BREAK, NO_BREAK, format_number

# Indexed characters per run: a book pasted into a form must not slow down every search of its visitor.
MAX_SEARCHED_CHARACTERS = 20_000
MAX_RUN_EXCERPT_CHARACTERS = 100
MAX_LABEL_CHARACTERS = 24
MAX_EXCERPT_FILES = 3
MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS = 200, 8
LETTER_REPLACEMENTS = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae", "’": "'"})


def replace_unprintable(text: str, kept_spaces: str = "") -> str:
    """Return the text on one line, without characters that a database rejects (NUL, lone surrogates).

    Args:
        kept_spaces: kinds of space that are retained.
    """
    readable = "".join(letter if letter.isprintable() or letter in kept_spaces else " " for letter in text)
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
    name_list, parameters = list(names), list(parameters)
    labels = {each["name"]: each["label"] for each in parameters}
    return {
        "excerpt": build_excerpt(inputs, name_list, labels),
        "words": build_search_text(parameters, inputs, name_list),
    }


def build_search_text(parameters: Iterable[Mapping[str, Any]], inputs: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the searched text: labels, file names, values (numbers in French notation and as JSON)."""
    labels = (each["label"] for each in parameters)
    values = (
        text
        for leaf in iter_leaves(list(inputs.values()))
        for text in dict.fromkeys((format_display_text(leaf), str(leaf)))
    )
    return fold_text(" ".join([*labels, *names, *values])[:MAX_SEARCHED_CHARACTERS])


def build_excerpt(inputs: Mapping[str, Any], names: Iterable[str], labels: Mapping[str, str] | None = None) -> str:
    """Return the beginning of the inputs, on one line, each with its label; those with files come first.

    Args:
        names: names of the files, by the number in their reference.
        labels: label by parameter name; a parameter without one is not named.
    """
    names = list(names)
    files = {name: list_searched_file_names(value, names) for name, value in inputs.items()}
    values = (
        label_excerpt(" ".join([*files[name], *format_leaves(inputs[name])]), (labels or {}).get(name, ""))
        for name in sorted(inputs, key=lambda name: not files[name])
    )
    # Runs of the first versions have files without references to them.
    unreferenced = [] if any(files.values()) else names[:MAX_EXCERPT_FILES]
    excerpts = (
        replace_unprintable(truncate_text(text, MAX_RUN_EXCERPT_CHARACTERS), kept_spaces=NO_BREAK + NARROW_NO_BREAK)
        for text in [*unreferenced, *values]
    )
    return truncate_text(" · ".join(filter(None, excerpts)), MAX_RUN_EXCERPT_CHARACTERS)


def list_searched_file_names(value: Any, names: Sequence[str]) -> list[str]:
    """Return the names of the first files of a value, with commas between them."""
    references = islice(find_nodes(value, is_file_reference), MAX_EXCERPT_FILES)
    numbers = (each[FILE_KEY] for each in references)
    found = [names[number] for number in numbers if type(number) is int and 0 <= number < len(names)]
    return [", ".join(found)] if found else []


def format_leaves(value: Any) -> Iterator[str]:
    """Format the first leaves of a value."""
    return map(format_display_text, iter_leaves(value, max_leaves=20, has_names=False))


def label_excerpt(text: str, label: str) -> str:
    """Put the label of a parameter before its text; an empty text stays without one."""
    return f"{truncate_text(label, MAX_LABEL_CHARACTERS)}{NO_BREAK}: {text}" if label and text.strip() else text


def truncate_text(text: str, max_characters: int) -> str:
    """Truncate a text to `max_characters` characters."""
    return text if len(text) <= max_characters else text[: max_characters - 1] + "…"


def format_display_text(leaf: str | int | float) -> str:
    """Format a leaf of a value as the page shows it."""
    if isinstance(leaf, bool):
        return "oui" if leaf else "non"
    return leaf if isinstance(leaf, str) else format_number(leaf)


def iter_leaves(
    value: Any, max_leaves: int = MAX_SEARCHED_CHARACTERS, *, has_names: bool = True
) -> Iterator[str | int | float]:
    """Iterate over the texts, numbers and booleans of a value, level by level, with keys or without.

    File references are skipped: file names are indexed separately.
    """
    left = deque([value])
    for _ in range(max_leaves):
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
