"""What one rendering of a lesson gathers on its way: faults, sections, links, ids. Pure."""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from hfcourse.text.file_errors import describe_toml_error
from hfcourse.text.typography import format_french

# Ids that the page around the lesson already has.
RESERVED_IDS = frozenset({"contenu", "lue", "objectifs", "prerequis"})


@dataclass(frozen=True, order=True)
class LintError:
    """Something to mend in a lesson: where, what is wrong, how to mend it."""

    path: str
    line: int
    problem: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem} {self.advice}"


# What to do about a misspelt name, for a fault whose value `near` is the name that was probably meant.
DID_YOU_MEAN = "Vouliez-vous écrire « {near} » ?"


def find_near(name: str, known: Iterable[str]) -> str:
    """Return the known name that resembles `name` most, '' if none does."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), "")


def make_fault(path: str, line: int, what: str, mend: str, /, **values: object) -> LintError:
    """Return a fault whose sentences are set in French, their `{names}` filled in with values that stay as written."""
    return LintError(path, line, format_french(what, **values), format_french(mend, **values))


@dataclass(frozen=True)
class LessonSection:
    """One entry of the contents list."""

    anchor: str
    title: str
    number: int


@dataclass(frozen=True, order=True)
class InternalLink:
    """A link that stays on the site, and the line it is written on."""

    line: int
    address: str


@dataclass(frozen=True)
class Fact:
    """A dated statement about the outside world; `line` is where facts.toml has it, `seen` how its source was read."""

    id: str
    line: int
    statement: str
    source: str
    title: str
    read: date
    read_again: date
    seen: str


class InteractivePart(Protocol):
    """A piece of a lesson that looks different for each visitor."""

    def render_html(self, done: Mapping[str, str]) -> str:
        """Its HTML for somebody who has done this: values by the keys of what they belong to."""


# Markdown replaces this character in whatever an author writes: it can only be ours.
PART_MARKER = "\0"


class RenderContext:
    """One rendering: what it may draw on (`figures`, `listings`, `facts`, `lines`) and what it has gathered."""

    def __init__(
        self, figures: Mapping[str, str], listings: Mapping[str, str], facts: Mapping[str, Fact] | None = None
    ) -> None:
        self.figures = figures
        self.listings = listings
        self.facts = facts or {}
        self.cited_facts: dict[str, Fact] = {}
        self.lines: list[str] = []
        self.field_lines: dict[str, int] = {}  # where the front matter has each field
        self.lint_errors: list[LintError] = []
        self.sections: list[LessonSection] = []
        self.links: list[InternalLink] = []
        self.anchors: set[str] = set()
        self.used_figures: set[str] = set()
        self.downloads: list[str] = []
        self.counts: Counter[str] = Counter()
        self.parts: list[InteractivePart] = []
        self.reserved_keys: set[str] = set()

    def add_error(self, line: int, what: str, mend: str, /, **values: object) -> None:
        """Note a fault, worded as by `make_fault`; the caller that knows the file adds its path."""
        self.lint_errors.append(make_fault("", line, what, mend, **values))

    def note_toml_error(self, error: ValueError | RecursionError, source: str, before: int = 0) -> None:
        """Note where and why `source` is not TOML; `before` is how many lines of the file precede it."""
        found = describe_toml_error(error)
        line = before + (found.line or len(source.rstrip().split("\n")))
        self.add_error(line, "ce n'est pas du TOML : {words}.", "Corrigez cette ligne, ou celles d'avant.", words=found)

    def next_number(self, kind: str) -> int:
        """1, 2, 3… for each kind of thing that needs a name of its own in the page."""
        self.counts[kind] += 1
        return self.counts[kind]

    def add_part(self, part: InteractivePart) -> str:
        """Set a part aside; what is returned marks its place in the HTML."""
        self.parts.append(part)
        return f"{PART_MARKER}{len(self.parts) - 1}{PART_MARKER}"

    def reserve_key(self, key: str, line: int) -> str:
        """Return the name under which is kept what a visitor did; two things of the same words are a fault."""
        if key in self.reserved_keys:
            self.add_error(line, "la même chose à faire est écrite deux fois.", "Formulez l'une des deux autrement.")
        self.reserved_keys.add(key)
        return key

    def reserve_id(self, wanted: str, line: int) -> str:
        """Return the id for a heading: the one it wants, or a free one beside it and a fault."""
        anchor, copies = wanted, 1
        while anchor in self.anchors | RESERVED_IDS:
            copies += 1
            anchor = f"{wanted}-{copies}"
        if copies > 1:
            what = "l'identifiant « {anchor} » de ce titre est déjà pris dans la leçon."
            self.add_error(line, what, "Formulez ce titre autrement.", anchor=wanted)
        self.anchors.add(anchor)
        return anchor
