"""Tables of the runs: runs, events, files, search text, views, sessions at Spaces and maintenance tasks."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hfcourse import database
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.store.search_text import MAX_RUN_EXCERPT_CHARACTERS

FINAL_STATUSES = ("succeeded", "failed", "stopped", "interrupted")
UNFINISHED_STATUSES = ("queued", "running")
SERIES_EVENT = "series"  # of the first run of a series: what its student typed


def compute_cursor(last_event: int, status: str) -> int:
    """Return a number that increases with each new event and status: neither ever goes back."""
    return last_event + (2 if status in FINAL_STATUSES else UNFINISHED_STATUSES.index(status))


class Run(database.Base):
    """Call of one endpoint by one visitor: the inputs sent and the outputs received."""

    __tablename__ = "runs"
    # The first index covers every query of a visitor's list, the newest first.
    # The second covers the sum of a visitor's text bytes, which would otherwise read every output.
    __table_args__ = (
        Index("ix_runs_of_visitor", "visitor", "created", "id", "space", "status"),
        Index("ix_runs_text_bytes", "visitor", "text_bytes"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    visitor: Mapped[str] = mapped_column(String(64))
    space: Mapped[str] = mapped_column(String(200))
    endpoint: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(16), index=True, default="queued")
    process: Mapped[str] = mapped_column(String(40))
    heartbeat: Mapped[datetime] = mapped_column(database.UtcDateTime)
    parameters: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    outputs: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    partials: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str] = mapped_column("said", Text, default="")
    created: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)
    started: Mapped[datetime | None] = mapped_column(database.UtcDateTime)
    first_output: Mapped[datetime | None] = mapped_column(database.UtcDateTime)
    finished: Mapped[datetime | None] = mapped_column(database.UtcDateTime)
    stop_requested_at: Mapped[datetime | None] = mapped_column("stop_asked", database.UtcDateTime)
    keeps_state: Mapped[bool] = mapped_column(default=False)
    dispatched_at: Mapped[datetime | None] = mapped_column("told", database.UtcDateTime)
    text_bytes: Mapped[int] = mapped_column(BigInteger, default=0)

    events: Mapped[list["RunEvent"]] = relationship(
        order_by="RunEvent.position", cascade="all, delete-orphan", lazy="raise"
    )
    files: Mapped[list["RunFile"]] = relationship(
        order_by="RunFile.position", cascade="all, delete-orphan", lazy="raise"
    )

    @property
    def is_finished(self) -> bool:
        return self.status in FINAL_STATUSES

    @property
    def cursor(self) -> int:
        """Return the progress of the run: it grows with each event and each change of status."""
        return compute_cursor(self.last_event_position, self.status)

    @property
    def last_event_position(self) -> int:
        """Return the position of the latest event, 0 if there is none."""
        return self.events[-1].position if self.events else 0

    def get_latest_event(self, kind: str) -> dict[str, Any]:
        """Return the data of the latest event of this kind, {} if there is none."""
        return next((event.data for event in reversed(self.events) if event.kind == kind), {})

    def list_event_data(self, kind: str) -> list[dict[str, Any]]:
        """Return the data of every event of this kind."""
        return [event.data for event in self.events if event.kind == kind]


class RunEvent(database.Base):
    """Event of a run: `kind` is queued, started, progress, log, partial, invalid, opening, memory, next, summary or
    SERIES_EVENT.

    `position` counts from 1 and never goes back: a page derives from it which events are new.
    """

    __tablename__ = "run_events"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column("n", Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime)


class RunFile(database.Base):
    """File of a run: `parameter` is the one it was sent for, None for an output.

    `position` is its public number.
    """

    __tablename__ = "run_files"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column("n", Integer, primary_key=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("files.id"), index=True)
    parameter: Mapped[str | None] = mapped_column(String(200))

    file: Mapped[StoredFile] = relationship(lazy="joined")


class RunClient(database.Base):
    """Origin of an unfinished run, for the scheduler; the row is deleted when the run ends.

    A separate table, so that the scheduler reads no row of `runs`, whose values may be megabytes.
    """

    __tablename__ = "run_clients"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(32))
    is_newcomer: Mapped[bool]


class VisitorArrival(database.Base):
    """Keyed digest of the address from which a newcomer sent a form, and the time; retained for a day.

    `at` is when the cookie was made, or, if that was more than ten minutes before, when the first
    form was sent: see `newcomers`.
    """

    __tablename__ = "visitor_arrivals"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    origin: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)


class RunSearchText(database.Base):
    """Search index of a run and its excerpt for lists.

    A separate table, or each search would read every output. The key begins with the visitor, so
    that the rows of one visitor are adjacent and read in one scan.
    """

    __tablename__ = "run_words"
    __table_args__ = (Index("ix_run_words_run_id", "run_id"), {"sqlite_with_rowid": False})

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    excerpt: Mapped[str] = mapped_column(String(MAX_RUN_EXCERPT_CHARACTERS))
    words: Mapped[str] = mapped_column(Text)


class RunView(database.Base):
    """Time at which the visitor last viewed a finished run: see `recent_views`.

    There are as many rows as runs viewed within an hour.
    """

    __tablename__ = "run_looks"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)


class MaintenanceTask(database.Base):
    """Daily task of one of the processes, and when it last began; also the heartbeats of workers."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime)


class SpaceSession(database.Base):
    """Session hash of a visitor at a Space that keeps state; never shown, or another visitor could use it."""

    __tablename__ = "space_sessions"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    space: Mapped[str] = mapped_column(String(200), primary_key=True)
    session_hash: Mapped[str] = mapped_column(String(32))
    created: Mapped[datetime] = mapped_column(database.UtcDateTime)


# Core tables, for statements on a bare connection.
RUNS, RUN_EVENTS, RUN_FILES, RUN_SEARCH_TEXTS, RUN_CLIENTS, ARRIVALS = (
    cast(Table, each.__table__) for each in (Run, RunEvent, RunFile, RunSearchText, RunClient, VisitorArrival)
)
