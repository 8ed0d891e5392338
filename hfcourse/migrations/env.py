"""Alembic environment: runs inside the connection and transaction that `database.migrate_engine` opened."""

from alembic import context

from hfcourse import instructors  # noqa: F401  (its table)
from hfcourse.classroom import login_queue  # noqa: F401  (its table)
from hfcourse.database import Base
from hfcourse.lessons.exercises import progress_store  # noqa: F401  (its table)
from hfcourse.runs.store import (  # noqa: F401  (their tables, and that of files)
    conversation_models,
    models,
    rate_log,
    run_statistics,
    run_traces,
)
from hfcourse.spaces.registry import description_cache  # noqa: F401  (its table)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
