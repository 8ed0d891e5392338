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
from hfcourse.errors import CallFailed, Stopped
from hfcourse.limits.deadline import Leash
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.store.models import Run, SpaceSession
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.page.page_events import names_file, updated_value

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import Connection

NAME_BYTES, DIGEST_CHARACTERS = 12, 8
# Of the time of the first call, the load events may take one part in so many.
OPENING_SHARE = 2
EVENT = "opening"  # kind of the event that keeps a failed opening
# The author's own code failed: asking again would fail again, and lose what state there is.
FAILURES_OF_AUTHOR = ("space-exception", "space-error")

log = logging.getLogger(__name__)


def session_of(run: Run, endpoint: Endpoint, connection: "Connection", recorder: Recorder, leash: Leash) -> str | None:
    """The name of the visitor's session for this call, opened at first need; None for an endpoint without state."""
    if not endpoint.keeps_state:
        return None
    name, is_new = named_session(run.visitor, run.space, connection.description.app_id)
    if is_new:
        open_session(connection, name, recorder, leash)
    return name


def named_session(visitor: str, space: str, app_id: str) -> tuple[str, bool]:
    """The name of this visitor's session at this Space, and whether it is new; only the server knows it.

    Args:
        app_id: identifies the running program of the Space.
    """
    digest = hashlib.sha256(app_id.encode()).hexdigest()[:DIGEST_CHARACTERS]
    name = secrets.token_hex(NAME_BYTES) + digest
    with database.reading() as session:
        kept = session.get(SpaceSession, (visitor, space))
        known = kept.session_hash if kept else None
    if known and known.endswith(digest):
        return known, False
    if known and is_replaced(visitor, space, known, name):
        return name, True
    try:
        if not known:
            with database.writing() as session:
                session.add(SpaceSession(visitor=visitor, space=space, session_hash=name, created=database.now()))
            return name, True
    except IntegrityError:  # another process made it in this very moment
        pass
    return named_session(visitor, space, app_id)


def is_replaced(visitor: str, space: str, old: str, new: str) -> bool:
    """Put a new session in the place of an old one, by compare-and-set."""
    is_old = SpaceSession.visitor == visitor, SpaceSession.space == space, SpaceSession.session_hash == old
    with database.writing() as session:
        done: Any = session.execute(
            update(SpaceSession).where(*is_old).values(session_hash=new, created=database.now())
        )
        return bool(done.rowcount)


def forget_session(name: str) -> None:
    """Let the next call begin a new session."""
    with database.writing() as session:
        session.execute(delete(SpaceSession).where(SpaceSession.session_hash == name))


def open_session(connection: "Connection", name: str, recorder: Recorder, leash: Leash) -> None:
    """Call the load events of the Space's page in this session, within a share of the call's time.

    A failure does not end the run, which may work all the same; it is kept with it.

    Raises:
        Stopped: the visitor stopped the run.
    """
    deadline, left = leash.deadline, leash.remaining()
    leash.deadline = min(deadline, time.monotonic() + left / OPENING_SHARE)
    try:
        call_load_events(connection, name, leash)
    except Stopped:
        forget_session(name)
        raise
    except CallFailed as failed:
        log.info("The session of run %s could not be opened: %s", recorder.run.id, failed.code)
        recorder.hold(EVENT, {"code": failed.code})
        if failed.code not in FAILURES_OF_AUTHOR:
            forget_session(name)
    finally:
        leash.deadline = deadline


def call_load_events(connection: "Connection", name: str, leash: Leash) -> None:
    """Call each load event with what its components hold by then. Raises CallFailed."""
    held: dict[int | None, Any] = {}
    for event in connection.description.opening:
        sent = [held.get(number, first) for number, first in zip(event.inputs, event.initial, strict=True)]
        answered = connection.call_page_event(event.number, sent, leash, name)
        for number, value in zip(event.outputs, answered, strict=False):
            brought = updated_value(value)
            if brought is not None and not names_file(brought):
                held[number] = brought
