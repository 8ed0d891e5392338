"""Runs, their events, files, and the sessions kept at Spaces.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
    )
    op.create_index("ix_files_visitor", "files", ["visitor"])
    op.create_index("ix_files_created", "files", ["created"])
    op.create_table(
        "runs",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("space", sa.String(200), nullable=False),
        sa.Column("endpoint", sa.String(200), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("process", sa.String(40), nullable=False),
        sa.Column("heartbeat", Moment, nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("outputs", sa.JSON(), nullable=False),
        sa.Column("partials", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(40), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.Column("started", Moment, nullable=True),
        sa.Column("first_output", Moment, nullable=True),
        sa.Column("finished", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_visitor", "runs", ["visitor"])
    op.create_index("ix_runs_status", "runs", ["status"])
    op.create_index("ix_runs_created", "runs", ["created"])
    op.create_table(
        "run_events",
        sa.Column("run_id", sa.String(24), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_events_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "n", name="pk_run_events"),
    )
    op.create_table(
        "run_files",
        sa.Column("run_id", sa.String(24), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.String(32), nullable=False),
        sa.Column("parameter", sa.String(200), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_files_run_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_run_files_file_id"),
        sa.PrimaryKeyConstraint("run_id", "n", name="pk_run_files"),
    )
    op.create_index("ix_run_files_file_id", "run_files", ["file_id"])
    op.create_table(
        "space_sessions",
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("space", sa.String(200), nullable=False),
        sa.Column("session_hash", sa.String(32), nullable=False),
        sa.Column("created", Moment, nullable=False),
        sa.PrimaryKeyConstraint("visitor", "space", name="pk_space_sessions"),
    )


def downgrade() -> None:
    for table in ("space_sessions", "run_files", "run_events", "runs", "files"):
        op.drop_table(table)
