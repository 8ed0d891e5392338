"""Deletion: runs past KEEP_DAYS, files of no run; and on a full disk, by share, what makes room (see `trimming`).

Nothing goes that a page still shows: a run that goes on, or that its visitor looked at within the hour (`looks`).
"""

import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from hfcourse import database, wal_truncation
from hfcourse.files import file_store
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.retention import recent_views
from hfcourse.runs.store import heartbeat, newcomer_status, rate_log
from hfcourse.runs.store.models import UNFINISHED_STATUSES, Run, RunFile, SpaceSession
from hfcourse.spaces.registry import description_cache

# A file that was sent with a form that is still open: its run may come.
ORPHAN_FILE_TTL = timedelta(days=1)
# One that arrived just now: its run is being made.
NEW_FILE_AGE = timedelta(minutes=1)
# A student's form waits for one batch at most, and gets its turn in the pause that follows.
RUNS_PER_BATCH, FILES_PER_BATCH, BATCH_PAUSE_SECONDS = 100, 500, 0.02

Condition = ColumnElement[bool]
# Said so, it is no reason to go through the index of the statuses, in which nearly every run is one of these: the
# oldest are found by their age, and nothing else is read.
IS_FINISHED: Condition = Run.status.not_in(UNFINISHED_STATUSES)


def delete_expired() -> int:
    """Delete what is past KEEP_DAYS, and files of no run; return how many runs went."""
    limit = database.utc_now() - timedelta(days=current_app.config["KEEP_DAYS"])
    heartbeat.mark_abandoned()  # or what a killed process left would go on for ever, and stay
    gone, old = 0, (Run.created < limit, IS_FINISHED, recent_views.not_recently_viewed())
    while run_ids := select_oldest_runs(*old):
        gone += delete_runs(run_ids, *old)
        time.sleep(BATCH_PAUSE_SECONDS)
    delete_old_sessions(limit)
    recent_views.delete_old_views()
    rate_log.delete_old_starts()
    newcomer_status.delete_old_arrivals()
    description_cache.delete_expired_descriptions()
    delete_orphan_files(find_orphan_files())
    return gone


def select_oldest_runs(*conditions: Condition) -> Sequence[str]:
    """The first runs that meet the conditions, as many as are deleted at once."""
    with database.read_session() as session:
        return session.scalars(select(Run.id).where(*conditions).order_by(Run.created).limit(RUNS_PER_BATCH)).all()


def delete_old_sessions(limit: datetime) -> None:
    """Delete the names of the sessions kept at Spaces that are older; the Space itself forgets them long before."""
    with database.write_session() as session:
        session.execute(delete(SpaceSession).where(SpaceSession.created < limit))


def delete_run(run_id: str) -> int:
    """Delete one finished run and the files that only it has; return how many runs went (0 or 1)."""
    return delete_runs([run_id], IS_FINISHED)


def delete_runs(run_ids: Collection[str], *conditions: Condition) -> int:
    """Delete those of these runs that meet the conditions, with all that is theirs alone; return how many went."""
    with database.write_session() as session:
        chosen = select(Run.id).where(Run.id.in_(run_ids), *conditions)
        there = session.scalars(chosen.with_for_update()).all()  # whoever executes one adds no file from here on
        own = session.scalars(select(RunFile.file_id).where(RunFile.run_id.in_(there)).distinct()).all()
        owners = session.execute(select(Run.visitor, Run.space).where(Run.id.in_(there)).distinct()).all()
        session.execute(delete(Run).where(Run.id.in_(there)))  # events, words and looks follow: ON DELETE CASCADE
        for visitor, space in owners:
            session.execute(delete(SpaceSession).where(*make_unused_session_conditions(visitor, space)))
    delete_orphan_files(own)
    if there:
        wal_truncation.schedule_wal_truncation()
    return len(there)


def make_unused_session_conditions(visitor: str, space: str) -> tuple[Condition, ...]:
    """The conditions for the session of a visitor at a Space where no run of theirs is left."""
    is_left = exists().where(Run.visitor == visitor, Run.space == space)
    return SpaceSession.visitor == visitor, SpaceSession.space == space, ~is_left


def is_orphan_file() -> Condition:
    """The condition that a file is of no run."""
    return ~exists().where(RunFile.file_id == StoredFile.id)


def find_orphan_files(age: timedelta = ORPHAN_FILE_TTL, *conditions: Condition) -> Sequence[str]:
    """The files of no run, of this age or more, the oldest first."""
    limit = database.utc_now() - age
    loose = select(StoredFile.id).where(StoredFile.created < limit, is_orphan_file(), *conditions)
    with database.read_session() as session:
        return session.scalars(loose.order_by(StoredFile.created)).all()


def delete_orphan_files(file_ids: Sequence[str]) -> None:
    """Delete those of these files that are of no run: rows first, so that no row ever names bytes that are gone."""
    for start in range(0, len(file_ids), FILES_PER_BATCH):
        chosen = StoredFile.id.in_(file_ids[start : start + FILES_PER_BATCH])
        gone: Sequence[str] = []
        with suppress(IntegrityError), database.write_session() as session:  # a run that uses one of them is being made
            gone = session.scalars(delete(StoredFile).where(chosen, is_orphan_file()).returning(StoredFile.id)).all()
        if left := file_store.delete_file_bytes(gone):
            record_orphan_bytes(left)


def record_orphan_bytes(file_ids: Sequence[str]) -> None:
    """Name bytes that could not be deleted in rows of nobody's, for a later pruning to find."""
    rows = [dict.fromkeys(("visitor", "name", "media_type"), "") | {"id": file_id, "size": 0} for file_id in file_ids]
    with database.write_session() as session:
        session.execute(insert(StoredFile), [{**row, "created": database.utc_now()} for row in rows])


def erase_file_bytes(file_ids: Sequence[str]) -> Sequence[str]:
    """Remove the bytes of files whose runs are kept (`StoredFile.erased`); return those of which it is done.

    Bytes first: a row whose bytes are gone is told as such to whoever opens it, and is erased the next time.
    """
    left = {*file_store.delete_file_bytes(file_ids)}
    done = [file_id for file_id in file_ids if file_id not in left]
    with database.write_session() as session:
        session.execute(update(StoredFile).where(StoredFile.id.in_(done)).values(size=0, erased=database.utc_now()))
    return done
