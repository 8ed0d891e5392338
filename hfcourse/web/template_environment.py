"""Jinja environment with cheap contexts, and a cache for the URLs of `url_for`.

Every include and import creates a context from the globals. Jinja wraps these in a `ChainMap` for each template, which
takes longer to copy and compare than a page's own work; none of our templates adds globals of its own.
"""

import time
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request
from flask.templating import Environment

# The pages of a class use about thirty static files, for each path prefix of a proxy.
MAX_CACHED_URLS = 512
# The URL of a static file contains a hash of its content: after an edit, the old URL is served for this long.
STATIC_URL_TTL_SECONDS = 1

URL_FOR_OPTIONS = {"_anchor", "_method", "_scheme", "_external"}


class SharedGlobalsEnvironment(Environment):
    """Jinja environment whose templates share one plain dict of globals."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the environment's own globals, unless the template is loaded with additional ones."""
        return super().make_globals(d) if d else self.globals


def cache_static_urls(app: Flask) -> None:
    """Cache the URLs of `url_for` that depend only on the path prefix: static files, pages without values.

    A page needs about twenty of them, and each costs as much as escaping a hundred words.
    """
    build = app.url_for

    @lru_cache(maxsize=MAX_CACHED_URLS)
    def build_address(_prefix: str, endpoint: str, filename: str | None, _period: int) -> str:
        return build(endpoint) if filename is None else build(endpoint, filename=filename)

    def url_for(endpoint: str, **values: Any) -> str:
        """Build a URL, as `Flask.url_for` does."""
        if "_anchor" in values:  # flask.url_for passes every option, None by default
            values = {name: value for name, value in values.items() if value is not None or name not in URL_FOR_OPTIONS}
        is_static = endpoint == "static" and [*values] == ["filename"]
        if (values and not is_static) or endpoint.startswith(".") or not has_request_context():
            return build(endpoint, **values)
        period = int(time.monotonic() / STATIC_URL_TTL_SECONDS) if is_static else 0
        return build_address(request.root_path, endpoint, values.get("filename"), period)

    app.url_for = url_for  # type: ignore[method-assign]


def init_app(app: Flask) -> None:
    """Install both before the environment is created; in debug mode and tests, URLs are never cached."""
    app.jinja_environment = SharedGlobalsEnvironment
    if not (app.debug or app.testing):
        cache_static_urls(app)
