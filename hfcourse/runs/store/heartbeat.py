"""Who has which run in hand: heartbeats, the place of what waits, and the runs that somebody left behind.

The process that has a run in hand says so every few seconds; one that falls silent has abandoned its runs, and
whoever looks next marks them `interrupted`. A run that waits for any worker is in nobody's hands: it has an hour.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, bindparam, case, delete, func, or_, select, update

from hfcourse import database
from hfcourse.runs.store import notifications, run_statistics
from hfcourse.runs.store.models import ARRIVALS, RUN_CLIENTS, RUNS, UNFINISHED, Run
from hfcourse.runs.store.queue_counts import GoingOn, Waiting, cohort_at

STALE_SECONDS = 10
# Who has a run in hand that waits for any worker; nobody says that it is alive, and it waits for so long.
SHARED, PATIENCE = "shared", timedelta(hours=1)

# The heartbeat of one that was abandoned is older than this.
STALE = case(
    (RUNS.c.process == SHARED, bindparam("out_of_patience", type_=database.Moment)),
    else_=bindparam("stale", type_=database.Moment),
)
# What the scheduler knows of a run, one row each: see `waiting_of`.
OF_CLIENT = RUN_CLIENTS.c.origin, RUN_CLIENTS.c.is_newcomer, ARRIVALS.c.at.label("arrival")
SCHEDULED = RUNS.c.id, RUNS.c.visitor, RUNS.c.space, RUNS.c.endpoint, RUNS.c.keeps_state, *OF_CLIENT
SCHEDULED_FROM = RUNS.outerjoin(RUN_CLIENTS, RUN_CLIENTS.c.run_id == RUNS.c.id).outerjoin(
    ARRIVALS, ARRIVALS.c.visitor == RUNS.c.visitor
)
WAITING = select(*SCHEDULED).select_from(SCHEDULED_FROM).where(RUNS.c.status == "queued", RUNS.c.heartbeat >= STALE)
IS_ABANDONED = RUNS.c.status.in_(UNFINISHED), RUNS.c.heartbeat < STALE
IS_AHEAD = RUNS.c.status.in_(UNFINISHED), RUNS.c.heartbeat > bindparam("ahead", type_=database.Moment)
ASTRAY = select(RUNS.c.id).where(IS_ABANDONED[0], or_(IS_ABANDONED[1], IS_AHEAD[1])).limit(1)
# The clock went back: whoever is alive says so again, and a run whose process is gone shall not last until then.
SET_BACK = update(RUNS).where(*IS_AHEAD).values(heartbeat=bindparam("moment"))
INTERRUPT_ABANDONED = (
    update(RUNS)
    .where(*IS_ABANDONED)
    .values(status="interrupted", finished=bindparam("moment"))
    .returning(*run_statistics.COUNTED)
)
IS_OVER = select(RUNS.c.id).where(RUNS.c.id == RUN_CLIENTS.c.run_id, RUNS.c.status.not_in(UNFINISHED))
FORGET_CLIENTS = delete(RUN_CLIENTS).where(IS_OVER.exists())
PLACES = (
    select(
        RUNS.c.id,
        (func.row_number().over(partition_by=RUNS.c.process, order_by=(RUNS.c.created, RUNS.c.id)) - 1).label("rank"),
        func.count().over(partition_by=RUNS.c.process).label("size"),
    )
    .where(RUNS.c.status == "queued", RUNS.c.heartbeat >= STALE)
    .subquery()
)
PLACES_OF = select(PLACES).where(PLACES.c.id.in_(bindparam("run_ids", expanding=True)))


def count_waiting() -> GoingOn:
    """Count the runs that wait for their turn; those left behind wait for nothing."""
    with database.looking() as connection:
        rows = connection.execute(WAITING, stale_moments()).all()
    return GoingOn(map(waiting_of, rows))


def waiting_of(row: Any) -> Waiting:
    """Return the waiting run of a row that has the columns `SCHEDULED`."""
    of_client = {"origin": row.origin, "is_newcomer": bool(row.is_newcomer), "cohort": cohort_at(row.arrival)}
    return Waiting(row.id, row.visitor, row.space, row.keeps_state, endpoint=row.endpoint, **of_client)


def places(run_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Of those of these runs that wait: how many come before, and how many wait in all, where it waits."""
    with database.looking() as connection:
        rows = connection.execute(PLACES_OF, {"run_ids": run_ids, **stale_moments()}).all()
    return {row.id: (row.rank, row.size) for row in rows}


def beat(run_ids: Sequence[str]) -> None:
    """Say that these runs are still in hand."""
    mine = RUNS.c.id.in_(run_ids), RUNS.c.status.in_(UNFINISHED)
    with database.changing() as connection:
        connection.execute(update(RUNS).where(*mine).values(heartbeat=database.now()))


def stale_moments() -> dict[str, datetime]:
    """A heartbeat before this moment is that of a process that is gone, or of a run that waited for too long."""
    moment = database.now()
    return {"stale": moment - timedelta(seconds=STALE_SECONDS), "out_of_patience": moment - PATIENCE}


def is_astray(status: str, process: str, heartbeat: datetime) -> bool:
    """Is this an unfinished run that nobody has in hand, or of which it cannot be told: see `interrupt_abandoned`."""
    if status not in UNFINISHED or is_unsure():
        return False
    stale = stale_moments()["out_of_patience" if process == SHARED else "stale"]
    return heartbeat < stale or heartbeat > ahead_moment()


def is_unsure() -> bool:
    """Did the database fail a moment ago, so that those who are alive may not have been able to say so?"""
    return database.failed_within(STALE_SECONDS)


def ahead_moment() -> datetime:
    """A heartbeat after this moment was written before the clock went back."""
    return database.now() + timedelta(seconds=STALE_SECONDS)


def interrupt_abandoned() -> None:
    """Mark the runs of processes that are gone.

    This one is here: of those that it has in hand it says so first, however late a class of hundreds has made it.
    """
    if is_unsure():
        return
    moments = {"ahead": ahead_moment(), **stale_moments()}
    with database.looking() as connection:
        if connection.scalar(ASTRAY, moments) is None:
            return
    beat(current_app.extensions["dispatcher"].in_hand())
    with database.changing() as connection:
        connection.execute(SET_BACK, {"moment": database.now(), "ahead": moments["ahead"]})
        gone = connection.execute(INTERRUPT_ABANDONED, {"moment": database.now(), **stale_moments()}).all()
        connection.execute(FORGET_CLIENTS)
        run_statistics.add(connection, gone)


def interrupt(run_ids: Sequence[str]) -> None:
    """Mark these runs: the process that has them in hand is about to end."""
    mark_interrupted(Run.id.in_(run_ids), Run.status.in_(UNFINISHED))
    for run_id in run_ids:
        notifications.tell(run_id)


def mark_interrupted(*conditions: ColumnElement[bool]) -> None:
    """Give the unfinished runs that meet the conditions their final status."""
    ending = update(RUNS).where(*conditions).values(status="interrupted", finished=database.now())
    with database.changing() as connection:
        ended = connection.execute(ending.returning(*run_statistics.COUNTED)).all()
        connection.execute(FORGET_CLIENTS)
        run_statistics.add(connection, ended)
