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
from hfcourse.runs.store.models import Run, RunLook

LOOK_AGE = timedelta(hours=1)
# A note is written again when it is this old: somebody who reloads a page writes next to nothing.
NOTE_AGE = timedelta(minutes=5)
# Of so many runs this process remembers when it wrote the note.
MAX_NOTED_RUNS = 10_000

# SQLAlchemy has an upsert for each database; theirs are the same words.
UPSERT = text(
    "INSERT INTO run_looks (run_id, at) VALUES (:run_id, :at) ON CONFLICT (run_id) DO UPDATE SET at = excluded.at"
).bindparams(bindparam("at", type_=database.Moment))


def mine(run_id: str) -> Run:
    """The visitor's own run, for a page that shows it; a stranger's is 404, like one that never was."""
    run = run_store.find(run_id, visitors.current())
    if run is None:
        abort(404)
    if run.is_finished:
        note(run_id)
    return run


def values_of(run_id: str, visitor: str | None) -> dict[str, Any] | None:
    """What was sent in this run, for a form that shows it: see `store.values_of`."""
    values = run_store.values_of(run_id, visitor)
    if values is not None:
        note(run_id)
    return values


def note(run_id: str) -> None:
    """Keep that a page shows this run; that a busy database cannot do it keeps nobody from the page."""
    moment, noted = database.now(), current_app.extensions["noted_looks"]
    last = noted.get(run_id)
    if last is not None and moment - NOTE_AGE < last <= moment:
        return
    with suppress(SQLAlchemyError):
        with database.changing() as connection:
            connection.execute(UPSERT, {"run_id": run_id, "at": moment})
        if len(noted) >= MAX_NOTED_RUNS:
            noted.clear()
        noted[run_id] = moment


def is_unseen() -> ColumnElement[bool]:
    """The condition that no page has shown a run in the last hour."""
    return Run.id.not_in(select(RunLook.run_id).where(RunLook.at > database.now() - LOOK_AGE))


def forget_old() -> None:
    """Delete the notes that protect nothing any more."""
    with database.writing() as session:
        session.execute(delete(RunLook).where(RunLook.at < database.now() - LOOK_AGE))


def init_app(app: Flask) -> None:
    """Remember when this process last noted a look at each run: ids and moments alone."""
    app.extensions["noted_looks"] = {}
