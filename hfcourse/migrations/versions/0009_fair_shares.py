"""What fair shares need: sizes of texts, erased files, clients of unfinished runs, arrivals, confirmed marks.

Revision: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MEASURE_TEXTS = sa.text(
    "UPDATE runs SET text_bytes = length(CAST(parameters AS TEXT)) + length(CAST(inputs AS TEXT))"
    " + length(CAST(outputs AS TEXT))"
    " + COALESCE((SELECT SUM(length(words)) FROM run_words WHERE run_words.run_id = runs.id), 0)"
    " + COALESCE((SELECT SUM(length(CAST(data AS TEXT))) FROM run_events WHERE run_events.run_id = runs.id), 0)"
)


def upgrade() -> None:
    op.add_column("runs", sa.Column("text_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(MEASURE_TEXTS)
    op.create_index("ix_runs_text_bytes", "runs", ["visitor", "text_bytes"])
    op.add_column("files", sa.Column("erased", sa.DateTime(timezone=True)))
    is_confirmed: sa.Column[bool] = sa.Column("is_confirmed", sa.Boolean(), nullable=False, server_default=sa.true())
    op.add_column("lesson_marks", is_confirmed)
    op.create_table(
        "run_clients",
        sa.Column("run_id", sa.String(24), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("is_newcomer", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_clients_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", name="pk_run_clients"),
    )
    op.create_table(
        "visitor_arrivals",
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visitor", name="pk_visitor_arrivals"),
    )
    op.create_index("ix_visitor_arrivals_origin", "visitor_arrivals", ["origin"])
    op.create_index("ix_visitor_arrivals_at", "visitor_arrivals", ["at"])


def downgrade() -> None:
    op.drop_table("visitor_arrivals")
    op.drop_table("run_clients")
    op.drop_column("lesson_marks", "is_confirmed")
    op.drop_column("files", "erased")
    op.drop_index("ix_runs_text_bytes", "runs")
    op.drop_column("runs", "text_bytes")
