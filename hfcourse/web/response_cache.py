"""Lessons for readers without a cookie, sent again as they were sent a moment ago.

When a class opens a lesson together, its requests differ in nothing that the page depends on. A tenth of a second later
the application is asked anew: what is edited shows at once to any eye, and what it does on the way is still done.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

RESPONSE_TTL_SECONDS = 0.1
MAX_CACHED_RESPONSES = 64
CACHED_PATH_PREFIX = "/lecons/"
# A reader with any of these is answered by the application: for the page may be theirs, or not wanted whole.
UNCACHEABLE_VARIABLES = ("HTTP_COOKIE", "QUERY_STRING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
KEY_VARIABLES = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "HTTP_ACCEPT_ENCODING")

ResponseCacheKey = tuple[str | None, ...]


@dataclass(frozen=True)
class CachedResponse:
    """What was sent, and until when it may be sent again."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    expires_at: float

    @property
    def is_shareable(self) -> bool:
        return self.status.startswith("200") and not any(name.lower() == "set-cookie" for name, _ in self.headers)


class MicroCache:
    """In front of the application, behind what understands its reverse proxies."""

    def __init__(self, application: "WSGIApplication", fresh_seconds: float = RESPONSE_TTL_SECONDS) -> None:
        self.application, self.ttl_seconds = application, fresh_seconds
        self._responses: dict[ResponseCacheKey, CachedResponse] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        key = build_cache_key(environ)
        if key is None:
            return self.application(environ, start_response)
        answer = self._responses.get(key)
        if answer is None or answer.expires_at < time.monotonic():
            answer = self._fetch(environ)
            self._store(key, answer)
        start_response(answer.status, list(answer.headers))
        return [answer.body]

    def _fetch(self, environ: "WSGIEnvironment") -> CachedResponse:
        pieces, status, headers = run_wsgi_app(self.application, environ, buffered=True)
        return CachedResponse(status, list(headers), b"".join(pieces), time.monotonic() + self.ttl_seconds)

    def _store(self, key: ResponseCacheKey, answer: CachedResponse) -> None:
        if len(self._responses) >= MAX_CACHED_RESPONSES:  # whoever asks for ever other things fills no memory
            self._responses.clear()
        if answer.is_shareable:
            self._responses[key] = answer


def build_cache_key(environ: "WSGIEnvironment") -> ResponseCacheKey | None:
    """What the answer depends on; None if that is more than a reader without a cookie sends."""
    path = environ["PATH_INFO"]
    if (
        not path.startswith(CACHED_PATH_PREFIX)
        or "/" in path[len(CACHED_PATH_PREFIX) :]
        or environ["REQUEST_METHOD"] != "GET"
    ):
        return None
    if any(environ.get(name) for name in UNCACHEABLE_VARIABLES):
        return None
    return tuple(environ.get(name) for name in KEY_VARIABLES)


def init_app(app: Flask) -> None:
    """Stand in front, but where somebody works on the site."""
    if not (app.debug or app.testing):
        app.wsgi_app = MicroCache(app.wsgi_app)  # type: ignore[method-assign]
