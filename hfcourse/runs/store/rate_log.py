"""Sliding-window log of the runs started in the last minute, in any process.

Separate from the runs, which their visitor may delete: deleting runs must not reset the rate limit.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, String, Table, bindparam, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from hfcourse import database
from hfcourse.runs.store import effective_status

MINUTE_SECONDS = 60


class RunStart(database.Base):
    """Start of a run; there are as many rows as runs the site started within a minute."""

    __tablename__ = "run_starts"

    run_id: Mapped[str] = mapped_column(String(24), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)


STARTS = cast(Table, RunStart.__table__)
START_INSERT = insert(STARTS)
OLD_STARTS_DELETE = delete(STARTS).where(STARTS.c.at < bindparam("since", type_=database.UtcDateTime))
# An entry in the future was recorded before the clock went back, and would count until that time.
RECENT_STARTS_QUERY = (
    select(STARTS.c.visitor, func.count().label("started"))
    .where(
        STARTS.c.visitor.in_(bindparam("visitors", expanding=True)),
        STARTS.c.at.between(
            bindparam("since", type_=database.UtcDateTime), bindparam("ahead", type_=database.UtcDateTime)
        ),
    )
    .group_by(STARTS.c.visitor)
)


def record_run_start(connection: Connection, run_id: str, visitor: str) -> None:
    """Record that a run of this visitor starts now; delete the expired entries."""
    connection.execute(OLD_STARTS_DELETE, {"since": compute_window_start()})
    connection.execute(START_INSERT, {"run_id": run_id, "visitor": visitor, "at": database.utc_now()})


def count_starts_by_visitor(connection: Connection, visitors: Collection[str]) -> Counter[str]:
    """Count the runs that each of these visitors started in the last minute."""
    window = {
        "visitors": list(visitors),
        "since": compute_window_start(),
        "ahead": effective_status.compute_future_cutoff(),
    }
    return Counter({row.visitor: row.started for row in connection.execute(RECENT_STARTS_QUERY, window)})


def delete_old_starts() -> None:
    """Delete the expired entries, also while no run starts."""
    with database.write_connection() as connection:
        connection.execute(OLD_STARTS_DELETE, {"since": compute_window_start()})


def compute_window_start() -> datetime:
    """Return the beginning of the sliding window."""
    return database.utc_now() - timedelta(seconds=MINUTE_SECONDS)
