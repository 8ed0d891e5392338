"""Converters of URL parts: what is no id or number of ours is no page, before a database hears of it."""

from flask import Flask, abort, request
from werkzeug.routing import BaseConverter


class RunIdConverter(BaseConverter):
    """The id of a run: at most 24 URL-safe characters, as its column holds."""

    regex = "[A-Za-z0-9_-]{1,24}"


class IndexConverter(BaseConverter):
    """The number of a file or an output: at most nine ASCII digits, which any database's integer holds."""

    regex = "[0-9]{1,9}"

    def to_python(self, value: str) -> int:
        return int(value)


def reject_nul_path() -> None:
    """Refuse a path with a NUL character: no page has one in it, and PostgreSQL compares no text with it."""
    if "\0" in request.path:
        abort(404)


def init_app(app: Flask) -> None:
    """Offer them to the routes as `run_id` and `index`, and refuse what no address holds."""
    app.url_map.converters |= {"run_id": RunIdConverter, "index": IndexConverter}
    app.before_request(reject_nul_path)
