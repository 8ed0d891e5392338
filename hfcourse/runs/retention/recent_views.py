"""Who looks at which run: a visitor at their own, and what a page shows is not pruned for an hour.

A run that goes on is never pruned, so only looks at finished ones are noted, and each at most every few minutes.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from flask import Flask, abort, current_app
from sqlalchemy import ColumnElement, bindparam, delete, select, text
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database, visitors
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run, RunView

VIEW_TTL = timedelta(hours=1)
# A note is written again when it is this old: somebody who reloads a page writes next to nothing.
VIEW_WRITE_INTERVAL = timedelta(minutes=5)
# Of so many runs this process remembers when it wrote the note.
MAX_REMEMBERED_VIEWS = 10_000

# SQLAlchemy has an upsert for each database; theirs are the same words.
UPSERT_VIEW = text(
    "INSERT INTO run_looks (run_id, at) VALUES (:run_id, :at) ON CONFLICT (run_id) DO UPDATE SET at = excluded.at"
).bindparams(bindparam("at", type_=database.UtcDateTime))


def get_own_run_or_404(run_id: str) -> Run:
    """The visitor's own run, for a page that shows it; a stranger's is 404, like one that never was."""
    run = run_store.find_run(run_id, visitors.get_visitor())
    if run is None:
        abort(404)
    if run.is_finished:
        record_view(run_id)
    return run


def load_viewed_values(run_id: str, visitor: str | None) -> dict[str, Any] | None:
    """What was sent in this run, for a form that shows it: see `store.values_of`."""
    values = run_store.find_sent_values(run_id, visitor)
    if values is not None:
        record_view(run_id)
    return values


def record_view(run_id: str) -> None:
    """Keep that a page shows this run; that a busy database cannot do it keeps nobody from the page."""
    moment, noted = database.utc_now(), current_app.extensions["noted_looks"]
    last = noted.get(run_id)
    if last is not None and moment - VIEW_WRITE_INTERVAL < last <= moment:
        return
    with suppress(SQLAlchemyError):
        with database.write_connection() as connection:
            connection.execute(UPSERT_VIEW, {"run_id": run_id, "at": moment})
        if len(noted) >= MAX_REMEMBERED_VIEWS:
            noted.clear()
        noted[run_id] = moment


def not_recently_viewed() -> ColumnElement[bool]:
    """The condition that no page has shown a run in the last hour."""
    return Run.id.not_in(select(RunView.run_id).where(RunView.at > database.utc_now() - VIEW_TTL))


def delete_old_views() -> None:
    """Delete the notes that protect nothing any more."""
    with database.write_session() as session:
        session.execute(delete(RunView).where(RunView.at < database.utc_now() - VIEW_TTL))


def init_app(app: Flask) -> None:
    """Remember when this process last noted a look at each run: ids and moments alone."""
    app.extensions["noted_looks"] = {}
