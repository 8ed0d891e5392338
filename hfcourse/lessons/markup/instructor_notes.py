"""Instructor notes in a lesson: ::: enseignant 5 min, ::: enseignant idée fausse. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hfcourse.lessons.syntax import html_blocks

# A key in the visitor's progress while the instructor is logged in: see instructors.py.
INSTRUCTOR_KEY = "enseignant"
DURATION_PATTERN = re.compile(r"\d{1,3} min")
MISCONCEPTION = "idée fausse"
NOTE_LABEL = "Pour qui enseigne"


@dataclass(frozen=True)
class InstructorNote:
    """A note for the instructor, as HTML: a duration ('' without one), or a usual misconception."""

    body: str
    duration: str
    is_misconception: bool = False

    @property
    def minutes(self) -> int:
        """Return the duration in minutes, 0 without one."""
        return int(self.duration.split()[0]) if self.duration else 0

    def render_html(self, done: Mapping[str, str]) -> str:
        """Render the note for a logged-in instructor; '' for other visitors."""
        if INSTRUCTOR_KEY not in done:
            return ""
        label = "Idée fausse courante" if self.is_misconception else NOTE_LABEL
        return html_blocks.build_callout("aside", "clock", label, self.body, self.duration)
