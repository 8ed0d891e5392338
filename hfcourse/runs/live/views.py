"""Views of a run in progress: the polled fragment, the event stream and the stop button."""

import re
from functools import partial

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from hfcourse import visitors
from hfcourse.runs import presenter
from hfcourse.runs.embedded_run import render_embedded_run
from hfcourse.runs.live import fragments, run_watcher, sse
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention.recent_views import get_own_run_or_404, get_viewed_run_or_404
from hfcourse.runs.store.models import Run
from hfcourse.web import headers
from hfcourse.web.template_globals import EMBED_PARAM, get_embedding_host

# Disables response buffering in a proxy.
STREAM_HEADERS = {"X-Accel-Buffering": "no"}

# Nine digits: more events than a run can have, within the range of a database integer.
CURSOR_PATTERN = re.compile(r"[0-9]{1,9}", re.ASCII)

bp = Blueprint("live", __name__, url_prefix="/essais")
bp.after_request(headers.forbid_storing)


@bp.get("/<run_id:run_id>/statut", endpoint="status")
def show_run_status(run_id: str) -> ResponseReturnValue:
    """Render the fragment of the page that changes; a page polls it until the run has finished.

    Responds 204 if nothing has changed since the cursor in the request, 404 if the run was deleted in another tab.
    """
    run = run_watcher.get_watcher().fetch_latest(run_id)
    if run is None or run.is_finished or run.visitor != visitors.get_visitor():
        run = get_viewed_run_or_404(run_id)
        if not run.is_finished:
            run_watcher.get_watcher().watch_run(run)
    if run.cursor == parse_seen_cursor() and run.status != "queued":
        return "", 204
    return render_run_fragment(run)


@bp.get("/<run_id:run_id>/flux", endpoint="stream")
def stream_run_events(run_id: str) -> ResponseReturnValue:
    """Stream the same fragment at each change; respond 204 if no slot is free or all has been seen."""
    run, seen = get_viewed_run_or_404(run_id), parse_seen_cursor()
    slots = sse.get_stream_slots()
    if (run.is_finished and run.cursor == seen) or not slots.acquire(request.environ, run.visitor):
        return "", 204, {"Retry-After": str(sse.MAX_STREAM_SECONDS)}
    watched = run_watcher.get_watcher().watch_run(run)
    events = stream_with_context(sse.stream_run(watched, seen, render_run_fragment))
    response = Response(events, mimetype="text/event-stream")
    response.headers.update(STREAM_HEADERS)
    response.call_on_close(partial(slots.release, run.visitor))
    return response


def parse_seen_cursor() -> int | None:
    """Parse the cursor that the page shows already; a browser sends it itself when it reconnects."""
    cursor = request.headers.get("Last-Event-ID") or request.args.get("depuis", "")
    return int(cursor) if CURSOR_PATTERN.fullmatch(cursor) else None


def render_run_fragment(run: Run) -> str:
    """Render a run for the page that asks: as a part of a page that embeds it, or as its own page."""
    if renderer := fragments.get_renderer(request.args.get(EMBED_PARAM, "")):
        return renderer(run)
    if host := get_embedding_host():
        return render_embedded_run(run, host)
    return render_template("runs/status.html", **presenter.build_template_context(run))


@bp.post("/<run_id:run_id>/arreter", endpoint="stop")
def stop_run(run_id: str) -> ResponseReturnValue:
    """Stop a queued or running run."""
    dispatcher.get_dispatcher().stop_run(get_own_run_or_404(run_id).id)
    return redirect(url_for("runs.show", run_id=run_id), 303)
