"""Sessions of the instructor, and attempts at the password, shared by all processes.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "instructor_sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("password", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instructor_sessions")),
    )
    op.create_index(op.f("ix_instructor_sessions_expires"), "instructor_sessions", ["expires"])
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("lane", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("password", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
    )
    op.create_index(op.f("ix_login_attempts_lane"), "login_attempts", ["lane"])
    op.create_index(op.f("ix_login_attempts_seen"), "login_attempts", ["seen"])


def downgrade() -> None:
    op.drop_table("login_attempts")
    op.drop_table("instructor_sessions")
