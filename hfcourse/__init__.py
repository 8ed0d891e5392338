"""hfcourse: a course on Hugging Face. `create_app()` is its table of contents: the base, then one line per room."""

from collections.abc import Mapping
from typing import Any

from flask import Flask


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Make the site. `overrides` are settings by their name without prefix, for the tests.

    Raises:
        SystemExit: a setting makes no sense; its text is one line for whoever starts the site.
    """
    from hfcourse import config, database, errors, file_permissions, tokens, visitors
    from hfcourse.limits import concurrency
    from hfcourse.web import response_cache, routing, security, template_globals

    app = Flask(__name__, template_folder="../templates", static_folder="../static", instance_relative_config=True)
    config.init_app(app, overrides)
    for part in (
        file_permissions,
        template_globals,
        response_cache,
        concurrency,
        security,
        routing,
        tokens,
        database,
        visitors,
        errors,
    ):
        part.init_app(app)
    add_rooms(app)
    return app


def add_rooms(app: Flask) -> None:
    """Open each room: what it keeps for the application, its pages, its commands."""
    from hfcourse import cli, home, instructors
    from hfcourse.classroom import login_queue
    from hfcourse.classroom import views as class_views
    from hfcourse.files import file_store
    from hfcourse.lessons import back_links, library, troubleshooting_views
    from hfcourse.lessons import views as lesson_views
    from hfcourse.lessons.exercises import progress_store
    from hfcourse.playground import space_page
    from hfcourse.playground import views as space_views
    from hfcourse.runs import session_choices as run_choices
    from hfcourse.runs import views as run_views
    from hfcourse.runs.history import views as history_views
    from hfcourse.runs.live import run_watcher, sse
    from hfcourse.runs.live import views as live_views
    from hfcourse.runs.queue import dispatcher, shutdown
    from hfcourse.runs.retention import maintenance, recent_views
    from hfcourse.runs.store import run_store
    from hfcourse.spaces import catalogue
    from hfcourse.spaces.registry import resolver

    for part in (library, back_links, progress_store):
        part.init_app(app)
    instructors.init_app(app)
    login_queue.init_app(app)
    catalogue.init_app(app)
    resolver.init_app(app)
    file_store.init_app(app)
    space_page.init_app(
        app,
        values_of_run=recent_views.values_of,
        faults_of_run=run_store.faults_of,
        recent_spaces=run_store.recent_spaces,
    )
    for room in (dispatcher, run_watcher, sse, shutdown, maintenance, run_choices, recent_views):
        room.init_app(app)
    for views in (
        home,
        lesson_views,
        troubleshooting_views,
        space_views,
        run_views,
        live_views,
        history_views,
        class_views,
    ):
        app.register_blueprint(views.bp)
    cli.init_app(app)
