"""The list of a visitor's runs: its index, the words that runs are found by, who looked at which, what is done daily.

Revision: 0003
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from hfcourse.runs.store import search_text

revision = "0003"
down_revision = "0002"

Moment = sa.DateTime(timezone=True)
BATCH = 200


def upgrade() -> None:
    op.create_index("ix_runs_of_visitor", "runs", ["visitor", "created", "id", "space", "status"])
    op.drop_index("ix_runs_visitor", "runs")
    op.create_table(
        "run_words",
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("run_id", sa.String(24), nullable=False),
        sa.Column("excerpt", sa.String(100), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_words_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("visitor", "run_id", name="pk_run_words"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_words_run_id", "run_words", ["run_id"])
    op.create_table(
        "run_looks",
        sa.Column("run_id", sa.String(24), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_looks_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", name="pk_run_looks"),
    )
    op.create_index("ix_run_looks_at", "run_looks", ["at"])
    chores = op.create_table(
        "chores",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chores"),
    )
    op.bulk_insert(chores, [{"name": "pruning", "at": datetime.now(UTC)}])
    find_words()


def find_words() -> None:
    """Give the runs that are there already the words that they are found by."""
    meta, bound = sa.MetaData(), op.get_bind()
    runs, run_files, files, run_words = (
        sa.Table(name, meta, autoload_with=bound) for name in ("runs", "run_files", "files", "run_words")
    )
    named = (
        sa.select(run_files.c.run_id, files.c.name)
        .join(files, files.c.id == run_files.c.file_id)
        .where(run_files.c.parameter.is_not(None))
    )
    ids = bound.scalars(sa.select(runs.c.id)).all()
    for start in range(0, len(ids), BATCH):
        chosen = ids[start : start + BATCH]
        names: dict[str, list[str]] = {}
        for run_id, name in bound.execute(named.where(run_files.c.run_id.in_(chosen))):
            names.setdefault(run_id, []).append(name)
        columns = runs.c.id, runs.c.visitor, runs.c.parameters, runs.c.inputs
        rows = bound.execute(sa.select(*columns).where(runs.c.id.in_(chosen)))
        bound.execute(run_words.insert(), [row_of(run, names.get(run.id, [])) for run in rows])


def row_of(run: Any, names: list[str]) -> dict[str, str]:
    return {
        "run_id": run.id,
        "visitor": run.visitor,
        **search_text.build_search_columns(run.parameters, run.inputs, names),
    }


def downgrade() -> None:
    for table in ("chores", "run_looks", "run_words"):
        op.drop_table(table)
    op.create_index("ix_runs_visitor", "runs", ["visitor"])
    op.drop_index("ix_runs_of_visitor", "runs")
