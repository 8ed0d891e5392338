"""The writer of traces: few transactions, and nothing is lost when a process is told to end."""

import re
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.exc import OperationalError

from hfcourse.runs.store import run_traces
from hfcourse.runs.store.run_traces import TracePart
from hfcourse.runs.trace import trace_writer
from hfcourse.runs.trace.trace_writer import TraceWriter, UnpackedPart
from tests.spaces.fake_servers import FakeSpace
from tests.support.apps import close_app, write_catalogue
from tests.support.factories import make_run
from tests.support.form_parsing import collect_form_fields
from tests.support.http_browser import HttpBrowser
from tests.support.site_process import run_site
from tests.support.slow_clients import open_connection, reset_connection
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

# A server, by the name of its module, whose timer of traces does not fire while the test lasts.
DELAYING_CODE = """
import runpy, sys
from hfcourse.runs.trace import trace_writer
trace_writer.WRITE_INTERVAL_SECONDS = 3_600
*sys.argv[:], port = sys.argv[1:]
sys.argv.append(port if sys.argv[0] == "flask" else f"127.0.0.1:{port}")
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
SERVERS = {
    "flask": ["flask", "run", "--port"],
    "gunicorn": ["gunicorn", "hfcourse:create_app()", "--bind"],
}


def list_delayed_command(server: str) -> list[str]:
    return [sys.executable, "-c", DELAYING_CODE, *SERVERS[server]]


class RecordingStore:
    """Stands for `run_traces.store_traces`: each batch by the ids of its runs; waits while it is held."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.has_begun, self.may_finish = threading.Event(), threading.Event()
        self.may_finish.set()

    def store(self, parts: Sequence[TracePart]) -> None:
        self.has_begun.set()
        assert self.may_finish.wait(WAIT_TIMEOUT_SECONDS)
        self.batches.append([part.run_id for part in parts])


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> RecordingStore:
    made = RecordingStore()
    monkeypatch.setattr(run_traces, "store_traces", made.store)
    return made


@pytest.fixture
def writer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> TraceWriter:
    """A writer whose timer does not fire."""
    monkeypatch.setattr(trace_writer, "WRITE_INTERVAL_SECONDS", 3_600)
    return TraceWriter(app)


def make_part(run_id: str) -> TracePart:
    return TracePart(run_id, "call", b"x")


def fail_to_store(_parts: Sequence[TracePart]) -> None:
    raise OperationalError("INSERT", {}, Exception("database or disk is full"))


class TestWriter:
    def test_parts_are_written_together_by_a_timer(
        self, app: Flask, store: RecordingStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(trace_writer, "WRITE_INTERVAL_SECONDS", 0.2)
        writer = TraceWriter(app)
        for name in "abc":
            writer.add(make_part(name))
        assert store.batches == []
        assert wait_until(lambda: store.batches == [["a", "b", "c"]])
        writer.add(make_part("d"))
        assert wait_until(lambda: store.batches[1:] == [["d"]])

    def test_many_parts_are_written_at_once(self, writer: TraceWriter, store: RecordingStore) -> None:
        for number in range(trace_writer.MAX_PENDING_PARTS):
            writer.add(make_part(str(number)))
        assert [len(batch) for batch in store.batches] == [trace_writer.MAX_PENDING_PARTS]

    def test_part_is_written_at_once_if_no_thread_can_start(
        self, writer: TraceWriter, store: RecordingStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Timer, "start", refuse)
        writer.add(make_part("a"))
        assert store.batches == [["a"]]

    def test_closed_writer_has_written_what_was_pending_and_writes_later_parts_at_once(
        self, writer: TraceWriter, store: RecordingStore
    ) -> None:
        writer.add(make_part("a"))
        writer.close()
        assert store.batches == [["a"]]
        writer.add(make_part("b"))
        assert store.batches == [["a"], ["b"]]

    def test_flush_waits_for_the_parts_that_another_thread_is_writing(
        self, writer: TraceWriter, store: RecordingStore
    ) -> None:
        store.may_finish.clear()
        writer.add(make_part("a"))
        first = threading.Thread(target=writer.flush)
        first.start()
        assert store.has_begun.wait(WAIT_TIMEOUT_SECONDS)
        second = threading.Thread(target=writer.close)
        second.start()
        second.join(0.05)
        assert second.is_alive()
        store.may_finish.set()
        second.join(WAIT_TIMEOUT_SECONDS)
        assert store.batches == [["a"]]
        first.join(WAIT_TIMEOUT_SECONDS)

    def test_database_that_fails_is_logged_and_ends_no_run(
        self, writer: TraceWriter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(run_traces, "store_traces", fail_to_store)
        writer.add(make_part("a"))
        writer.flush()
        assert "Traces could not be stored: OperationalError" in caplog.text

    @pytest.mark.parametrize(("failures", "stored"), [(2, [["a", "b"]]), (trace_writer.MAX_ATTEMPTS, [["b"]])])
    def test_parts_are_kept_for_a_few_attempts_of_a_database_that_fails(
        self,
        writer: TraceWriter,
        store: RecordingStore,
        failures: int,
        stored: list[list[str]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        writer.add(make_part("a"))
        with monkeypatch.context() as failing:
            failing.setattr(run_traces, "store_traces", fail_to_store)
            for _ in range(failures):
                writer.flush()
        assert store.batches == []
        writer.add(make_part("b"))
        writer.flush()
        assert store.batches == stored

    def test_part_is_packed_when_it_is_written_and_one_that_fails_loses_no_other(
        self, writer: TraceWriter, store: RecordingStore, caplog: pytest.LogCaptureFixture
    ) -> None:
        packed: list[str] = []

        def pack(name: str) -> bytes:
            packed.append(name)
            return b"x" if name != "b" else bytes([999])

        for name in "abc":
            writer.add(UnpackedPart(name, "call", partial(pack, name), 10))
        assert packed == []
        writer.flush()
        assert (packed, store.batches) == (["a", "b", "c"], [["a", "c"]])
        assert "Part 'call' of the trace of run b is lost: ValueError" in caplog.text

    def test_large_part_is_packed_at_once(self, writer: TraceWriter, store: RecordingStore) -> None:
        packed: list[int] = []
        for size in (trace_writer.MAX_UNPACKED_BYTES, trace_writer.MAX_UNPACKED_BYTES + 1):
            writer.add(UnpackedPart("a", "call", lambda size=size: packed.append(size) or b"", size))
        assert packed == [trace_writer.MAX_UNPACKED_BYTES + 1]
        writer.flush()
        assert store.batches == [["a", "a"]]

    def test_parts_put_back_without_a_timer_are_written_with_the_next_one(
        self, app: Flask, store: RecordingStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(trace_writer, "WRITE_INTERVAL_SECONDS", 0.05)
        writer = TraceWriter(app)
        with monkeypatch.context() as failing:
            failing.setattr(run_traces, "store_traces", fail_to_store)
            failing.setattr(TraceWriter, "_start_timer", lambda _writer: False)
            writer.add(make_part("a"))
        writer.add(make_part("b"))
        assert wait_until(lambda: store.batches == [["a", "b"]])

    def test_site_that_ends_writes_its_pending_parts(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trace_writer, "WRITE_INTERVAL_SECONDS", 3_600)
        with app.app_context():
            run_id = make_run("awa")
            trace_writer.get_writer().add(make_part(run_id))
            assert run_traces.load_traces(run_id) == {}
            close_app(app)
            assert run_traces.load_traces(run_id) == {"call": b"x"}


class TestProcess:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        space = FakeSpace()
        yield write_catalogue(tmp_path, space.url)
        space.close()

    @pytest.mark.parametrize("server", SERVERS)
    def test_site_that_is_told_to_end_stores_the_traces_of_its_runs(self, folder: Path, server: str) -> None:
        with run_site(folder, program=list_delayed_command(server)) as site:
            visitor = HttpBrowser(site)
            runs = [visitor.start_run("/espaces/a/b", words=words) for words in ("un", "deux")]
            assert [visitor.wait_for_end(run)["status"] for run in runs] == ["succeeded"] * 2
            visitor.close()
            assert list_stored_parts(folder) == [], "the timer has not fired"
            site.process.send_signal(signal.SIGTERM)
            site.process.wait(WAIT_TIMEOUT_SECONDS)
        assert list_stored_parts(folder) == ["browser", "browser", "call", "call"]

    def test_form_is_stored_of_a_browser_that_resets_its_connection_after_the_redirect(self, folder: Path) -> None:
        with run_site(folder) as site:
            visitor = HttpBrowser(site)
            runs = [visitor.start_run("/espaces/a/b", words="un"), send_form_and_reset(visitor, site.url)]
            assert [visitor.wait_for_end(run)["status"] for run in runs] == ["succeeded"] * 2
            assert wait_until(lambda: list_stored_parts(folder) == ["browser", "browser", "call", "call"])
            visitor.close()

    def test_site_that_is_killed_keeps_the_run_and_says_that_its_trace_is_lost(self, folder: Path) -> None:
        with run_site(folder, program=list_delayed_command("flask")) as site:
            visitor = HttpBrowser(site)
            run = visitor.start_run("/espaces/a/b", words="un")
            assert visitor.wait_for_end(run)["status"] == "succeeded"
            site.process.kill()
            site.process.wait()
        with closing(sqlite3.connect(folder / "instance" / "hfcourse.sqlite")) as opened, opened:
            opened.execute("UPDATE runs SET finished = datetime(finished, '-1 minute')")
        with run_site(folder) as site:
            later = HttpBrowser(site)
            later.http.cookies = visitor.http.cookies
            page = BeautifulSoup(later.get(f"{run}/echanges").text, "html.parser")
            assert page.select_one("[data-trace-state=missing]") is not None
            assert later.fetch_run(run)["status"] == "succeeded"
            later.close()
        visitor.close()


def send_form_and_reset(visitor: HttpBrowser, url: str) -> str:
    """Send the form, and reset the connection as soon as the redirect is there; the address of the run."""
    form = visitor.open_form("/espaces/a/b")
    assert form is not None
    request = visitor.http.build_request("POST", "/essais", data=collect_form_fields(form) | {"arg-words": "un"})
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    answer = b""
    with closing(open_connection(url)) as client:
        client.sendall(f"POST /essais HTTP/1.1\r\n{head}\r\n".encode() + request.read())
        while not answer.endswith(b"</p>\n") and (piece := client.recv(65_536)):
            answer += piece
        reset_connection(client)
    return re.findall(rb"(?i)\r\nlocation: (\S+)", answer)[0].decode()


def list_stored_parts(folder: Path) -> list[str]:
    """Return the names of the stored parts of traces of a site."""
    with closing(sqlite3.connect(folder / "instance" / "hfcourse.sqlite")) as opened:
        return [part for (part,) in opened.execute("SELECT part FROM run_traces ORDER BY part")]
