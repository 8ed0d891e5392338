"""Ways back from a Space or a run to the lessons that send readers there.

Which lessons do is known from their try-it blocks. Nothing about the reader is asked for it, no parameter of an address
and no Referer, and the way back is there on every later visit too.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from urllib.parse import urlsplit

from flask import Flask, url_for

from hfcourse.lessons import library, pieces

MAX_LINKS = 4
SPACES = "/espaces/"
# The heading of a try-it block, then the link to its form, as `pieces.try_it` writes them.
BLOCK = re.compile(rf'<h3 id="(essayez-\d+)">|{pieces.BARE_LINK}([^"]*)"')


@dataclass(frozen=True)
class BackLink:
    """A lesson that has a try-it block of an endpoint; `address` leads to the block."""

    number: str
    title: str
    address: str


def find_back_links(space: str, endpoint: str) -> list[BackLink]:
    """Find the lessons that have this endpoint tried, else those that link to the Space; MAX_LINKS at most."""
    lessons, wanted = library.lessons(), f"{SPACES}{space}?endpoint={endpoint}"
    found = [(lesson, anchor) for lesson in lessons if (anchor := find_blocks(str(lesson.html)).get(wanted))]
    found = found or [(lesson, "") for lesson in lessons if has_link(lesson, space)]
    return [
        BackLink(lesson.number, lesson.title, url_for("lessons.show", slug=lesson.slug, _anchor=anchor or None))
        for lesson, anchor in found[:MAX_LINKS]
    ]


@lru_cache(maxsize=64)
def find_blocks(html: str) -> dict[str, str]:
    """Map the address of each form that a lesson has tried to the id of its first try-it block."""
    anchor, blocks = "", dict[str, str]()
    for heading, address in BLOCK.findall(html):
        anchor = heading or anchor
        if address:
            blocks.setdefault(unescape(address), anchor)
    return blocks


def has_link(lesson: library.Lesson, space: str) -> bool:
    return any(urlsplit(link.address).path == SPACES + space for link in lesson.links)


def init_app(app: Flask) -> None:
    """Offer them to the templates."""
    app.jinja_env.globals["back_links"] = find_back_links
