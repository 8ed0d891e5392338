"""The gate: how many requests are worked on at once, who comes next, and that nobody who waits keeps others out."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from hfcourse.limits import concurrency
from hfcourse.limits.concurrency import ConcurrencyLimiter, ConcurrencyMiddleware, ReleasingBody
from tests.spaces.fake_servers import FakeSpace
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

MANY = 40
MAX_RESPONSE_SECONDS = 30  # a holder of a slot would keep it for WAIT_TIMEOUT_SECONDS
LESSON = "/lecons/3-1-presentation"
SLOW_POST = (
    b"POST /essais HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\n"
)


@contextmanager
def run_in_threads(do: Callable[[int], None], count: int) -> Iterator[list[threading.Thread]]:
    """So many threads that do this, each knowing its number; ended with the block."""
    threads = [threading.Thread(target=do, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.join(WAIT_TIMEOUT_SECONDS)
            assert not thread.is_alive()


def test_two_work_at_once_and_never_a_third():
    made, lock, at_once, seen = ConcurrencyLimiter(patience_seconds=WAIT_TIMEOUT_SECONDS), threading.Lock(), set(), []

    def work(number: int) -> None:
        with made.slot():
            with lock:
                at_once.add(number)
                seen.append(len(at_once))
            time.sleep(0.01)
            with lock:
                at_once.remove(number)

    with run_in_threads(work, MANY):
        pass
    assert len(seen) == MANY
    assert max(seen) == concurrency.MAX_ACTIVE_REQUESTS


def test_waiting_requests_enter_in_order():
    made, entered = ConcurrencyLimiter(places=1, patience_seconds=WAIT_TIMEOUT_SECONDS), []

    def work(number: int) -> None:
        assert wait_until(lambda: made.waiting_count == number), "the one before is in the line"
        with made.slot():
            entered.append(number)

    with ExitStack() as waiting, made.slot():
        waiting.enter_context(run_in_threads(work, 6))
        assert wait_until(lambda: made.waiting_count == 6)
    assert entered == list(range(6))


def test_whoever_does_nothing_but_hold_a_place_no_longer_counts():
    made, let_go, entered = ConcurrencyLimiter(patience_seconds=0.05), threading.Event(), []

    def work(number: int) -> None:
        with made.slot():
            entered.append(number)
            let_go.wait(WAIT_TIMEOUT_SECONDS)

    with run_in_threads(work, 10):
        assert wait_until(lambda: len(entered) == 10), "each pair keeps the others for a moment only"
        let_go.set()
    with run_in_threads(work, 3):  # and the places are all there again
        assert wait_until(lambda: len(entered) == 13)


def test_a_fault_gives_its_place_back():
    made = ConcurrencyLimiter(places=1, patience_seconds=WAIT_TIMEOUT_SECONDS)
    with pytest.raises(ZeroDivisionError), made.slot():
        raise ZeroDivisionError
    with made.slot():
        pass


def test_who_steps_aside_lets_others_in_and_comes_back_before_those_who_wait():
    made, entered = ConcurrencyLimiter(places=1, patience_seconds=WAIT_TIMEOUT_SECONDS), []
    is_aside, may_come_back = threading.Event(), threading.Event()

    def wait_aside(_: int) -> None:
        with made.slot():
            with concurrency.release_while_waiting():
                is_aside.set()
                may_come_back.wait(WAIT_TIMEOUT_SECONDS)
            entered.append("back")

    def work(_: int) -> None:
        with made.slot():
            entered.append("new")

    with run_in_threads(wait_aside, 1):
        assert is_aside.wait(WAIT_TIMEOUT_SECONDS)
        with ExitStack() as waiting, made.slot():
            waiting.enter_context(run_in_threads(work, 1))
            assert wait_until(lambda: made.waiting_count == 1)
            may_come_back.set()
            assert wait_until(lambda: made.waiting_count == 2)
    assert entered == ["back", "new"]


def test_release_by_a_thread_without_a_slot_admits_nobody():
    made, entered = ConcurrencyLimiter(places=1, patience_seconds=WAIT_TIMEOUT_SECONDS), []

    def work(_: int) -> None:
        with made.slot():
            entered.append("new")

    made.acquire()
    with run_in_threads(work, 1):
        assert wait_until(lambda: made.waiting_count == 1)

        def release(_: int) -> None:
            with concurrency.release_while_waiting():
                assert (made.active_count, made.waiting_count, entered) == (1, 1, [])

        with ThreadPoolExecutor(1) as without_slot:
            without_slot.submit(release, 0).result()
        made.release()


def test_nested_release_gives_the_slot_back_once():
    made = ConcurrencyLimiter(places=1, patience_seconds=WAIT_TIMEOUT_SECONDS)
    with made.slot():
        with concurrency.release_while_waiting(), concurrency.release_while_waiting():
            assert made.active_count == 0
        assert made.active_count == 1
    assert made.active_count == 0


def test_a_body_is_read_as_it_was_sent():
    made = ConcurrencyLimiter(places=1, patience_seconds=WAIT_TIMEOUT_SECONDS)
    with made.slot():
        assert ReleasingBody(io.BytesIO(b"a\nb\nc")).read() == b"a\nb\nc"
        body = ReleasingBody(io.BytesIO(b"a\nb\nc\nd"))
        assert (body.read(1), body.readline(), body.readline(), list(body)) == (b"a", b"\n", b"b\n", [b"c\n", b"d"])
        assert ReleasingBody(io.BytesIO(b"a\nb")).readlines() == [b"a\n", b"b"]


def test_what_is_sent_after_the_answer_needs_no_place():
    made = ConcurrencyLimiter(places=1, patience_seconds=WAIT_TIMEOUT_SECONDS)

    def application(_environ, _start_response):
        def pieces():
            with made.slot():  # another request, while this one still sends
                yield b"a"

        return pieces()

    assert b"".join(ConcurrencyMiddleware(application, made)({"wsgi.input": io.BytesIO()}, lambda *_: None)) == b"a"


@contextmanager
def serve_app(app: Flask) -> Iterator[BaseWSGIServer]:
    """The site under Flask's own server."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def find_limiter(app: Flask) -> ConcurrencyLimiter:
    """Return the limiter of this application; no thread that holds a slot counts as stalled any more."""
    middleware: Any = app.wsgi_app
    while not isinstance(middleware, ConcurrencyMiddleware):
        middleware = middleware.app
    middleware.limiter.stall_seconds = WAIT_TIMEOUT_SECONDS
    return middleware.limiter


def time_lesson(app: Flask) -> float:
    begun = time.monotonic()
    assert app.test_client().get(LESSON).status_code == 200
    return time.monotonic() - begun


def list_request_threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if "process_request_thread" in each.name}


def test_slow_posts_do_not_delay_a_lesson(site: Flask):
    limiter, earlier = find_limiter(site), list_request_threads()  # those that a test before has left may end
    with serve_app(site) as server, ExitStack() as slow:
        for _ in range(MANY):
            connection = slow.enter_context(closing(socket.create_connection(server.server_address)))
            connection.sendall(SLOW_POST)
        assert wait_until(lambda: len(list_request_threads() - earlier) == MANY)
        waiting = list_request_threads() - earlier
        assert wait_until(lambda: limiter.active_count + limiter.waiting_count == 0), "each waits for its body"
        assert time_lesson(site) < MAX_RESPONSE_SECONDS
        assert all(each.is_alive() for each in waiting)


def test_stalled_space_does_not_delay_a_lesson(site: Flask, space: FakeSpace):
    find_limiter(site)
    may_answer = threading.Event()
    space.behaviour = lambda exchange: (may_answer.wait(WAIT_TIMEOUT_SECONDS), space.behave(exchange))
    with ThreadPoolExecutor(MANY) as class_:
        visits = [class_.submit(site.test_client().get, "/espaces/a/b") for _ in range(MANY)]
        assert wait_until(lambda: bool(space.requests))
        took, is_early = time_lesson(site), any(visit.done() for visit in visits)
        may_answer.set()
    assert took < MAX_RESPONSE_SECONDS
    assert not is_early
    pages = [visit.result() for visit in visits]
    assert {page.status_code for page in pages} == {200}
    assert all(b"data-endpoint" in page.data for page in pages)
