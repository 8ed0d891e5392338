"""Timer thread: deferred callbacks of all runs of the process.

A run's own thread cannot run them: it blocks until the next event of the Space, which may take a
minute.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)
IDLE_TIMEOUT_SECONDS = 2


class TimerThread:
    """Priority queue of callbacks by time; its thread ends after an idle timeout."""

    def __init__(self) -> None:
        self._pending: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()  # tie-breaker for callbacks of the same time
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def call_at(self, moment: float, callback: Callable[[], None]) -> None:
        """Schedule a callback for this time of `time.monotonic()`."""
        with self._changed:
            heapq.heappush(self._pending, (moment, next(self._numbers), callback))
            if self._thread is None or not self._thread.is_alive():  # threads do not survive a fork
                self._thread = threading.Thread(target=self._run_loop, daemon=True, name="runs-later")
                self._thread.start()
            self._changed.notify()

    def _run_loop(self) -> None:
        while (callback := self._wait_for_next()) is not None:
            try:
                callback()
            except Exception as error:
                log.error("A deferred callback of a run raised an unexpected %s", type(error).__name__)

    def _wait_for_next(self) -> Callable[[], None] | None:
        """Return the next callback when it is due; None to end the thread."""
        with self._changed:
            while True:
                if not self._pending and not self._changed.wait_for(lambda: self._pending, IDLE_TIMEOUT_SECONDS):
                    self._thread = None
                    return None
                remaining = self._pending[0][0] - time.monotonic()
                if remaining <= 0:
                    return heapq.heappop(self._pending)[2]
                self._changed.wait(remaining)


timers = TimerThread()
