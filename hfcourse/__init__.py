"""hfcourse: a course on Hugging Face. `create_app()` is its table of contents: the base, then the features."""

from collections.abc import Mapping
from typing import Any

from flask import Flask


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Create the application.

    Args:
        overrides: settings by their name without prefix, for tests.

    Raises:
        SystemExit: a setting is invalid; its text is one line for the operator.
    """
    from hfcourse import config, database, file_permissions, tokens, visitors
    from hfcourse.limits import concurrency
    from hfcourse.web import error_pages, response_cache, routing, security, template_globals

    app = Flask(__name__, template_folder="../templates", static_folder="../static", instance_relative_config=True)
    config.init_app(app, overrides)
    for part in (file_permissions, template_globals, response_cache, concurrency, security, routing):
        part.init_app(app)
    for part in (tokens, database, visitors, error_pages):
        part.init_app(app)
    register_features(app)
    return app


def register_features(app: Flask) -> None:
    """Initialize each feature: its extensions, blueprint and commands."""
    from hfcourse import chat, classroom, cli, home, instructors, lessons, playground, runs, spaces

    instructors.init_app(app)
    app.register_blueprint(home.bp)
    for feature in (lessons, classroom, spaces, runs, playground, chat):
        feature.init_app(app)
    cli.init_app(app)
