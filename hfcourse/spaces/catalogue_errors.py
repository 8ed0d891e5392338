"""Mistakes in a catalogue file: the line, and what is wrong, in English for the log, in French for the page. Pure."""

import re
import tomllib
from collections.abc import Iterator

from hfcourse.text.file_errors import describe_toml_error
from hfcourse.text.typography import NO_BREAK, typeset_french

SPACE_HEADER_PATTERN = re.compile(r"\s*\[\[\s*[\"']?space[\"']?\s*\]\]")
LINE_SUFFIX_PATTERN = re.compile(r" \(at line ([0-9]+), column [0-9]+\)$", re.ASCII)
MAX_HEADERS = 500


class CatalogueError(ValueError):
    """Something in a catalogue file that makes no sense; `line` counts from 1, None where it cannot be told.

    Its text is English, for the log; `french_words` say the same to the instructor.
    """

    def __init__(self, line: int | None, words: str, french_words: str) -> None:
        super().__init__(f"{f'line {line}: ' if line else ''}{words}")
        self.line = line
        self.french_message = typeset_french(french_words)

    def describe(self) -> str:
        """Return the line and what is wrong, in French."""
        return f"ligne{NO_BREAK}{self.line}, {self.french_message}" if self.line else self.french_message


def make_syntax_error(error: ValueError | RecursionError, text: str) -> CatalogueError:
    """What the parser of TOML says, and where."""
    found = describe_toml_error(error)
    line = found.line or len(text.splitlines()) or None
    return CatalogueError(line, LINE_SUFFIX_PATTERN.sub("", str(error)), f"ce n'est pas du TOML : {found}")


def make_encoding_error(error: UnicodeDecodeError) -> CatalogueError:
    line = error.object[: error.start].count(b"\n") + 1
    return CatalogueError(line, "this is not UTF-8", "ce n’est pas de l’UTF-8")


def find_key_line(text: str, place: int, key: str) -> int | None:
    """The line of a key of the space of that place, from 0; that of its header where it has no such key."""
    starts = [*find_space_headers(text)]
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


def find_space_headers(text: str) -> Iterator[int]:
    """Yield the places of the lines `[[space]]`, from 0; one inside a text of several lines is none."""
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines) if SPACE_HEADER_PATTERN.match(line)]
    for number in headers[:MAX_HEADERS]:
        try:
            tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        yield number
