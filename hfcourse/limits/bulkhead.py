"""Bulkhead: limits how many server threads may wait for the Hub and for Spaces' descriptions.

However slow those are, and however many visitors request them, the remaining threads serve lessons. A run waits in a
thread of its own, which is not counted here.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, has_request_context, request

from hfcourse.errors import CallError
from hfcourse.server.threads import count_threads

THREADS_PER_SLOT = 4  # a quarter of the threads may wait
# Requests queue this long before rejection, because a class opens a Space at the same time.
SLOT_TIMEOUT_SECONDS = 1.0


class BulkheadFull(CallError):
    """No slot became free before the timeout."""

    def __init__(self, code: str = "timeout", said: str = "") -> None:
        super().__init__(code, said)


class Bulkhead:
    """Semaphore of the waiting threads of this process, whose limit is given at each acquisition."""

    def __init__(self) -> None:
        self._waiting = 0
        self._changed = threading.Condition()

    @contextmanager
    def acquire_slot(self, limit: int) -> Iterator[None]:
        """Hold one of `limit` slots inside the block.

        Raises:
            BulkheadFull: no slot became free within SLOT_TIMEOUT_SECONDS.
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
    """Hold a slot of this process inside the block, if a threaded server is handling a request.

    Raises:
        BulkheadFull: as `Bulkhead.acquire_slot`.
    """
    if not (has_request_context() and request.environ.get("wsgi.multithread")):
        yield
        return
    bulkhead: Bulkhead = current_app.extensions["bulkhead"]
    with bulkhead.acquire_slot(max(1, count_threads(request.environ) // THREADS_PER_SLOT)):
        yield


def init_app(app: Flask) -> None:
    """Create the bulkhead of this process."""
    app.extensions["bulkhead"] = Bulkhead()
