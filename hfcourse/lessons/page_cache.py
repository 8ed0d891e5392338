"""Cache of rendered lesson pages, each with its ETag and its compressed bodies, until a file of the course changes.

A page depends on its key alone: lesson, theme, prefix of a proxy, settings, and what its reader has done in the lesson.
Pages of readers who have done nothing are shared by a whole class, and compressed as small as possible. The others are
cached apart, so that many states of progress do not evict those, and compressed quickly.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock

from flask import Flask, current_app

from hfcourse.lessons import library
from hfcourse.lessons.lesson_files import Lesson
from hfcourse.web import compression

# Of each kind: some lessons in two themes. A page and its compressed bodies need about 180 kB.
MAX_CACHED_PAGES = 64


@dataclass(frozen=True)
class CachedPage:
    """HTML of a page, its strong ETag, and its bodies by content encoding, compressed on first use."""

    html: bytes
    etag: str
    level: compression.CompressionLevel
    bodies: dict[str, bytes] = field(default_factory=dict, compare=False)

    def get_body(self, encoding: str) -> bytes:
        """Return the body in a content encoding, '' for none; concurrent first uses compress it more than once."""
        if not encoding:
            return self.html
        body = self.bodies.get(encoding)
        if body is None:
            body = self.bodies[encoding] = compression.compress_bytes(self.html, encoding, self.level)
        return body


class PageCache:
    """LRU caches of the pages made from one state of the lessons, shared and personal ones apart."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._source: tuple[Lesson, ...] = ()
        self._shared: OrderedDict[Hashable, CachedPage] = OrderedDict()
        self._personal: OrderedDict[Hashable, CachedPage] = OrderedDict()

    def count_pages(self) -> int:
        """Count the cached pages."""
        return len(self._shared) + len(self._personal)

    def find_page(self, source: tuple[Lesson, ...], key: Hashable, *, is_personal: bool) -> CachedPage | None:
        """Return a page made from these lessons; pages made from earlier ones are dropped."""
        with self._lock:
            if self._source is not source:
                self._source = source
                self._shared.clear()
                self._personal.clear()
            pages = self._personal if is_personal else self._shared
            if key in pages:
                pages.move_to_end(key)
            return pages.get(key)

    def store_page(self, source: tuple[Lesson, ...], key: Hashable, page: CachedPage, *, is_personal: bool) -> None:
        """Store a page, unless the lessons have been loaded again since it was looked up."""
        with self._lock:
            pages = self._personal if is_personal else self._shared
            if self._source is source:
                pages[key] = page
            if len(pages) > MAX_CACHED_PAGES:
                pages.popitem(last=False)


def get_or_render_page(key: Hashable, done: Mapping[str, str], render: Callable[[], str]) -> CachedPage:
    """Return the page of this key, rendered if it is not cached.

    Args:
        key: everything that the page depends on, besides the files of the course and `done`.
        done: the reader's values in the lesson, empty for a shared page.
    """
    cache, source, is_personal = get_page_cache(), library.get_lessons(), bool(done)
    whole_key = key, frozenset(done.items())
    page = cache.find_page(source, whole_key, is_personal=is_personal)
    if page is None:
        html = render().encode()
        level = compression.FAST if is_personal else compression.SMALLEST
        page = CachedPage(html, sha256(html).hexdigest()[:32], level)
        cache.store_page(source, whole_key, page, is_personal=is_personal)
    return page


def get_page_cache() -> PageCache:
    """Return the page cache of this application."""
    cache: PageCache = current_app.extensions["lesson_pages"]
    return cache


def init_app(app: Flask) -> None:
    """Create the cache."""
    app.extensions["lesson_pages"] = PageCache()
