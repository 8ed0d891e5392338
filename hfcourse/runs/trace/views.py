"""Views of the trace of a run: a page, the same as a fragment of the run's page, and a HAR file."""

import json
from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, Response, make_response, render_template
from flask.typing import ResponseReturnValue

from hfcourse import database
from hfcourse.runs.retention.recent_views import get_viewed_run_or_404
from hfcourse.runs.store import run_traces
from hfcourse.runs.store.models import Run
from hfcourse.runs.trace import browser_recording, har, presenter, trace_writer
from hfcourse.runs.trace.presenter import Timeline
from hfcourse.web import headers
from hfcourse.web.template_globals import wants_fragment

FRAGMENT_NAME = "trace"
# The trace is written once the last bytes of the call are read, a moment after its result.
MAX_WRITE_DELAY = timedelta(seconds=10)
# The browser's part is written by the process that received the form; a run may have none.
MAX_BROWSER_WRITE_DELAY = timedelta(seconds=2)

bp = Blueprint("trace", __name__, url_prefix="/essais")


@bp.get("/<run_id:run_id>/echanges", endpoint="show")
def show_trace(run_id: str) -> ResponseReturnValue:
    """Render the messages of a run, as a page or for its page."""
    run = get_viewed_run_or_404(run_id)
    timeline = presenter.build_timeline(run_traces.load_traces(run.id))
    context = {"run": run, "timeline": timeline, "state": describe_state(run, timeline)}
    if not wants_fragment(FRAGMENT_NAME):
        return headers.forbid_storing(make_response(render_template("runs/trace/show.html", section="runs", **context)))
    # Not no-store: a script that receives it keeps Chromium from restoring its page on Back (its back/forward cache).
    return headers.require_revalidation(make_response(render_template("runs/trace/fragment.html", **context)))


@bp.get("/<run_id:run_id>/echanges.har", endpoint="har")
def download_har(run_id: str) -> ResponseReturnValue:
    """Send the messages of a run as a HAR file."""
    run = get_viewed_run_or_404(run_id)
    content: Any = har.build_har(run, run_traces.load_traces(run.id))
    response = Response(json.dumps(content, ensure_ascii=False), mimetype="application/json")
    response.headers["Content-Disposition"] = f"attachment; filename=essai-{run.id}.har"
    return headers.forbid_storing(response)


def describe_state(run: Run, timeline: Timeline) -> str:
    """Return `stored`, `pending` (it will be), `not-sent` (nothing left the server) or `missing`."""
    if not run.is_finished:
        return "pending"
    if not timeline.has_call and run.started is None:
        return "not-sent"
    age = database.utc_now() - run.finished if run.finished and run.status != "interrupted" else MAX_WRITE_DELAY
    if timeline.has_call:
        return "stored" if timeline.token_check or age >= MAX_BROWSER_WRITE_DELAY else "pending"
    return "pending" if age < MAX_WRITE_DELAY else "missing"


def init_app(app: Flask) -> None:
    """Register the pages, and the filter that shows a body; begin to record arrivals."""
    browser_recording.init_app(app)
    trace_writer.init_app(app)
    app.register_blueprint(bp)
    app.jinja_env.filters["body_in_colours"] = presenter.highlight_body
