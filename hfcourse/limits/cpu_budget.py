"""CPU time budget, for work whose cost untrusted input decides. Pure.

CPU time of the current thread, not wall-clock time: a page rendered on a busy machine must look the same as on an
idle one.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class CpuBudgetExceeded(Exception):
    """The budget is used up."""


class CpuBudget:
    """Seconds of CPU time that one thread may spend on a task.

    The clock starts with `start()` (or inside `measure()`) and belongs to the thread that started it.

    Args:
        seconds: the whole budget.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._spent = 0.0
        self._started_at: float | None = None

    def start(self) -> None:
        """Start the clock; idempotent while it runs."""
        if self._started_at is None:
            self._started_at = time.thread_time()

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Run the clock only inside the block; may be repeated."""
        self.start()
        try:
            yield
        finally:
            self._spent, self._started_at = self.spent_seconds, None

    @property
    def spent_seconds(self) -> float:
        running = 0.0 if self._started_at is None else time.thread_time() - self._started_at
        return self._spent + running

    @property
    def remaining_seconds(self) -> float:
        return max(0.0, self._seconds - self.spent_seconds)

    @property
    def is_exhausted(self) -> bool:
        return self.spent_seconds >= self._seconds

    def check(self) -> None:
        """Raise if the budget is used up; cheap enough for each step of a parser.

        Raises:
            CpuBudgetExceeded
        """
        running = 0.0 if self._started_at is None else time.thread_time() - self._started_at
        if self._spent + running >= self._seconds:
            raise CpuBudgetExceeded
