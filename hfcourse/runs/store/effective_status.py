"""Effective status of runs: an unfinished run whose heartbeat is stale counts as `interrupted`.

Its row changes only when a writer finds it (see `heartbeat.mark_abandoned`). Until then every query
computes the same from the heartbeat, so that all pages agree at once and a GET request writes nothing.
"""

import os
import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flask import Flask, current_app
from sqlalchemy import ColumnElement, FromClause, String, and_, bindparam, case, event, or_, select
from sqlalchemy.orm.attributes import set_committed_value

from hfcourse import database
from hfcourse.runs.store.models import RUNS, UNFINISHED_STATUSES, Run

STALE_SECONDS = 10
STALE_AGE = timedelta(seconds=STALE_SECONDS)
# Owner of a run that is queued for any worker: no heartbeat renews it, and it expires after this time.
ANY_WORKER, QUEUE_TTL = "shared", timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class OwnHeartbeats:
    """When the monitor of this process last renewed its heartbeats; None while there is no monitor.

    Under load a monitor may be late by more than STALE_SECONDS. Its own process knows, and does not
    take its runs for abandoned.
    """

    renewed_at: datetime | None = None


class StaleCutoffs(NamedTuple):
    """Moments before which a heartbeat is stale, by the owner of the run."""

    any_worker: datetime
    this_process: datetime
    other_process: datetime


def get_process_name() -> str:
    """Return the name of this process; computed at each call, since gunicorn forks after the import."""
    return f"{socket.gethostname()}-{os.getpid()}"[-40:]


def get_own_heartbeats(app: Flask) -> OwnHeartbeats:
    """Return the record of the heartbeats of this process."""
    heartbeats: OwnHeartbeats = app.extensions.setdefault("own_heartbeats", OwnHeartbeats())
    return heartbeats


def has_database_just_failed() -> bool:
    """Has the database failed recently, so that live processes may not have renewed their heartbeats?"""
    return database.has_failed_within(STALE_SECONDS)


def compute_stale_cutoffs() -> StaleCutoffs:
    """Return the current cutoffs; no heartbeat is stale after a failure of the database."""
    if has_database_just_failed():
        return StaleCutoffs(EPOCH, EPOCH, EPOCH)
    now = database.utc_now()
    renewed_at = get_own_heartbeats(current_app).renewed_at
    return StaleCutoffs(now - QUEUE_TTL, min(now, renewed_at or now) - STALE_AGE, now - STALE_AGE)


def compute_future_cutoff() -> datetime:
    """Return the moment after which a heartbeat was written before the clock was set back."""
    return database.utc_now() + STALE_AGE


def is_abandoned(status: str, process: str, heartbeat: datetime) -> bool:
    """Is a run with these values unfinished, with a stale heartbeat?"""
    if status not in UNFINISHED_STATUSES:
        return False
    cutoffs = compute_stale_cutoffs()
    if process == ANY_WORKER:
        return heartbeat < cutoffs.any_worker
    return heartbeat < (cutoffs.this_process if process == get_process_name() else cutoffs.other_process)


def compute_abandoned_at(process: str, heartbeat: datetime) -> datetime:
    """Return the moment at which a heartbeat became stale, which is the end of an abandoned run."""
    return heartbeat + (QUEUE_TTL if process == ANY_WORKER else STALE_AGE)


def bind_cutoff(name: str) -> ColumnElement[datetime]:
    """Return a parameter with the cutoff of that name, computed at each execution of the statement."""
    return bindparam(
        f"stale_{name}", type_=database.UtcDateTime, callable_=lambda: getattr(compute_stale_cutoffs(), name)
    )


def make_stale_condition(runs: FromClause) -> ColumnElement[bool]:
    """Return the condition that the heartbeat of a row of `runs`, the table or an alias, is stale."""
    own_name: ColumnElement[Any] = bindparam("own_process", type_=String, callable_=get_process_name)
    return runs.c.heartbeat < case(
        (runs.c.process == ANY_WORKER, bind_cutoff("any_worker")),
        (runs.c.process == own_name, bind_cutoff("this_process")),
        else_=bind_cutoff("other_process"),
    )


def make_unfinished_condition(runs: FromClause) -> ColumnElement[bool]:
    """Return the condition that a row of `runs` has an unfinished status."""
    # Equality, not IN: SQLAlchemy renders the list of an IN at each execution.
    return or_(*(runs.c.status == status for status in UNFINISHED_STATUSES))


IS_STALE = make_stale_condition(RUNS)
IS_ABANDONED = and_(make_unfinished_condition(RUNS), IS_STALE)
EFFECTIVE_STATUS = case((IS_ABANDONED, "interrupted"), else_=RUNS.c.status)
SAME_RUNS = RUNS.alias("same_runs")
# Found by the index of the statuses: a condition on the heartbeat would read the row of every run of a list.
ABANDONED_IDS = select(SAME_RUNS.c.id).where(make_unfinished_condition(SAME_RUNS), make_stale_condition(SAME_RUNS))


def make_status_condition(statuses: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a run has one of these effective statuses."""
    condition: ColumnElement[bool] = RUNS.c.status.in_(statuses)
    if any(status in UNFINISHED_STATUSES for status in statuses):
        condition = and_(condition, RUNS.c.id.not_in(ABANDONED_IDS))
    return or_(condition, RUNS.c.id.in_(ABANDONED_IDS)) if "interrupted" in statuses else condition


@event.listens_for(Run, "load")
@event.listens_for(Run, "refresh")
def show_effective_status(run: Run, *_: Any) -> None:
    """Give a run that is loaded its effective status and end; neither is written back to the row."""
    if is_abandoned(run.status, run.process, run.heartbeat):
        set_committed_value(run, "status", "interrupted")
        set_committed_value(run, "finished", compute_abandoned_at(run.process, run.heartbeat))
