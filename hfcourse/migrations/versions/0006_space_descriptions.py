"""What Spaces said of themselves, for every process to read.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "space_descriptions",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_space_descriptions")),
    )
    op.create_index(op.f("ix_space_descriptions_moment"), "space_descriptions", ["moment"])


def downgrade() -> None:
    op.drop_index(op.f("ix_space_descriptions_moment"), "space_descriptions")
    op.drop_table("space_descriptions")
