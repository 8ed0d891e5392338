"""Doing something a moment later, in one thread for all runs of the process.

A run's own thread cannot: it waits for what the Space says next, which may be in a minute.
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
    """What is to be done, the soonest first; its thread ends when there is nothing for some time."""

    def __init__(self) -> None:
        self._pending: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()  # tells apart two things of the same moment
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def call_at(self, moment: float, do: Callable[[], None]) -> None:
        """Do it at this moment of `time.monotonic()`."""
        with self._changed:
            heapq.heappush(self._pending, (moment, next(self._numbers), do))
            if self._thread is None or not self._thread.is_alive():  # a fork has no thread but the one that forked
                self._thread = threading.Thread(target=self._run_loop, daemon=True, name="runs-later")
                self._thread.start()
            self._changed.notify()

    def _run_loop(self) -> None:
        while (do := self._wait_for_next()) is not None:
            try:
                do()
            except Exception as error:
                log.error("Something that a run put off met an unforeseen %s", type(error).__name__)

    def _wait_for_next(self) -> Callable[[], None] | None:
        """The next thing to do, when its moment has come; None to end the thread."""
        with self._changed:
            while True:
                if not self._pending and not self._changed.wait_for(lambda: self._pending, IDLE_TIMEOUT_SECONDS):
                    self._thread = None
                    return None
                left = self._pending[0][0] - time.monotonic()
                if left <= 0:
                    return heapq.heappop(self._pending)[2]
                self._changed.wait(left)


timers = TimerThread()
