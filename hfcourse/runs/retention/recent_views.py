"""Views of runs: a visitor may see only their own, and a viewed run is not pruned for an hour.

An unfinished run is never pruned, so only views of finished ones are recorded, each at most every
few minutes.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from flask import Flask, abort, current_app
from sqlalchemy import ColumnElement, bindparam, delete, select, text
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database, visitors
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run, RunView

VIEW_TTL = timedelta(hours=1)
# Throttle: a view is written again only after this interval, so that reloading a page costs few writes.
VIEW_WRITE_INTERVAL = timedelta(minutes=5)
# Size of the cache of recorded views.
MAX_REMEMBERED_VIEWS = 10_000

# SQLAlchemy has a separate upsert for each database; their SQL is the same.
UPSERT_VIEW = text(
    "INSERT INTO run_looks (run_id, at) VALUES (:run_id, :at) ON CONFLICT (run_id) DO UPDATE SET at = excluded.at"
).bindparams(bindparam("at", type_=database.UtcDateTime))


def get_own_run_or_404(run_id: str) -> Run:
    """Return the visitor's own run; abort with 404 for another visitor's, as for one that does not exist."""
    run = run_store.find_run(run_id, visitors.get_visitor())
    if run is None:
        abort(404)
    return run


def get_viewed_run_or_404(run_id: str) -> Run:
    """Return the visitor's own run for a page that shows it; abort as `get_own_run_or_404` does."""
    run = find_viewed_run(run_id)
    if run is None:
        abort(404)
    return run


def find_viewed_run(run_id: str) -> Run | None:
    """Return the visitor's own run for a page that shows it, which protects a finished run from pruning."""
    run = run_store.find_run(run_id, visitors.get_visitor())
    if run and run.is_finished:
        record_view(run_id)
    return run


def record_view(run_id: str) -> None:
    """Record that a page shows this run; a database error must not prevent the page."""
    moment, recorded = database.utc_now(), current_app.extensions["noted_looks"]
    last = recorded.get(run_id)
    if last is not None and moment - VIEW_WRITE_INTERVAL < last <= moment:
        return
    with suppress(SQLAlchemyError):
        with database.write_connection() as connection:
            connection.execute(UPSERT_VIEW, {"run_id": run_id, "at": moment})
        if len(recorded) >= MAX_REMEMBERED_VIEWS:
            recorded.clear()
        recorded[run_id] = moment


def record_views(run_ids: Sequence[str]) -> None:
    """Record in one transaction that a page shows these finished runs; a database error must not prevent the page."""
    moment, recorded = database.utc_now(), current_app.extensions["noted_looks"]
    oldest = moment - VIEW_WRITE_INTERVAL
    due = [run_id for run_id in run_ids if run_id not in recorded or not oldest < recorded[run_id] <= moment]
    if not due:
        return
    with suppress(SQLAlchemyError):
        with database.write_connection() as connection:
            connection.execute(UPSERT_VIEW, [{"run_id": run_id, "at": moment} for run_id in due])
        if len(recorded) + len(due) >= MAX_REMEMBERED_VIEWS:
            recorded.clear()
        recorded.update(dict.fromkeys(due, moment))


def not_recently_viewed() -> ColumnElement[bool]:
    """Return the condition that no page has shown a run in the last hour."""
    return Run.id.not_in(select(RunView.run_id).where(RunView.at > database.utc_now() - VIEW_TTL))


def delete_old_views() -> None:
    """Delete the expired views."""
    with database.write_session() as session:
        session.execute(delete(RunView).where(RunView.at < database.utc_now() - VIEW_TTL))


def init_app(app: Flask) -> None:
    """Create the cache of the views this process recorded: ids and times only."""
    app.extensions["noted_looks"] = {}
