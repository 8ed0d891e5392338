"""Database access: engine, sessions and connections as context managers, migrations.

SQLite in the instance folder by default; see ``DATABASE_URL``. Every datetime is stored in UTC.
"""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event, inspect, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from hfcourse import file_permissions
from hfcourse.config import reject_setting
from hfcourse.limits import concurrency

MIGRATIONS_FOLDER = Path(__file__).parent / "migrations"
LOCK_TIMEOUT_SECONDS = 10
RETRY_TIMEOUT_SECONDS, RETRY_INTERVAL_SECONDS = 20, 0.3

P = ParamSpec("P")
T = TypeVar("T")


class Base(DeclarativeBase):
    """Declarative base of all tables; constraints have names, so that migrations can alter them on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
        }
    )


@dataclass(slots=True)
class LastFailure:
    """Time of the last failure of the database in this process, by `time.monotonic()`; None without one."""

    at: float | None = None


class UtcDateTime(TypeDecorator[datetime]):
    """Column type of an aware datetime in UTC; SQLite stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def utc_now() -> datetime:
    """Return the current time in UTC, truncated to milliseconds (so that JSON shows exactly the stored value)."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def get_engine() -> Engine:
    """Return the engine of the current application."""
    return current_app.extensions["database"].kw["bind"]  # type: ignore[no-any-return]


def get_write_lock() -> AbstractContextManager[Any]:
    """Return the lock that serializes the SQLite writers of this process; of other databases, one of no effect."""
    return current_app.extensions["database_turn"]  # type: ignore[no-any-return]


@contextmanager
def read_session() -> Iterator[Session]:
    """Open a session for queries; it never waits for a writer."""
    with current_app.extensions["database"].begin() as opened:
        yield opened


@contextmanager
def read_connection() -> Iterator[Connection]:
    """Open a bare connection for the queries of every call: see `write_connection`.

    Each query reads the latest committed state: on SQLite there is no transaction around them, which would cost as much
    as a query by primary key.
    """
    with current_app.extensions["database_reader"].connect() as opened:
        yield opened


@contextmanager
def write_connection() -> Iterator[Connection]:
    """Open a bare connection that commits at the end of the block, or rolls back on an exception.

    For the statements of every call: a session costs more than they do.
    """
    extensions = current_app.extensions
    with extensions["database_turn"], extensions["database_writer"].begin() as opened:
        yield opened


@contextmanager
def write_session() -> Iterator[Session]:
    """Open a session that commits at the end of the block, or rolls back on an exception."""
    extensions = current_app.extensions
    with extensions["database_turn"], extensions["database"].begin() as opened:
        opened.connection(execution_options={"writes": True})
        yield opened


def retry_on_operational_error(function: Callable[P, T]) -> Callable[P, T]:
    """Retry the decorated function for RETRY_TIMEOUT_SECONDS while the database fails.

    The database may be restarting, or its disk may be full. The function must be idempotent.
    """

    @wraps(function)
    def retry(*args: P.args, **kwargs: P.kwargs) -> T:
        deadline = time.monotonic() + RETRY_TIMEOUT_SECONDS
        while True:
            try:
                return function(*args, **kwargs)
            except OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_INTERVAL_SECONDS)

    return retry


def has_failed_within(seconds: float) -> bool:
    """Has the database failed in this process within the last `seconds`?

    Other processes' writes may then be missing.
    """
    failed_at: float | None = current_app.extensions["database_failure"].at
    return failed_at is not None and time.monotonic() - failed_at < seconds


def is_reachable() -> bool:
    """Is the database available for writing?"""
    try:
        with write_session() as opened:
            opened.execute(text("UPDATE runs SET id = id WHERE id = ''"))
    except SQLAlchemyError:
        return False
    return True


def get_newest_revision() -> str:
    """Return the id of the newest migration: their files are numbered."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS_FOLDER / "versions").glob("[0-9]*.py"))


def get_stored_revision(engine: Engine) -> str | None:
    """Return the revision of the database, None without migrations."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as opened:
        return opened.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate_engine(engine: Engine) -> None:
    """Migrate the database to the newest revision; if it is up to date, import nothing.

    Two processes may start together: SQLite's write lock makes the second wait, which then finds nothing to migrate.
    """
    if get_stored_revision(engine) == get_newest_revision():
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_FOLDER))
    with engine.connect().execution_options(writes=True) as opened:
        config.attributes["connection"] = opened
        command.upgrade(config, "head")
        opened.commit()


def open_engine(url: str) -> Engine:
    """Create the engine for `url`; SQLite uses a write-ahead log, so that readers never wait for the writer."""
    # hide_parameters: students' input must not appear in the log of a failed statement.
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def set_pragmas(connection: Any, _record: object) -> None:
            connection.isolation_level = None  # transactions are started explicitly, see below
            cursor = connection.cursor()
            for pragma in (
                f"busy_timeout={LOCK_TIMEOUT_SECONDS * 1000}",  # first: the next one may have to wait
                "journal_mode=WAL",
                "synchronous=NORMAL",
                "foreign_keys=ON",
                "secure_delete=ON",  # overwrite deleted content; not the default of every build
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            # On a busy database, a transaction that reads first and writes later fails at once
            # (SQLITE_BUSY without timeout); one that starts as a writer waits for the lock.
            options = connection.get_execution_options()
            if options.get("writes"):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            elif not options.get("without_transaction"):
                connection.connection.execute("BEGIN")  # takes no lock yet, so it never fails

    else:

        @event.listens_for(engine, "do_connect")
        def connect(dialect: Dialect, _record: object, args: Any, kwargs: Any) -> Any:
            with concurrency.release_while_waiting():  # an unreachable server must not block lessons
                return dialect.connect(*args, **kwargs)

    return engine


def init_app(app: Flask) -> None:
    """Open the database and, if it is SQLite, migrate it."""
    url = app.config["DATABASE_URL"] or f"sqlite:///{Path(app.instance_path) / 'hfcourse.sqlite'}"
    try:
        engine = open_engine(url)
    except (ArgumentError, ImportError):
        reject_setting(
            "HFCOURSE_DATABASE_URL",
            "il faut une adresse comme postgresql+psycopg://nom:motdepasse@hote/base, et son pilote installé",
        )
    app.extensions["database"] = sessionmaker(engine, expire_on_commit=False)
    track_failures(app, engine)
    # Both share the pool; created once, because that costs as much as a statement.
    app.extensions["database_reader"] = engine.execution_options(without_transaction=True)
    app.extensions["database_writer"] = engine.execution_options(writes=True)
    if engine.dialect.name == "sqlite":
        try:
            if engine.url.database not in {None, "", ":memory:"}:
                file_permissions.create_private_file(Path(str(engine.url.database)))
            engine.connect().close()
        except (OperationalError, OSError):
            reject_setting("HFCOURSE_DATABASE_URL", "cette base ne s'ouvre pas, ou on ne peut pas y écrire")
        migrate_engine(engine)
    serialize_sqlite_writers(app, engine)


def track_failures(app: Flask, engine: Engine) -> None:
    """Record the time of the last database failure: see `has_failed_within`."""
    failure = app.extensions["database_failure"] = LastFailure()

    @event.listens_for(engine, "handle_error")
    def record_failure(context: ExceptionContext) -> None:  # SQLAlchemy's caches keep it: it must not refer to the app
        if isinstance(context.sqlalchemy_exception, OperationalError):
            failure.at = time.monotonic()


def serialize_sqlite_writers(app: Flask, engine: Engine) -> None:
    """Serialize this process's SQLite writers with a lock.

    SQLite allows one writer at a time and makes the others sleep, for up to 100 ms at each attempt: thirty concurrent
    runs then spend most of their time asleep.
    """
    app.extensions["database_turn"] = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
    initialized_apps.add(app)


def reset_databases_after_fork() -> None:
    """Give each application new connections and a new lock, in a process that was forked from the one that has them."""
    for app in list(initialized_apps):
        engine = app.extensions["database"].kw["bind"]
        engine.dispose(close=False)
        serialize_sqlite_writers(app, engine)


# Weak references: the system never forgets a callback.
initialized_apps: "weakref.WeakSet[Flask]" = weakref.WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=reset_databases_after_fork)


def migrate_current_database() -> None:
    """Migrate the database of the current application."""
    migrate_engine(get_engine())
