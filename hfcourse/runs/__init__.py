"""The runs: what a visitor sent, what the Space returned, stored until it expires."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Start the queue, the watcher and the maintenance of runs, and register their pages.

    `playground` registers the blueprint of `views`, once it has added the routes that create a run.
    """
    from hfcourse.runs import views  # noqa: F401  (its import adds the routes)
    from hfcourse.runs.history import views as history_views
    from hfcourse.runs.live import run_watcher, sse
    from hfcourse.runs.live import views as live_views
    from hfcourse.runs.queue import dispatcher, shutdown
    from hfcourse.runs.retention import maintenance, recent_views

    for part in (dispatcher, run_watcher, sse, shutdown, maintenance, recent_views):
        part.init_app(app)
    for pages in (live_views, history_views):
        app.register_blueprint(pages.bp)
