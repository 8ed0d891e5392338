"""Heartbeats of unfinished runs, their queue positions, and the detection of abandoned ones.

The process that owns a run renews its heartbeat every few seconds. A run with a stale heartbeat is abandoned: the next
query marks it `interrupted`. A run that is queued for any worker has no owner: it expires after QUEUE_TTL.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, bindparam, case, delete, func, or_, select, update

from hfcourse import database
from hfcourse.runs.store import notifications, run_statistics
from hfcourse.runs.store.models import ARRIVALS, RUN_CLIENTS, RUNS, UNFINISHED_STATUSES, Run
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun, compute_cohort

STALE_SECONDS = 10
# Owner of a run that is queued for any worker: no heartbeat renews it, and it expires after this time.
ANY_WORKER, QUEUE_TTL = "shared", timedelta(hours=1)

# The heartbeat of an abandoned run is older than this.
STALE_CUTOFF = case(
    (RUNS.c.process == ANY_WORKER, bindparam("out_of_patience", type_=database.UtcDateTime)),
    else_=bindparam("stale", type_=database.UtcDateTime),
)
# The columns that the scheduler reads, one row for each run: see `make_queued_run`.
CLIENT_COLUMNS = RUN_CLIENTS.c.origin, RUN_CLIENTS.c.is_newcomer, ARRIVALS.c.at.label("arrival")
SCHEDULER_COLUMNS = RUNS.c.id, RUNS.c.visitor, RUNS.c.space, RUNS.c.endpoint, RUNS.c.keeps_state, *CLIENT_COLUMNS
SCHEDULER_JOIN = RUNS.outerjoin(RUN_CLIENTS, RUN_CLIENTS.c.run_id == RUNS.c.id).outerjoin(
    ARRIVALS, ARRIVALS.c.visitor == RUNS.c.visitor
)
QUEUED_RUNS_QUERY = (
    select(*SCHEDULER_COLUMNS)
    .select_from(SCHEDULER_JOIN)
    .where(RUNS.c.status == "queued", RUNS.c.heartbeat >= STALE_CUTOFF)
)
IS_ABANDONED = RUNS.c.status.in_(UNFINISHED_STATUSES), RUNS.c.heartbeat < STALE_CUTOFF
IS_IN_FUTURE = RUNS.c.status.in_(UNFINISHED_STATUSES), RUNS.c.heartbeat > bindparam("ahead", type_=database.UtcDateTime)
ANY_STALE_QUERY = select(RUNS.c.id).where(IS_ABANDONED[0], or_(IS_ABANDONED[1], IS_IN_FUTURE[1])).limit(1)
# The clock was set back: owners renew their heartbeats, and a run without an owner must not live until then.
FUTURE_HEARTBEATS_UPDATE = update(RUNS).where(*IS_IN_FUTURE).values(heartbeat=bindparam("moment"))
ABANDONED_UPDATE = (
    update(RUNS)
    .where(*IS_ABANDONED)
    .values(status="interrupted", finished=bindparam("moment"))
    .returning(*run_statistics.COUNTED_COLUMNS)
)
IS_FINISHED_CLIENT = select(RUNS.c.id).where(
    RUNS.c.id == RUN_CLIENTS.c.run_id, RUNS.c.status.not_in(UNFINISHED_STATUSES)
)
FINISHED_CLIENTS_DELETE = delete(RUN_CLIENTS).where(IS_FINISHED_CLIENT.exists())
QUEUE_POSITIONS = (
    select(
        RUNS.c.id,
        (func.row_number().over(partition_by=RUNS.c.process, order_by=(RUNS.c.created, RUNS.c.id)) - 1).label("rank"),
        func.count().over(partition_by=RUNS.c.process).label("size"),
    )
    .where(RUNS.c.status == "queued", RUNS.c.heartbeat >= STALE_CUTOFF)
    .subquery()
)
QUEUE_POSITIONS_QUERY = select(QUEUE_POSITIONS).where(QUEUE_POSITIONS.c.id.in_(bindparam("run_ids", expanding=True)))


def count_queued_runs() -> ActiveCounts:
    """Count the queued runs; abandoned ones are not queued."""
    with database.read_connection() as connection:
        rows = connection.execute(QUEUED_RUNS_QUERY, compute_stale_cutoffs()).all()
    return ActiveCounts(map(make_queued_run, rows))


def make_queued_run(row: Any) -> QueuedRun:
    """Build the queued run of a row with the columns `SCHEDULER_COLUMNS`."""
    of_client = {"origin": row.origin, "is_newcomer": bool(row.is_newcomer), "cohort": compute_cohort(row.arrival)}
    return QueuedRun(row.id, row.visitor, row.space, row.keeps_state, endpoint=row.endpoint, **of_client)


def fetch_queue_positions(run_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return, for each of these runs that is queued, the number of runs before it and the length of its queue."""
    with database.read_connection() as connection:
        rows = connection.execute(QUEUE_POSITIONS_QUERY, {"run_ids": run_ids, **compute_stale_cutoffs()}).all()
    return {row.id: (row.rank, row.size) for row in rows}


def renew_heartbeats(run_ids: Sequence[str]) -> None:
    """Renew the heartbeats of these runs, which this process owns."""
    mine = RUNS.c.id.in_(run_ids), RUNS.c.status.in_(UNFINISHED_STATUSES)
    with database.write_connection() as connection:
        connection.execute(update(RUNS).where(*mine).values(heartbeat=database.utc_now()))


def compute_stale_cutoffs() -> dict[str, datetime]:
    """Return the moments before which a heartbeat is stale: of an owned run, and of one queued for any worker."""
    moment = database.utc_now()
    return {"stale": moment - timedelta(seconds=STALE_SECONDS), "out_of_patience": moment - QUEUE_TTL}


def is_stale(status: str, process: str, heartbeat: datetime) -> bool:
    """Is this an unfinished run with a stale heartbeat, or one from the future: see `mark_abandoned`?"""
    if status not in UNFINISHED_STATUSES or has_database_just_failed():
        return False
    stale = compute_stale_cutoffs()["out_of_patience" if process == ANY_WORKER else "stale"]
    return heartbeat < stale or heartbeat > compute_future_cutoff()


def has_database_just_failed() -> bool:
    """Has the database failed recently, so that live processes may not have renewed their heartbeats?"""
    return database.has_failed_within(STALE_SECONDS)


def compute_future_cutoff() -> datetime:
    """Return the moment after which a heartbeat was written before the clock was set back."""
    return database.utc_now() + timedelta(seconds=STALE_SECONDS)


def mark_abandoned() -> None:
    """Mark abandoned runs `interrupted`.

    This process renews its own heartbeats first: under load it may be late with them.
    """
    if has_database_just_failed():
        return
    moments = {"ahead": compute_future_cutoff(), **compute_stale_cutoffs()}
    with database.read_connection() as connection:
        if connection.scalar(ANY_STALE_QUERY, moments) is None:
            return
    renew_heartbeats(current_app.extensions["dispatcher"].active_run_ids())
    with database.write_connection() as connection:
        connection.execute(FUTURE_HEARTBEATS_UPDATE, {"moment": database.utc_now(), "ahead": moments["ahead"]})
        gone = connection.execute(ABANDONED_UPDATE, {"moment": database.utc_now(), **compute_stale_cutoffs()}).all()
        connection.execute(FINISHED_CLIENTS_DELETE)
        run_statistics.count_finished_runs(connection, gone)


def interrupt_runs(run_ids: Sequence[str]) -> None:
    """Mark these runs `interrupted`, since the process that owns them is about to end, and notify their watchers."""
    mark_interrupted(Run.id.in_(run_ids), Run.status.in_(UNFINISHED_STATUSES))
    for run_id in run_ids:
        notifications.notify_changed(run_id)


def mark_interrupted(*conditions: ColumnElement[bool]) -> None:
    """Set the status `interrupted` on the runs that meet the conditions, and count them."""
    ending = update(RUNS).where(*conditions).values(status="interrupted", finished=database.utc_now())
    with database.write_connection() as connection:
        ended = connection.execute(ending.returning(*run_statistics.COUNTED_COLUMNS)).all()
        connection.execute(FINISHED_CLIENTS_DELETE)
        run_statistics.count_finished_runs(connection, ended)
