"""Lessons as somebody sees them who has done nothing in them: made once, and kept until a file changes.

What a visitor has done is theirs alone: their page is made anew.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import sha256

from flask import current_app

from hfcourse.lessons import library
from hfcourse.lessons.library import Lesson

MAX_CACHED_PAGES = 64  # a few lessons, in two themes


@dataclass(frozen=True)
class CachedPage:
    """The text of a page, and the hash by which browsers know whether they have it."""

    body: bytes
    etag: str


class PageCache:
    """The pages of the lessons as they are."""

    def __init__(self) -> None:
        self._cached: tuple[tuple[Lesson, ...], dict[Hashable, CachedPage]] = (), {}

    def get_pages(self, lessons: tuple[Lesson, ...]) -> dict[Hashable, CachedPage]:
        """The pages made of these very lessons: when they are read again, none is left of those before."""
        made_of, pages = self._cached
        if made_of is not lessons or len(pages) >= MAX_CACHED_PAGES:
            pages = {}
            self._cached = lessons, pages
        return pages


def get_or_render_page(key: Hashable, make: Callable[[], str]) -> CachedPage:
    """The page of this key, which says all that it depends on besides files; made if it is not kept."""
    # Before it is made: if the lessons are read again meanwhile, it is kept among pages that nobody asks for.
    pages = current_app.extensions.setdefault("lesson_pages", PageCache()).get_pages(library.get_lessons())
    found = pages.get(key)
    if found is None:
        text = make().encode()
        found = pages[key] = CachedPage(text, sha256(text).hexdigest()[:32])
    return found
