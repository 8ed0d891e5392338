"""Who started a run in the last minute, whether or not the run is still there.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "run_starts",
        sa.Column("run_id", sa.String(24), nullable=False),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_starts")),
    )
    op.create_index(op.f("ix_run_starts_visitor"), "run_starts", ["visitor"])
    op.create_index(op.f("ix_run_starts_at"), "run_starts", ["at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_run_starts_at"), "run_starts")
    op.drop_index(op.f("ix_run_starts_visitor"), "run_starts")
    op.drop_table("run_starts")
