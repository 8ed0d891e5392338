"""Micro-cache of lessons for requests without a cookie: a WSGI middleware with a TTL of a tenth of a second.

When a class opens a lesson together, nothing that the page depends on differs between its requests. The TTL is short
enough that an edit shows at the next reload, and that the hooks of the application still run regularly.
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
# A request with any of these bypasses the cache: its response may be personal, conditional or partial.
UNCACHEABLE_VARIABLES = ("HTTP_COOKIE", "QUERY_STRING", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE")
KEY_VARIABLES = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "HTTP_ACCEPT_ENCODING")

ResponseCacheKey = tuple[str | None, ...]


@dataclass(frozen=True)
class CachedResponse:
    """Response, and the time at which it expires."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    expires_at: float

    @property
    def is_shareable(self) -> bool:
        return self.status.startswith("200") and not any(name.lower() == "set-cookie" for name, _ in self.headers)


class MicroCache:
    """WSGI middleware in front of the application, behind the one that reads the headers of reverse proxies."""

    def __init__(self, application: "WSGIApplication", ttl_seconds: float = RESPONSE_TTL_SECONDS) -> None:
        self.application, self.ttl_seconds = application, ttl_seconds
        self._responses: dict[ResponseCacheKey, CachedResponse] = {}

    @property
    def response_count(self) -> int:
        """Number of cached responses."""
        return len(self._responses)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        key = build_cache_key(environ)
        if key is None:
            return self.application(environ, start_response)
        response = self._responses.get(key)
        if response is None or response.expires_at < time.monotonic():
            response = self._fetch(environ)
            self._store(key, response)
        start_response(response.status, list(response.headers))
        return [response.body]

    def _fetch(self, environ: "WSGIEnvironment") -> CachedResponse:
        chunks, status, headers = run_wsgi_app(self.application, environ, buffered=True)
        return CachedResponse(status, list(headers), b"".join(chunks), time.monotonic() + self.ttl_seconds)

    def _store(self, key: ResponseCacheKey, response: CachedResponse) -> None:
        if len(self._responses) >= MAX_CACHED_RESPONSES:  # bounds the memory that distinct requests use
            self._responses.clear()
        if response.is_shareable:
            self._responses[key] = response


def build_cache_key(environ: "WSGIEnvironment") -> ResponseCacheKey | None:
    """Return everything that the response depends on; None if this request bypasses the cache."""
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
    """Install the middleware, except while debugging and testing."""
    if not (app.debug or app.testing):
        app.wsgi_app = MicroCache(app.wsgi_app)  # type: ignore[method-assign]
