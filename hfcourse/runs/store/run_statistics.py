"""Counters of finished runs for `/metriques`, whichever process ended them, deleted runs included.

One row for each outcome and pair of buckets. It is updated in the transaction that sets the final
status, and never decreases: a counter that went back when runs are pruned would read as a restart.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Float, Integer, Row, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from hfcourse import database
from hfcourse.runs.store.models import FINAL_STATUSES, RUNS

# Upper bounds, in milliseconds. Rows store the bound, not its index, so that the list may change.
DURATION_BOUNDS_MILLISECONDS = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000)
WAIT_BOUNDS_MILLISECONDS = (10, 100, 500, 1_000, 5_000, 15_000, 60_000, 300_000)
OVERFLOW = 2_000_000_000
NOT_STARTED = -1  # never executed: stopped or abandoned while it was queued

# Columns that an UPDATE that ends runs returns, for `count_finished_runs`.
COUNTED_COLUMNS = (RUNS.c.status, RUNS.c.error, RUNS.c.created, RUNS.c.started, RUNS.c.finished)


class RunStatistic(database.Base):
    """Counter of the runs of one outcome, duration bucket and wait bucket; `error` is '' unless they failed."""

    __tablename__ = "run_tallies"

    status: Mapped[str] = mapped_column(String(16), primary_key=True)
    error: Mapped[str] = mapped_column(String(40), primary_key=True)
    took_within: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    waited_within: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    runs: Mapped[int] = mapped_column(BigInteger)
    took_seconds: Mapped[float] = mapped_column(Float)
    waited_seconds: Mapped[float] = mapped_column(Float)


# SQLAlchemy has a separate upsert for each database; their SQL is the same.
STATISTIC_UPSERT = text(
    "INSERT INTO run_tallies (status, error, took_within, waited_within, runs, took_seconds, waited_seconds)"
    " VALUES (:status, :error, :took_within, :waited_within, 1, :took_seconds, :waited_seconds)"
    " ON CONFLICT (status, error, took_within, waited_within) DO UPDATE SET"
    " runs = run_tallies.runs + 1,"
    " took_seconds = run_tallies.took_seconds + excluded.took_seconds,"
    " waited_seconds = run_tallies.waited_seconds + excluded.waited_seconds"
)


def count_finished_runs(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]) -> int:
    """Count those of these runs (COUNTED_COLUMNS) that have a final status; return how many.

    The last statement of a transaction: other transactions that end runs wait for these row locks
    until it commits.
    """
    finished_rows = [make_statistic_row(*row) for row in rows if row.status in FINAL_STATUSES]
    if finished_rows:
        # In one order, so that two transactions cannot deadlock.
        connection.execute(STATISTIC_UPSERT, sorted(finished_rows, key=lambda tally: tuple(tally.values())))
    return len(finished_rows)


def make_statistic_row(
    status: str, error: str | None, created: datetime, started: datetime | None, finished: datetime
) -> dict[str, Any]:
    """Return the row in which a run is counted, and the seconds added to its sums."""
    waited = measure_seconds_between(created, started) if started else 0.0
    took = measure_seconds_between(started, finished) if started else 0.0
    return {
        "status": status,
        "error": error or "",
        "took_within": find_bucket_bound(took, DURATION_BOUNDS_MILLISECONDS) if started else NOT_STARTED,
        "waited_within": find_bucket_bound(waited, WAIT_BOUNDS_MILLISECONDS) if started else NOT_STARTED,
        "took_seconds": took,
        "waited_seconds": waited,
    }


def measure_seconds_between(first: datetime, second: datetime) -> float:
    """Return the seconds between two times, at least 0: a clock may be put back."""
    return max((second - first).total_seconds(), 0.0)


def find_bucket_bound(seconds: float, bounds: Sequence[int]) -> int:
    """Return the smallest bucket bound, in milliseconds, that is not exceeded."""
    place = bisect_left(bounds, round(seconds * 1000))
    return bounds[place] if place < len(bounds) else OVERFLOW


def list_statistics() -> Sequence[RunStatistic]:
    """Return all counters."""
    with database.read_session() as session:
        return session.scalars(select(RunStatistic)).all()
