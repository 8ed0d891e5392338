"""The runs: what a visitor sent, what the Space returned, stored until it expires."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Start the queue, the watcher and the maintenance of runs, and register their pages.

    `playground` registers the blueprint of `views`, once it has added the routes that create a run.
    """
    from hfcourse.failure_explanations import explain_failure
    from hfcourse.runs import views  # noqa: F401  (its import adds the routes)
    from hfcourse.runs.history import views as history_views
    from hfcourse.runs.live import run_watcher, sse
    from hfcourse.runs.live import views as live_views
    from hfcourse.runs.queue import dispatcher, shutdown
    from hfcourse.runs.retention import maintenance, recent_views
    from hfcourse.runs.trace import views as trace_views
    from hfcourse.runs.values.status_labels import STATUS_LABELS, get_last_step_label

    for part in (dispatcher, run_watcher, sse, shutdown, maintenance, recent_views):
        part.init_app(app)
    app.jinja_env.globals |= {"STATUS_LABELS": STATUS_LABELS, "get_last_step_label": get_last_step_label}
    app.jinja_env.globals["explain_failure"] = explain_failure
    for pages in (live_views, history_views):
        app.register_blueprint(pages.bp)
    trace_views.init_app(app)
