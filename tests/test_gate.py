"""The gate: how many requests are worked on at once, who comes next, and that nobody who waits keeps others out."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from hfcourse.limits import concurrency
from hfcourse.limits.concurrency import ConcurrencyLimiter, ConcurrencyMiddleware, ReleasingBody
from tests.spaces.fake_servers import Exchange, FakeSpace
from tests.support.practice_space import until

MANY = 40
PATIENCE_SECONDS = 30
SOON_SECONDS = 2  # each of the forty for the patience of the gate, two at a time, would be five
LESSON = "/lecons/3-1-presentation"
SLOW_POST = (
    b"POST /essais HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\n"
)


@contextmanager
def side_by_side(do: Callable[[int], None], count: int) -> Iterator[list[threading.Thread]]:
    """So many threads that do this, each knowing its number; ended with the block."""
    threads = [threading.Thread(target=do, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()


def test_two_work_at_once_and_never_a_third():
    made, lock, at_once, seen = ConcurrencyLimiter(patience_seconds=PATIENCE_SECONDS), threading.Lock(), set(), []

    def work(number: int) -> None:
        with made.slot():
            with lock:
                at_once.add(number)
                seen.append(len(at_once))
            time.sleep(0.01)
            with lock:
                at_once.remove(number)

    with side_by_side(work, MANY):
        pass
    assert len(seen) == MANY
    assert max(seen) == concurrency.MAX_ACTIVE_REQUESTS


def test_they_come_in_as_they_came():
    made, entered = ConcurrencyLimiter(places=1, patience_seconds=PATIENCE_SECONDS), []

    def work(number: int) -> None:
        assert until(lambda: len(made._waiters) == number, PATIENCE_SECONDS), "the one before is in the line"
        with made.slot():
            entered.append(number)

    with ExitStack() as waiting, made.slot():
        waiting.enter_context(side_by_side(work, 6))
        assert until(lambda: len(made._waiters) == 6, PATIENCE_SECONDS)
    assert entered == list(range(6))


def test_whoever_does_nothing_but_hold_a_place_no_longer_counts():
    made, let_go, entered = ConcurrencyLimiter(patience_seconds=0.05), threading.Event(), []

    def work(number: int) -> None:
        with made.slot():
            entered.append(number)
            let_go.wait(PATIENCE_SECONDS)

    with side_by_side(work, 10):
        assert until(lambda: len(entered) == 10, PATIENCE_SECONDS), "each pair keeps the others for a moment only"
        let_go.set()
    with side_by_side(work, 3):  # and the places are all there again
        assert until(lambda: len(entered) == 13, PATIENCE_SECONDS)


def test_a_fault_gives_its_place_back():
    made = ConcurrencyLimiter(places=1, patience_seconds=PATIENCE_SECONDS)
    with pytest.raises(ZeroDivisionError), made.slot():
        raise ZeroDivisionError
    with made.slot():
        pass


def test_who_steps_aside_lets_others_in_and_comes_back_before_those_who_wait():
    made, entered = ConcurrencyLimiter(places=1, patience_seconds=PATIENCE_SECONDS), []
    is_aside, may_come_back = threading.Event(), threading.Event()

    def wait_aside(_: int) -> None:
        with made.slot():
            with concurrency.release_while_waiting():
                is_aside.set()
                may_come_back.wait(PATIENCE_SECONDS)
            entered.append("back")

    def work(_: int) -> None:
        with made.slot():
            entered.append("new")

    with side_by_side(wait_aside, 1):
        assert is_aside.wait(PATIENCE_SECONDS)
        with ExitStack() as waiting, made.slot():
            waiting.enter_context(side_by_side(work, 1))
            assert until(lambda: len(made._waiters) == 1, PATIENCE_SECONDS)
            may_come_back.set()
            assert until(lambda: len(made._waiters) == 2, PATIENCE_SECONDS)
    assert entered == ["back", "new"]


def test_a_thread_without_a_place_steps_aside_for_nobody():
    with concurrency.release_while_waiting(), concurrency.release_while_waiting():
        pass


def test_a_body_is_read_as_it_was_sent():
    made = ConcurrencyLimiter(places=1, patience_seconds=PATIENCE_SECONDS)
    with made.slot():
        assert ReleasingBody(io.BytesIO(b"a\nb\nc")).read() == b"a\nb\nc"
        body = ReleasingBody(io.BytesIO(b"a\nb\nc\nd"))
        assert (body.read(1), body.readline(), body.readline(), list(body)) == (b"a", b"\n", b"b\n", [b"c\n", b"d"])
        assert ReleasingBody(io.BytesIO(b"a\nb")).readlines() == [b"a\n", b"b"]


def test_what_is_sent_after_the_answer_needs_no_place():
    made = ConcurrencyLimiter(places=1, patience_seconds=PATIENCE_SECONDS)

    def application(_environ, _start_response):
        def pieces():
            with made.slot():  # another request, while this one still sends
                yield b"a"

        return pieces()

    assert b"".join(ConcurrencyMiddleware(application, made)({"wsgi.input": io.BytesIO()}, lambda *_: None)) == b"a"


@contextmanager
def served(app: Flask) -> Iterator[BaseWSGIServer]:
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


def seconds_of_a_lesson(app: Flask) -> float:
    begun = time.monotonic()
    assert app.test_client().get(LESSON).status_code == 200
    return time.monotonic() - begun


def test_forms_that_come_slowly_keep_nobody_from_a_lesson(site: Flask):
    seconds_of_a_lesson(site)  # drawn once: that takes its time
    with served(site) as server, ExitStack() as slow:
        for _ in range(MANY):
            connection = slow.enter_context(closing(socket.create_connection(server.server_address)))
            connection.sendall(SLOW_POST)
        time.sleep(0.3)  # most are at the gate, or in
        assert seconds_of_a_lesson(site) < SOON_SECONDS, "nobody waits for their patience"


def test_a_space_that_says_nothing_keeps_nobody_from_a_lesson(site: Flask, space: FakeSpace):
    seconds_of_a_lesson(site)
    space.behaviour = Exchange.wait
    with ThreadPoolExecutor(MANY) as class_:
        visits = [class_.submit(site.test_client().get, "/espaces/a/b") for _ in range(MANY)]
        assert until(lambda: bool(space.requests), PATIENCE_SECONDS)
        took, is_early = seconds_of_a_lesson(site), any(visit.done() for visit in visits)
        space.closing.set()
    assert took < SOON_SECONDS
    assert not is_early
    assert {visit.result().status_code for visit in visits} <= {200, 502, 503, 504}
