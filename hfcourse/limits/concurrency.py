"""Concurrency limit, as WSGI middleware: a process handles two requests at once, others queue in order.

Python's threads pass one lock (the GIL) between processors: three hundred threads with work to do take twice the time
of the same work in sequence. So a thread needs a slot while it handles a request. It releases the slot while it waits
for the network; a thread that holds one for long is waiting too (for a busy database), and is no longer counted.
Sending a response (a stream, a file) after the application has returned needs no slot.
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

MAX_ACTIVE_REQUESTS = 2  # the second runs while the first waits for the disk
STALL_SECONDS = 0.25  # rendering a page takes some hundredths


# Its attribute `limiter` is the ConcurrencyLimiter of which this thread holds a slot.
_thread_state = threading.local()


class ConcurrencyLimiter:
    """FIFO semaphore of request slots, which ignores holders that have stalled."""

    def __init__(self, places: int = MAX_ACTIVE_REQUESTS, patience_seconds: float = STALL_SECONDS) -> None:
        self.max_active, self.stall_seconds = places, patience_seconds
        # Thread id, and when it acquired its slot.
        self._active_since: dict[int, float] = {}
        # Thread id, and a lock that is released when the slot is granted.
        self._waiters: deque[tuple[int, threading.Lock]] = deque()
        self._lock = threading.Lock()

    @property
    def waiting_count(self) -> int:
        """Number of threads that wait for a slot."""
        return len(self._waiters)

    @property
    def active_count(self) -> int:
        """Number of threads that hold a slot, stalled ones included."""
        return len(self._active_since)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot inside the block, waiting for it in FIFO order."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def acquire(self, is_returning: bool = False) -> None:
        """Wait until this thread has a slot.

        Args:
            is_returning: queue in front of the others, after `release_while_waiting`.
        """
        granted = threading.Lock()
        granted.acquire()
        with self._lock:
            ahead = 0 if is_returning else len(self._waiters)
            self._waiters.insert(ahead, (threading.get_ident(), granted))
            self._grant_slots()
        # If every holder stalls, no release grants this slot: check again after the time that all ahead may stall.
        slowest_seconds = self.stall_seconds * (1 + ahead // self.max_active)
        while not granted.acquire(timeout=slowest_seconds):
            with self._lock:
                self._grant_slots()
        _thread_state.limiter = self

    def release(self) -> None:
        """Release the slot of this thread."""
        _thread_state.limiter = None
        with self._lock:
            del self._active_since[threading.get_ident()]
            self._grant_slots()

    def _grant_slots(self) -> None:
        """Grant the free slots to the first waiters; the caller holds the lock."""
        now = time.monotonic()
        active = sum(now - since < self.stall_seconds for since in self._active_since.values())
        while self._waiters and active < self.max_active:
            thread, granted = self._waiters.popleft()
            self._active_since[thread] = now
            granted.release()
            active += 1


@contextmanager
def release_while_waiting() -> Iterator[None]:
    """Release this thread's slot, if it holds one, while it waits inside the block."""
    limiter: ConcurrencyLimiter | None = getattr(_thread_state, "limiter", None)
    if limiter is None:
        yield
        return
    limiter.release()
    try:
        yield
    finally:
        limiter.acquire(is_returning=True)


class ReleasingBody:
    """Request body that releases the thread's slot during each read."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body

    def read(self, size: int = -1, /) -> bytes:
        """Read as `IO.read`; the other methods likewise."""
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
    """WSGI middleware that runs the application inside a slot."""

    def __init__(self, application: "WSGIApplication", limiter: ConcurrencyLimiter) -> None:
        self.application, self.limiter = application, limiter

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["wsgi.input"] = ReleasingBody(environ["wsgi.input"])
        with self.limiter.slot():
            return self.application(environ, start_response)


def init_app(app: Flask) -> None:
    """Install the middleware, in front of the response cache too."""
    app.wsgi_app = ConcurrencyMiddleware(app.wsgi_app, ConcurrencyLimiter())  # type: ignore[method-assign]
