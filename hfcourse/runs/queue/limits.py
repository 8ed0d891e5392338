"""How much one visitor, one Space and this process may do at once.

The limits are per visitor: a class sits behind one address. Under pressure places are shared by client group besides
(see `scheduling`). A run over a limit waits its turn; only a full waiting room refuses.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any

from hfcourse.errors import FormRejected
from hfcourse.runs.queue import scheduling
from hfcourse.runs.store import heartbeat
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun
from hfcourse.runs.store.rate_log import MINUTE_SECONDS

MAX_REMEMBERED_VISITORS = 10_000
QUEUE_SHARE_DIVISOR = 10
QUEUE_PRESSURE_DIVISOR = (
    4  # of their part of the waiting room a visitor has so much while more than half of it is taken
)


class Limits:
    """The limits, and what each visitor started here in the last minute."""

    def __init__(self, at_once: int, per_visitor: int, per_space: int | None, per_minute: int, waiting: int) -> None:
        self.max_active, self.max_active_per_visitor, self.max_active_per_space = at_once, per_visitor, per_space
        self.max_starts_per_minute, self.max_queued = per_minute, waiting
        self._started: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Limits":
        """The limits that the settings give."""
        return cls(
            config["RUNS_AT_ONCE"],
            config["RUNS_AT_ONCE_PER_VISITOR"],
            config["RUNS_AT_ONCE_PER_SPACE"],
            config["RUNS_PER_MINUTE"],
            config["RUNS_WAITING"],
        )

    @property
    def max_queued_per_visitor(self) -> int:
        """A tenth of the waiting room, so that nobody fills it alone; less than ten places are not divided."""
        return self.max_queued // QUEUE_SHARE_DIVISOR or self.max_queued

    def check_queue_capacity(self, run: QueuedRun) -> None:
        """Check that the waiting room has a place for one more run like this.

        Raises:
            Refused: `limit-reached`.
        """
        counts, most = heartbeat.count_queued_runs(), self.max_queued_per_visitor
        if scheduling.is_under_pressure(counts, self.max_queued):
            if not scheduling.is_within_share(counts, run, self.max_queued, scheduling.WAITING_RESERVES):
                raise FormRejected("limit-reached")
            if self.max_queued >= QUEUE_SHARE_DIVISOR:
                most = max(most // QUEUE_PRESSURE_DIVISOR, 1)
        if counts.visitors[run.visitor] >= most:
            raise FormRejected("limit-reached")

    def allows(self, going_on: ActiveCounts, waiting: QueuedRun, recent: int) -> bool:
        """May it start beside those that go on, as one more than its visitor started in the last minute?"""
        if waiting.session in going_on.sessions or going_on.visitors[waiting.visitor] >= self.max_active_per_visitor:
            return False
        if self.max_active_per_space is not None and going_on.spaces[waiting.space] >= self.max_active_per_space:
            return False
        return recent < self.max_starts_per_minute

    def count_recent_starts(self, visitor: str) -> int:
        """Runs that this visitor started in the last minute."""
        with self._lock:
            started = self._started.get(visitor, deque())
            while started and started[0] <= time.monotonic() - MINUTE_SECONDS:
                started.popleft()
            return len(started)

    def record_start(self, visitor: str) -> None:
        """One more run of this visitor starts now."""
        with self._lock:
            self._started.setdefault(visitor, deque()).append(time.monotonic())
            self._started.move_to_end(visitor)
            if len(self._started) > MAX_REMEMBERED_VISITORS:
                self._started.popitem(last=False)  # who started nothing for the longest time
