"""Session of a visitor at a Space that keeps state: its session hash, and its load events.

A Space's page begins a session with its `load` events, which often fill the State that its
endpoints read: a model, a chess board, a folder. So the first call of a session runs them before.
The name of a session ends with a digest of the Space's `app_id`, which Gradio generates at each
start: state does not survive the process that stored it, so a restarted Space gets a new session,
opened like the first one.
"""

import hashlib
import logging
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from hfcourse import database
from hfcourse.errors import CallCancelled, CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.store.conversation_models import ConversationSession
from hfcourse.runs.store.models import Run, SpaceSession
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.page.page_events import contains_file_path, unwrap_update

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

NAME_BYTES, DIGEST_CHARACTERS = 12, 8
# The load events may take this fraction of the first call's time.
OPENING_TIME_DIVISOR = 2
OPENING_EVENT = "opening"  # kind of the event that stores a failed opening
# The author's own code failed: a retry would fail again, and lose the existing state.
AUTHOR_ERROR_CODES = ("space-exception", "space-error")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CallSession:
    """Session of one call.

    Attributes:
        name: the session hash, None without session state.
        opening_error: the error code of a failed opening, or ''.
        memory: in a conversation, how many earlier messages were sent again and how many were not; None for none.
    """

    name: str | None = None
    opening_error: str = ""
    memory: dict[str, int] | None = None


def get_or_open_visitor_session(
    run: Run, endpoint: Endpoint, connection: "SpaceClient", scope: CancelScope
) -> CallSession:
    """Return the visitor's session for this call, opened on first use."""
    if not endpoint.has_session_state:
        return CallSession()
    name, is_new = get_or_create_session(run.visitor, run.space, connection.description.app_id)
    error = open_session(connection, name, scope) if is_new else ""
    if error:
        log.info("The session of run %s could not be opened: %s", run.id, error)
    return CallSession(name, error)


def get_or_create_session(visitor: str, space: str, app_id: str) -> tuple[str, bool]:
    """Return the name of this visitor's session at this Space, and whether it is new.

    The name is never sent to the browser.

    Args:
        app_id: identifies the running program of the Space.
    """
    name = make_session_name(app_id)
    digest = name[-DIGEST_CHARACTERS:]
    with database.read_session() as session:
        stored = session.get(SpaceSession, (visitor, space))
        known = stored.session_hash if stored else None
    if known and known.endswith(digest):
        return known, False
    if known and replace_session(visitor, space, known, name):
        return name, True
    try:
        if not known:
            with database.write_session() as session:
                session.add(SpaceSession(visitor=visitor, space=space, session_hash=name, created=database.utc_now()))
            return name, True
    except IntegrityError:  # inserted concurrently by another process
        pass
    return get_or_create_session(visitor, space, app_id)


def make_session_name(app_id: str) -> str:
    """Return a new random name, which ends with the digest of the running program."""
    return secrets.token_hex(NAME_BYTES) + hashlib.sha256(app_id.encode()).hexdigest()[:DIGEST_CHARACTERS]


def is_name_current(name: str, app_id: str) -> bool:
    """Was this session opened at the program that runs now?"""
    return name[-DIGEST_CHARACTERS:] == make_session_name(app_id)[-DIGEST_CHARACTERS:]


def replace_session(visitor: str, space: str, old: str, new: str) -> bool:
    """Replace an old session by compare-and-set; return whether it succeeded."""
    is_old = SpaceSession.visitor == visitor, SpaceSession.space == space, SpaceSession.session_hash == old
    with database.write_session() as session:
        done: Any = session.execute(
            update(SpaceSession).where(*is_old).values(session_hash=new, created=database.utc_now())
        )
        return bool(done.rowcount)


def delete_session(name: str) -> None:
    """Delete a session, so that the next call begins a new one."""
    with database.write_session() as session:
        session.execute(delete(SpaceSession).where(SpaceSession.session_hash == name))
        session.execute(delete(ConversationSession).where(ConversationSession.session_hash == name))


def open_session(connection: "SpaceClient", name: str, scope: CancelScope) -> str:
    """Call the load events of the Space's page in this session, within a fraction of the call's time.

    A failure does not end the run, which may still succeed.

    Returns:
        The error code of a failure, '' on success.

    Raises:
        CallCancelled: the visitor stopped the run.
    """
    deadline, left = scope.deadline, scope.check_remaining_seconds()
    scope.deadline = min(deadline, time.monotonic() + left / OPENING_TIME_DIVISOR)
    try:
        call_load_events(connection, name, scope)
    except CallCancelled:
        delete_session(name)
        raise
    except CallError as error:
        if error.code not in AUTHOR_ERROR_CODES:
            delete_session(name)
        return error.code
    finally:
        scope.deadline = deadline
    return ""


def call_load_events(connection: "SpaceClient", name: str, scope: CancelScope) -> None:
    """Call each load event with the current values of its components. Raises CallError."""
    values: dict[int | None, Any] = {}
    for event in connection.description.opening_events:
        sent = [values.get(number, first) for number, first in zip(event.inputs, event.initial_values, strict=True)]
        answered = connection.call_page_event(event.number, sent, scope, name)
        for number, value in zip(event.outputs, answered, strict=False):
            update = unwrap_update(value)
            if update is not None and not contains_file_path(update):
                values[number] = update
