"""URL converters: reject an impossible id or index with 404 before any query runs."""

from flask import Flask, abort, request
from werkzeug.routing import BaseConverter


class RunIdConverter(BaseConverter):
    """Converter of a run id: at most 24 URL-safe characters, the length of its column."""

    regex = "[A-Za-z0-9_-]{1,24}"


class IndexConverter(BaseConverter):
    """Converter of a file's or output's index: at most nine ASCII digits, which fit a database integer."""

    regex = "[0-9]{1,9}"

    def to_python(self, value: str) -> int:
        return int(value)


def reject_nul_path() -> None:
    """Answer 404 for a path with a NUL character: no URL of the site has one, and PostgreSQL rejects it in text."""
    if "\0" in request.path:
        abort(404)


def init_app(app: Flask) -> None:
    """Register the converters as `run_id` and `index`, and the check for NUL."""
    app.url_map.converters |= {"run_id": RunIdConverter, "index": IndexConverter}
    app.before_request(reject_nul_path)
