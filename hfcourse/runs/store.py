"""The runs as they are kept: one row each, its events in order, its files.

A run goes from `queued` to `running` by compare-and-set, so that nobody executes it twice, and from
there to one of the final statuses. The process that has it in hand says so every few seconds; one that
falls silent has abandoned its runs, and whoever looks next marks them `interrupted`.
"""

import os
import secrets
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session, selectinload

from hfcourse import database
from hfcourse.errors import EXPLANATIONS
from hfcourse.runs.models import UNFINISHED, Run, RunEvent, RunFile, SpaceSession
from hfcourse.spaces.files import KeptFile, StoredFile
from hfcourse.typography import french

STALE_SECONDS = 10
PAGE_RUNS = 50


def process_name() -> str:
    """Who has a run in hand, for whoever reads the table; asked each time, since gunicorn forks after the import."""
    return f"{socket.gethostname()}-{os.getpid()}"[-40:]


def create(
    visitor: str,
    *,
    space: str,
    endpoint: str,
    title: str,
    parameters: list[dict[str, Any]],
    inputs: dict[str, Any],
    files: dict[str, str],
) -> str:
    """Store a queued run; return its id.

    Args:
        parameters: name and label of each, for the page of the run.
        inputs: JSON value by parameter name; null for a file.
        files: file id by parameter name.
    """
    moment = database.now()
    run = Run(
        id=secrets.token_urlsafe(12),
        visitor=visitor,
        space=space,
        endpoint=endpoint,
        title=title[:200],
        process=process_name(),
        heartbeat=moment,
        parameters=parameters,
        inputs=inputs,
        created=moment,
        partials=0,
        outputs=[],
        said="",
        status="queued",
    )
    run.files = [RunFile(n=n, file_id=file_id, parameter=name) for n, (name, file_id) in enumerate(files.items())]
    with database.writing() as session:
        session.add(run)
        return run.id


def find(run_id: str, visitor: str | None) -> Run | None:
    """The run with its events and files, if it is this visitor's; an abandoned one is marked first."""
    if visitor is None:
        return None
    whole = select(Run).where(Run.id == run_id, Run.visitor == visitor)
    with database.reading() as session:
        run = session.scalar(whole.options(selectinload(Run.events), selectinload(Run.files)))
    if run and not run.is_finished and run.heartbeat < stale_moment():
        interrupt_abandoned()
        return find(run_id, visitor)
    return run


def latest(visitor: str, count: int = PAGE_RUNS) -> Sequence[Run]:
    """The visitor's newest runs, without their events."""
    interrupt_abandoned()
    with database.reading() as session:
        return session.scalars(
            select(Run).where(Run.visitor == visitor).order_by(Run.created.desc(), Run.id).limit(count)
        ).all()


def values_of(run_id: str, visitor: str | None) -> dict[str, Any] | None:
    """What the visitor sent in this run, by parameter name, files included; None for a stranger's."""
    run = find(run_id, visitor)
    return run.inputs | sent_files(run) if run else None


def sent_files(run: Run) -> dict[str, KeptFile]:
    """The files that were sent, by parameter name."""
    return {item.parameter: KeptFile.of(item.file) for item in run.files if item.parameter is not None}


def file_of(run_id: str, n: int, visitor: str | None) -> StoredFile | None:
    """File number `n` of a run, if the run is this visitor's."""
    with database.reading() as session:
        return session.scalar(
            select(StoredFile)
            .join(RunFile, RunFile.file_id == StoredFile.id)
            .join(Run, Run.id == RunFile.run_id)
            .where(Run.id == run_id, Run.visitor == visitor, RunFile.n == n)
        )


def load(run_id: str) -> Run | None:
    """The run with its files, whoever it belongs to: for whoever executes it."""
    with database.reading() as session:
        return session.scalar(select(Run).where(Run.id == run_id).options(selectinload(Run.files)))


def claim(run_id: str) -> bool:
    """Take a queued run in hand; False if somebody else has, or if it was stopped."""
    moment = database.now()
    return changed(
        update(Run)
        .where(Run.id == run_id, Run.status == "queued")
        .values(status="running", started=moment, heartbeat=moment, process=process_name())
    )


def changed(statement: Any) -> bool:
    """Execute an UPDATE; did it change a row?"""
    with database.writing() as session:
        return bool(cast(CursorResult[Any], session.execute(statement)).rowcount)


def append(run_id: str, kind: str, data: dict[str, Any]) -> None:
    """Add an event."""
    with database.writing() as session:
        number = next_number(session, run_id)
        session.add(RunEvent(run_id=run_id, n=number, kind=kind, data=data, at=database.now()))


def append_partial(run_id: str, outputs: list[dict[str, Any]], received: int) -> None:
    """Store the outputs so far, `received` of which came; they take the place of the ones before, being whole."""
    moment = database.now()
    with database.writing() as session:
        number = next_number(session, run_id)
        session.execute(delete(RunEvent).where(RunEvent.run_id == run_id, RunEvent.kind == "partial"))
        session.add(RunEvent(run_id=run_id, n=number, kind="partial", data={"outputs": outputs}, at=moment))
        session.execute(
            update(Run)
            .where(Run.id == run_id)
            .values(partials=received, first_output=func.coalesce(Run.first_output, moment))
        )


def next_number(session: Session, run_id: str) -> int:
    last = session.scalar(select(func.max(RunEvent.n)).where(RunEvent.run_id == run_id))
    return (last or 0) + 1


def add_output_file(run_id: str, file_id: str) -> int:
    """Attach a file that came back; return its number."""
    with database.writing() as session:
        last = session.scalar(select(func.max(RunFile.n)).where(RunFile.run_id == run_id))
        n = 0 if last is None else last + 1
        session.add(RunFile(run_id=run_id, n=n, file_id=file_id, parameter=None))
        return n


def finish(
    run_id: str,
    status: str,
    outputs: list[dict[str, Any]] | None = None,
    error: str | None = None,
    said: str = "",
    *,
    partials: int | None = None,
) -> bool:
    """Give a running run its final status; False if it already has one. Without `outputs` there are none."""
    moment = database.now()
    values: dict[str, Any] = {"status": status, "finished": moment, "error": error, "said": said}
    if partials is not None:
        values["partials"] = partials
    if outputs is not None:
        values |= {"outputs": outputs, "first_output": func.coalesce(Run.first_output, moment)}
    return changed(update(Run).where(Run.id == run_id, Run.status.in_(UNFINISHED)).values(values))


def stop_queued(run_id: str) -> bool:
    """Stop a run that nobody has taken in hand yet."""
    return changed(
        update(Run).where(Run.id == run_id, Run.status == "queued").values(status="stopped", finished=database.now())
    )


def session_hash(visitor: str, space: str) -> str:
    """The name of this visitor's session at this Space, made at first need; only the server knows it."""
    with database.writing() as session:
        kept = session.get(SpaceSession, (visitor, space))
        if kept is None:
            kept = SpaceSession(
                visitor=visitor, space=space, session_hash=secrets.token_hex(12), created=database.now()
            )
            session.add(kept)
        return kept.session_hash


def waiting_count() -> int:
    """Runs of everybody that wait for their turn; those that a process left behind wait for nothing."""
    waiting = Run.status == "queued", Run.heartbeat >= stale_moment()
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Run).where(*waiting)) or 0


def beat(run_ids: Sequence[str]) -> None:
    """Say that these runs are still in hand."""
    changed(update(Run).where(Run.id.in_(run_ids), Run.status.in_(UNFINISHED)).values(heartbeat=database.now()))


def stale_moment() -> datetime:
    """A heartbeat before this moment is that of a process that is gone."""
    return database.now() - timedelta(seconds=STALE_SECONDS)


def interrupt_abandoned() -> None:
    """Mark the runs of processes that are gone."""
    abandoned = Run.status.in_(UNFINISHED), Run.heartbeat < stale_moment()
    with database.reading() as session:
        if session.scalar(select(Run.id).where(*abandoned).limit(1)) is None:
            return
    changed(update(Run).where(*abandoned).values(status="interrupted", finished=database.now()))


def interrupt(run_ids: Sequence[str]) -> None:
    """Mark these runs: the process that has them in hand is about to end."""
    changed(
        update(Run)
        .where(Run.id.in_(run_ids), Run.status.in_(UNFINISHED))
        .values(status="interrupted", finished=database.now())
    )


def error_of(run: Run) -> dict[str, str] | None:
    """Code and French sentence of a failed run."""
    if run.error is None:
        return None
    sentence = EXPLANATIONS[run.error].sentence
    return {"code": run.error, "message": french(f"{sentence} « {run.said} »") if run.said else sentence}
