"""How runs ended, counted for `/metriques`.

The counts begin at zero, whatever runs are kept: Prometheus reads how much a counter grows, and those that were deleted
already could not be counted any more.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "run_tallies",
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error", sa.String(40), nullable=False),
        sa.Column("took_within", sa.Integer(), nullable=False),
        sa.Column("waited_within", sa.Integer(), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("took_seconds", sa.Float(), nullable=False),
        sa.Column("waited_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("status", "error", "took_within", "waited_within", name="pk_run_tallies"),
    )


def downgrade() -> None:
    op.drop_table("run_tallies")
