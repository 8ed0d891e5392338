"""The runs that wait in the database for a worker, whichever it is: whose turn it is, and whom it was told.

A waiting run is `told` to the workers (a message names it) or held back until its visitor, its Space or its
session has room, and its turn has come (see `scheduling`). One process at a time decides, so that two workers
together do not let in one too many. Each worker says now and then that it is there: so many have places.
"""

import hashlib
import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, text, update

from hfcourse import database
from hfcourse.runs.queue import scheduling
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.store import heartbeat, notifications, rate_log, run_store
from hfcourse.runs.store.heartbeat import SCHEDULED, SCHEDULED_FROM, SHARED, waiting_of
from hfcourse.runs.store.models import RUNS, Chore, Run
from hfcourse.runs.store.queue_counts import GoingOn, Waiting

# A message that took so long may be lost: its worker was killed, or the broker was started anew.
LOST_AGE = timedelta(seconds=15)

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(4017)")
GOING_ON = select(*SCHEDULED).select_from(SCHEDULED_FROM).where(RUNS.c.status == "running")
IS_SHARED = RUNS.c.status == "queued", RUNS.c.process == SHARED
TO_TELL = select(*SCHEDULED, RUNS.c.told).select_from(SCHEDULED_FROM).where(*IS_SHARED)
WAITING = TO_TELL.order_by(RUNS.c.created, RUNS.c.id)
ANY_HELD = select(RUNS.c.id).where(*IS_SHARED, RUNS.c.told.is_(None)).limit(1)
HOLD = update(RUNS).where(RUNS.c.id.in_(bindparam("run_ids", expanding=True)), *IS_SHARED).values(told=None)
TELL = HOLD.values(told=bindparam("moment", type_=database.Moment))
CHORES = cast(Table, Chore.__table__)
SERVED = select(CHORES.c.at).where(CHORES.c.name == "queue")
SERVE = update(CHORES).where(CHORES.c.name == bindparam("of_name")).values(at=bindparam("moment"))
ADD_WORKER = insert(CHORES)
WORKER_PREFIX = "worker-"
IS_WORKER = CHORES.c.name.startswith(WORKER_PREFIX, autoescape=True)
COUNT_WORKERS = select(func.count()).where(IS_WORKER, CHORES.c.at > bindparam("since", type_=database.Moment))
FORGET_WORKERS = delete(CHORES).where(IS_WORKER, CHORES.c.at < bindparam("since", type_=database.Moment))


@contextmanager
def deciding() -> Iterator[Connection]:
    """One process at a time; SQLite has one writer at a time anyhow."""
    with database.changing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(ONE_AT_A_TIME)
        yield connection


def claim(run_id: str, limits: Limits) -> Run | None:
    """Take a waiting run in hand, as `store.claim`; None as well if it is not its turn: it is then held back."""
    with deciding() as connection:
        row = connection.execute(WAITING.where(RUNS.c.id == run_id)).one_or_none()
        if row is None:
            return None
        waiting = waiting_of(row)
        if not is_its_turn(connection, waiting, limits):
            connection.execute(HOLD, {"run_ids": [run_id]})
            return None
        if not run_store.take(connection, run_id):
            return None  # it was stopped in this very moment
        rate_log.note(connection, run_id, waiting.visitor)
    notifications.tell(run_id)
    return run_store.load(run_id)


def is_its_turn(connection: Connection, waiting: Waiting, limits: Limits) -> bool:
    """May it start now, with a place left for each whose turn comes before?"""
    started = rate_log.recent(connection, [waiting.visitor])[waiting.visitor]
    counts, places = going_on(connection), count_places(connection, limits)
    if not limits.allow(counts, waiting, started) or scheduling.is_deferred(waiting, counts, places):
        return False
    if not scheduling.is_under_pressure(counts, places):
        return True
    others = [waiting_of(row) for row in connection.execute(WAITING)]
    starts_of = rate_log.recent(connection, {each.visitor for each in others})
    return scheduling.is_among_next(waiting, others, counts, int(places), starts_of.__getitem__)


def count_places(connection: Connection, limits: Limits) -> float:
    """Return how many calls all workers together may make at once; infinite while none has said that it is there."""
    workers = connection.scalar(COUNT_WORKERS, {"since": stale_moment()})
    return workers * limits.at_once if workers else math.inf


def due(limits: Limits, messages: int | None = None) -> list[str]:
    """The held runs whose turn has come, noted as told, in the order they came.

    Args:
        messages: how many wait at the broker. Of the runs that were told long ago and not begun, so many are not
            lost; without it none is.
    """
    if messages is None and not is_any_held():
        return []
    with deciding() as connection:
        rows = connection.execute(WAITING).all()
        lost = [] if messages is None else lost_among(rows)[messages:]
        held = [waiting_of(row) for row in rows if row.told is None or row.id in lost]
        if not held:
            return []
        counted = going_on(connection, [waiting_of(row) for row in rows if row.told and row.id not in lost])
        chosen = choose(connection, held, counted, limits)
        connection.execute(TELL, {"run_ids": chosen, "moment": database.now()})
    return chosen


def is_any_held() -> bool:
    """Is a run held back? Few ends of a run are followed by a decision."""
    with database.looking() as connection:
        return connection.scalar(ANY_HELD) is not None


def lost_among(rows: Sequence[Any]) -> list[str]:
    """The waiting runs whose message should have been heard by now."""
    limit = database.now() - LOST_AGE
    return [row.id for row in rows if row.told and row.told < limit]


def choose(connection: Connection, held: Sequence[Waiting], counts: GoingOn, limits: Limits) -> list[str]:
    """Choose those that may start beside what goes on, the next one first; `counts` has them then, too."""
    started = rate_log.recent(connection, {each.visitor for each in held})
    places = count_places(connection, limits)
    left = {each.run_id: each for each in held}
    chosen: list[str] = []

    def is_allowed(each: Waiting) -> bool:
        return limits.allow(counts, each, started[each.visitor])

    while (each := scheduling.select_next(left.values(), counts, places, is_allowed, started.__getitem__)) is not None:
        counts.add(each)
        started[each.visitor] += 1
        chosen.append(each.run_id)
        del left[each.run_id]
    return chosen


def serve() -> None:
    """Note that this worker is there, and hears the broker."""
    name, moment = worker_name(), database.now()
    with database.changing() as connection:
        connection.execute(SERVE, {"of_name": "queue", "moment": moment})
        if not connection.execute(SERVE, {"of_name": name, "moment": moment}).rowcount:
            connection.execute(FORGET_WORKERS, {"since": stale_moment()})
            connection.execute(ADD_WORKER, {"name": name, "at": moment})


def worker_name() -> str:
    """The row of this worker: its process, as short as the column."""
    return WORKER_PREFIX + hashlib.sha256(run_store.process_name().encode()).hexdigest()[:24]


def withdraw_worker() -> None:
    """Note that this worker takes nothing more, so that its places are not counted."""
    with database.changing() as connection:
        connection.execute(delete(CHORES).where(CHORES.c.name == worker_name()))


def stale_moment() -> datetime:
    """Whoever has said nothing since is not there."""
    return database.now() - timedelta(seconds=heartbeat.STALE_SECONDS)


def is_served() -> bool:
    """Was there a worker a moment ago?"""
    with database.looking() as connection:
        served = connection.scalar(SERVED)
    return served is not None and served > stale_moment()


def hold(run_ids: Collection[str]) -> None:
    """They could not be told: nobody knows of them yet."""
    with database.changing() as connection:
        connection.execute(HOLD, {"run_ids": list(run_ids)})


def going_on(connection: Connection, told: Sequence[Waiting] = ()) -> GoingOn:
    """What goes on in every process, and what is about to."""
    return GoingOn([*map(waiting_of, connection.execute(GOING_ON)), *told])
