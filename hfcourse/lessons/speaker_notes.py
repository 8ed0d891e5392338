"""The instructor's notes of a lesson by section, for a second window beside the projected slides."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from hfcourse.lessons.lesson_files import Lesson
from hfcourse.lessons.markup.instructor_notes import InstructorNote
from hfcourse.lessons.slides import HEADING_START

INTRODUCTION_TITLE = "Introduction"
MINUTES_PATTERN = re.compile(r"\d+")


@dataclass(frozen=True)
class SectionNotes:
    """The instructor's notes for one section.

    `anchor` is the id of the section's slide, `minutes` the sum of its notes' durations, `before`
    that of the sections before it; 0 where no note has one.
    """

    anchor: str
    title: str
    notes: tuple[Markup, ...]
    minutes: int
    minutes_before: int = 0


def group_notes_by_section(lesson: Lesson) -> list[SectionNotes]:
    """Return the notes of each slide, in order; a section without notes has an empty tuple."""
    titles = [INTRODUCTION_TITLE, *(section.title for section in lesson.sections)]
    asides: list[list[InstructorNote]] = [[] for _ in titles]
    for number, aside in iterate_instructor_notes(lesson):
        asides[number].append(aside)
    sections: list[SectionNotes] = []
    before = 0
    for number, (title, here) in enumerate(zip(titles, asides, strict=True), 1):
        minutes = sum(count_minutes(each.duration) for each in here)
        bodies = tuple(Markup(each.body) for each in here)  # noqa: S704 (rendered from our own Markdown)
        sections.append(SectionNotes(f"vue-{number}", title, bodies, minutes, before))
        before += minutes
    return sections


def iterate_instructor_notes(lesson: Lesson) -> Iterator[tuple[int, InstructorNote]]:
    """Iterate over the notes, each with the index of its section; 0 is the part before any heading."""
    section = 0
    for part in lesson.parts:
        if isinstance(part, str):
            section += sum(1 for _ in HEADING_START.finditer(part))
        elif isinstance(part, InstructorNote):
            yield section, part


def count_minutes(duration: str) -> int:
    """Parse a duration such as « 5 min » into minutes; 0 for ''."""
    found = MINUTES_PATTERN.match(duration)
    return int(found[0]) if found else 0
