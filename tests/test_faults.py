"""What may go wrong around a run, one test each; what a visitor is left with, and that the site mends by itself.

| what goes wrong | where it is tested |
| --- | --- |
| the site is killed (SIGKILL), or told to end (SIGTERM) | here |
| the practice Space is killed | test_runs.py, test_practice_server.py |
| the Space closes in mid-stream, falls silent, floods | test_hostile.py, test_client.py |
| the network is cut | here |
| the disk is full: of the database, of the files | here |
| the database is locked for five seconds | here |
| the clock goes back | here |
| a thousand runs wait | here |
| two tabs stop the same run | here |
| the visitor deletes a run while it goes on | test_rerun.py, test_campus.py |
| a worker is killed, the broker or the database of a campus starts anew | test_campus.py |
"""

import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import event

from hfcourse import create_app, database
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.store import heartbeat, run_store
from hfcourse.runs.store.queue_counts import QueuedRun
from tests.spaces.fake_servers import FakeSpace, reply_with
from tests.spaces.hostile_spaces import build_description
from tests.spaces.slow_space import SlowSpace
from tests.support.apps import close_app, write_catalogue
from tests.support.clients import BrowserClient
from tests.support.factories import log_in_as, make_run
from tests.support.form_parsing import collect_form_fields, find_csrf_token, list_error_codes, parse_page
from tests.support.http_browser import HttpBrowser
from tests.support.paths import ROOT
from tests.support.site_process import FLASK_COMMAND, SiteProcess, run_site
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

MANY = 1000
FILE_BYTES = 4_000_000  # no file of the site may be larger, as on a disk that is full


@contextmanager
def awa_at(site: SiteProcess) -> Iterator[HttpBrowser]:
    visitor = HttpBrowser(site)
    yield visitor
    visitor.close()


def has_begun(visitor: HttpBrowser, run: str) -> bool:
    return visitor.fetch_run(run)["partials"] > 0


def press(visitor: HttpBrowser, run: str, button: str) -> str:
    """Press a button of the run's page; where it leads."""
    token = find_csrf_token(visitor.get(run).text)
    answer = visitor.http.post(f"{run}/{button}", data={"csrf_token": token})
    assert answer.status_code == 303
    return answer.headers["location"]


# The process


def test_a_site_that_is_killed_leaves_runs_that_are_run_again_with_one_click(
    tmp_path: Path, slow_space: SlowSpace
) -> None:
    folder = write_catalogue(tmp_path, slow_space.url)
    with run_site(folder) as site, awa_at(site) as awa:
        runs = [awa.start_run("/espaces/a/b", words=f"essai {n}") for n in range(3)]  # two go on, one waits
        assert wait_until(lambda: all(has_begun(awa, run) for run in runs[:2]))
        site.process.kill()
        site.process.wait()
        cookies = awa.http.cookies
    with run_site(folder) as site, awa_at(site) as awa:
        awa.http.cookies = cookies
        left = [awa.wait_for_end(run) for run in runs]
        assert [run["status"] for run in left] == ["interrupted"] * 3
        assert [run["inputs"]["words"] for run in left] == ["essai 0", "essai 1", "essai 2"]
        assert left[0]["outputs"][0]["value"] == "un", "what had arrived is kept"
        slow_space.may_finish.set()
        again = awa.wait_for_end(press(awa, runs[2], "refaire"))
        assert (again["status"], again["inputs"]["words"]) == ("succeeded", "essai 2")
    assert Counter(slow_space.received_values) == Counter(["essai 0", "essai 1", "essai 2"]), "none was executed twice"


# Statuses of three runs, of which two go on at once, that the database holds when the site is killed.
KILL_MOMENTS: dict[str, Callable[[list[str]], bool]] = {
    "runs are claimed": lambda statuses: "running" in statuses,
    "a run ends": lambda statuses: "succeeded" in statuses,
    "all have ended": lambda statuses: set(statuses) == {"succeeded"},
}


def test_a_site_that_is_killed_at_any_moment_leaves_a_database_that_opens(
    tmp_path: Path, slow_space: SlowSpace
) -> None:
    folder = write_catalogue(tmp_path, slow_space.url)
    cookies, runs = None, []
    for moment, is_reached in KILL_MOMENTS.items():
        with run_site(folder) as site, awa_at(site) as awa:
            awa.http.cookies = cookies
            runs += [awa.start_run("/espaces/a/b", words=f"{moment} {n}") for n in range(3)]
            cookies = awa.http.cookies
            assert wait_until(lambda is_reached=is_reached: is_reached(status_in(folder)[-3:])), moment
            site.process.kill()
            site.process.wait()
        assert is_reached(status_in(folder)[-3:]), moment
        with closing(sqlite3.connect(folder / "instance" / "hfcourse.sqlite")) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        slow_space.may_finish.set()  # from the second moment on, runs end
    expected = ["succeeded" if status == "succeeded" else "interrupted" for status in status_in(folder)]
    with run_site(folder) as site, awa_at(site) as awa:
        awa.http.cookies = cookies
        ended = [awa.wait_for_end(run) for run in runs]
    assert [run["status"] for run in ended] == expected, "what had ended stays, the rest is interrupted"
    assert [run["inputs"]["words"] for run in ended] == [f"{moment} {n}" for moment in KILL_MOMENTS for n in range(3)]
    assert max(Counter(slow_space.received_values).values()) == 1, "none was executed twice"


def test_a_site_that_is_told_to_end_lets_calls_end_first(tmp_path: Path, slow_space: SlowSpace) -> None:
    folder = write_catalogue(tmp_path, slow_space.url)
    with run_site(folder) as site, awa_at(site) as awa:
        run = awa.start_run("/espaces/a/b", words="bonjour")
        assert wait_until(lambda: has_begun(awa, run))
        site.process.send_signal(signal.SIGTERM)
        threading.Timer(1, slow_space.may_finish.set).start()
        assert site.process.wait(WAIT_TIMEOUT_SECONDS) == 0
    assert status_in(folder) == ["succeeded"]


def test_a_site_that_is_told_to_end_marks_what_takes_longer(tmp_path: Path, slow_space: SlowSpace) -> None:
    folder = write_catalogue(tmp_path, slow_space.url)
    with run_site(folder) as site, awa_at(site) as awa:
        run = awa.start_run("/espaces/a/b", words="bonjour")
        assert wait_until(lambda: has_begun(awa, run))
        begun = time.monotonic()
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(WAIT_TIMEOUT_SECONDS)
        assert time.monotonic() - begun > 9, "ten seconds of grace"
    assert status_in(folder) == ["interrupted"]


def test_a_site_that_is_told_twice_ends_at_once(tmp_path: Path, slow_space: SlowSpace) -> None:
    folder = write_catalogue(tmp_path, slow_space.url)
    with run_site(folder) as site, awa_at(site) as awa:
        run = awa.start_run("/espaces/a/b", words="bonjour")
        assert wait_until(lambda: has_begun(awa, run))
        begun = time.monotonic()
        site.process.send_signal(signal.SIGTERM)
        assert wait_until(lambda: not site.is_up()), "it listens no more: the grace period begins"
        while site.process.poll() is None:  # a signal that came before it would count with the first
            site.process.send_signal(signal.SIGTERM)
            wait_until(lambda: site.process.poll() is not None, 0.5)
        assert time.monotonic() - begun < 9
    assert status_in(folder) == ["interrupted"]


# The same signal comes once more while the first is handled: at its first line, at its second, and so on.
TOLD_AGAIN = """
import itertools, signal, sys, threading
from hfcourse.runs.queue import shutdown

shutdown.install_sigterm_handler()
for place in range(100):
    lines = itertools.count()

    def interrupt(frame, kind, _):
        is_handled = frame.f_code.co_name == "handle_sigterm" or frame.f_code.co_filename == threading.__file__
        if kind == "line" and is_handled and next(lines) == place:
            signal.raise_signal(signal.SIGTERM)
        return interrupt

    shutdown.shutdown_request.is_made = False
    sys.settrace(interrupt)
    try:
        signal.raise_signal(signal.SIGTERM)
    except SystemExit:
        print(next(lines))
    finally:
        sys.settrace(None)
"""


def test_a_process_that_is_told_again_while_it_listens_does_not_wait_for_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOLD_AGAIN], cwd=ROOT, timeout=20, check=True, capture_output=True, text=True
    )
    lines = [int(word) for word in done.stdout.split()]
    assert len(lines) == 100, "it ends each time"
    assert 3 < max(lines) < 100, "at each line of what is done"


def test_a_site_with_nothing_to_do_ends_when_it_is_told(tmp_path: Path) -> None:
    with run_site(tmp_path) as site:
        begun = time.monotonic()
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(WAIT_TIMEOUT_SECONDS)
        assert time.monotonic() - begun < 5


def status_in(folder: Path) -> list[str]:
    """How the runs of a site that has ended stand in its database."""
    with closing(sqlite3.connect(folder / "instance" / "hfcourse.sqlite")) as opened:
        return [status for (status,) in opened.execute("SELECT status FROM runs ORDER BY created")]


# The network


class Cable:
    """Carries bytes between the site and a Space until it is cut: then it carries none, and closes nothing."""

    def __init__(self, url: str) -> None:
        self._far = ("127.0.0.1", int(url.rpartition(":")[2]))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.is_cut = threading.Event()
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(self._far)
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                if self.is_cut.is_set():
                    return
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        self._server.close()
        for each in self._ends:
            each.close()


def test_a_network_that_is_cut_is_a_time_out_that_keeps_what_arrived(tmp_path: Path, slow_space: SlowSpace) -> None:
    with closing(Cable(slow_space.url)) as cable:
        folder = write_catalogue(tmp_path, cable.url)
        with run_site(folder, HFCOURSE_CALL_DEADLINE_SECONDS="6") as site, awa_at(site) as awa:
            run = awa.start_run("/espaces/a/b", words="bonjour")
            assert wait_until(lambda: has_begun(awa, run))
            cable.is_cut.set()
            found = awa.wait_for_end(run)
            assert (found["status"], found["error"]["code"]) == ("failed", "timeout")
            assert found["outputs"][0]["value"] == "un"
            cable.is_cut.clear()
            slow_space.may_finish.set()
            assert awa.wait_for_end(press(awa, run, "refaire"))["status"] == "succeeded"


# The database


@pytest.fixture
def site(tmp_path: Path, slow_space: SlowSpace) -> Iterator[Flask]:
    write_catalogue(tmp_path, slow_space.url)
    made = create_app({"INSTANCE": str(tmp_path / "instance"), "TESTING": True})
    yield made
    close_app(made)


def test_a_database_without_room_is_told_and_takes_runs_again_when_it_has_some(
    site: Flask, site_student: BrowserClient, slow_space: SlowSpace
) -> None:
    slow_space.may_finish.set()
    form = site_student.open_page("/espaces/a/b")
    log_in_as(site_student, "awa")
    with limited_pages(site):
        answer = site_student.submit_form(form, words="x" * 100_000)
        page = parse_page(answer)
        assert (answer.status_code, list_error_codes(page)) == (503, ["not-stored"])
        assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-words"] == ["x" * 100_000]  # type: ignore[arg-type]
        assert site_student.client.get("/lecons/3-1-presentation").status_code == 200
    assert (
        site_student.wait_for_end(site_student.submit_form(form, words="x" * 100_000).headers["Location"])["status"]
        == "succeeded"
    )


@contextmanager
def limited_pages(site: Flask, failed: Callable[[object], None] = lambda _: None) -> Iterator[None]:
    """The database cannot grow: what a full disk does to it. `failed` hears of each statement that finds no room."""

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        (count,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {count}")

    engine = site.extensions["database"].kw["bind"]
    engine.dispose()
    event.listen(engine, "connect", limit)
    event.listen(engine, "handle_error", failed)
    yield
    event.remove(engine, "connect", limit)
    event.remove(engine, "handle_error", failed)
    engine.dispose()


def test_a_result_waits_for_a_database_that_has_no_room(
    site: Flask, site_student: BrowserClient, slow_space: SlowSpace
) -> None:
    address = site_student.submit_form(site_student.open_page("/espaces/a/b"), words="bonjour").headers["Location"]
    site_student.wait_for_run(address, lambda run: run["partials"] > 0)
    slow_space.final_value = "fini " * 50_000
    failures = []
    with limited_pages(site, failures.append):
        slow_space.may_finish.set()
        assert wait_until(lambda: len(failures) > 1), "it is tried again and again"
    assert site_student.wait_for_end(address)["outputs"][0]["value"] == slow_space.final_value


def test_a_database_that_is_locked_for_five_seconds_makes_wait_and_loses_nothing(
    site: Flask, site_student: BrowserClient, slow_space: SlowSpace
) -> None:
    address = site_student.submit_form(site_student.open_page("/espaces/a/b"), words="un").headers["Location"]
    site_student.wait_for_run(address, lambda run: run["partials"] > 0)
    form = site_student.open_page("/espaces/a/b")
    held = sqlite3.connect(Path(site.instance_path) / "hfcourse.sqlite", isolation_level=None, check_same_thread=False)
    held.execute("BEGIN IMMEDIATE")
    threading.Timer(5, held.close).start()
    begun = time.monotonic()
    other = site_student.submit_form(form, words="deux").headers["Location"]
    assert time.monotonic() - begun > 4, "it waited"
    slow_space.may_finish.set()
    assert [site_student.wait_for_end(each)["status"] for each in (address, other)] == ["succeeded"] * 2


# The files


def test_a_disk_that_takes_no_more_is_told_and_loses_nothing_typed(tmp_path: Path) -> None:
    taking = build_description(("file", "piece", {}), ("textbox", "words", {}), outputs=(("textbox", "Sortie"),))
    with closing(
        FakeSpace(config=taking["config"], info=taking["info"], answers={"/upload": reply_with(["/tmp/x"])})
    ) as space:
        limited = ["prlimit", f"--fsize={FILE_BYTES}", *FLASK_COMMAND]
        with run_site(write_catalogue(tmp_path, space.url), program=limited) as site, awa_at(site) as awa:
            refused = send_piece(awa, b"x" * (FILE_BYTES + 1))
            page = BeautifulSoup(refused.text, "html.parser")
            assert (refused.status_code, list_error_codes(page)[:1]) == (503, ["not-stored"])
            assert collect_form_fields(page.select_one("form[data-endpoint]"))["arg-words"] == ["bonjour"]  # type: ignore[arg-type]
            taken = send_piece(awa, b"x" * 1000)
            assert awa.wait_for_end(taken.headers["location"])["status"] == "succeeded"


def send_piece(visitor: HttpBrowser, content: bytes) -> httpx.Response:
    """Send the form with a file."""
    form = visitor.open_form("/espaces/a/b")
    assert form is not None
    hidden = {str(each["name"]): str(each.get("value", "")) for each in form.select("input[type=hidden]")}
    files = {"arg-piece": ("note.bin", content)}
    return visitor.http.post("/essais", data=hidden | {"arg-words": "bonjour"}, files=files)


# The clock


def test_a_clock_that_goes_back_interrupts_no_run_and_keeps_no_dead_one(
    site: Flask, site_student: BrowserClient, slow_space: SlowSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = site_student.submit_form(site_student.open_page("/espaces/a/b"), words="un").headers["Location"]
    site_student.wait_for_run(address, lambda run: run["partials"] > 0)
    with site.app_context():
        dead = make_run("awa", "running")
        now = database.utc_now  # of the database alone: a cookie of the future is none
        monkeypatch.setattr(database, "utc_now", lambda: now() - timedelta(hours=1))
        dispatcher.get_dispatcher().monitor.tick()
        heartbeat.mark_abandoned()
        assert status_of(dead) == "running", "it cannot be told yet"
        monkeypatch.setattr(database, "utc_now", lambda: now() - timedelta(hours=1) + timedelta(seconds=11))
        dispatcher.get_dispatcher().monitor.tick()
        heartbeat.mark_abandoned()
        assert status_of(dead) == "interrupted"
    slow_space.may_finish.set()
    assert site_student.wait_for_end(address)["status"] == "succeeded"


def status_of(run_id: str) -> str:
    run = run_store.load_run(run_id)
    assert run is not None
    return run.status


# Many


def test_a_thousand_runs_wait_and_each_is_executed_once(site: Flask, slow_space: SlowSpace) -> None:
    slow_space.may_finish.set()
    dispatcher = site.extensions["dispatcher"]
    dispatcher.limits.per_minute = MANY
    with site.app_context():
        runs = []
        for n in range(MANY):
            visitor = f"visitor {n % 50}"
            runs.append(make_run(visitor, "queued", endpoint="/echo", sent={"words": str(n)}))
            dispatcher.enqueue(QueuedRun(runs[-1], visitor, "a/b"))
        assert wait_until(lambda: not dispatcher.active_run_ids(), 5 * WAIT_TIMEOUT_SECONDS)
        ended = [run_store.load_run(run) for run in runs]
        assert Counter((run.status, run.error) for run in ended if run) == {("succeeded", None): MANY}
    assert Counter(slow_space.received_values) == Counter(map(str, range(MANY)))


def test_two_tabs_stop_the_same_run(site: Flask, site_student: BrowserClient, slow_space: SlowSpace) -> None:
    address = site_student.submit_form(site_student.open_page("/espaces/a/b"), words="un").headers["Location"]
    site_student.wait_for_run(address, lambda run: run["partials"] > 0)
    csrf_fields = collect_form_fields(site_student.open_page(address).select_one("#arret"))  # type: ignore[arg-type]
    posting = {"args": (f"{address}/arreter",), "kwargs": {"data": csrf_fields}}
    tabs = [threading.Thread(target=tab(site, site_student), **posting) for _ in range(2)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()
    assert site_student.wait_for_end(address)["status"] == "stopped"
    assert len(slow_space.requests_to("/cancel")) == 1, "the Space is told once"


def tab(site: Flask, student: BrowserClient) -> Callable[..., object]:
    """What posts from another tab of the same browser."""
    client, cookie = site.test_client(), student.client.get_cookie("hfcourse")
    assert cookie is not None
    client.set_cookie("hfcourse", cookie.value)
    return client.post
