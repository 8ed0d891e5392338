"""What one rendering of a lesson gathers on its way: faults, sections, links, ids. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

# Ids that the page around the lesson already has.
TAKEN_IDS = frozenset({"contenu", "lue", "objectifs", "prerequis"})


@dataclass(frozen=True, order=True)
class Fault:
    """Something to mend in a lesson: where, what is wrong, how to mend it."""

    path: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what} {self.mend}"


@dataclass(frozen=True)
class Section:
    """One entry of the contents list."""

    anchor: str
    title: str
    number: int


@dataclass(frozen=True, order=True)
class Link:
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


class Part(Protocol):
    """A piece of a lesson that looks different for each visitor."""

    def draw(self, done: Mapping[str, str]) -> str:
        """Its HTML for somebody who has done this: values by the keys of what they belong to."""


# Markdown replaces this character in whatever an author writes: it can only be ours.
MARK = "\0"


class Draft:
    """One rendering: what it may draw on (`figures`, `listings`, `facts`, `lines`) and what it has gathered."""

    def __init__(
        self, figures: Mapping[str, str], listings: Mapping[str, str], facts: Mapping[str, Fact] | None = None
    ) -> None:
        self.figures = figures
        self.listings = listings
        self.facts = facts or {}
        self.cited: dict[str, Fact] = {}
        self.lines: list[str] = []
        self.field_lines: dict[str, int] = {}  # where the front matter has each field
        self.faults: list[Fault] = []
        self.sections: list[Section] = []
        self.links: list[Link] = []
        self.anchors: set[str] = set()
        self.drawn_figures: set[str] = set()
        self.downloads: list[str] = []
        self.counts: Counter[str] = Counter()
        self.parts: list[Part] = []
        self.keys: set[str] = set()

    def fault(self, line: int, what: str, mend: str) -> None:
        """Note a fault; whoever knows the file adds its path."""
        self.faults.append(Fault("", line, what, mend))

    def next_number(self, kind: str) -> int:
        """1, 2, 3… for each kind of thing that needs a name of its own in the page."""
        self.counts[kind] += 1
        return self.counts[kind]

    def keep(self, part: Part) -> str:
        """Set a part aside; what is returned marks its place in the HTML."""
        self.parts.append(part)
        return f"{MARK}{len(self.parts) - 1}{MARK}"

    def claim_key(self, key: str, line: int) -> str:
        """Return the name under which is kept what a visitor did; two things of the same words are a fault."""
        if key in self.keys:
            self.fault(line, "the same words stand twice in what there is to do.", "Word one of them differently.")
        self.keys.add(key)
        return key

    def claim(self, wanted: str, line: int) -> str:
        """Return the id for a heading: the one it wants, or a free one beside it and a fault."""
        anchor, copies = wanted, 1
        while anchor in self.anchors | TAKEN_IDS:
            copies += 1
            anchor = f"{wanted}-{copies}"
        if copies > 1:
            self.fault(line, f"the heading id “{wanted}” is already taken.", "Word this heading differently.")
        self.anchors.add(anchor)
        return anchor
