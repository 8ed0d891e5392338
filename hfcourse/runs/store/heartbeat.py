"""Heartbeats of unfinished runs, their queue positions, and the marking of abandoned runs.

The process that owns a run renews its heartbeat every few seconds. `effective_status` defines when a
run is abandoned; writers mark it for good: the monitor on each beat (so the first POST after a crash,
which starts it), and pruning.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, or_, select, update

from hfcourse import database
from hfcourse.runs.store import effective_status, notifications, run_statistics
from hfcourse.runs.store.effective_status import IS_ABANDONED, IS_STALE
from hfcourse.runs.store.models import ARRIVALS, RUN_CLIENTS, RUNS, UNFINISHED_STATUSES, Run
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun, compute_cohort

# The columns that the scheduler reads, one row for each run: see `make_queued_run`.
CLIENT_COLUMNS = RUN_CLIENTS.c.origin, RUN_CLIENTS.c.is_newcomer, ARRIVALS.c.at.label("arrival")
SCHEDULER_COLUMNS = RUNS.c.id, RUNS.c.visitor, RUNS.c.space, RUNS.c.endpoint, RUNS.c.keeps_state, *CLIENT_COLUMNS
SCHEDULER_JOIN = RUNS.outerjoin(RUN_CLIENTS, RUN_CLIENTS.c.run_id == RUNS.c.id).outerjoin(
    ARRIVALS, ARRIVALS.c.visitor == RUNS.c.visitor
)
IS_QUEUED = and_(RUNS.c.status == "queued", ~IS_STALE)
QUEUED_RUNS_QUERY = select(*SCHEDULER_COLUMNS).select_from(SCHEDULER_JOIN).where(IS_QUEUED)
IS_IN_FUTURE = and_(
    effective_status.make_unfinished_condition(RUNS),
    RUNS.c.heartbeat > bindparam("ahead", type_=database.UtcDateTime),
)
ANY_TO_MARK_QUERY = select(RUNS.c.id).where(or_(IS_ABANDONED, IS_IN_FUTURE)).limit(1)
# The clock was set back: owners renew their heartbeats, and a run without an owner must not live until then.
FUTURE_HEARTBEATS_UPDATE = update(RUNS).where(IS_IN_FUTURE).values(heartbeat=bindparam("moment"))
ABANDONED_QUERY = select(RUNS.c.id, RUNS.c.process, RUNS.c.heartbeat, *run_statistics.COUNTED_COLUMNS).where(
    IS_ABANDONED
)
# By compare-and-set: the owner may renew the heartbeat in the meantime.
ABANDONED_UPDATE = (
    update(RUNS)
    .where(
        RUNS.c.id == bindparam("run_id"),
        effective_status.make_unfinished_condition(RUNS),
        RUNS.c.heartbeat == bindparam("stale_heartbeat"),
    )
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
    .where(IS_QUEUED)
    .subquery()
)
QUEUE_POSITIONS_QUERY = select(QUEUE_POSITIONS).where(QUEUE_POSITIONS.c.id.in_(bindparam("run_ids", expanding=True)))


def count_queued_runs() -> ActiveCounts:
    """Count the queued runs; abandoned ones are not queued."""
    with database.read_connection() as connection:
        rows = connection.execute(QUEUED_RUNS_QUERY).all()
    return ActiveCounts(map(make_queued_run, rows))


def make_queued_run(row: Any) -> QueuedRun:
    """Build the queued run of a row with the columns `SCHEDULER_COLUMNS`."""
    of_client = {"origin": row.origin, "is_newcomer": bool(row.is_newcomer), "cohort": compute_cohort(row.arrival)}
    return QueuedRun(row.id, row.visitor, row.space, row.keeps_state, endpoint=row.endpoint, **of_client)


def fetch_queue_positions(run_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return, for each of these runs that is queued, the number of runs before it and the length of its queue."""
    with database.read_connection() as connection:
        rows = connection.execute(QUEUE_POSITIONS_QUERY, {"run_ids": run_ids}).all()
    return {row.id: (row.rank, row.size) for row in rows}


def renew_heartbeats(run_ids: Sequence[str]) -> None:
    """Renew the heartbeats of these runs, which this process owns."""
    mine = RUNS.c.id.in_(run_ids), RUNS.c.status.in_(UNFINISHED_STATUSES)
    with database.write_connection() as connection:
        connection.execute(update(RUNS).where(*mine).values(heartbeat=database.utc_now()))


def mark_abandoned() -> None:
    """Mark abandoned runs `interrupted` for good, as every query already shows them, and count them."""
    if effective_status.has_database_just_failed():
        return
    ahead = effective_status.compute_future_cutoff()
    with database.read_connection() as connection:
        if connection.scalar(ANY_TO_MARK_QUERY, {"ahead": ahead}) is None:
            return
    with database.write_connection() as connection:
        connection.execute(FUTURE_HEARTBEATS_UPDATE, {"moment": database.utc_now(), "ahead": ahead})
        abandoned = connection.execute(ABANDONED_QUERY).all()
        marked = [counted for row in abandoned for counted in mark_row(connection, row)]
        connection.execute(FINISHED_CLIENTS_DELETE)
        run_statistics.count_finished_runs(connection, marked)


def mark_row(connection: Connection, row: Any) -> Sequence[Any]:
    """Mark the run of a row of ABANDONED_QUERY; return its COUNTED_COLUMNS, or [] if its heartbeat was renewed."""
    moment = effective_status.compute_abandoned_at(row.process, row.heartbeat)
    claim = {"run_id": row.id, "stale_heartbeat": row.heartbeat, "moment": moment}
    return connection.execute(ABANDONED_UPDATE, claim).all()


def list_abandoned_statistics() -> list[run_statistics.RunStatistic]:
    """Return the counters of the abandoned runs that are not marked yet, as marking will count them."""
    with database.read_connection() as connection:
        rows = connection.execute(ABANDONED_QUERY).all()
    return [
        run_statistics.RunStatistic(
            **run_statistics.make_statistic_row(
                "interrupted",
                row.error,
                row.created,
                row.started,
                effective_status.compute_abandoned_at(row.process, row.heartbeat),
            ),
            runs=1,
        )
        for row in rows
    ]


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
