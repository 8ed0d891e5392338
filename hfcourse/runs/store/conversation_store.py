"""Queries of the conversations that runs need: the turn of a run, its branch, the session of a conversation.

The queries of the pages are in `chat.conversations`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from hfcourse import database
from hfcourse.runs.store.conversation_models import Conversation, ConversationSession, Turn
from hfcourse.runs.store.effective_status import EFFECTIVE_STATUS
from hfcourse.runs.store.models import RUNS, UNFINISHED_STATUSES


@dataclass(frozen=True)
class TurnLink:
    """Turn without its text: its place in the tree of a conversation, and the status of its run."""

    id: str
    parent_id: str | None
    run_id: str
    status: str
    created: datetime

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED_STATUSES


def find_turn_of_run(run_id: str) -> tuple[Turn, Conversation] | None:
    """Return the turn of a run and its conversation, None for a run outside of a conversation."""
    query = select(Turn, Conversation).join(Conversation, Conversation.id == Turn.conversation_id)
    with database.read_session() as session:
        row = session.execute(query.where(Turn.run_id == run_id)).one_or_none()
    return (row[0], row[1]) if row else None


def list_turn_links(conversation_id: str) -> list[TurnLink]:
    """Return the turns of a conversation, the oldest first, without their texts and outputs."""
    query = (
        select(Turn.id, Turn.parent_id, Turn.run_id, EFFECTIVE_STATUS, Turn.created)
        .join(RUNS, RUNS.c.id == Turn.run_id)
        .where(Turn.conversation_id == conversation_id)
        .order_by(Turn.created, Turn.id)
    )
    with database.read_connection() as connection:
        return [TurnLink(*row) for row in connection.execute(query)]


def walk_to_root(links: Iterable[TurnLink], turn_id: str | None) -> list[TurnLink]:
    """Return the branch that ends with this turn, its first turn first; it begins after a deleted turn."""
    by_id: Mapping[str, TurnLink] = {link.id: link for link in links}
    branch: list[TurnLink] = []
    seen: set[str] = set()
    while turn_id is not None and turn_id in by_id and turn_id not in seen:
        seen.add(turn_id)
        branch.append(by_id[turn_id])
        turn_id = by_id[turn_id].parent_id
    return branch[::-1]


def find_session(conversation_id: str) -> ConversationSession | None:
    """Return the session of a conversation at its Space."""
    with database.read_session() as session:
        return session.get(ConversationSession, conversation_id)


def save_session(conversation_id: str, name: str, turn_id: str) -> None:
    """Store the session of a conversation, and the last turn that is sent in it."""
    with database.write_session() as session:
        session.merge(
            ConversationSession(
                conversation_id=conversation_id, session_hash=name, turn_id=turn_id, created=database.utc_now()
            )
        )
