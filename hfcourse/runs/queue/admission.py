"""Admission of the runs that are queued in the database for any worker.

A queued run is dispatched to the workers (`told` is set, a message names it) or held back until its
visitor, Space and session are below their limits and its turn has arrived (see `slot_allocator`). One
process at a time schedules, so that two workers cannot exceed a limit together. Each worker renews
a heartbeat; the number of live workers gives the number of slots.
"""

import hashlib
import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, text, update

from hfcourse import database
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.queue.slot_allocator import SlotAllocator
from hfcourse.runs.store import effective_status, notifications, rate_log, run_store
from hfcourse.runs.store.effective_status import ANY_WORKER, IS_STALE
from hfcourse.runs.store.heartbeat import SCHEDULER_COLUMNS, SCHEDULER_JOIN, make_queued_run
from hfcourse.runs.store.models import RUNS, MaintenanceTask, Run
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun

# A message older than this may be lost: its worker was killed, or the broker was restarted.
LOST_MESSAGE_AGE = timedelta(seconds=15)

ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(4017)")
RUNNING_QUERY = select(*SCHEDULER_COLUMNS).select_from(SCHEDULER_JOIN).where(RUNS.c.status == "running", ~IS_STALE)
IS_FOR_ANY_WORKER = RUNS.c.status == "queued", RUNS.c.process == ANY_WORKER
QUEUE_QUERY = (
    select(*SCHEDULER_COLUMNS, RUNS.c.told)
    .select_from(SCHEDULER_JOIN)
    .where(*IS_FOR_ANY_WORKER, ~IS_STALE)
    .order_by(RUNS.c.created, RUNS.c.id)
)
ANY_HELD_QUERY = select(RUNS.c.id).where(*IS_FOR_ANY_WORKER, ~IS_STALE, RUNS.c.told.is_(None)).limit(1)
PUT_BACK_UPDATE = (
    update(RUNS).where(RUNS.c.id.in_(bindparam("run_ids", expanding=True)), *IS_FOR_ANY_WORKER).values(told=None)
)
DISPATCH_UPDATE = PUT_BACK_UPDATE.values(told=bindparam("moment", type_=database.UtcDateTime))
MAINTENANCE_TASKS = cast(Table, MaintenanceTask.__table__)
WORKER_HEARTBEAT_QUERY = select(MAINTENANCE_TASKS.c.at).where(MAINTENANCE_TASKS.c.name == "queue")
WORKER_HEARTBEAT_UPDATE = (
    update(MAINTENANCE_TASKS).where(MAINTENANCE_TASKS.c.name == bindparam("of_name")).values(at=bindparam("moment"))
)
WORKER_INSERT = insert(MAINTENANCE_TASKS)
WORKER_PREFIX = "worker-"
IS_WORKER = MAINTENANCE_TASKS.c.name.startswith(WORKER_PREFIX, autoescape=True)
LIVE_WORKERS_QUERY = select(func.count()).where(
    IS_WORKER, MAINTENANCE_TASKS.c.at > bindparam("since", type_=database.UtcDateTime)
)
STALE_WORKERS_DELETE = delete(MAINTENANCE_TASKS).where(
    IS_WORKER, MAINTENANCE_TASKS.c.at < bindparam("since", type_=database.UtcDateTime)
)


@contextmanager
def scheduler_lock() -> Iterator[Connection]:
    """Hold the scheduler lock: an advisory lock of PostgreSQL; SQLite has a single writer anyway."""
    with database.write_connection() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(ADVISORY_LOCK)
        yield connection


def claim_admissible_run(run_id: str, limits: Limits) -> Run | None:
    """Claim a queued run, as `run_store.claim_run`; return None if it is not its turn, and hold it back."""
    with scheduler_lock() as connection:
        row = connection.execute(QUEUE_QUERY.where(RUNS.c.id == run_id)).one_or_none()
        if row is None:
            return None
        queued = make_queued_run(row)
        if not is_admissible(connection, queued, limits):
            connection.execute(PUT_BACK_UPDATE, {"run_ids": [run_id]})
            return None
        if not run_store.claim_row(connection, run_id):
            return None  # stopped concurrently
        rate_log.record_run_start(connection, run_id, queued.visitor)
    notifications.notify_changed(run_id)
    return run_store.load_run(run_id)


def is_admissible(connection: Connection, queued: QueuedRun, limits: Limits) -> bool:
    """May it start now, with a slot left for each run whose turn is before?"""
    starts = dict(rate_log.count_starts_by_visitor(connection, [queued.visitor]))

    def list_queued() -> list[QueuedRun]:
        runs = [make_queued_run(row) for row in connection.execute(QUEUE_QUERY)]
        starts.update(rate_log.count_starts_by_visitor(connection, {run.visitor for run in runs}))
        return runs

    allocator = SlotAllocator(limits, count_active(connection), lambda visitor: starts.get(visitor, 0))
    return allocator.can_start(queued, list_queued, count_worker_slots(connection, limits))


def count_worker_slots(connection: Connection, limits: Limits) -> float:
    """Return the slots of all live workers together; infinite while there is no heartbeat."""
    workers = connection.scalar(LIVE_WORKERS_QUERY, {"since": compute_stale_cutoff()})
    return workers * limits.max_active if workers else math.inf


def admit_next(limits: Limits, messages: int | None = None) -> list[str]:
    """Mark the held runs whose turn has arrived as dispatched; return them in the order of their turns.

    Args:
        messages: number of messages queued at the broker. As many of the runs dispatched long ago and not
            started are not lost; None assumes that no message is lost.
    """
    if messages is None and not has_held_runs():
        return []
    with scheduler_lock() as connection:
        rows = connection.execute(QUEUE_QUERY).all()
        lost = [] if messages is None else find_undelivered(rows)[messages:]
        held = [make_queued_run(row) for row in rows if row.told is None or row.id in lost]
        if not held:
            return []
        counted = count_active(connection, [make_queued_run(row) for row in rows if row.told and row.id not in lost])
        chosen = select_admissible(connection, held, counted, limits)
        connection.execute(DISPATCH_UPDATE, {"run_ids": chosen, "moment": database.utc_now()})
    return chosen


def has_held_runs() -> bool:
    """Is a run held back? Most ends of a run need no scheduling."""
    with database.read_connection() as connection:
        return connection.scalar(ANY_HELD_QUERY) is not None


def find_undelivered(rows: Sequence[Any]) -> list[str]:
    """Return the queued runs whose message should have been delivered by now."""
    limit = database.utc_now() - LOST_MESSAGE_AGE
    return [row.id for row in rows if row.told and row.told < limit]


def select_admissible(
    connection: Connection, held: Sequence[QueuedRun], counts: ActiveCounts, limits: Limits
) -> list[str]:
    """Select the held runs that may start beside the active ones, the next first; add them to `counts`."""
    starts = rate_log.count_starts_by_visitor(connection, {run.visitor for run in held})
    slots = count_worker_slots(connection, limits)
    allocator = SlotAllocator(limits, counts, starts.__getitem__)
    waiting = {run.run_id: run for run in held}
    chosen: list[str] = []
    while (run := allocator.select_next(waiting.values(), slots)) is not None:
        counts.add(run)
        starts[run.visitor] += 1
        chosen.append(run.run_id)
        del waiting[run.run_id]
    return chosen


def record_worker_heartbeat() -> None:
    """Renew the heartbeat of this worker, which is connected to the broker."""
    name, moment = make_worker_name(), database.utc_now()
    with database.write_connection() as connection:
        connection.execute(WORKER_HEARTBEAT_UPDATE, {"of_name": "queue", "moment": moment})
        if not connection.execute(WORKER_HEARTBEAT_UPDATE, {"of_name": name, "moment": moment}).rowcount:
            connection.execute(STALE_WORKERS_DELETE, {"since": compute_stale_cutoff()})
            connection.execute(WORKER_INSERT, {"name": name, "at": moment})


def make_worker_name() -> str:
    """Return the name of this worker's heartbeat row: a digest of its process, limited by the column."""
    return WORKER_PREFIX + hashlib.sha256(effective_status.get_process_name().encode()).hexdigest()[:24]


def unregister_worker() -> None:
    """Delete the heartbeat of this worker, so that its slots are no longer counted."""
    with database.write_connection() as connection:
        connection.execute(delete(MAINTENANCE_TASKS).where(MAINTENANCE_TASKS.c.name == make_worker_name()))


def compute_stale_cutoff() -> datetime:
    """Return the time before which a worker heartbeat is stale."""
    return database.utc_now() - timedelta(seconds=effective_status.STALE_SECONDS)


def has_live_worker() -> bool:
    """Is there a recent worker heartbeat?"""
    with database.read_connection() as connection:
        served = connection.scalar(WORKER_HEARTBEAT_QUERY)
    return served is not None and served > compute_stale_cutoff()


def put_back(run_ids: Collection[str]) -> None:
    """Mark runs as not dispatched: their messages could not be published."""
    with database.write_connection() as connection:
        connection.execute(PUT_BACK_UPDATE, {"run_ids": list(run_ids)})


def count_active(connection: Connection, dispatched: Sequence[QueuedRun] = ()) -> ActiveCounts:
    """Count the running runs of every process, and those just dispatched."""
    return ActiveCounts([*map(make_queued_run, connection.execute(RUNNING_QUERY)), *dispatched])
