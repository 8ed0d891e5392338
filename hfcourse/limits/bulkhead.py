"""A bulkhead: only a share of the server's threads may wait for the Hub and for Spaces that describe themselves.

However silent those are, and however many visitors ask for them, the other threads serve lessons. A run waits in a
thread of its own, which this does not count.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, has_request_context, request

from hfcourse.errors import CallError
from hfcourse.server.threads import count_threads

THREADS_PER_SLOT = 4  # one thread in so many
# A class that opens a Space together waits a moment for its turn, rather than being refused.
SLOT_TIMEOUT_SECONDS = 1.0


class BulkheadFull(CallError):
    """All threads that may wait do."""

    def __init__(self, code: str = "timeout", said: str = "") -> None:
        super().__init__(code, said)


class Bulkhead:
    """The threads of this process that wait."""

    def __init__(self) -> None:
        self._waiting = 0
        self._changed = threading.Condition()

    @contextmanager
    def acquire_slot(self, limit: int) -> Iterator[None]:
        """Be one of at most `limit` threads inside the block.

        Raises:
            BulkheadFull: none of them left it within SLOT_TIMEOUT_SECONDS.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting < limit, SLOT_TIMEOUT_SECONDS):
                raise BulkheadFull
            self._waiting += 1
        try:
            yield
        finally:
            with self._changed:
                self._waiting -= 1
                self._changed.notify()


@contextmanager
def hold_bulkhead_slot() -> Iterator[None]:
    """Hold one of the slots of this process inside the block, where a visitor's request waits.

    Raises:
        BulkheadFull: as `Bulkhead.slot`.
    """
    if not (has_request_context() and request.environ.get("wsgi.multithread")):
        yield
        return
    bulkhead: Bulkhead = current_app.extensions["bulkhead"]
    with bulkhead.acquire_slot(max(1, count_threads(request.environ) // THREADS_PER_SLOT)):
        yield


def init_app(app: Flask) -> None:
    """Nobody waits yet."""
    app.extensions["bulkhead"] = Bulkhead()
