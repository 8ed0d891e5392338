"""Queries for changes of watched runs: their cursors, and the events since."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm.attributes import set_committed_value

from hfcourse import database
from hfcourse.runs.store import heartbeat
from hfcourse.runs.store.models import RUN_EVENTS, RUNS, Run, RunEvent, RunFile, compute_cursor

MAX_RUNS_PER_QUERY = 200  # per query: SQLite limits the depth of an expression
CURSOR_QUERY = select(
    RUNS.c.id,
    RUNS.c.status,
    RUNS.c.process,
    RUNS.c.heartbeat,
    select(func.max(RUN_EVENTS.c.n)).where(RUN_EVENTS.c.run_id == RUNS.c.id).scalar_subquery().label("last"),
).where(RUNS.c.id.in_(bindparam("run_ids", expanding=True)))
BATCH_RUNS_QUERY = select(Run).where(Run.id.in_(bindparam("run_ids", expanding=True)))
BATCH_FILES_QUERY = (
    select(RunFile).where(RunFile.run_id.in_(bindparam("run_ids", expanding=True))).order_by(RunFile.position)
)

Row = TypeVar("Row", RunEvent, RunFile)


def fetch_cursors(run_ids: Sequence[str]) -> dict[str, int]:
    """Return the cursor of each of these runs, by id; mark abandoned ones first, omit deleted ones."""
    with database.read_connection() as connection:
        rows = connection.execute(CURSOR_QUERY, {"run_ids": run_ids}).all()
    if any(heartbeat.is_stale(row.status, row.process, row.heartbeat) for row in rows):
        heartbeat.mark_abandoned()
        return fetch_cursors(run_ids)
    return {row.id: compute_cursor(row.last or 0, row.status) for row in rows}


def fetch_updates(known: Mapping[str, Run]) -> dict[str, Run]:
    """Return the current state of these runs, by id; only their new events are read."""
    ids, found = list(known), {}
    for start in range(0, len(ids), MAX_RUNS_PER_QUERY):
        since = {run_id: known[run_id].last_event_position for run_id in ids[start : start + MAX_RUNS_PER_QUERY]}
        with database.read_session() as session:
            runs = session.scalars(BATCH_RUNS_QUERY, {"run_ids": list(since)}).all()
            events = group_by_run(session.scalars(select_events_since(since)))
            files = group_by_run(session.scalars(BATCH_FILES_QUERY, {"run_ids": list(since)}))
        for run in runs:
            set_committed_value(run, "events", merge_events(known[run.id].events, events.get(run.id, [])))
            set_committed_value(run, "files", files.get(run.id, []))
            found[run.id] = run
    return found


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
