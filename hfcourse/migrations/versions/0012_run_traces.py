"""Traces of the runs: the HTTP messages of each call.

Revision: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "run_traces",
        sa.Column("run_id", sa.String(24), nullable=False),
        sa.Column("part", sa.String(8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_traces_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "part", name=op.f("pk_run_traces")),
    )


def downgrade() -> None:
    op.drop_table("run_traces")
