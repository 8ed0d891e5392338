"""Storage of the runs: one row each, its events in order, its files.

A run changes from `queued` to `running` by compare-and-set, so that it is executed only once, and
from there to one of the final statuses.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from hfcourse import database
from hfcourse.errors import CallCancelled, FormRejected
from hfcourse.files.file_store import FileHandle, StoredFile
from hfcourse.runs.store import notifications, run_statistics, search_text, statements
from hfcourse.runs.store.effective_status import get_process_name
from hfcourse.runs.store.models import RUN_FILES, Run, RunFile
from hfcourse.runs.values.file_refs import restore_input_files
from hfcourse.runs.values.result_summary import build_summary

MAX_RECENT_SPACES = 5
# Values of a run that no process has claimed yet.
QUEUED_RUN_DEFAULTS = {"status": "queued", "partials": 0, "outputs": [], "said": ""}


@dataclass(frozen=True)
class NewEvent:
    """Event that is not stored yet."""

    kind: str
    data: dict[str, Any]
    at: datetime = field(default_factory=database.utc_now)


def create_run(
    visitor: str,
    *,
    space: str,
    endpoint: str,
    title: str,
    parameters: list[dict[str, Any]],
    inputs: dict[str, Any],
    files: Sequence[tuple[str, str]] = (),
    file_names: Sequence[str] = (),
    keeps_state: bool = False,
    owner: str = "",
    origin: str | None = None,
    is_newcomer: bool = False,
    insert_more: Callable[[Connection, str], None] = lambda _connection, _run_id: None,
) -> str:
    """Store a queued run; return its id.

    Args:
        parameters: name and label of each, for the page of the run.
        inputs: JSON value by parameter name; `{"$file": n}` in place of file number `n`.
        files: parameter name and file id of each file, from number 0; `file_names` are their names.
        keeps_state: does the call use the visitor's session at the Space?
        owner: name of the process that executes the run, this one if empty.
        origin: keyed digest of the client's address, stored until the run ends; None if unknown.
        is_newcomer: does the visitor share the slots of the newcomers of that address?
        insert_more: inserts further rows in the same transaction, given its connection and the id of the run.

    Raises:
        FormRejected: `invalid-input`, one of the files has been deleted since.
    """
    run_id, moment = secrets.token_urlsafe(12), database.utc_now()
    columns = search_text.build_search_columns(parameters, inputs, file_names)
    call = {"visitor": visitor, "space": space, "endpoint": endpoint, "title": title[:200], "keeps_state": keeps_state}
    moments = {"created": moment, "heartbeat": moment, "told": moment}
    size = {"text_bytes": len(json.dumps([parameters, inputs])) + len(columns["words"])}
    row = {"id": run_id, "process": owner or get_process_name(), "parameters": parameters, "inputs": inputs}
    file_rows = [
        {"run_id": run_id, "n": n, "file_id": file_id, "parameter": name} for n, (name, file_id) in enumerate(files)
    ]
    search_row = {"run_id": run_id, "visitor": visitor, **columns}
    client = {"run_id": run_id, "origin": origin, "is_newcomer": is_newcomer} if origin is not None else None
    try:
        with database.write_connection() as connection:
            connection.execute(statements.RUN_INSERT, row | call | moments | size | QUEUED_RUN_DEFAULTS)
            statements.insert_run_parts(connection, search_row, client, file_rows)
            insert_more(connection, run_id)
    except IntegrityError:  # a file, or the conversation of a turn, was deleted meanwhile
        raise FormRejected("invalid-input") from None
    return run_id


def find_run(run_id: str, visitor: str | None) -> Run | None:
    """Return the run with its events and files if it is this visitor's, with its effective status."""
    if visitor is None or "\0" in run_id:  # PostgreSQL rejects NUL in a text
        return None
    with database.read_session() as session:
        run = read_run(session, run_id)
        if run is None or run.visitor != visitor:
            return None
        set_committed_value(run, "events", session.scalars(statements.EVENTS_QUERY, {"run_id": run_id}).all())
    return run


def list_recent_spaces(visitor: str | None, count: int = MAX_RECENT_SPACES) -> Sequence[str]:
    """Return the Spaces of the visitor's newest runs, each once, the latest first."""
    if visitor is None:
        return []
    newest = func.max(Run.created)
    with database.read_session() as session:
        return session.scalars(
            select(Run.space).where(Run.visitor == visitor).group_by(Run.space).order_by(newest.desc()).limit(count)
        ).all()


def find_sent_values(run_id: str, visitor: str | None) -> dict[str, Any] | None:
    """Return the values sent in this run by parameter name, files included; None for another visitor's run."""
    run = find_run(run_id, visitor)
    return collect_sent_values(run, lambda item: FileHandle.from_row(item.file)) if run else None


def find_validation_errors(run_id: str, visitor: str | None) -> dict[str, str]:
    """Return the Space's validation messages of this run by parameter name; {} for another visitor's run."""
    run = find_run(run_id, visitor)
    return run.get_latest_event("invalid").get("fields", {}) if run else {}


def collect_sent_values(run: Run, replace: Callable[[RunFile], Any]) -> dict[str, Any]:
    """Return the values sent, by parameter name, with `replace(file)` in place of each file."""
    sent = [(item.parameter, item.position, item) for item in run.files if item.parameter is not None]
    return restore_input_files(run.inputs, sent, replace)


def find_run_file(run_id: str, n: int, visitor: str | None) -> StoredFile | None:
    """Return file number `n` of a run, if the run is this visitor's."""
    with database.read_session() as session:
        return session.scalar(
            select(StoredFile)
            .join(RunFile, RunFile.file_id == StoredFile.id)
            .join(Run, Run.id == RunFile.run_id)
            .where(Run.id == run_id, Run.visitor == visitor, RunFile.position == n)
        )


def load_run(run_id: str) -> Run | None:
    """Return the run with its files, without a check of its owner."""
    with database.read_session() as session:
        return read_run(session, run_id)


def read_run(session: Session, run_id: str) -> Run | None:
    """Read the run and its files; most runs have none, which saves the second query."""
    row = session.execute(statements.RUN_QUERY, {"run_id": run_id}).one_or_none()
    if row is None:
        return None
    run, has_files = row
    set_committed_value(
        run, "files", session.scalars(statements.FILES_QUERY, {"run_id": run_id}).all() if has_files else []
    )
    return run


def claim_run(run_id: str) -> Run | None:
    """Claim a queued run for this process; None if another process has claimed it, or if it was stopped."""
    with database.write_connection() as connection:
        is_ours = claim_row(connection, run_id)
    notifications.notify_changed(run_id)
    return load_run(run_id) if is_ours else None


def claim_row(connection: Connection, run_id: str) -> bool:
    """Execute the compare-and-set of `claim_run`; return whether it succeeded."""
    claim = {"run_id": run_id, "moment": database.utc_now(), "new_process": get_process_name()}
    return bool(connection.execute(statements.CLAIM_UPDATE, claim).rowcount)


@contextmanager
def append_transaction(run_id: str) -> Iterator[Connection]:
    """Open a transaction that adds to a run, which its visitor may delete at any time.

    Raises:
        CallCancelled: the run is deleted, so its result is no longer needed.
    """
    try:
        with database.write_connection() as connection:
            yield connection
    except IntegrityError:
        with database.read_connection() as connection:
            if connection.scalar(statements.RUN_EXISTS_QUERY, {"run_id": run_id}):
                raise
        raise CallCancelled from None


@database.retry_on_operational_error
def append_and_notify(run_id: str, events: Sequence[NewEvent]) -> None:
    """Append events and notify the subscribers. Only the process that claimed a run appends to it."""
    with append_transaction(run_id) as connection:
        append_events(connection, run_id, events)
    notifications.notify_changed(run_id)


@database.retry_on_operational_error
def append_partial(run_id: str, events: Sequence[NewEvent], received: int) -> None:
    """Append events, the last of which holds the outputs so far, after `received` partial outputs.

    It replaces the previous partial event, being complete, but has a new position: the cursor of
    the page depends on it.
    """
    with append_transaction(run_id) as connection:
        first = connection.scalar(statements.NEXT_EVENT_POSITION, {"run_id": run_id}) or 1
        connection.execute(statements.PARTIAL_DELETE, {"of_run": run_id})
        insert_events(connection, run_id, events, first)
        progress = {"run_id": run_id, "received": received, "moment": events[-1].at}
        connection.execute(statements.PARTIAL_COUNT_UPDATE, progress)
    notifications.notify_changed(run_id)


def append_events(connection: Connection, run_id: str, events: Sequence[NewEvent]) -> None:
    """Insert events, numbered after the last one."""
    connection.execute(statements.NUMBERED_EVENT_INSERT, [make_event_row(run_id, event) for event in events])


def insert_events(connection: Connection, run_id: str, events: Sequence[NewEvent], first: int) -> None:
    """Insert events, numbered from `first`."""
    rows = [make_event_row(run_id, event) | {"n": n} for n, event in enumerate(events, first)]
    connection.execute(statements.EVENT_INSERT, rows)


def make_event_row(run_id: str, event: NewEvent) -> dict[str, Any]:
    """Return the row of an event, without its position."""
    return {"run_id": run_id, "kind": event.kind, "data": event.data, "at": event.at}


@database.retry_on_operational_error
def attach_output_file(run_id: str, file_id: str) -> int:
    """Attach an output file to a run; return its number."""
    with append_transaction(run_id) as connection:
        last = connection.scalar(select(func.max(RUN_FILES.c.n)).where(RUN_FILES.c.run_id == run_id))
        n = 0 if last is None else last + 1
        connection.execute(statements.FILE_INSERT, {"run_id": run_id, "n": n, "file_id": file_id, "parameter": None})
    return n


def detach_output_files(run_id: str, file_ids: Sequence[str]) -> None:
    """Detach output files that were replaced."""
    is_replaced = RUN_FILES.c.run_id == run_id, RUN_FILES.c.file_id.in_(file_ids), RUN_FILES.c.parameter.is_(None)
    with database.write_connection() as connection:
        connection.execute(delete(RUN_FILES).where(*is_replaced))


@database.retry_on_operational_error
def finish_run(
    run_id: str,
    status: str,
    outputs: list[dict[str, Any]] | None = None,
    error: str | None = None,
    error_detail: str = "",
    *,
    partials: int = 0,
    events: Sequence[NewEvent] = (),
) -> bool:
    """Set the final status of an unfinished run; store nothing and return False if it has one already, or is deleted.

    An event `summary` has the result in one line, so that a list of runs reads no outputs.

    Args:
        outputs: None if nothing had arrived.
        error: code of the error, None unless it failed.
        error_detail: the words of the Space's author, masked.
        partials: number of partial outputs received.
        events: events that are not stored yet.
    """
    moment = database.utc_now()
    result = {
        "run_id": run_id,
        "new_status": status,
        "new_outputs": outputs or [],
        "new_error": error,
        "new_error_detail": error_detail,
        "received": partials,
        "output_bytes": len(json.dumps(outputs or [])),
        "moment": moment,
        "first": None if outputs is None else moment,
    }
    is_ended = False
    with suppress(CallCancelled), append_transaction(run_id) as connection:
        summary = NewEvent("summary", build_summary(outputs or [], error, error_detail))
        append_events(connection, run_id, [*events, summary])
        rows = connection.execute(statements.FINISH_UPDATE, result).all()
        if not rows:
            raise CallCancelled  # it has ended otherwise: nothing of this end is stored
        connection.execute(statements.CLIENT_DELETE, {"of_run": run_id})
        is_ended = bool(run_statistics.count_finished_runs(connection, rows))
    notifications.notify_changed(run_id)
    return is_ended
