"""Ways back from a Space or a run to the lessons that send readers there.

Which lessons do is known from their try-it blocks. Nothing about the reader is asked for it, no parameter of an address
and no Referer, and the way back is there on every later visit too.
"""

import math
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from flask import Flask, current_app, url_for

from hfcourse.lessons import library
from hfcourse.lessons.syntax import html_blocks

MAX_LINKS = 4
SPACES_URL_PATH = "/espaces/"
CHECK_INTERVAL_SECONDS = 1.0
# The heading of a try-it block, then the link to its form, as `pieces.try_it` writes them.
TRY_IT_PATTERN = re.compile(rf'<h3 id="(essayez-\d+)">|{html_blocks.LINK_WITHOUT_SCRIPT}([^"]*)"')


@dataclass(frozen=True)
class BackLink:
    """A lesson that has a try-it block of an endpoint; `address` leads to the block."""

    number: str
    title: str
    address: str


class BackLinkIndex:
    """The lessons by the addresses of the forms and the Spaces that they name, built anew when a lesson changed.

    Whether one changed is looked up once in CHECK_INTERVAL_SECONDS: each page of a Space and of a run asks.
    """

    def __init__(self) -> None:
        self._lessons: tuple[library.Lesson, ...] | None = None
        self._checked_at = -math.inf
        self._lessons_by_form: dict[str, list[tuple[library.Lesson, str]]] = {}
        self._lessons_by_space: dict[str, list[tuple[library.Lesson, str]]] = {}

    def find_lessons(self, space: str, endpoint: str) -> list[tuple[library.Lesson, str]]:
        """Find the lessons that have this endpoint tried, with the id of the block; else those that link to it."""
        if time.monotonic() - self._checked_at > CHECK_INTERVAL_SECONDS:
            lessons, self._checked_at = library.get_lessons(), time.monotonic()
            if lessons is not self._lessons:
                self._build(lessons)
        return self._lessons_by_form.get(f"{SPACES_URL_PATH}{space}?endpoint={endpoint}") or self._lessons_by_space.get(
            SPACES_URL_PATH + space, []
        )

    def _build(self, lessons: tuple[library.Lesson, ...]) -> None:
        forms, spaces = defaultdict(list), defaultdict(list)
        for lesson in lessons:
            for address, anchor in find_try_it_blocks(str(lesson.html)).items():
                forms[address].append((lesson, anchor))
            for path in {urlsplit(link.address).path for link in lesson.links}:
                spaces[path].append((lesson, ""))
        self._lessons, self._lessons_by_form, self._lessons_by_space = lessons, dict(forms), dict(spaces)


def find_back_links(space: str, endpoint: str) -> list[BackLink]:
    """Find the lessons that send readers to this endpoint; MAX_LINKS at most."""
    index: BackLinkIndex = current_app.extensions["back_links"]
    return [
        BackLink(lesson.number, lesson.title, url_for("lessons.show", slug=lesson.slug, _anchor=anchor or None))
        for lesson, anchor in index.find_lessons(space, endpoint)[:MAX_LINKS]
    ]


def find_try_it_blocks(html: str) -> dict[str, str]:
    """Map the address of each form that a lesson has tried to the id of its first try-it block."""
    anchor, blocks = "", dict[str, str]()
    for heading, address in TRY_IT_PATTERN.findall(html):
        anchor = heading or anchor
        if address:
            blocks.setdefault(unescape(address), anchor)
    return blocks


def init_app(app: Flask) -> None:
    """Offer them to the templates."""
    app.extensions["back_links"] = BackLinkIndex()
    app.jinja_env.globals["back_links"] = find_back_links
