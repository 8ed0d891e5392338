"""Who may have a stream, how long it lasts, and what is looked up for all who follow runs."""

import runpy
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from hfcourse.runs.live import run_changes, run_watcher, sse
from hfcourse.runs.live.run_watcher import WatchedRun
from hfcourse.runs.live.sse import StreamSlots
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.runs.store.run_store import NewEvent
from hfcourse.server import threads
from tests.support.paths import ROOT
from tests.support.waiting import WAIT_TIMEOUT_SECONDS

pytestmark = pytest.mark.usefixtures("app_context")

THREADED = {"wsgi.multithread": True, "SERVER_SOFTWARE": "gunicorn/23.0"}


def start_run(visitor: str = "awa") -> Run:
    """A run that this process says it executes, though nobody does."""
    run_id = run_store.create_run(visitor, space="a/b", endpoint="/e", title="E", parameters=[], inputs={})
    run_store.claim_run(run_id)
    run = run_store.find_run(run_id, visitor)
    assert run is not None
    return run


def say(run: Run, words: str) -> None:
    run_store.append_and_notify(run.id, [NewEvent("log", {"level": "info", "text": words})])


def test_a_server_that_answers_one_request_at_a_time_gives_no_stream():
    assert not StreamSlots().acquire({"wsgi.multithread": False, "SERVER_SOFTWARE": "gunicorn/23.0"}, "awa")


def test_of_a_pool_of_threads_half_may_hold_a_stream(app: Flask):
    taken, full = StreamSlots(), threading.Barrier(8)

    def take(number: int) -> bool:
        full.wait(WAIT_TIMEOUT_SECONDS)  # all eight exist
        with app.app_context():
            is_taken = taken.acquire(THREADED, f"visitor {number}")
        full.wait(WAIT_TIMEOUT_SECONDS)
        return is_taken

    with ThreadPoolExecutor(8, thread_name_prefix="pool") as pool:
        assert sum(pool.map(take, range(8))) == 4


def test_gunicorn_says_how_many_threads_it_has(app: Flask):
    settings = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert settings["threads"] > 1
    settings["post_worker_init"](SimpleNamespace(wsgi=app, cfg=SimpleNamespace(threads=6)))
    assert [sse.get_stream_slots().acquire(THREADED, who) for who in "abcd"] == [True, True, True, False]


def test_gunicorn_ends_a_connection_that_makes_no_progress():
    hook = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["when_ready"]
    hook.__globals__["SOCKET_TIMEOUT_SECONDS"] = 1
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hook(SimpleNamespace(LISTENERS=[SimpleNamespace(sock=listener)]))
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted, pytest.raises(BlockingIOError):
                accepted.recv(1)


def test_a_place_that_is_left_is_free_again():
    taken, taking = StreamSlots(), {"wsgi.multithread": True, "SERVER_SOFTWARE": "Werkzeug/3.1"}
    visitors = [f"visitor {number}" for number in range(threads.FLASK_RUN_THREADS)]
    assert sum(taken.acquire(taking, visitor) for visitor in visitors) == threads.FLASK_RUN_THREADS // 2
    taken.release(visitors[0])
    assert taken.acquire(taking, visitors[-1])
    taken.is_over = True
    taken.release(visitors[-1])
    assert not taken.acquire(taking, visitors[-1]), "a site that ends begins no stream"


def test_one_visitor_takes_no_more_streams_than_leave_a_browser_a_connection():
    taken, taking = StreamSlots(), {"wsgi.multithread": True, "SERVER_SOFTWARE": "Werkzeug/3.1"}
    assert [taken.acquire(taking, "awa") for _ in range(6)] == [True] * 4 + [False] * 2
    assert taken.acquire(taking, "bilal")
    taken.release("awa")
    assert taken.acquire(taking, "awa")


def test_a_stream_does_not_last_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "MAX_STREAM_SECONDS", 0)
    told = list(sse.stream_run(WatchedRun(start_run()), None, lambda run: "<p>"))
    assert len(told) == 1
    assert told[0].startswith("retry: ")


def test_a_stream_ends_when_its_run_is_deleted():
    followed = WatchedRun(start_run())
    told = sse.stream_run(followed, None, lambda run: f"<p>{run.status}</p>")
    next(told)
    assert "running" in next(told)
    followed.publish(None)
    assert list(told) == []


def test_every_line_of_a_fragment_is_a_line_of_data():
    written = sse.format_event(7, "<pre>a\r\nb\rid: 9\n\nc</pre>")
    assert written == "id: 7\ndata: <pre>a\ndata: b\ndata: id: 9\ndata: \ndata: c</pre>\n\n"


def wait_for_change(followed: WatchedRun, is_so: Any) -> None:
    """Until what is followed is so."""
    while not is_so(followed.run):
        assert followed.wait_for_change(followed.version, WAIT_TIMEOUT_SECONDS)


def shows_last_log(words: str) -> Any:
    return lambda run: [each["text"] for each in run.list_event_data("log")][-1:] == [words]


def test_three_hundred_followers_cost_less_than_a_query_a_second_each(app: Flask):
    runs = [start_run(f"v{n}") for n in range(30)]
    followed = [run_watcher.get_watcher().watch_run(run) for run in runs for _ in range(10)]
    for each in followed:
        each.wait_for_change(0, WAIT_TIMEOUT_SECONDS)
    askers: list[str] = []
    engine = app.extensions["database"].kw["bind"]
    event.listen(engine, "before_cursor_execute", lambda *_: askers.append(threading.current_thread().name))
    messages = 5
    for n in range(messages):
        for run in runs:
            say(run, f"message {n}")
        for each in followed:
            wait_for_change(each, shows_last_log(f"message {n}"))
    # One thread reads for all followers: three statements for what is new, and one that asks in which runs it is.
    assert 0 < askers.count("runs-following") < messages * len(followed) / 10


def test_a_run_is_looked_up_anew_only_from_its_last_event(app: Flask):
    run = start_run()
    for n in range(5):
        say(run, f"message {n}")
    followed = run_watcher.get_watcher().watch_run(run_store.find_run(run.id, "awa"))
    wait_for_change(followed, shows_last_log("message 4"))
    say(run, "message 5")
    wait_for_change(followed, shows_last_log("message 5"))
    assert [each["text"] for each in followed.run.list_event_data("log")] == [f"message {n}" for n in range(6)]


def test_only_the_latest_partial_output_is_known():
    run = start_run()
    followed = run_watcher.get_watcher().watch_run(run)
    for n in range(3):
        run_store.append_partial(run.id, [NewEvent("partial", {"outputs": [{"value": n}]})], n + 1)
        wait_for_change(followed, lambda run, n=n: run.get_latest_event("partial").get("outputs") == [{"value": n}])
    assert [each.kind for each in followed.run.events] == ["partial"]


def test_what_was_new_while_the_database_was_away_is_looked_up_when_it_is_back(monkeypatch: pytest.MonkeyPatch):
    run = start_run()
    followed = run_watcher.get_watcher().watch_run(run)
    assert followed.wait_for_change(0, WAIT_TIMEOUT_SECONDS)
    renewed, failures = run_changes.fetch_updates, []
    monkeypatch.setattr(dispatcher.get_dispatcher(), "active_run_ids", lambda: [run.id])  # of its news one hears once

    def fail_once(known: Any) -> Any:
        if not failures:
            failures.append(known)
            raise OSError("away")
        return renewed(known)

    monkeypatch.setattr(run_changes, "fetch_updates", fail_once)
    monkeypatch.setattr(run_watcher, "DATABASE_RETRY_INTERVAL_SECONDS", 0)
    say(run, "message")
    wait_for_change(followed, shows_last_log("message"))
    assert failures


def test_nobody_follows_a_run_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run_watcher, "WATCHED_RUN_TTL_SECONDS", 0)
    run_watcher.get_watcher().watch_run(start_run())
    for thread in threading.enumerate():
        if thread.name == "runs-following":
            thread.join(WAIT_TIMEOUT_SECONDS)
            assert not thread.is_alive()
