"""The slides of a lesson: one section at a time, to be projected."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from hfcourse.lessons.lesson_files import Lesson

HEADING_START = re.compile(r"(?=<h2\b)")


@dataclass(frozen=True)
class Slide:
    """A slide: the text before the first heading (`heading` is '' then), or a section.

    `anchor` is the id of the slide, `heading` that of its heading, which external links name.
    """

    anchor: str
    heading: str
    html: Markup


def split_slides(lesson: Lesson) -> list[Slide]:
    """Split a lesson into slides, in order.

    The forms lose their `method`: answers given while projecting are no visitor's progress.
    """
    html = str(lesson.html).replace(' method="post"', "")
    headings = ["", *(section.anchor for section in lesson.sections)]
    pieces = zip(headings, HEADING_START.split(html), strict=True)
    return [
        Slide(f"vue-{number}", heading, Markup(piece))  # noqa: S704 (a part of what was safe)
        for number, (heading, piece) in enumerate(pieces, 1)
    ]
