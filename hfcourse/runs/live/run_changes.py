"""Queries for changes of watched runs: their cursors, and the events since."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from hfcourse import database
from hfcourse.runs.store.effective_status import EFFECTIVE_STATUS
from hfcourse.runs.store.models import RUN_EVENTS, RUNS, Run, RunEvent, RunFile, compute_cursor

MAX_RUNS_PER_QUERY = 200  # per query: SQLite limits the depth of an expression
CURSOR_QUERY = select(
    RUNS.c.id,
    EFFECTIVE_STATUS.label("status"),
    select(func.max(RUN_EVENTS.c.n)).where(RUN_EVENTS.c.run_id == RUNS.c.id).scalar_subquery().label("last"),
).where(RUNS.c.id.in_(bindparam("run_ids", expanding=True)))
BATCH_RUNS_QUERY = select(Run).where(Run.id.in_(bindparam("run_ids", expanding=True)))
# A constant, for the usual batch of one run: SQLAlchemy takes longer to build a statement than SQLite to execute it.
NEW_EVENTS_QUERY = (
    select(RunEvent)
    .where(RunEvent.run_id == bindparam("run_id"), RunEvent.position > bindparam("last"))
    .order_by(RunEvent.position)
)
BATCH_FILES_QUERY = (
    select(RunFile).where(RunFile.run_id.in_(bindparam("run_ids", expanding=True))).order_by(RunFile.position)
)

Row = TypeVar("Row", RunEvent, RunFile)


def fetch_cursors(run_ids: Sequence[str]) -> dict[str, int]:
    """Return the cursor of each of these runs, by id; omit deleted ones."""
    with database.read_connection() as connection:
        rows = connection.execute(CURSOR_QUERY, {"run_ids": run_ids}).all()
    return {row.id: compute_cursor(row.last or 0, row.status) for row in rows}


def fetch_updates(known: Mapping[str, Run]) -> dict[str, Run]:
    """Return the current state of these runs, by id; only what may be new is read."""
    ids, found = list(known), {}
    for start in range(0, len(ids), MAX_RUNS_PER_QUERY):
        since = {run_id: known[run_id].last_event_position for run_id in ids[start : start + MAX_RUNS_PER_QUERY]}
        with database.read_session() as session:
            runs = session.scalars(BATCH_RUNS_QUERY, {"run_ids": list(since)}).all()
            events = group_by_run(fetch_events_since(session, since))
            with_files = [run.id for run in runs if may_have_new_files(run, events.get(run.id, []))]
            rows = session.scalars(BATCH_FILES_QUERY, {"run_ids": with_files}).all() if with_files else []
        files = group_by_run(rows)
        for run in runs:
            set_committed_value(run, "events", merge_events(known[run.id].events, events.get(run.id, [])))
            set_committed_value(run, "files", files.get(run.id, []) if run.id in with_files else known[run.id].files)
            found[run.id] = run
    return found


def may_have_new_files(run: Run, new_events: Sequence[RunEvent]) -> bool:
    """May files have been stored since the run was created? They are stored with its outputs."""
    return run.is_finished or any(event.kind == "partial" for event in new_events)


def fetch_events_since(session: Session, since: Mapping[str, int]) -> Sequence[RunEvent]:
    """Return the events of each run after a position."""
    if len(since) > 1:
        return session.scalars(select_events_since(since)).all()
    ((run_id, last),) = since.items()
    return session.scalars(NEW_EVENTS_QUERY, {"run_id": run_id, "last": last}).all()


def select_events_since(since: Mapping[str, int]) -> Select[RunEvent]:
    """Return the statement that selects the events of each run after a position."""
    newer = (and_(RunEvent.run_id == run_id, RunEvent.position > n) for run_id, n in since.items())
    return select(RunEvent).where(or_(*newer)).order_by(RunEvent.position)


def merge_events(known: Sequence[RunEvent], new: Sequence[RunEvent]) -> list[RunEvent]:
    """Merge the new events of a run; of its partial events only the latest, as in the database."""
    has_partial = any(event.kind == "partial" for event in new)
    return [*(event for event in known if not (has_partial and event.kind == "partial")), *new]


def group_by_run(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Group rows by run id."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.run_id, []).append(row)
    return found
