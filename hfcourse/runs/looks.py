"""Who looks at which run: a visitor at their own, and what a page shows is not pruned for an hour.

A run that goes on is never pruned, so only looks at finished ones are noted, and each at most every few minutes.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from flask import abort
from sqlalchemy import ColumnElement, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database, visitors
from hfcourse.runs import store
from hfcourse.runs.models import Run, RunLook

LOOK_AGE = timedelta(hours=1)
# A note is written again when it is this old: somebody who reloads a page writes next to nothing.
NOTE_AGE = timedelta(minutes=5)

LOOKS = cast(Table, RunLook.__table__)
LAST = select(LOOKS.c.at).where(LOOKS.c.run_id == bindparam("run_id"))
MOVE = update(LOOKS).where(LOOKS.c.run_id == bindparam("of_run")).values(at=bindparam("moment"))
ADD = insert(LOOKS)


def mine(run_id: str) -> Run:
    """The visitor's own run, for a page that shows it; a stranger's is 404, like one that never was."""
    run = store.find(run_id, visitors.current())
    if run is None:
        abort(404)
    if run.is_finished:
        note(run_id)
    return run


def values_of(run_id: str, visitor: str | None) -> dict[str, Any] | None:
    """What was sent in this run, for a form that shows it: see `store.values_of`."""
    values = store.values_of(run_id, visitor)
    if values is not None:
        note(run_id)
    return values


def note(run_id: str) -> None:
    """Keep that a page shows this run; that a busy database cannot do it keeps nobody from the page."""
    moment = database.now()
    with suppress(SQLAlchemyError):
        with database.looking() as connection:
            last = connection.scalar(LAST, {"run_id": run_id})
        if last is not None and last > moment - NOTE_AGE:
            return
        with database.changing() as connection:
            if not connection.execute(MOVE, {"of_run": run_id, "moment": moment}).rowcount:
                connection.execute(ADD, {"run_id": run_id, "at": moment})


def is_unseen() -> ColumnElement[bool]:
    """The condition that no page has shown a run in the last hour."""
    return Run.id.not_in(select(RunLook.run_id).where(RunLook.at > database.now() - LOOK_AGE))


def forget_old() -> None:
    """Delete the notes that protect nothing any more."""
    with database.writing() as session:
        session.execute(delete(RunLook).where(RunLook.at < database.now() - LOOK_AGE))
