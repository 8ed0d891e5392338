"""Deletion of expired runs, orphan files and expired rows; for eviction on a full disk see `eviction`.

Nothing is deleted that a page still shows: an unfinished run, or one viewed within the hour
(`recent_views`).
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
from hfcourse.runs.store import heartbeat, newcomers, rate_log, run_statistics
from hfcourse.runs.store.conversation_models import Conversation, Turn
from hfcourse.runs.store.models import RUNS, UNFINISHED_STATUSES, Run, RunFile, SpaceSession
from hfcourse.spaces.registry import description_cache

# A file of a form that is still open: its run may be created later.
ORPHAN_FILE_TTL = timedelta(days=1)
# A file just uploaded: its run is being created.
NEW_FILE_AGE = timedelta(minutes=1)
# A submitted form waits for one batch at most, and acquires the write lock in the pause after it.
RUNS_PER_BATCH, FILES_PER_BATCH, BATCH_PAUSE_SECONDS = 100, 500, 0.02

Condition = ColumnElement[bool]
# As NOT IN, so that the planner does not use the index of the statuses, which nearly every row matches: the oldest runs
# are found by the index of their age, and nothing else is read.
IS_FINISHED: Condition = Run.status.not_in(UNFINISHED_STATUSES)


def delete_expired() -> int:
    """Delete what is older than KEEP_DAYS, and orphan files; return the number of runs deleted."""
    limit = database.utc_now() - timedelta(days=current_app.config["KEEP_DAYS"])
    heartbeat.mark_abandoned()  # or the runs of a killed process would stay unfinished, and never expire
    deleted, old = 0, (Run.created < limit, IS_FINISHED, recent_views.not_recently_viewed())
    while run_ids := select_oldest_runs(*old):
        deleted += delete_runs(run_ids, *old)
        time.sleep(BATCH_PAUSE_SECONDS)
    delete_old_sessions(limit)
    recent_views.delete_old_views()
    rate_log.delete_old_starts()
    newcomers.delete_old_arrivals()
    description_cache.delete_expired_descriptions()
    delete_orphan_files(find_orphan_files())
    return deleted


def select_oldest_runs(*conditions: Condition) -> Sequence[str]:
    """Return the oldest runs that meet the conditions, up to one batch."""
    with database.read_session() as session:
        return session.scalars(select(Run.id).where(*conditions).order_by(Run.created).limit(RUNS_PER_BATCH)).all()


def delete_old_sessions(limit: datetime) -> None:
    """Delete the session names of Spaces that are older; the Space itself expires them long before."""
    with database.write_session() as session:
        session.execute(delete(SpaceSession).where(SpaceSession.created < limit))


def delete_run(run_id: str) -> int:
    """Delete one finished run and the files that only it uses; return the number of runs deleted (0 or 1)."""
    return delete_runs([run_id], IS_FINISHED)


def delete_runs(run_ids: Collection[str], *conditions: Condition) -> int:
    """Delete those of these runs that meet the conditions, with all that only they use; return the count.

    The unfinished ones are counted as stopped: no other transaction sees that status.
    """
    with database.write_session() as session:
        chosen = select(Run.id).where(Run.id.in_(run_ids), *conditions)
        found = session.scalars(chosen.with_for_update()).all()  # row locks: no file is attached from here on
        file_ids = session.scalars(select(RunFile.file_id).where(RunFile.run_id.in_(found)).distinct()).all()
        owners = session.execute(select(Run.visitor, Run.space).where(Run.id.in_(found)).distinct()).all()
        stopped = session.execute(
            update(RUNS)
            .where(RUNS.c.id.in_(found), RUNS.c.status.in_(UNFINISHED_STATUSES))
            .values(status="stopped", finished=database.utc_now())
            .returning(*run_statistics.COUNTED_COLUMNS)
        ).all()
        session.execute(delete(Run).where(Run.id.in_(found)))  # events, search texts and views: ON DELETE CASCADE
        for visitor, space in owners:
            session.execute(delete(SpaceSession).where(*make_unused_session_conditions(visitor, space)))
            session.execute(delete(Conversation).where(*make_empty_conversation_conditions(visitor, space)))
        run_statistics.count_finished_runs(session.connection(), stopped)
    delete_orphan_files(file_ids)
    if found:
        wal_truncation.schedule_wal_truncation()
    return len(found)


def make_unused_session_conditions(visitor: str, space: str) -> tuple[Condition, ...]:
    """Return the conditions for the session of a visitor at a Space where they have no run left."""
    is_left = exists().where(Run.visitor == visitor, Run.space == space)
    return SpaceSession.visitor == visitor, SpaceSession.space == space, ~is_left


def make_empty_conversation_conditions(visitor: str, space: str) -> tuple[Condition, ...]:
    """Return the conditions for the conversations of a visitor with a Space that have no turn left."""
    has_turn = exists().where(Turn.conversation_id == Conversation.id)
    return Conversation.visitor == visitor, Conversation.space == space, ~has_turn


def is_orphan_file() -> Condition:
    """Return the condition that a file belongs to no run."""
    return ~exists().where(RunFile.file_id == StoredFile.id)


def find_orphan_files(age: timedelta = ORPHAN_FILE_TTL, *conditions: Condition) -> Sequence[str]:
    """Return the orphan files of this age or more, the oldest first."""
    limit = database.utc_now() - age
    orphans = select(StoredFile.id).where(StoredFile.created < limit, is_orphan_file(), *conditions)
    with database.read_session() as session:
        return session.scalars(orphans.order_by(StoredFile.created)).all()


def delete_orphan_files(file_ids: Sequence[str]) -> None:
    """Delete those of these files that are orphans: rows first, so that no row ever names deleted bytes."""
    for start in range(0, len(file_ids), FILES_PER_BATCH):
        chosen = StoredFile.id.in_(file_ids[start : start + FILES_PER_BATCH])
        deleted: Sequence[str] = []
        # IntegrityError: a run that uses one of them is being created.
        with suppress(IntegrityError), database.write_session() as session:
            deleted = session.scalars(delete(StoredFile).where(chosen, is_orphan_file()).returning(StoredFile.id)).all()
        if failed := file_store.delete_file_bytes(deleted):
            record_orphan_bytes(failed)


def record_orphan_bytes(file_ids: Sequence[str]) -> None:
    """Insert rows without visitor for bytes that could not be deleted, for a later pruning to retry."""
    rows = [dict.fromkeys(("visitor", "name", "media_type"), "") | {"id": file_id, "size": 0} for file_id in file_ids]
    with database.write_session() as session:
        session.execute(insert(StoredFile), [{**row, "created": database.utc_now()} for row in rows])


def erase_file_bytes(file_ids: Sequence[str]) -> Sequence[str]:
    """Erase the bytes of files whose runs remain (`StoredFile.erased`); return the files erased.

    Bytes first: a row whose bytes are missing is reported as such when opened, and is erased the
    next time.
    """
    failed = {*file_store.delete_file_bytes(file_ids)}
    done = [file_id for file_id in file_ids if file_id not in failed]
    with database.write_session() as session:
        session.execute(update(StoredFile).where(StoredFile.id.in_(done)).values(size=0, erased=database.utc_now()))
    return done
