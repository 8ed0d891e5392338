"""What only the instructor reads in a lesson: ::: enseignant 5 min, ::: enseignant idée fausse. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hfcourse.lessons.syntax import html_blocks

# Among what a visitor has done, by its key: see instructors.py for who has it.
INSTRUCTOR_KEY = "enseignant"
DURATION_PATTERN = re.compile(r"\d{1,3} min")
MISCONCEPTION = "idée fausse"
NOTE_LABEL = "Pour qui enseigne"


@dataclass(frozen=True)
class InstructorNote:
    """A note for the instructor, as HTML: how long this takes ('' if it is not said), or a usual misconception."""

    body: str
    duration: str
    is_misconception: bool = False

    @property
    def minutes(self) -> int:
        """The duration as a number, 0 without one."""
        return int(self.duration.split()[0]) if self.duration else 0

    def render_html(self, done: Mapping[str, str]) -> str:
        """The note, or nothing for everybody else."""
        if INSTRUCTOR_KEY not in done:
            return ""
        label = "Idée fausse courante" if self.is_misconception else NOTE_LABEL
        return html_blocks.build_callout("aside", "clock", label, self.body, self.duration)
