"""A migrated SQLite database, made once per process: the migrations of a first start take longer than most tests."""

import os
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, inspect

from hfcourse import database

original_migrate = database.migrate_engine


@cache
def build_migrated_database() -> bytes:
    """The content of a database file that has all migrations and no row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hfcourse.sqlite"
        engine = database.open_engine(f"sqlite:///{path}")
        original_migrate(engine)
        engine.dispose()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # no database in memory has a write-ahead log
            return connection.serialize()


def migrate_from_copy(engine: Engine) -> None:
    """Migrate as `database.migrate`, with a copy of the migrated database in place of an empty one."""
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path not in (None, "", ":memory:") and not inspect(engine).get_table_names():
        with closing(sqlite3.connect(path)) as target, closing(sqlite3.connect(":memory:")) as source:
            source.deserialize(build_migrated_database())
            source.backup(target)
    original_migrate(engine)


def install_database(instance: Path) -> None:
    """Put the migrated database into the instance folder of a site that starts in a process of its own."""
    path = instance / "hfcourse.sqlite"
    if path.exists():
        return
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as written:
        written.write(build_migrated_database())
