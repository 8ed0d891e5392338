"""Session of a conversation at a Space that keeps state: continued, or rebuilt from the stored turns.

A gr.ChatInterface keeps the history in a State, which Gradio reads from the session and never from the caller. So each
conversation has a session of its own, and another branch of it, or a restarted Space, gets a new one: the earlier
messages of the branch are sent again in it, since nothing else fills that State: the last MAX_REPLAYED_TURNS, within a
fraction of the call's time. The page of the conversation says how many.

A Space that takes the history as a parameter gets it from the stored turns, and nothing is sent again.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfcourse.errors import CallCancelled, CourseError
from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.execution import sessions
from hfcourse.runs.execution.app_ids import fetch_app_id
from hfcourse.runs.execution.call_arguments import build_call_arguments
from hfcourse.runs.execution.sessions import CallSession
from hfcourse.runs.store import conversation_store, run_store
from hfcourse.runs.store.conversation_models import Conversation, ConversationSession, Turn
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.store.models import Run
from hfcourse.spaces.schema.endpoints.space_description import Endpoint

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

MAX_REPLAYED_TURNS = 20
REPLAY_TIME_DIVISOR = 2  # the replay may take this fraction of the time of the call
MEMORY_EVENT = "memory"  # kind of the event that stores how many messages were sent again, and how many were not
REMEMBERED_STATUSES = ("succeeded", "stopped")  # a Space that fails stores no state

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SessionCall:
    """Call that a session is opened for.

    Attributes:
        name: the session hash.
    """

    endpoint: Endpoint
    connection: "SpaceClient"
    name: str
    scope: CancelScope


def get_or_open_session(run: Run, endpoint: Endpoint, connection: "SpaceClient", scope: CancelScope) -> CallSession:
    """Return the session for this call: that of its conversation, else that of its visitor."""
    found = conversation_store.find_turn_of_run(run.id) if endpoint.has_session_state else None
    if found is None:
        return sessions.get_or_open_visitor_session(run, endpoint, connection, scope)
    turn, conversation = found
    stored = conversation_store.find_session(conversation.id)
    caller = connection.bind_call_cookies(stored.session_hash) if stored else connection
    app_id = fetch_app_id(caller, scope) or connection.description.app_id
    if stored and is_session_current(stored, turn, conversation, app_id):
        conversation_store.save_session(conversation.id, stored.session_hash, turn.id)
        return CallSession(stored.session_hash)
    name = sessions.make_session_name(app_id)
    conversation_store.save_session(conversation.id, name, turn.id)
    error = sessions.open_session(connection, name, scope)
    is_in_session = conversation.history_name is None
    memory = rebuild_memory(turn, SessionCall(endpoint, connection, name, scope)) if is_in_session else None
    return CallSession(name, error, memory)


def is_session_current(stored: ConversationSession, turn: Turn, conversation: Conversation, app_id: str) -> bool:
    """Does the memory of this session end with the parent of this turn, at the program that runs now?"""
    if not sessions.is_name_current(stored.session_hash, app_id):
        return False
    return conversation.history_name is not None or stored.turn_id == turn.parent_id


def rebuild_memory(turn: Turn, call: SessionCall) -> dict[str, int] | None:
    """Send the earlier messages of the branch again in a new session.

    A failure does not end the run: the answer comes without that memory, and the page says so.

    Returns:
        How many messages were sent again, and how many were not; None if the branch has none.

    Raises:
        CallCancelled: the visitor stopped the run.
    """
    links = conversation_store.list_turn_links(turn.conversation_id)
    branch = [
        link for link in conversation_store.walk_to_root(links, turn.parent_id) if link.status in REMEMBERED_STATUSES
    ]
    if not branch:
        return None
    scope = call.scope
    deadline, left = scope.deadline, scope.check_remaining_seconds()
    scope.deadline = min(deadline, time.monotonic() + left / REPLAY_TIME_DIVISOR)
    try:
        sent = replay_turns(branch[-MAX_REPLAYED_TURNS:], call)
    except CallCancelled:
        sessions.delete_session(call.name)
        raise
    finally:
        scope.deadline = deadline
    return {"sent": sent, "lost": len(branch) - sent}


def replay_turns(branch: Sequence[TurnLink], call: SessionCall) -> int:
    """Call the endpoint with the inputs of each of these turns; return how many calls succeeded before a failure."""
    caller = call.connection.bind_call_cookies(call.name)
    for count, link in enumerate(branch):
        earlier = run_store.load_run(link.run_id)
        if earlier is None:
            return count
        arguments = build_call_arguments(earlier, call.endpoint)
        try:
            with closing(caller.call_endpoint(call.endpoint.name, arguments, call.scope, call.name)) as events:
                for _ in events:
                    pass
        except CallCancelled:
            raise
        except CourseError as error:
            log.info("An earlier message could not be sent again: %s", error.code)
            return count
    return len(branch)
