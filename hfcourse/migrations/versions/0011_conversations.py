"""Conversations, their turns, and their sessions at Spaces.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    create_conversations()
    create_turns()
    create_sessions()


def create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("space", sa.String(200), nullable=False),
        sa.Column("endpoint", sa.String(200), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("message_name", sa.String(200), nullable=True),
        sa.Column("history_name", sa.String(200), nullable=True),
        sa.Column("answer_index", sa.Integer(), nullable=False),
        sa.Column("returns_history", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_index("ix_conversations_of_visitor", "conversations", ["visitor", "updated", "id"])


def create_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("conversation_id", sa.String(24), nullable=False),
        sa.Column("parent_id", sa.String(24), nullable=True),
        sa.Column("run_id", sa.String(24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("omitted_messages", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_turns_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_turns_run_id_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turns")),
    )
    op.create_index("ix_turns_of_conversation", "turns", ["conversation_id", "created", "id"])
    op.create_index(op.f("ix_turns_run_id"), "turns", ["run_id"], unique=True)


def create_sessions() -> None:
    op.create_table(
        "conversation_sessions",
        sa.Column("conversation_id", sa.String(24), nullable=False),
        sa.Column("session_hash", sa.String(32), nullable=False),
        sa.Column("turn_id", sa.String(24), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_sessions_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_conversation_sessions")),
    )


def downgrade() -> None:
    op.drop_table("conversation_sessions")
    op.drop_table("turns")
    op.drop_table("conversations")
