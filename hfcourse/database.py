"""The database: one engine, sessions by `with`, migrations.

SQLite in the instance folder unless ``DATABASE_URL`` says otherwise. Every moment is stored as UTC.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from flask import Flask, current_app
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    MetaData,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from hfcourse import file_permissions
from hfcourse.config import reject_setting
from hfcourse.limits import concurrency

MIGRATIONS_FOLDER = Path(__file__).parent / "migrations"
LOCK_TIMEOUT_SECONDS = 10
CHECKPOINT_TIMEOUT_SECONDS = 0.1
RETRY_TIMEOUT_SECONDS, RETRY_INTERVAL_SECONDS = 20, 0.3

P = ParamSpec("P")
T = TypeVar("T")


class Base(DeclarativeBase):
    """Base of all tables; constraints are named, so that a migration can speak of them on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, UTC; SQLite keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def utc_now() -> datetime:
    """This moment, UTC, to the millisecond (what the JSON shows is what is stored)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@contextmanager
def read_session() -> Iterator[Session]:
    """A session for queries; it never waits for a writer."""
    with current_app.extensions["database"].begin() as opened:
        yield opened


@contextmanager
def read_connection() -> Iterator[Connection]:
    """A bare connection for the queries that every call makes: see `changing`.

    Each query sees the latest state for itself: on SQLite there is no transaction around them, which would cost as much
    as a query by key.
    """
    with current_app.extensions["database_reader"].connect() as opened:
        yield opened


@contextmanager
def write_connection() -> Iterator[Connection]:
    """A bare connection that commits at the end of the block, or rolls back if it raises.

    For the statements that every call makes: a session around them costs more than they do.
    """
    extensions = current_app.extensions
    with extensions["database_turn"], extensions["database_writer"].begin() as opened:
        yield opened


@contextmanager
def write_session() -> Iterator[Session]:
    """A session that commits at the end of the block, or rolls back if it raises."""
    extensions = current_app.extensions
    with extensions["database_turn"], extensions["database"].begin() as opened:
        opened.connection(execution_options={"writes": True})
        yield opened


def retry_on_operational_error(do: Callable[P, T]) -> Callable[P, T]:
    """Decorate what must not be lost: it is done again, for a while, when the database fails.

    It may be starting anew, or its disk be full; what is written twice must do no harm.
    """

    @wraps(do)
    def trying(*args: P.args, **named: P.kwargs) -> T:
        deadline = time.monotonic() + RETRY_TIMEOUT_SECONDS
        while True:
            try:
                return do(*args, **named)
            except OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_INTERVAL_SECONDS)

    return trying


def has_failed_within(seconds: float) -> bool:
    """Has the database failed this process so recently? What others should have written may then be missing."""
    return time.monotonic() - current_app.extensions.get("database_failed_at", -seconds) < seconds


def is_reachable() -> bool:
    """Does the database answer, and can it be written to?"""
    try:
        with write_session() as opened:
            opened.execute(text("UPDATE runs SET id = id WHERE id = ''"))
    except SQLAlchemyError:
        return False
    return True


def truncate_wal() -> bool:
    """Empty SQLite's write-ahead log, in which deleted words still stand; False while somebody holds it up.

    It does not wait for readers (whoever deleted something tries again later), and has a connection of its own, since
    those of the pool wait for longer.
    """
    url = current_app.extensions["database"].kw["bind"].url
    if url.get_backend_name() != "sqlite" or not url.database:
        return True
    with current_app.extensions["database_turn"]:
        try:
            with closing(sqlite3.connect(url.database, timeout=CHECKPOINT_TIMEOUT_SECONDS)) as connection:
                return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error:
            return False


def get_newest_revision() -> str:
    """The name of the last migration: their files are numbered."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS_FOLDER / "versions").glob("[0-9]*.py"))


def get_stored_revision(connection: Engine) -> str | None:
    """The migration that the database is at."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    with connection.connect() as opened:
        return opened.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate_engine(connection: Engine) -> None:
    """Bring the database to the newest migration; does nothing, and imports nothing, when it is there.

    Two processes may start together: SQLite's own write lock makes the second wait, and it then finds
    nothing left to do.
    """
    if get_stored_revision(connection) == get_newest_revision():
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_FOLDER))
    with connection.connect().execution_options(writes=True) as opened:
        config.attributes["connection"] = opened
        command.upgrade(config, "head")
        opened.commit()


def open_engine(url: str) -> Engine:
    """An engine for `url`; on SQLite with a write-ahead log, so that readers never wait for the writer."""
    # What students type must not stand in the log beside a statement that failed.
    made = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    if made.dialect.name == "sqlite":

        @event.listens_for(made, "connect")
        def prepare(connection, _record) -> None:
            connection.isolation_level = None  # transactions begin where we say, see below
            cursor = connection.cursor()
            for pragma in (
                f"busy_timeout={LOCK_TIMEOUT_SECONDS * 1000}",  # first: the next one may have to wait
                "journal_mode=WAL",
                "synchronous=NORMAL",
                "foreign_keys=ON",
                "secure_delete=ON",  # what is deleted is overwritten, which not every build does by itself
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(made, "begin")
        def begin(connection) -> None:
            # A transaction that reads first and writes later fails at once on a busy database
            # (SQLITE_BUSY ignores the timeout there); one that starts as a writer waits its turn.
            options = connection.get_execution_options()
            if options.get("writes"):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            elif not options.get("without_transaction"):
                connection.connection.execute("BEGIN")  # which takes no lock yet, and so never fails

    else:

        @event.listens_for(made, "do_connect")
        def connect(dialect, _record, arguments, named):
            with concurrency.release_while_waiting():  # a server that does not answer keeps nobody from the lessons
                return dialect.connect(*arguments, **named)

    return made


def init_app(app: Flask) -> None:
    """Open the database and, on SQLite, bring it up to date."""
    url = app.config["DATABASE_URL"] or f"sqlite:///{Path(app.instance_path) / 'hfcourse.sqlite'}"
    try:
        opened = open_engine(url)
    except (ArgumentError, ImportError):
        reject_setting(
            "HFCOURSE_DATABASE_URL",
            "il faut une adresse comme postgresql+psycopg://nom:motdepasse@hote/base, et son pilote installé",
        )
    app.extensions["database"] = sessionmaker(opened, expire_on_commit=False)
    track_failures(app, opened)
    # Each shares the pool; made once, since that costs as much as a statement.
    app.extensions["database_reader"] = opened.execution_options(without_transaction=True)
    app.extensions["database_writer"] = opened.execution_options(writes=True)
    if opened.dialect.name == "sqlite":
        try:
            if opened.url.database not in {None, "", ":memory:"}:
                file_permissions.create_private_file(Path(str(opened.url.database)))
            opened.connect().close()
        except (OperationalError, OSError):
            reject_setting("HFCOURSE_DATABASE_URL", "cette base ne s'ouvre pas, ou on ne peut pas y écrire")
        migrate_engine(opened)
    serialize_sqlite_writers(app, opened)


def track_failures(app: Flask, opened: Engine) -> None:
    """Remember when the database last failed: see `has_failed_within`."""
    extensions = app.extensions

    @event.listens_for(opened, "handle_error")
    def note(context: ExceptionContext) -> None:
        if isinstance(context.sqlalchemy_exception, OperationalError):
            extensions["database_failed_at"] = time.monotonic()


def serialize_sqlite_writers(app: Flask, opened: Engine) -> None:
    """Let the writers of this process wait in line; after a fork, with a line and connections of their own.

    SQLite has one writer at a time and lets the others sleep, for up to 100 ms each time they find it busy:
    thirty runs at once then spend most of their time asleep.
    """
    is_sqlite = opened.dialect.name == "sqlite"

    def start_anew() -> None:
        opened.dispose(close=False)
        app.extensions["database_turn"] = threading.Lock() if is_sqlite else nullcontext()

    start_anew()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=start_anew)


def migrate_current_database() -> None:
    """Bring the database of this application up to date."""
    migrate_engine(current_app.extensions["database"].kw["bind"])
