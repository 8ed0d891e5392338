"""What a run is found by: the words that were sent, without case or accents; and a few to recognise it by. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from unicodedata import combining, normalize

from hfcourse.runs.values.file_refs import is_sent_file
from hfcourse.text.typography import NARROW, NO_BREAK, number

# Of a run, so much is searched: a book pasted into a form must not slow down every search of its reader.
WORDS_CHARACTERS = 20_000
EXCERPT_CHARACTERS = 100
MOST_TYPED, MOST_WORDS = 200, 8
LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae", "’": "'"})


def plain(text: str, kept: str = "") -> str:
    """The text on one line, with nothing in it that a database refuses (NUL, half a character).

    Args:
        kept: kinds of space that stay what they are.
    """
    readable = "".join(letter if letter.isprintable() or letter in kept else " " for letter in text)
    return " ".join(filter(None, readable.split(" ")))


def folded(text: str) -> str:
    """The text as it is compared: `L’Été` is `l'ete`."""
    letters = normalize("NFKD", plain(text).translate(LETTERS))
    return "".join(letter for letter in letters if not combining(letter)).casefold()


def typed_words(typed: str) -> list[str]:
    """The words of a search, to be compared; all of them must be found."""
    return folded(typed[:MOST_TYPED]).split()[:MOST_WORDS]


def found_by(
    parameters: Iterable[Mapping[str, Any]], inputs: Mapping[str, Any], names: Iterable[str]
) -> dict[str, str]:
    """What is stored for whoever looks for the run."""
    named = list(names)
    return {"excerpt": excerpt_of(inputs, named), "words": words_of(parameters, inputs, named)}


def words_of(parameters: Iterable[Mapping[str, Any]], inputs: Mapping[str, Any], names: Iterable[str]) -> str:
    """What a search looks into: labels, names of files, values (a number as French writes it, and as JSON does)."""
    labels = (each["label"] for each in parameters)
    values = (text for leaf in leaves(list(inputs.values())) for text in dict.fromkeys((spoken(leaf), str(leaf))))
    return folded(" ".join([*labels, *names, *values])[:WORDS_CHARACTERS])


def excerpt_of(inputs: Mapping[str, Any], names: Iterable[str]) -> str:
    """The beginning of what was sent, on one line."""
    values = (" ".join(map(spoken, leaves(value, most=20, has_names=False))) for value in inputs.values())
    said = (plain(cut(text, EXCERPT_CHARACTERS), kept=NO_BREAK + NARROW) for text in [*names, *values])
    return cut(" · ".join(filter(None, said)), EXCERPT_CHARACTERS)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def spoken(leaf: str | int | float) -> str:
    """A part of a value as the page shows it."""
    if isinstance(leaf, bool):
        return "oui" if leaf else "non"
    return leaf if isinstance(leaf, str) else number(leaf)


def leaves(value: Any, most: int = WORDS_CHARACTERS, *, has_names: bool = True) -> Iterator[str | int | float]:
    """The texts, numbers and yes or no of a value, level by level, with the names in it or without.

    Files have their names elsewhere.
    """
    left = deque([value])
    for _ in range(most):
        if not left:
            return
        each = left.popleft()
        if isinstance(each, dict):
            names = each if has_names else ()
            left.extend([] if is_sent_file(each) else [*names, *each.values()])
        elif isinstance(each, list):
            left.extend(each)
        elif each is not None:
            yield each
