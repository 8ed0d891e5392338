"""The gate in front of the application: two requests of a process are worked on at once, the others wait in order.

Threads of Python hand one lock to and fro, from one processor to another: three hundred that all have something to do
take twice the time of the same work one after another. So a thread that works on a request holds a place. It steps
aside while it waits for the network; whoever holds one for long waits for something too (a busy database), and no
longer counts. What is sent after the application has answered (a stream, a file) needs no place.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_ACTIVE_REQUESTS = 2  # a second one, for when the first waits for the disk
STALL_SECONDS = 0.25  # a page takes some hundredths


# The gate where this thread holds a place.
_thread_state = threading.local()


class ConcurrencyLimiter:
    """The places, and the line of those who wait for one."""

    def __init__(self, places: int = MAX_ACTIVE_REQUESTS, patience_seconds: float = STALL_SECONDS) -> None:
        self.max_active, self.stall_seconds = places, patience_seconds
        # Each thread, and since when it holds its place.
        self._active_since: dict[int, float] = {}
        # Each thread with a lock that is let go when its turn comes.
        self._waiters: deque[tuple[int, threading.Lock]] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a place inside the block; wait for it first, behind those who came before."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def acquire(self, is_back: bool = False) -> None:
        """Return once this thread has a place; before all others, if it only stepped aside."""
        turn = threading.Lock()
        turn.acquire()
        with self._lock:
            ahead = 0 if is_back else len(self._waiters)
            self._waiters.insert(ahead, (threading.get_ident(), turn))
            self._grant_slots()
        # By then its turn has come even if all who hold a place do nothing but wait: time to look after that.
        slowest_seconds = self.stall_seconds * (1 + ahead // self.max_active)
        while not turn.acquire(timeout=slowest_seconds):
            with self._lock:
                self._grant_slots()
        _thread_state.gate = self

    def release(self) -> None:
        """Give the place of this thread back."""
        _thread_state.gate = None
        with self._lock:
            del self._active_since[threading.get_ident()]
            self._grant_slots()

    def _grant_slots(self) -> None:
        """Give the free places to those who are first in the line."""
        moment = time.monotonic()
        working = sum(moment - since < self.stall_seconds for since in self._active_since.values())
        while self._waiters and working < self.max_active:
            thread, turn = self._waiters.popleft()
            self._active_since[thread] = moment
            turn.release()
            working += 1


@contextmanager
def release_while_waiting() -> Iterator[None]:
    """Let others have the place of this thread, if it holds one, while it waits inside the block."""
    gate: ConcurrencyLimiter | None = getattr(_thread_state, "gate", None)
    if gate is None:
        yield
        return
    gate.release()
    try:
        yield
    finally:
        gate.acquire(is_back=True)


class ReleasingBody:
    """What a visitor sends: whoever waits for it lets others in."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body

    def read(self, size: int = -1, /) -> bytes:
        """As of the body itself; so are the others."""
        with release_while_waiting():
            return self._body.read(size)

    def readline(self, size: int = -1, /) -> bytes:
        with release_while_waiting():
            return self._body.readline(size)

    def readlines(self, hint: int = -1, /) -> list[bytes]:
        with release_while_waiting():
            return self._body.readlines(hint)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


class ConcurrencyMiddleware:
    """The application behind its gate."""

    def __init__(self, application: "WSGIApplication", gate: ConcurrencyLimiter) -> None:
        self.application, self.limiter = application, gate

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["wsgi.input"] = ReleasingBody(environ["wsgi.input"])
        with self.limiter.slot():
            return self.application(environ, start_response)


def init_app(app: Flask) -> None:
    """Stand in front, of what is sent again without being made again too."""
    app.wsgi_app = ConcurrencyMiddleware(app.wsgi_app, ConcurrencyLimiter())  # type: ignore[method-assign]
