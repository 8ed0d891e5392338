"""Forgetting: old runs, files that nothing speaks of any more, the oldest when the disk's share is full.

Nothing goes that a page still shows: a run that goes on, or that its visitor looked at within the hour (`looks`).
"""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from flask import current_app
from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.exc import IntegrityError

from hfcourse import database
from hfcourse.runs import liveness, looks, starts
from hfcourse.runs.models import UNFINISHED, Run, RunFile, SpaceSession
from hfcourse.spaces import files, shelf
from hfcourse.spaces.files import StoredFile

# A file that was sent with a form that is still open: its run may come.
LOOSE_FILE_AGE = timedelta(days=1)
# One that arrived just now: its run is being made.
NEW_FILE_AGE = timedelta(minutes=1)
# One visitor may fill one part in so many of KEEP_BYTES: twenty of the largest forms, and five visitors who send
# nothing else than those fill the disk.
SHARES = 5
# A student's form waits for one batch at most, and gets its turn in the pause that follows.
RUNS_AT_ONCE, FILES_AT_ONCE, PAUSE_SECONDS = 100, 500, 0.02

Condition = ColumnElement[bool]
# Said so, it is no reason to go through the index of the statuses, in which nearly every run is one of these: the
# oldest are found by their age, and nothing else is read.
FINISHED: Condition = Run.status.not_in(UNFINISHED)


def prune() -> int:
    """Delete what is past KEEP_DAYS or over KEEP_BYTES; return how many runs went."""
    limit = database.now() - timedelta(days=current_app.config["KEEP_DAYS"])
    liveness.interrupt_abandoned()  # or what a killed process left would go on for ever, and stay
    gone, old = 0, (Run.created < limit, FINISHED, looks.is_unseen())
    while run_ids := oldest(*old):
        gone += remove(run_ids, *old)
        time.sleep(PAUSE_SECONDS)
    forget_sessions(limit)
    looks.forget_old()
    starts.forget_old()
    shelf.forget_old()
    discard(loose_files())
    return gone + shrink(current_app.config["KEEP_BYTES"])


def oldest(*conditions: Condition) -> Sequence[str]:
    """The first runs that meet the conditions, as many as are deleted at once."""
    with database.reading() as session:
        return session.scalars(select(Run.id).where(*conditions).order_by(Run.created).limit(RUNS_AT_ONCE)).all()


def forget_sessions(limit: datetime) -> None:
    """Delete the names of the sessions kept at Spaces that are older; the Space itself forgets them long before."""
    with database.writing() as session:
        session.execute(delete(SpaceSession).where(SpaceSession.created < limit))


def forget(run_id: str) -> int:
    """Delete one finished run and the files that only it has; return how many runs went (0 or 1)."""
    return remove([run_id], FINISHED)


def remove(run_ids: Collection[str], *conditions: Condition) -> int:
    """Delete those of these runs that meet the conditions, with all that is theirs alone; return how many went."""
    with database.writing() as session:
        chosen = select(Run.id).where(Run.id.in_(run_ids), *conditions)
        there = session.scalars(chosen.with_for_update()).all()  # whoever executes one adds no file from here on
        own = session.scalars(select(RunFile.file_id).where(RunFile.run_id.in_(there)).distinct()).all()
        session.execute(delete(Run).where(Run.id.in_(there)))  # events, words and looks follow: ON DELETE CASCADE
    discard(own)
    return len(there)


def is_loose() -> Condition:
    """The condition that a file is of no run."""
    return ~exists().where(RunFile.file_id == StoredFile.id)


def loose_files(age: timedelta = LOOSE_FILE_AGE, *conditions: Condition) -> Sequence[str]:
    """The files of no run, of this age or more, the oldest first."""
    limit = database.now() - age
    loose = select(StoredFile.id).where(StoredFile.created < limit, is_loose(), *conditions)
    with database.reading() as session:
        return session.scalars(loose.order_by(StoredFile.created)).all()


def discard(file_ids: Sequence[str]) -> None:
    """Delete those of these files that are of no run: rows first, so that no row ever names bytes that are gone."""
    for start in range(0, len(file_ids), FILES_AT_ONCE):
        chosen = StoredFile.id.in_(file_ids[start : start + FILES_AT_ONCE])
        gone: Sequence[str] = []
        with suppress(IntegrityError), database.writing() as session:  # a run that uses one of them is being made
            gone = session.scalars(delete(StoredFile).where(chosen, is_loose()).returning(StoredFile.id)).all()
        if left := files.discard(gone):
            remember(left)


def remember(file_ids: Sequence[str]) -> None:
    """Name bytes that could not be deleted in rows of nobody's, for a later pruning to find."""
    rows = [dict.fromkeys(("visitor", "name", "media_type"), "") | {"id": file_id, "size": 0} for file_id in file_ids]
    with database.writing() as session:
        session.execute(insert(StoredFile), [{**row, "created": database.now()} for row in rows])


def shrink(keep_bytes: int) -> int:
    """Delete the files of no run, then the oldest runs that have files, until all fit; return how many runs went.

    Files of no run go first: forms that are never sent must not push out what somebody keeps. Then those of visitors
    who have more than their share.
    """
    if kept_bytes() <= keep_bytes:
        return 0
    discard(loose_files(NEW_FILE_AGE))
    prunable = FINISHED, looks.is_unseen()
    gone = 0
    for visitor in heavy_visitors():
        gone += reduce(partial(above_both, visitor, keep_bytes), Run.visitor == visitor, *prunable)
    return gone + reduce(lambda: kept_bytes() - keep_bytes, *prunable)


def share_bytes() -> int:
    """What one visitor may keep."""
    return current_app.config["KEEP_BYTES"] // SHARES


def above_share(visitor: str) -> int:
    """How much the visitor keeps above their share; below zero, what is left of it."""
    return kept_bytes(StoredFile.visitor == visitor) - share_bytes()


def above_both(visitor: str, keep_bytes: int) -> int:
    """How much of what the visitor keeps above their share is too much for the disk."""
    return min(above_share(visitor), kept_bytes() - keep_bytes)


def heavy_visitors() -> Sequence[str]:
    """Those who keep more than their share."""
    sums = select(StoredFile.visitor).group_by(StoredFile.visitor)
    with database.reading() as session:
        return session.scalars(sums.having(func.sum(StoredFile.size) > share_bytes())).all()


def reduce(excess: Callable[[], int], *conditions: Condition) -> int:
    """Delete the oldest runs with files that meet the conditions until nothing is in excess; return how many went."""
    gone = 0
    while (surplus := excess()) > 0 and (run_ids := oldest_with_files(surplus, *conditions)):
        gone += remove(run_ids, *conditions)
        time.sleep(PAUSE_SECONDS)
    return gone


def kept_bytes(*conditions: Condition) -> int:
    """Size of the kept files that meet the conditions, of all without any."""
    with database.reading() as session:
        return session.scalar(select(func.sum(StoredFile.size)).where(*conditions)) or 0


def oldest_with_files(surplus: float, *conditions: Condition) -> list[str]:
    """The oldest runs whose files together take so much, or as many as are deleted at once."""
    run_ids = oldest(*conditions, exists().where(RunFile.run_id == Run.id))
    taken = select(RunFile.run_id, func.sum(StoredFile.size)).join(StoredFile).where(RunFile.run_id.in_(run_ids))
    with database.reading() as session:
        sizes = dict(session.execute(taken.group_by(RunFile.run_id)).all())
    chosen = []
    for run_id in run_ids:
        if surplus <= 0:
            break
        chosen.append(run_id)
        surplus -= sizes.get(run_id, 0)
    return chosen
