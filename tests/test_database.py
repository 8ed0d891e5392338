"""The database: its migrations, its sessions, its locks."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from hfcourse import create_app, database
from hfcourse.files.file_store import StoredFile
from tests.support.apps import close_app
from tests.support.calls import ThreadedCall

ROOT = Path(__file__).parents[1]


@pytest.fixture
def engine(app: Flask) -> Engine:
    return app.extensions["database"].kw["bind"]


def stored(name: str = "a", created: datetime | None = None) -> StoredFile:
    return StoredFile(
        id=name, visitor="v", name="n", media_type="text/plain", size=1, created=created or database.utc_now()
    )


class TestMigrations:
    def test_a_fresh_database_gets_every_table(self, engine: Engine) -> None:
        tables = set(inspect(engine).get_table_names())
        assert tables == {*database.Base.metadata.tables, "alembic_version"}
        assert database.get_stored_revision(engine) == database.get_newest_revision()

    def test_models_and_migrations_agree(self, engine: Engine) -> None:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, database.Base.metadata) == []

    def test_current_database_is_unchanged_by_migrate(self, engine: Engine) -> None:
        def dump() -> list[str]:
            with engine.connect() as connection:
                raw = connection.connection.driver_connection
                version = raw.execute("PRAGMA schema_version").fetchone()[0]
                return [f"schema_version {version}", *raw.iterdump()]

        before = dump()
        database.migrate_engine(engine)
        assert any("CREATE TABLE" in line for line in before)
        assert dump() == before

    def test_current_database_needs_no_alembic(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "alembic", None)  # an import of it would fail
        loaded = set(sys.modules)
        database.migrate_engine(engine)
        assert [name for name in set(sys.modules) - loaded if name.startswith("alembic.")] == []

    def test_processes_that_start_together_migrate_once(self, tmp_path: Path) -> None:
        code = (
            "import sys; from hfcourse import config, database; from flask import Flask; app = Flask('x'); "
            "config.init_app(app, {'INSTANCE': sys.argv[1]}); sys.stdin.read(); database.init_app(app)"
        )
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", code, tmp_path], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(5)
        ]
        said = [process.communicate(timeout=60)[1] for process in processes]
        assert ([process.returncode for process in processes], said) == ([0] * 5, [b""] * 5)
        with sqlite3.connect(tmp_path / "hfcourse.sqlite") as connection:
            assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        connection.close()

    def test_migrations_can_be_undone(self, engine: Engine) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(database.MIGRATIONS_FOLDER))
        with engine.connect().execution_options(writes=True) as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
            connection.commit()
        assert inspect(engine).get_table_names() == ["alembic_version"]
        database.migrate_engine(engine)
        assert set(inspect(engine).get_table_names()) > set(database.Base.metadata.tables)

    def test_a_second_start_keeps_what_was_stored(self, app: Flask, app_context: None) -> None:
        with database.write_session() as session:
            session.add(stored())
        again = create_app({"INSTANCE": app.instance_path, "TESTING": True})
        with again.app_context(), database.read_session() as session:
            assert session.get(StoredFile, "a") is not None
        close_app(again)


class TestSessions:
    def test_what_is_written_can_be_read(self, app_context: None) -> None:
        with database.write_session() as session:
            session.add(stored())
        with database.read_session() as session:
            assert session.get(StoredFile, "a") is not None

    def test_a_block_that_raises_writes_nothing(self, app_context: None) -> None:
        with suppress(ZeroDivisionError), database.write_session() as session:
            session.add(stored())
            session.flush()
            _ = 1 / 0
        with database.read_session() as session:
            assert session.get(StoredFile, "a") is None

    def test_a_bare_connection_commits_at_the_end_or_not_at_all(self, app_context: None) -> None:
        add = text("INSERT INTO files (id, visitor, name, media_type, size, created) VALUES (:id, '', '', '', 1, '')")
        with database.write_connection() as connection:
            connection.execute(add, {"id": "kept"})
        with suppress(ZeroDivisionError), database.write_connection() as connection:
            connection.execute(add, {"id": "lost"})
            _ = 1 / 0
        with database.read_connection() as connection:
            assert connection.execute(text("SELECT id FROM files")).scalars().all() == ["kept"]

    def test_a_row_can_be_used_after_its_session(self, app_context: None) -> None:
        with database.write_session() as session:
            session.add(stored())
        with database.read_session() as session:
            row = session.get(StoredFile, "a")
        assert row is not None
        assert row.name == "n"

    def test_foreign_keys_are_kept(self, app_context: None) -> None:
        statement = text("INSERT INTO run_files (run_id, n, file_id) VALUES ('no', 0, 'no')")
        with pytest.raises(Exception, match="FOREIGN KEY"), database.write_session() as session:
            session.execute(statement)


class TestMoments:
    def test_a_moment_comes_back_aware_and_in_utc(self, app_context: None) -> None:
        moment = datetime(2026, 7, 14, 12, 0, 0, 123000, timezone(timedelta(hours=2)))
        with database.write_session() as session:
            session.add(stored(created=moment))
        with database.read_session() as session:
            row = session.get(StoredFile, "a")
        assert row is not None
        assert (row.created, row.created.tzinfo) == (moment, UTC)

    def test_now_is_told_to_the_millisecond(self) -> None:
        assert database.utc_now().microsecond % 1000 == 0
        assert database.utc_now().tzinfo is UTC


class TestLocks:
    @pytest.fixture
    def holder(self, app: Flask) -> Iterator[sqlite3.Connection]:
        """Somebody who is writing."""
        connection = sqlite3.connect(
            Path(app.instance_path) / "hfcourse.sqlite", isolation_level=None, check_same_thread=False
        )
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.close()

    def test_a_reader_does_not_wait_for_the_writer(self, app_context: None, holder: sqlite3.Connection) -> None:
        with database.read_session() as session:
            assert session.get(StoredFile, "a") is None

    def test_a_writer_waits_for_the_other_and_then_writes(self, app: Flask, holder: sqlite3.Connection) -> None:
        begun = threading.Event()

        def write() -> None:
            with app.app_context():
                begun.set()
                with database.write_session() as session:
                    session.add(stored())

        thread = ThreadedCall(write)
        assert begun.wait(5)
        assert thread.result is None
        holder.execute("COMMIT")
        assert thread.end(5) is None
        with app.app_context(), database.read_session() as session:
            assert session.get(StoredFile, "a") is not None

    def test_one_that_waits_too_long_is_told_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "LOCK_TIMEOUT_SECONDS", 0)
        app = create_app({"INSTANCE": str(tmp_path / "other"), "TESTING": True})
        connection = sqlite3.connect(Path(app.instance_path) / "hfcourse.sqlite", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        with app.app_context():
            for write in (database.write_session, database.write_connection):
                with pytest.raises(OperationalError, match="locked"), write():
                    pass
            assert not database.is_reachable()
            connection.close()
            assert database.is_reachable()
        close_app(app)

    def test_many_writers_at_once_lose_nothing(self, app: Flask) -> None:
        def write(number: int) -> None:
            with app.app_context(), database.write_session() as session:
                session.get(StoredFile, "none")  # reads first, writes later: the case that SQLite refuses to wait for
                session.add(stored(str(number)))

        threads = [ThreadedCall(lambda number=number: write(number)) for number in range(20)]
        assert [thread.end(20) for thread in threads] == [None] * 20
        with app.app_context(), database.read_session() as session:
            assert session.execute(text("SELECT count(*) FROM files")).scalar() == 20


class TestHealth:
    def test_health_is_good_while_the_database_can_be_written_to(self, client) -> None:
        response = client.get("/sante")
        assert (response.status_code, response.get_json()["database"]) == (200, True)
        assert "Set-Cookie" not in response.headers

    def test_health_is_bad_when_the_database_cannot_be_written_to(self, app: Flask, client) -> None:
        with app.app_context(), database.write_session() as session:
            session.execute(text("ALTER TABLE runs RENAME TO gone"))
        response = client.get("/sante")
        with app.app_context(), database.write_session() as session:
            session.execute(text("ALTER TABLE gone RENAME TO runs"))
        assert (response.status_code, response.get_json()["database"]) == (503, False)


@pytest.mark.parametrize("url", ["nonsense", "sqlite+nodriver:///x", "postgresql+nodriver://u:S3CR3T@h/b"])
def test_an_address_that_makes_no_sense_stops_the_start_with_one_line(tmp_path: Path, url: str) -> None:
    with pytest.raises(SystemExit) as caught:
        create_app({"INSTANCE": str(tmp_path), "DATABASE_URL": url})
    assert "HFCOURSE_DATABASE_URL" in str(caught.value)
    assert "S3CR3T" not in str(caught.value)


def test_a_database_that_cannot_be_opened_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="HFCOURSE_DATABASE_URL"):
        create_app({"INSTANCE": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/no/such/folder/x.sqlite"})


def test_the_writers_of_one_process_wait_in_line_and_not_for_a_busy_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_SECONDS", 0)  # SQLite gives up at once
    app = create_app({"INSTANCE": str(tmp_path / "instance"), "TESTING": True})

    def write(number: int) -> None:
        with app.app_context(), database.write_connection() if number % 2 else database.write_session() as opened:
            opened.execute(text("UPDATE runs SET status = status"))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(200))) == [None] * 200
    close_app(app)


def test_a_process_that_was_forked_waits_for_no_writer_of_the_other(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from sqlalchemy import text\n"
        "from hfcourse import create_app, database\n"
        "app = create_app({'INSTANCE': sys.argv[1]})\n"
        "turn = app.extensions['database_turn']\n"
        "turn.acquire()\n"  # as a thread that is about to write
        "if not (child := os.fork()):\n"
        "    with app.app_context(), database.write_connection() as connection:\n"
        "        connection.execute(text('UPDATE runs SET status = status'))\n"
        "    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), turn.locked())\n"
    )
    asked = [sys.executable, "-c", code, str(tmp_path)]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == "7 True", said.stderr
