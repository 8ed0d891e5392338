"""The runs as they are kept: one row each, its events in order, its files.

A run goes from `queued` to `running` by compare-and-set, so that nobody executes it twice, and from
there to one of the final statuses.
"""

import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from hfcourse import database
from hfcourse.errors import Refused, Stopped
from hfcourse.failure_explanations import explanation_of
from hfcourse.files.file_store import KeptFile, StoredFile
from hfcourse.runs.store import heartbeat, notifications, run_statistics, search_text
from hfcourse.runs.store.models import (
    FINAL,
    RUN_CLIENTS,
    RUN_EVENTS,
    RUN_FILES,
    RUN_WORDS,
    RUNS,
    UNFINISHED,
    Run,
    RunEvent,
    RunFile,
)
from hfcourse.runs.values.file_refs import inputs_with_files
from hfcourse.text.typography import french

RECENT_SPACES = 5
# What a run has that nobody has taken in hand yet.
QUEUED = {"status": "queued", "partials": 0, "outputs": [], "said": ""}

# What every call and every look at a run needs is made once: making a statement anew costs more than executing it.
# Those that speak of tables, and not of classes, are for a bare connection.
RUN = select(Run, exists().where(RUN_FILES.c.run_id == Run.id)).where(Run.id == bindparam("run_id"))
EVENTS = select(RunEvent).where(RunEvent.run_id == bindparam("run_id")).order_by(RunEvent.n)
FILES = select(RunFile).where(RunFile.run_id == bindparam("run_id")).order_by(RunFile.n)
CLAIM = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("run_id"), RUNS.c.status == "queued")
    .values(
        status="running", started=bindparam("moment"), heartbeat=bindparam("moment"), process=bindparam("new_process")
    )
)
IS_THERE = select(RUNS.c.id).where(RUNS.c.id == bindparam("run_id"))
NEXT_EVENT = select(func.coalesce(func.max(RUN_EVENTS.c.n), 0) + 1).where(RUN_EVENTS.c.run_id == bindparam("run_id"))
# A run that nobody has taken in hand is stopped by the asking alone.
ASK_TO_STOP = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("run_id"), RUNS.c.status.in_(UNFINISHED))
    .values(
        stop_asked=func.coalesce(RUNS.c.stop_asked, bindparam("moment", type_=database.Moment)),
        status=case((RUNS.c.status == "queued", "stopped"), else_=RUNS.c.status),
        finished=case((RUNS.c.status == "queued", bindparam("moment", type_=database.Moment))),
    )
    .returning(*run_statistics.COUNTED)
)
STOPS_ASKED = select(RUNS.c.id).where(
    RUNS.c.id.in_(bindparam("run_ids", expanding=True)), RUNS.c.stop_asked.is_not(None)
)
ADD_RUN, ADD_FILE, ADD_EVENT, ADD_WORDS = insert(RUNS), insert(RUN_FILES), insert(RUN_EVENTS), insert(RUN_WORDS)
# Numbers each event after the last one of its run: one statement instead of two. Inline, or RETURNING would let
# PostgreSQL insert several rows at once, all with one number.
APPEND_EVENT = ADD_EVENT.inline().values(
    run_id=bindparam("run_id"),
    n=NEXT_EVENT.scalar_subquery(),
    kind=bindparam("kind"),
    data=bindparam("data"),
    at=bindparam("at"),
)
ADD_CLIENT = insert(RUN_CLIENTS)
FORGET_CLIENT = delete(RUN_CLIENTS).where(RUN_CLIENTS.c.run_id == bindparam("of_run"))
EVENT_BYTES = (
    select(func.coalesce(func.sum(func.length(cast(RUN_EVENTS.c.data, Text))), 0))
    .where(RUN_EVENTS.c.run_id == bindparam("run_id"))
    .scalar_subquery()
)
DROP_PARTIAL = delete(RUN_EVENTS).where(RUN_EVENTS.c.run_id == bindparam("of_run"), RUN_EVENTS.c.kind == "partial")
COUNT_PARTIAL = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("run_id"))
    .values(
        partials=bindparam("received"),
        first_output=func.coalesce(RUNS.c.first_output, bindparam("moment", type_=database.Moment)),
    )
)
# Equality, not IN: SQLAlchemy writes the list of an IN anew each time that it is executed.
IS_UNFINISHED = or_(*(RUNS.c.status == each for each in UNFINISHED))
FINISH = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("run_id"), IS_UNFINISHED)
    .values(
        status=bindparam("new_status"),
        outputs=bindparam("new_outputs"),
        error=bindparam("new_error"),
        said=bindparam("new_said"),
        partials=bindparam("received"),
        finished=bindparam("moment"),
        first_output=func.coalesce(RUNS.c.first_output, bindparam("first", type_=database.Moment)),
        # What the texts of a run take: its events are measured by the database, which has them.
        text_bytes=RUNS.c.text_bytes + bindparam("output_bytes", type_=Integer) + EVENT_BYTES,
    )
    .returning(*run_statistics.COUNTED)
)


@dataclass(frozen=True)
class Told:
    """An event that is not stored yet."""

    kind: str
    data: dict[str, Any]
    at: datetime = field(default_factory=database.now)


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
    files: Sequence[tuple[str, str]] = (),
    names: Sequence[str] = (),
    keeps_state: bool = False,
    holder: str = "",
    origin: str | None = None,
    is_newcomer: bool = False,
) -> str:
    """Store a queued run; return its id.

    Args:
        parameters: name and label of each, for the page of the run.
        inputs: JSON value by parameter name; `{"$file": n}` where file number `n` goes.
        files: parameter name and file id of each file, from number 0; `names` are those of the files.
        keeps_state: does it speak in the visitor's session at the Space?
        holder: who has it in hand, this process if it is empty.
        origin: keyed digest of the client's address, kept until the run ends; None where it is not known.
        is_newcomer: does the visitor share the places of the newcomers of that address?

    Raises:
        Refused: `invalid-input`, one of the files has been deleted since.
    """
    run_id, moment = secrets.token_urlsafe(12), database.now()
    found_by = {"run_id": run_id, "visitor": visitor, **search_text.found_by(parameters, inputs, names)}
    asked = {"visitor": visitor, "space": space, "endpoint": endpoint, "title": title[:200], "keeps_state": keeps_state}
    moments = {"created": moment, "heartbeat": moment, "told": moment}
    size = {"text_bytes": len(json.dumps([parameters, inputs])) + len(found_by["words"])}
    row = {"id": run_id, "process": holder or process_name(), "parameters": parameters, "inputs": inputs}
    sent = [
        {"run_id": run_id, "n": n, "file_id": file_id, "parameter": name} for n, (name, file_id) in enumerate(files)
    ]
    try:
        with database.changing() as connection:
            connection.execute(ADD_RUN, row | asked | moments | size | QUEUED)
            connection.execute(ADD_WORDS, found_by)
            if origin is not None:
                connection.execute(ADD_CLIENT, {"run_id": run_id, "origin": origin, "is_newcomer": is_newcomer})
            if sent:
                connection.execute(ADD_FILE, sent)
    except IntegrityError:  # the only key of another table here is that of a file
        raise Refused("invalid-input") from None
    return run_id


def find(run_id: str, visitor: str | None) -> Run | None:
    """The run with its events and files, if it is this visitor's; an abandoned one is marked first."""
    if visitor is None or "\0" in run_id:  # which PostgreSQL does not compare
        return None
    with database.reading() as session:
        run = read_run(session, run_id)
        if run is None or run.visitor != visitor:
            return None
        set_committed_value(run, "events", session.scalars(EVENTS, {"run_id": run_id}).all())
    if heartbeat.is_astray(run.status, run.process, run.heartbeat):
        heartbeat.interrupt_abandoned()
        return find(run_id, visitor)
    return run


def recent_spaces(visitor: str | None, count: int = RECENT_SPACES) -> Sequence[str]:
    """The Spaces of the visitor's newest runs, each once, the latest first."""
    if visitor is None:
        return []
    newest = func.max(Run.created)
    with database.reading() as session:
        return session.scalars(
            select(Run.space).where(Run.visitor == visitor).group_by(Run.space).order_by(newest.desc()).limit(count)
        ).all()


def values_of(run_id: str, visitor: str | None) -> dict[str, Any] | None:
    """What the visitor sent in this run, by parameter name, files included; None for a stranger's."""
    run = find(run_id, visitor)
    return sent_values(run, lambda item: KeptFile.of(item.file)) if run else None


def faults_of(run_id: str, visitor: str | None) -> dict[str, str]:
    """What the Space's validator said of the values of this run, by parameter name; {} for a stranger's."""
    run = find(run_id, visitor)
    return run.latest("invalid").get("fields", {}) if run else {}


def sent_values(run: Run, replace: Callable[[RunFile], Any]) -> dict[str, Any]:
    """What was sent, by parameter name, with `replace(file)` in place of each file."""
    sent = [(item.parameter, item.n, item) for item in run.files if item.parameter is not None]
    return inputs_with_files(run.inputs, sent, replace)


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
    """The run with its files, whoever it belongs to."""
    with database.reading() as session:
        return read_run(session, run_id)


def read_run(session: Session, run_id: str) -> Run | None:
    """Read the run and its files; most runs have none, and then nothing more is asked."""
    row = session.execute(RUN, {"run_id": run_id}).one_or_none()
    if row is None:
        return None
    run, has_files = row
    set_committed_value(run, "files", session.scalars(FILES, {"run_id": run_id}).all() if has_files else [])
    return run


def claim(run_id: str) -> Run | None:
    """Take a queued run in hand; None if somebody else has, or if it was stopped."""
    with database.changing() as connection:
        is_ours = take(connection, run_id)
    notifications.tell(run_id)
    return load(run_id) if is_ours else None


def take(connection: Connection, run_id: str) -> bool:
    """The compare-and-set of `claim`."""
    taken = {"run_id": run_id, "moment": database.now(), "new_process": process_name()}
    return bool(connection.execute(CLAIM, taken).rowcount)


def changed(statement: Any) -> bool:
    """Execute an UPDATE; did it change a row?"""
    with database.changing() as connection:
        return bool(connection.execute(statement).rowcount)


@contextmanager
def adding_to(run_id: str) -> Iterator[Connection]:
    """Add to a run that its visitor may delete at any moment.

    Raises:
        Stopped: it is gone, so that nobody waits for more.
    """
    try:
        with database.changing() as connection:
            yield connection
    except IntegrityError:
        with database.looking() as connection:
            if connection.scalar(IS_THERE, {"run_id": run_id}):
                raise
        raise Stopped from None


@database.persistent
def append(run_id: str, told: Sequence[Told]) -> None:
    """Add events. Whoever executes a run is the only one who adds to it: see `claim`."""
    with adding_to(run_id) as connection:
        append_events(connection, run_id, told)
    notifications.tell(run_id)


@database.persistent
def append_partial(run_id: str, told: Sequence[Told], received: int) -> None:
    """Add events of which the last holds the outputs so far, `received` of which came.

    It takes the place of the one before, being whole, but not its number: who follows the run knows by it.
    """
    with adding_to(run_id) as connection:
        first = connection.scalar(NEXT_EVENT, {"run_id": run_id}) or 1
        connection.execute(DROP_PARTIAL, {"of_run": run_id})
        add_events(connection, run_id, told, first)
        connection.execute(COUNT_PARTIAL, {"run_id": run_id, "received": received, "moment": told[-1].at})
    notifications.tell(run_id)


def append_events(connection: Connection, run_id: str, told: Sequence[Told]) -> None:
    """Add events, numbered after the last one."""
    connection.execute(APPEND_EVENT, [row_of_event(run_id, event) for event in told])


def add_events(connection: Connection, run_id: str, told: Sequence[Told], first: int) -> None:
    """Add events, numbered from `first`."""
    connection.execute(ADD_EVENT, [row_of_event(run_id, event) | {"n": n} for n, event in enumerate(told, first)])


def row_of_event(run_id: str, event: Told) -> dict[str, Any]:
    return {"run_id": run_id, "kind": event.kind, "data": event.data, "at": event.at}


@database.persistent
def add_output_file(run_id: str, file_id: str) -> int:
    """Attach a file that came back; return its number."""
    with adding_to(run_id) as connection:
        last = connection.scalar(select(func.max(RUN_FILES.c.n)).where(RUN_FILES.c.run_id == run_id))
        n = 0 if last is None else last + 1
        connection.execute(ADD_FILE, {"run_id": run_id, "n": n, "file_id": file_id, "parameter": None})
    return n


def drop_output_files(run_id: str, file_ids: Sequence[str]) -> None:
    """Detach files that came back and were replaced."""
    is_one = RUN_FILES.c.run_id == run_id, RUN_FILES.c.file_id.in_(file_ids), RUN_FILES.c.parameter.is_(None)
    changed(delete(RUN_FILES).where(*is_one))


@database.persistent
def finish(
    run_id: str,
    status: str,
    outputs: list[dict[str, Any]] | None = None,
    error: str | None = None,
    said: str = "",
    *,
    partials: int = 0,
    told: Sequence[Told] = (),
) -> bool:
    """Give an unfinished run its final status; False if it already has one, or is gone.

    Args:
        outputs: None if nothing had arrived.
        partials: how many partial outputs came.
        told: events that were not stored yet.
    """
    moment = database.now()
    ended = {
        "run_id": run_id,
        "new_status": status,
        "new_outputs": outputs or [],
        "new_error": error,
        "new_said": said,
        "received": partials,
        "output_bytes": len(json.dumps(outputs or [])),
        "moment": moment,
        "first": None if outputs is None else moment,
    }
    is_ended = False
    with suppress(Stopped), adding_to(run_id) as connection:
        if told:
            append_events(connection, run_id, told)
        rows = connection.execute(FINISH, ended).all()
        if rows:
            connection.execute(FORGET_CLIENT, {"of_run": run_id})
        is_ended = bool(run_statistics.add(connection, rows))
    notifications.tell(run_id)
    return is_ended


def ask_to_stop(run_id: str) -> None:
    """Stop a run that waits for its turn; whoever executes one that goes on is asked to: see `stops_asked`."""
    with database.changing() as connection:
        asked = connection.execute(ASK_TO_STOP, {"run_id": run_id, "moment": database.now()}).all()
        if any(row.status in FINAL for row in asked):
            connection.execute(FORGET_CLIENT, {"of_run": run_id})
        run_statistics.add(connection, asked)
    notifications.tell(run_id)


def stops_asked(run_ids: Sequence[str]) -> Sequence[str]:
    """Those of these runs that somebody asked to stop, in whatever process."""
    with database.looking() as connection:
        return connection.scalars(STOPS_ASKED, {"run_ids": run_ids}).all()


def error_of(run: Run) -> dict[str, str] | None:
    """Code and French sentence of a failed run."""
    if run.error is None:
        return None
    sentence = explanation_of(run.error, run.said).sentence
    return {"code": run.error, "message": french(f"{sentence} « {run.said} »") if run.said else sentence}
