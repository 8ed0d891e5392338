"""What visitors have done in the lessons.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "lesson_marks",
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("lesson", sa.String(200), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("value", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visitor", "lesson", "key", name="pk_lesson_marks"),
    )
    op.create_index("ix_lesson_marks_at", "lesson_marks", ["at"])


def downgrade() -> None:
    op.drop_table("lesson_marks")
