"""The session of a visitor at a Space that keeps state: its name, and its opening.

A Space's page begins a session by its `load` events, which often fill the State that its endpoints read: a model, a
chess board, a folder. So the first call of a session runs them before. The name of a session ends with a digest of the
Space's `app_id`, which Gradio draws anew at each start: state does not survive the program that kept it, so a Space
that was started again gets a new session, opened like the first one.
"""

import hashlib
import logging
import secrets
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from hfcourse import database
from hfcourse.errors import CallCancelled, CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.store.models import Run, SpaceSession
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.page.page_events import contains_file_path, unwrap_update

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

NAME_BYTES, DIGEST_CHARACTERS = 12, 8
# Of the time of the first call, the load events may take one part in so many.
OPENING_TIME_DIVISOR = 2
OPENING_EVENT = "opening"  # kind of the event that keeps a failed opening
# The author's own code failed: asking again would fail again, and lose what state there is.
AUTHOR_ERROR_CODES = ("space-exception", "space-error")

log = logging.getLogger(__name__)


def get_or_open_session(
    run: Run, endpoint: Endpoint, connection: "SpaceClient", recorder: Recorder, leash: CancelScope
) -> str | None:
    """The name of the visitor's session for this call, opened at first need; None for an endpoint without state."""
    if not endpoint.has_session_state:
        return None
    name, is_new = get_or_create_session(run.visitor, run.space, connection.description.app_id)
    if is_new:
        open_session(connection, name, recorder, leash)
    return name


def get_or_create_session(visitor: str, space: str, app_id: str) -> tuple[str, bool]:
    """The name of this visitor's session at this Space, and whether it is new; only the server knows it.

    Args:
        app_id: identifies the running program of the Space.
    """
    digest = hashlib.sha256(app_id.encode()).hexdigest()[:DIGEST_CHARACTERS]
    name = secrets.token_hex(NAME_BYTES) + digest
    with database.read_session() as session:
        kept = session.get(SpaceSession, (visitor, space))
        known = kept.session_hash if kept else None
    if known and known.endswith(digest):
        return known, False
    if known and replace_session(visitor, space, known, name):
        return name, True
    try:
        if not known:
            with database.write_session() as session:
                session.add(SpaceSession(visitor=visitor, space=space, session_hash=name, created=database.utc_now()))
            return name, True
    except IntegrityError:  # another process made it in this very moment
        pass
    return get_or_create_session(visitor, space, app_id)


def replace_session(visitor: str, space: str, old: str, new: str) -> bool:
    """Put a new session in the place of an old one, by compare-and-set."""
    is_old = SpaceSession.visitor == visitor, SpaceSession.space == space, SpaceSession.session_hash == old
    with database.write_session() as session:
        done: Any = session.execute(
            update(SpaceSession).where(*is_old).values(session_hash=new, created=database.utc_now())
        )
        return bool(done.rowcount)


def delete_session(name: str) -> None:
    """Let the next call begin a new session."""
    with database.write_session() as session:
        session.execute(delete(SpaceSession).where(SpaceSession.session_hash == name))


def open_session(connection: "SpaceClient", name: str, recorder: Recorder, leash: CancelScope) -> None:
    """Call the load events of the Space's page in this session, within a share of the call's time.

    A failure does not end the run, which may work all the same; it is kept with it.

    Raises:
        Stopped: the visitor stopped the run.
    """
    deadline, left = leash.deadline, leash.check_remaining_seconds()
    leash.deadline = min(deadline, time.monotonic() + left / OPENING_TIME_DIVISOR)
    try:
        call_load_events(connection, name, leash)
    except CallCancelled:
        delete_session(name)
        raise
    except CallError as failed:
        log.info("The session of run %s could not be opened: %s", recorder.run.id, failed.code)
        recorder.buffer_event(OPENING_EVENT, {"code": failed.code})
        if failed.code not in AUTHOR_ERROR_CODES:
            delete_session(name)
    finally:
        leash.deadline = deadline


def call_load_events(connection: "SpaceClient", name: str, leash: CancelScope) -> None:
    """Call each load event with what its components hold by then. Raises CallError."""
    held: dict[int | None, Any] = {}
    for event in connection.description.opening_events:
        sent = [held.get(number, first) for number, first in zip(event.inputs, event.initial_values, strict=True)]
        answered = connection.call_page_event(event.number, sent, leash, name)
        for number, value in zip(event.outputs, answered, strict=False):
            brought = unwrap_update(value)
            if brought is not None and not contains_file_path(brought):
                held[number] = brought
