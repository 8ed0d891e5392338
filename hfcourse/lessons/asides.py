"""What only the instructor reads in a lesson: ::: enseignant 5 min. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hfcourse.lessons import pieces

# Among what a visitor has done, by its key: see instructors.py for who has it.
INSTRUCTOR = "enseignant"
DURATION = re.compile(r"\d{1,3} min")


@dataclass(frozen=True)
class Aside:
    """A note for the instructor, as HTML, and how long this takes; '' if nobody said."""

    body: str
    duration: str

    def draw(self, done: Mapping[str, str]) -> str:
        """The note, or nothing for everybody else."""
        if INSTRUCTOR not in done:
            return ""
        return pieces.callout("aside", "clock", "Pour l’enseignant", self.body, self.duration)
