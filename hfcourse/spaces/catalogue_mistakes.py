"""Mistakes in a catalogue file: the line, and what is wrong, in English for the log, in French for the page. Pure."""

import re
import tomllib
from collections.abc import Iterator

from hfcourse.typography import french

HEADER = re.compile(r"\s*\[\[\s*[\"']?space[\"']?\s*\]\]")
AT_LINE = re.compile(r" \(at line ([0-9]+), column [0-9]+\)$", re.ASCII)
MAX_HEADERS = 500


class CatalogueMistake(ValueError):
    """Something in a catalogue file that makes no sense; `line` counts from 1, None where it cannot be told.

    `detail` are the parser's own words, '' where ours say all.
    """

    def __init__(self, line: int | None, words: str, french_words: str, detail: str = "") -> None:
        super().__init__(f"{f'line {line}: ' if line else ''}{words}")
        self.line = line
        self.french_words = french(french_words)
        self.detail = detail


def syntax_mistake(error: tomllib.TOMLDecodeError, text: str) -> CatalogueMistake:
    """What the parser of TOML says, and where."""
    said = str(error)
    found = AT_LINE.search(said)
    line = int(found[1]) if found else len(text.splitlines()) or None
    return CatalogueMistake(line, AT_LINE.sub("", said), "ce n’est pas du TOML", AT_LINE.sub("", said))


def encoding_mistake(error: UnicodeDecodeError) -> CatalogueMistake:
    line = error.object[: error.start].count(b"\n") + 1
    return CatalogueMistake(line, "this is not UTF-8", "ce n’est pas de l’UTF-8")


def find_line(text: str, place: int, key: str) -> int | None:
    """The line of a key of the space of that place, from 0; that of its header where it has no such key."""
    starts = [*find_headers(text)]
    if place >= len(starts):
        return None
    lines = text.splitlines()
    end = starts[place + 1] if place + 1 < len(starts) else len(lines)
    written = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    for number in range(starts[place], end):
        if key and written.match(lines[number]):
            return number + 1
    return starts[place] + 1


def find_top_line(text: str, key: str) -> int | None:
    """The line where a key, or a table, of the file itself begins."""
    written = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*(=|\])")
    return next((number for number, line in enumerate(text.splitlines(), 1) if written.match(line)), None)


def find_headers(text: str) -> Iterator[int]:
    """Yield the places of the lines `[[space]]`, from 0; one inside a text of several lines is none."""
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines) if HEADER.match(line)]
    for number in headers[:MAX_HEADERS]:
        try:
            tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        yield number
