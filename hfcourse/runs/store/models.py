"""The tables of the runs: a run, its events in order, its files; what it is found by, and who looked at it last.

Beside them the sessions that Spaces keep for visitors, and what the site does once a day.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hfcourse import database
from hfcourse.files.file_store import StoredFile
from hfcourse.runs.store.search_text import MAX_RUN_EXCERPT_CHARACTERS

FINAL_STATUSES = ("succeeded", "failed", "stopped", "interrupted")
UNFINISHED_STATUSES = ("queued", "running")


def compute_cursor(last_event: int, status: str) -> int:
    """A number that is larger whenever a run has something new: neither its events nor its statuses go back."""
    return last_event + (2 if status in FINAL_STATUSES else UNFINISHED_STATUSES.index(status))


class Run(database.Base):
    """A call of one endpoint by one visitor: what was sent, what came back."""

    __tablename__ = "runs"
    # Whatever the list of a visitor's runs is asked for is found in this index alone, the newest first.
    # What a visitor's texts take is summed in the second, or every output would be read.
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
        """How far it has come: grows with each event, and with each change of status."""
        return compute_cursor(self.last_event_position, self.status)

    @property
    def last_event_position(self) -> int:
        """The number of its latest event, 0 if there was none."""
        return self.events[-1].position if self.events else 0

    def get_latest_event(self, kind: str) -> dict[str, Any]:
        """What the last event of that kind said, {} if there was none."""
        return next((event.data for event in reversed(self.events) if event.kind == kind), {})

    def list_event_data(self, kind: str) -> list[dict[str, Any]]:
        """What every event of that kind said."""
        return [event.data for event in self.events if event.kind == kind]


class RunEvent(database.Base):
    """One thing that happened: `kind` is queued, started, progress, log, partial, invalid, opening or next.

    `position` counts from 1 and never goes back, so that a page knows by it what it has not seen yet.
    """

    __tablename__ = "run_events"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column("n", Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime)


class RunFile(database.Base):
    """A file of a run: `parameter` names the one it was sent for, None for an output; `position` is its public number."""

    __tablename__ = "run_files"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column("n", Integer, primary_key=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("files.id"), index=True)
    parameter: Mapped[str | None] = mapped_column(String(200))

    file: Mapped[StoredFile] = relationship(lazy="joined")


class RunClient(database.Base):
    """Where an unfinished run came from, for the scheduler: the row goes when the run ends.

    In a table of its own, so that the scheduler reads no row of `runs`, whose values may be megabytes.
    """

    __tablename__ = "run_clients"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(32))
    is_newcomer: Mapped[bool]


class VisitorArrival(database.Base):
    """From which address (a keyed digest) a newcomer sent a form, and when the cookie was made; kept for a day.

    Where the cookie was made more than ten minutes before, `at` is when the first form was sent: see `standing`.
    """

    __tablename__ = "visitor_arrivals"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    origin: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)


class RunSearchText(database.Base):
    """What a run is found and recognised by; in a table of its own, or each search would read every output.

    A visitor's words stand side by side, so that a search reads them in one go.
    """

    __tablename__ = "run_words"
    __table_args__ = (Index("ix_run_words_run_id", "run_id"), {"sqlite_with_rowid": False})

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    excerpt: Mapped[str] = mapped_column(String(MAX_RUN_EXCERPT_CHARACTERS))
    words: Mapped[str] = mapped_column(Text)


class RunView(database.Base):
    """When its visitor last looked at a finished run: see `looks`. There are as many as runs seen in an hour."""

    __tablename__ = "run_looks"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime, index=True)


class MaintenanceTask(database.Base):
    """What one of the processes does once a day, and when it was last begun: see `upkeep`."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(database.UtcDateTime)


class SpaceSession(database.Base):
    """What a Space calls a visitor whose state it keeps; never shown, or another visitor could take it."""

    __tablename__ = "space_sessions"

    visitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    space: Mapped[str] = mapped_column(String(200), primary_key=True)
    session_hash: Mapped[str] = mapped_column(String(32))
    created: Mapped[datetime] = mapped_column(database.UtcDateTime)


# For statements on a bare connection.
RUNS, RUN_EVENTS, RUN_FILES, RUN_SEARCH_TEXTS, RUN_CLIENTS, ARRIVALS = (
    cast(Table, each.__table__) for each in (Run, RunEvent, RunFile, RunSearchText, RunClient, VisitorArrival)
)
