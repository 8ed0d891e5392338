"""A lesson cut into its sections, to be projected one at a time."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from hfcourse.lessons.library import Lesson

HEADING_START = re.compile(r"(?=<h2\b)")


@dataclass(frozen=True)
class Slide:
    """What is shown at once: the words before the first heading (`heading` is '' then), or a section.

    `anchor` is its own id, `heading` that of its heading, which links from elsewhere name.
    """

    anchor: str
    heading: str
    html: Markup


def split_slides(lesson: Lesson) -> list[Slide]:
    """The lesson's sections in order; what is answered while projecting is nobody's progress, so no form is sent."""
    html = str(lesson.html).replace(' method="post"', "")
    headings = ["", *(section.anchor for section in lesson.sections)]
    pieces = zip(headings, HEADING_START.split(html), strict=True)
    return [
        Slide(f"vue-{number}", heading, Markup(piece))  # noqa: S704 (a part of what was safe)
        for number, (heading, piece) in enumerate(pieces, 1)
    ]
