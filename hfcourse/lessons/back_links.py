"""Back links from a Space or a run to the lessons that link to it.

The index is built from the try-it blocks of the lessons. It uses no query parameter and no Referer:
nothing about the reader is recorded, and the link is there on every later visit too.
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
from hfcourse.lessons.lesson_files import Lesson
from hfcourse.lessons.syntax import html_blocks

MAX_LINKS = 4
SPACES_URL_PATH = "/espaces/"
CHECK_INTERVAL_SECONDS = 1.0
# The heading of a try-it block, then the link to its form, as `html_blocks.build_try_it` renders
# them.
TRY_IT_PATTERN = re.compile(rf'<h3 id="(essayez-\d+)">|{html_blocks.LINK_WITHOUT_SCRIPT}([^"]*)"')


@dataclass(frozen=True)
class BackLink:
    """A lesson that has a try-it block for an endpoint; `address` leads to the block."""

    number: str
    title: str
    address: str


class BackLinkIndex:
    """An index of lessons by the addresses of forms and Spaces, rebuilt when a lesson changes.

    Each page of a Space and of a run reads it, so the lessons are checked for changes at most once
    every CHECK_INTERVAL_SECONDS.
    """

    def __init__(self) -> None:
        self._lessons: tuple[Lesson, ...] | None = None
        self._checked_at = -math.inf
        self._lessons_by_form: dict[str, list[tuple[Lesson, str]]] = {}
        self._lessons_by_space: dict[str, list[tuple[Lesson, str]]] = {}

    def find_lessons(self, space: str, endpoint: str) -> list[tuple[Lesson, str]]:
        """Find the lessons with a try-it block for an endpoint; else those that link to its Space.

        Returns:
            Pairs of a lesson and the id of its block, '' for a mere link.
        """
        if time.monotonic() - self._checked_at > CHECK_INTERVAL_SECONDS:
            lessons, self._checked_at = library.get_lessons(), time.monotonic()
            if lessons is not self._lessons:
                self._build(lessons)
        return self._lessons_by_form.get(f"{SPACES_URL_PATH}{space}?endpoint={endpoint}") or self._lessons_by_space.get(
            SPACES_URL_PATH + space, []
        )

    def _build(self, lessons: tuple[Lesson, ...]) -> None:
        forms, spaces = defaultdict(list), defaultdict(list)
        for lesson in lessons:
            for address, anchor in find_try_it_blocks(str(lesson.html)).items():
                forms[address].append((lesson, anchor))
            for path in {urlsplit(link.address).path for link in lesson.links}:
                spaces[path].append((lesson, ""))
        self._lessons, self._lessons_by_form, self._lessons_by_space = lessons, dict(forms), dict(spaces)


def find_back_links(space: str, endpoint: str) -> list[BackLink]:
    """Return the lessons that send readers to this endpoint; MAX_LINKS at most."""
    index: BackLinkIndex = current_app.extensions["back_links"]
    return [
        BackLink(lesson.number, lesson.title, url_for("lessons.show", slug=lesson.slug, _anchor=anchor or None))
        for lesson, anchor in index.find_lessons(space, endpoint)[:MAX_LINKS]
    ]


def find_try_it_blocks(html: str) -> dict[str, str]:
    """Map the address of each try-it form of a lesson to the id of its first block."""
    anchor, blocks = "", dict[str, str]()
    for heading, address in TRY_IT_PATTERN.findall(html):
        anchor = heading or anchor
        if address:
            blocks.setdefault(unescape(address), anchor)
    return blocks


def init_app(app: Flask) -> None:
    """Create the index and register `back_links` as a template global."""
    app.extensions["back_links"] = BackLinkIndex()
    app.jinja_env.globals["back_links"] = find_back_links
