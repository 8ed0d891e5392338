"""What workers need to know of a run that waits: its session, and when they were told of it; when one was heard.

Revision: 0005
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)  # no worker was ever heard


def upgrade() -> None:
    op.add_column("runs", sa.Column("keeps_state", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("runs", sa.Column("told", sa.DateTime(timezone=True), nullable=True))
    chores = sa.table("chores", sa.column("name", sa.String), sa.column("at", sa.DateTime(timezone=True)))
    op.bulk_insert(chores, [{"name": "queue", "at": LONG_AGO}])


def downgrade() -> None:
    op.execute("DELETE FROM chores WHERE name = 'queue'")
    op.drop_column("runs", "told")
    op.drop_column("runs", "keeps_state")
