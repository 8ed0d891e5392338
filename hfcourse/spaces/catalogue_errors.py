"""Errors in a catalogue file: line and message, in English for the log, in French for the page. Pure."""

import re
import tomllib
from collections.abc import Iterator

from hfcourse.text.file_errors import describe_toml_error
from hfcourse.text.typography import NO_BREAK, typeset_french

SPACE_HEADER_PATTERN = re.compile(r"\s*\[\[\s*[\"']?space[\"']?\s*\]\]")
LINE_SUFFIX_PATTERN = re.compile(r" \(at line ([0-9]+), column [0-9]+\)$", re.ASCII)
MAX_HEADERS = 500


class CatalogueError(ValueError):
    """Error in a catalogue file; `line` counts from 1, None where it is unknown.

    Its text is English, for the log; `french_message` is for the instructor.
    """

    def __init__(self, line: int | None, words: str, french_words: str) -> None:
        super().__init__(f"{f'line {line}: ' if line else ''}{words}")
        self.line = line
        self.french_message = typeset_french(french_words)

    def describe(self) -> str:
        """Return the line and the message, in French."""
        return f"ligne{NO_BREAK}{self.line}, {self.french_message}" if self.line else self.french_message


def make_syntax_error(error: ValueError | RecursionError, text: str) -> CatalogueError:
    """Return the error of the TOML parser, with its line."""
    toml_error = describe_toml_error(error)
    line = toml_error.line or len(text.splitlines()) or None
    return CatalogueError(line, LINE_SUFFIX_PATTERN.sub("", str(error)), f"ce n'est pas du TOML : {toml_error}")


def make_encoding_error(error: UnicodeDecodeError) -> CatalogueError:
    """Return the error of a file that is not UTF-8, with its line."""
    line = error.object[: error.start].count(b"\n") + 1
    return CatalogueError(line, "this is not UTF-8", "ce n’est pas de l’UTF-8")


def find_key_line(text: str, index: int, key: str) -> int | None:
    """Return the line of a key in the `[[space]]` at this index, from 0; that of its header without the key."""
    starts = [*find_space_headers(text)]
    if index >= len(starts):
        return None
    lines = text.splitlines()
    end = starts[index + 1] if index + 1 < len(starts) else len(lines)
    key_pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    for number in range(starts[index], end):
        if key and key_pattern.match(lines[number]):
            return number + 1
    return starts[index] + 1


def find_top_line(text: str, key: str) -> int | None:
    """Return the line of a top-level key or table of the file."""
    key_pattern = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*(=|\])")
    return next((number for number, line in enumerate(text.splitlines(), 1) if key_pattern.match(line)), None)


def find_space_headers(text: str) -> Iterator[int]:
    """Yield the indexes of the lines `[[space]]`, from 0, except those inside a multi-line string."""
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines) if SPACE_HEADER_PATTERN.match(line)]
    for number in headers[:MAX_HEADERS]:
        try:
            tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        yield number
