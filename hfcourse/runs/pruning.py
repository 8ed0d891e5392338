"""Forgetting: old runs, files that nothing speaks of any more, the oldest when the disk's share is full."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, func, select

from hfcourse import database
from hfcourse.runs import store
from hfcourse.runs.store import FINAL, Run, RunEvent, RunFile
from hfcourse.spaces import files
from hfcourse.spaces.files import StoredFile

# A file that was sent with a form that is still open: its run may come.
LOOSE_FILE_DAYS = 1
BATCH = 500


def prune() -> int:
    """Delete what is past KEEP_DAYS or over KEEP_BYTES; return how many runs went."""
    limit = database.now() - timedelta(days=current_app.config["KEEP_DAYS"])
    with database.reading() as session:
        old = list(session.scalars(select(Run.id).where(Run.created < limit, Run.status.in_(FINAL))))
    for start in range(0, len(old), BATCH):
        delete_runs(old[start : start + BATCH])
    discard(loose_files())
    return len(old) + shrink(current_app.config["KEEP_BYTES"])


def forget(run_id: str) -> int:
    """Delete one finished run and the files that only it has; return how many runs went (0 or 1)."""
    run = store.load(run_id)
    if run is None or not run.is_finished:
        return 0
    own = [item.file_id for item in run.files]
    delete_runs([run_id])
    discard([file_id for file_id in own if file_id in loose_files(days=0)])
    return 1


def delete_runs(run_ids: list[str]) -> None:
    """Delete these runs with their events; their files become loose."""
    with database.writing() as session:
        for table in (RunEvent, RunFile):
            session.execute(delete(table).where(table.run_id.in_(run_ids)))
        session.execute(delete(Run).where(Run.id.in_(run_ids)))


def loose_files(days: float = LOOSE_FILE_DAYS) -> list[str]:
    """The files of no run, old enough that no open form can name them."""
    limit = database.now() - timedelta(days=days)
    with database.reading() as session:
        used = select(RunFile.file_id)
        return list(
            session.scalars(select(StoredFile.id).where(StoredFile.created < limit, StoredFile.id.not_in(used)))
        )


def discard(file_ids: list[str]) -> None:
    """Delete these files: rows first, so that no row ever names bytes that are gone."""
    for start in range(0, len(file_ids), BATCH):
        with database.writing() as session:
            session.execute(delete(StoredFile).where(StoredFile.id.in_(file_ids[start : start + BATCH])))
    for file_id in file_ids:
        files.discard(file_id)


def shrink(keep_bytes: int) -> int:
    """Delete the oldest runs that have files until all files fit; return how many went."""
    gone = 0
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
