"""Tables of the conversations: conversations, their turns, and their sessions at Spaces.

A turn is a run, so it has the limits, the queue, the history and the retention of runs: it is deleted with its run, and
a conversation is deleted with its last turn (`retention.pruning`).
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hfcourse import database

MAX_CONVERSATION_TITLE_CHARACTERS = 120


class Conversation(database.Base):
    """Conversation of one visitor with one endpoint.

    The roles of the endpoint's values are stored, so that a conversation can be read while its Space is unreachable.
    `message_name` is NULL if the message is the last entry of the history, `history_name` if the Space keeps the
    history in its session.
    """

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_of_visitor", "visitor", "updated", "id"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(64))
    space: Mapped[str] = mapped_column(String(200))
    endpoint: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(MAX_CONVERSATION_TITLE_CHARACTERS))
    message_name: Mapped[str | None] = mapped_column(String(200))
    history_name: Mapped[str | None] = mapped_column(String(200))
    answer_index: Mapped[int] = mapped_column(Integer)
    returns_history: Mapped[bool]
    created: Mapped[datetime] = mapped_column(database.UtcDateTime)
    updated: Mapped[datetime] = mapped_column(database.UtcDateTime)


class Turn(database.Base):
    """Message of the visitor and its answer, which is the output of a run.

    Turns form a tree: an edited or regenerated message is a sibling of the first one. `parent_id` is no foreign key,
    since retention deletes the oldest turns first, and the later ones stay. `omitted_messages` counts the first
    messages of the branch that were not sent with this one, the history being too long.
    """

    __tablename__ = "turns"
    __table_args__ = (Index("ix_turns_of_conversation", "conversation_id", "created", "id"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    parent_id: Mapped[str | None] = mapped_column(String(24))
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), unique=True, index=True)
    text: Mapped[str] = mapped_column(Text)
    omitted_messages: Mapped[int] = mapped_column(Integer, default=0)
    created: Mapped[datetime] = mapped_column(database.UtcDateTime)


class ConversationSession(database.Base):
    """Session hash of a conversation at its Space, never shown, and the last turn that was sent in it."""

    __tablename__ = "conversation_sessions"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    session_hash: Mapped[str] = mapped_column(String(32))
    turn_id: Mapped[str] = mapped_column(String(24))
    created: Mapped[datetime] = mapped_column(database.UtcDateTime)
