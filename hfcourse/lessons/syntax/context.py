"""The context of one rendering of a lesson: collects lint errors, sections, links and ids. Pure."""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from hfcourse.text.file_errors import describe_toml_error
from hfcourse.text.typography import format_french

# Ids that the page template around the lesson uses.
RESERVED_IDS = frozenset({"contenu", "lue", "objectifs", "prerequis"})


@dataclass(frozen=True, order=True)
class LintError:
    """A lint error in a lesson: its place, the problem, and advice to fix it."""

    path: str
    line: int
    problem: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem} {self.advice}"


# The advice about a misspelt name; the value `near` of the error is the most similar known name.
DID_YOU_MEAN = "Vouliez-vous écrire « {near} » ?"


def find_near(name: str, known: Iterable[str]) -> str:
    """Return the known name most similar to `name`, '' if none is close."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), "")


def make_fault(path: str, line: int, problem: str, advice: str, /, **values: object) -> LintError:
    """Return a lint error with typeset French sentences; the values of its `{names}` are inserted verbatim."""
    return LintError(path, line, format_french(problem, **values), format_french(advice, **values))


@dataclass(frozen=True)
class LessonSection:
    """An entry of the table of contents."""

    anchor: str
    title: str
    number: int


@dataclass(frozen=True, order=True)
class InternalLink:
    """A link within the site, and the line of the file that it is on."""

    line: int
    address: str


@dataclass(frozen=True)
class Fact:
    """A dated statement about the outside world.

    `line` is its line in facts.toml, `seen` the way in which its source was read.
    """

    id: str
    line: int
    statement: str
    source: str
    title: str
    read: date
    read_again: date
    seen: str


class InteractivePart(Protocol):
    """A part of a lesson that is rendered with the visitor's progress."""

    def render_html(self, done: Mapping[str, str]) -> str:
        """Render the part.

        Args:
            done: the visitor's values in the lesson, by key; empty without progress.
        """


# Markdown parsers replace NUL characters in their input, so an author cannot write this marker.
PART_MARKER = "\0"


class RenderContext:
    """The inputs of one rendering (`figures`, `listings`, `facts`, `lines`) and the results collected."""

    def __init__(
        self, figures: Mapping[str, str], listings: Mapping[str, str], facts: Mapping[str, Fact] | None = None
    ) -> None:
        self.figures = figures
        self.listings = listings
        self.facts = facts or {}
        self.cited_facts: dict[str, Fact] = {}
        self.lines: list[str] = []
        self.field_lines: dict[str, int] = {}  # the line of each front matter field
        self.lint_errors: list[LintError] = []
        self.sections: list[LessonSection] = []
        self.links: list[InternalLink] = []
        self.anchors: set[str] = set()
        self.used_figures: set[str] = set()
        self.downloads: list[str] = []
        self.counts: Counter[str] = Counter()
        self.parts: list[InteractivePart] = []
        self.reserved_keys: set[str] = set()

    def add_error(self, line: int, problem: str, advice: str, /, **values: object) -> None:
        """Add a lint error, formatted by `make_fault`; the caller that knows the file adds its path."""
        self.lint_errors.append(make_fault("", line, problem, advice, **values))

    def note_toml_error(self, error: ValueError | RecursionError, source: str, before: int = 0) -> None:
        """Add a lint error for a TOML parse error.

        Args:
            before: the number of lines of the file before `source`.
        """
        found = describe_toml_error(error)
        line = before + (found.line or len(source.rstrip().split("\n")))
        self.add_error(line, "ce n'est pas du TOML : {words}.", "Corrigez cette ligne, ou celles d'avant.", words=found)

    def next_number(self, kind: str) -> int:
        """Increment and return the counter of a kind of block: 1, 2, 3…, for unique ids in the page."""
        self.counts[kind] += 1
        return self.counts[kind]

    def add_part(self, part: InteractivePart) -> str:
        """Store a part for later rendering and return the marker that holds its place in the HTML."""
        self.parts.append(part)
        return f"{PART_MARKER}{len(self.parts) - 1}{PART_MARKER}"

    def reserve_key(self, key: str, line: int) -> str:
        """Reserve and return the key of a visitor's value; a duplicate (equal texts) is a lint error."""
        if key in self.reserved_keys:
            self.add_error(line, "la même chose à faire est écrite deux fois.", "Formulez l'une des deux autrement.")
        self.reserved_keys.add(key)
        return key

    def reserve_id(self, wanted: str, line: int) -> str:
        """Reserve and return a unique id for a heading: `wanted`, or with a number and a lint error."""
        anchor, copies = wanted, 1
        while anchor in self.anchors | RESERVED_IDS:
            copies += 1
            anchor = f"{wanted}-{copies}"
        if copies > 1:
            problem = "l'identifiant « {anchor} » de ce titre est déjà pris dans la leçon."
            self.add_error(line, problem, "Formulez ce titre autrement.", anchor=wanted)
        self.anchors.add(anchor)
        return anchor
