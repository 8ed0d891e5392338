"""Forgetting: old runs, files that nothing speaks of any more, the oldest when the disk's share is full."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, func, select

from hfcourse import database
from hfcourse.runs import store
from hfcourse.runs.models import FINAL, Run, RunEvent, RunFile, SpaceSession
from hfcourse.spaces import files
from hfcourse.spaces.files import StoredFile

# A file that was sent with a form that is still open: its run may come.
LOOSE_FILE_AGE = timedelta(days=1)
# One that arrived just now: its run is being made.
NEW_FILE_AGE = timedelta(minutes=1)
BATCH = 500


def prune() -> int:
    """Delete what is past KEEP_DAYS or over KEEP_BYTES; return how many runs went."""
    limit = database.now() - timedelta(days=current_app.config["KEEP_DAYS"])
    with database.reading() as session:
        old = list(session.scalars(select(Run.id).where(Run.created < limit, Run.status.in_(FINAL))))
    for start in range(0, len(old), BATCH):
        delete_runs(old[start : start + BATCH])
    forget_sessions(limit)
    discard(loose_files())
    return len(old) + shrink(current_app.config["KEEP_BYTES"])


def forget_sessions(limit: datetime) -> None:
    """Delete the names of the sessions kept at Spaces that are older; the Space itself forgets them long before."""
    with database.writing() as session:
        session.execute(delete(SpaceSession).where(SpaceSession.created < limit))


def forget(run_id: str) -> int:
    """Delete one finished run and the files that only it has; return how many runs went (0 or 1)."""
    run = store.load(run_id)
    if run is None or not run.is_finished:
        return 0
    own = [item.file_id for item in run.files]
    delete_runs([run_id])
    with database.reading() as session:
        used = set(session.scalars(select(RunFile.file_id).where(RunFile.file_id.in_(own))))
    discard([file_id for file_id in own if file_id not in used])
    return 1


def delete_runs(run_ids: list[str]) -> None:
    """Delete these runs with their events; their files become loose."""
    with database.writing() as session:
        for table in (RunEvent, RunFile):
            session.execute(delete(table).where(table.run_id.in_(run_ids)))
        session.execute(delete(Run).where(Run.id.in_(run_ids)))


def loose_files(age: timedelta = LOOSE_FILE_AGE) -> list[str]:
    """The files of no run, of this age or more, the oldest first."""
    limit = database.now() - age
    loose = StoredFile.created < limit, StoredFile.id.not_in(select(RunFile.file_id))
    with database.reading() as session:
        return list(session.scalars(select(StoredFile.id).where(*loose).order_by(StoredFile.created)))


def discard(file_ids: list[str]) -> None:
    """Delete these files: rows first, so that no row ever names bytes that are gone."""
    for start in range(0, len(file_ids), BATCH):
        with database.writing() as session:
            session.execute(delete(StoredFile).where(StoredFile.id.in_(file_ids[start : start + BATCH])))
    for file_id in file_ids:
        files.discard(file_id)


def shrink(keep_bytes: int) -> int:
    """Delete the files of no run, then the oldest runs that have files, until all fit; return how many runs went.

    Files of no run go first: forms that are never sent must not push out what somebody keeps.
    """
    gone = 0
    if kept_bytes() > keep_bytes:
        discard(loose_files(NEW_FILE_AGE))
    while kept_bytes() > keep_bytes and (run_id := oldest_with_files()):
        gone += forget(run_id)
    return gone


def kept_bytes() -> int:
    """Size of all kept files."""
    with database.reading() as session:
        return session.scalar(select(func.sum(StoredFile.size))) or 0


def oldest_with_files() -> str | None:
    """The oldest finished run that has a file."""
    with database.reading() as session:
        return session.scalar(
            select(Run.id)
            .join(RunFile, RunFile.run_id == Run.id)
            .where(Run.status.in_(FINAL))
            .order_by(Run.created)
            .limit(1)
        )
