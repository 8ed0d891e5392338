"""Clocks that tests set: the date by time-machine, `time.monotonic()` by injection.

time-machine does not mock `time.monotonic()` (3.6), by which locks and selectors wait.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace

import pytest
import time_machine

from hfcourse.limits import cpu_budget


@pytest.fixture
def wall_clock() -> Iterator[time_machine.Traveller]:
    """The date of this process: it stands still until `shift(seconds)` or `move_to(moment)`."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


class FakeMonotonic:
    """`time.monotonic()` of these modules, and of no other: it stands still until `advance`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
        self.seconds = time.monotonic()
        fake_time = SimpleNamespace(**vars(time) | {"monotonic": lambda: self.seconds})
        for module in modules:
            monkeypatch.setattr(module, "time", fake_time)

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass."""
        self.seconds += seconds


class FakeCpuClock:
    """`time.thread_time()` of the CPU budgets: each reading takes `step` seconds, and `advance` adds to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: float = 0.0) -> None:
        self.seconds, self._step = 0.0, step
        monkeypatch.setattr(cpu_budget, "time", SimpleNamespace(**vars(time) | {"thread_time": self._read}))

    def _read(self) -> float:
        self.seconds += self._step
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let this thread compute for that long."""
        self.seconds += seconds


class ManualClock:
    """Stands in for `time.monotonic` (`read`) and for `timers.call_at`."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pending: list[tuple[float, Callable[[], None]]] = []

    def read(self) -> float:
        return self.now

    def call_at(self, moment: float, callback: Callable[[], None]) -> None:
        self.pending.append((moment, callback))

    def advance(self, seconds: float) -> None:
        """Let time pass; call what is due on the way, each at its own moment."""
        end = self.now + seconds
        while due := sorted((each for each in self.pending if each[0] <= end), key=lambda each: each[0]):
            self.pending.remove(due[0])
            self.now = max(self.now, due[0][0])
            due[0][1]()
        self.now = max(self.now, end)  # a callback may have taken longer
