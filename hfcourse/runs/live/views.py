"""A run while it goes on: what a page asks for again, or is sent, and the button that stops it."""

import re
from functools import partial

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from hfcourse import visitors
from hfcourse.runs import presenter
from hfcourse.runs.live import run_watcher, sse
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention.recent_views import mine
from hfcourse.runs.store.models import Run
from hfcourse.web import error_pages, headers
from hfcourse.web.template_globals import is_in_lesson

# A proxy must pass each event on at once.
STREAM_HEADERS = {"X-Accel-Buffering": "no"}

# Nine digits: more events than a run can have, and fewer than an integer of a database.
CURSOR = re.compile(r"[0-9]{1,9}", re.ASCII)

bp = Blueprint("live", __name__, url_prefix="/essais")
bp.after_request(headers.forbid_storing)


@bp.get("/<run_id:run_id>/statut")
def status(run_id: str) -> ResponseReturnValue:
    """The part of the page that changes; it asks for itself again until there is nothing to wait for.

    204 when nothing has since the cursor that the script of the page names.
    """
    run = run_watcher.current().latest(run_id)
    if run is None or run.is_finished or run.visitor != visitors.current():
        try:
            run = mine(run_id)
        except NotFound:  # deleted in another tab: the page is loaded again, and says so instead of waiting for ever
            return *error_pages.error_page(404, error_pages.HTTP_EXPLANATIONS[404]), {"HX-Refresh": "true"}
        if not run.is_finished:
            run_watcher.current().of(run)
    if run.cursor == cursor_seen() and run.status != "queued":
        return "", 204
    return fragment(run)


@bp.get("/<run_id:run_id>/flux")
def stream(run_id: str) -> ResponseReturnValue:
    """The same part, sent again whenever something is new; 204 when that is not to be had, or was seen to its end."""
    run, seen = mine(run_id), cursor_seen()
    streaming = sse.current()
    if (run.is_finished and run.cursor == seen) or not streaming.take(request.environ, run.visitor):
        return "", 204, {"Retry-After": str(sse.MOST_SECONDS)}
    followed = run_watcher.current().of(run)
    events = stream_with_context(sse.told(followed, seen, fragment))
    response = Response(events, mimetype="text/event-stream")
    response.headers.update(STREAM_HEADERS)
    response.call_on_close(partial(streaming.leave, run.visitor))
    return response


def cursor_seen() -> int | None:
    """How much of the run the page shows already; a browser names it itself when it takes a stream up again."""
    named = request.headers.get("Last-Event-ID") or request.args.get("depuis", "")
    return int(named) if CURSOR.fullmatch(named) else None


def fragment(run: Run) -> str:
    template = "runs/block.html" if is_in_lesson() else "runs/status.html"
    return render_template(template, **presenter.view_of(run))


@bp.post("/<run_id:run_id>/arreter")
def stop(run_id: str) -> ResponseReturnValue:
    """Stop a run that waits or goes on."""
    dispatcher.current().stop(mine(run_id).id)
    return redirect(url_for("runs.show", run_id=run_id), 303)
