"""How templates run: an environment whose contexts are quick to make, and addresses that are built once.

Every include and import makes a context from the globals. Jinja wraps these in a `ChainMap` for each template, which
takes longer to copy and to compare than a page's own work; none of our templates adds globals of its own.
"""

import time
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request
from flask.templating import Environment

# Of static files a class's pages show about thirty, for each path prefix that a proxy gives.
MAX_CACHED_URLS = 512
# The address of a static file has a hash of its content: of a file that is edited, the new one shows so soon.
STATIC_URL_TTL_SECONDS = 1

URL_FOR_OPTIONS = {"_anchor", "_method", "_scheme", "_external"}


class SharedGlobalsEnvironment(Environment):
    """Jinja's environment, whose templates share one plain dict of globals."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template: those of the environment, unless it is loaded with some of its own."""
        return super().make_globals(d) if d else self.globals


def cache_static_urls(app: Flask) -> None:
    """Make `url_for` remember addresses that depend on nothing but the path prefix: static files, pages without values.

    A page asks for about twenty of them, and each costs as much as escaping a hundred words.
    """
    build = app.url_for

    @lru_cache(maxsize=MAX_CACHED_URLS)
    def build_address(_prefix: str, endpoint: str, filename: str | None, _period: int) -> str:
        return build(endpoint) if filename is None else build(endpoint, filename=filename)

    def url_for(endpoint: str, **values: Any) -> str:
        """Build an address, as `Flask.url_for` does."""
        if "_anchor" in values:  # flask.url_for passes every option, None where it was not given
            values = {name: value for name, value in values.items() if value is not None or name not in URL_FOR_OPTIONS}
        is_static = endpoint == "static" and [*values] == ["filename"]
        if (values and not is_static) or endpoint.startswith(".") or not has_request_context():
            return build(endpoint, **values)
        period = int(time.monotonic() / STATIC_URL_TTL_SECONDS) if is_static else 0
        return build_address(request.root_path, endpoint, values.get("filename"), period)

    app.url_for = url_for  # type: ignore[method-assign]


def init_app(app: Flask) -> None:
    """Set both before anything makes the environment; where somebody works on the site, addresses are always new."""
    app.jinja_environment = SharedGlobalsEnvironment
    if not (app.debug or app.testing):
        cache_static_urls(app)
