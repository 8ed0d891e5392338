"""Limits on concurrent runs and start rates per visitor, per Space and per process.

The limits are per visitor: a class is behind one address. Under pressure, slots are also shared by
client group (see `scheduling`). A run over a limit is queued (see `slot_allocator`); only a full queue
rejects one.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any

from hfcourse.errors import FormRejected
from hfcourse.runs.queue import scheduling
from hfcourse.runs.store import heartbeat
from hfcourse.runs.store.queue_counts import QueuedRun
from hfcourse.runs.store.rate_log import MINUTE_SECONDS

MAX_REMEMBERED_VISITORS = 10_000
QUEUE_SHARE_DIVISOR = 10
# While more than half of the queue is taken, a visitor may use this fraction of their share.
QUEUE_PRESSURE_DIVISOR = 4


class Limits:
    """Configured limits, and the starts of each visitor in this process in the last minute."""

    def __init__(
        self,
        max_active: int,
        max_active_per_visitor: int,
        max_active_per_space: int | None,
        max_starts_per_minute: int,
        max_queued: int,
    ) -> None:
        """Create the limits.

        Args:
            max_active: running calls of one process.
            max_active_per_space: None for no limit.
            max_starts_per_minute: of one visitor.
            max_queued: queued runs of all visitors.
        """
        self.max_active, self.max_active_per_visitor = max_active, max_active_per_visitor
        self.max_active_per_space = max_active_per_space
        self.max_starts_per_minute, self.max_queued = max_starts_per_minute, max_queued
        self._started: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Limits":
        """Create the limits from the settings."""
        return cls(
            max_active=config["RUNS_AT_ONCE"],
            max_active_per_visitor=config["RUNS_AT_ONCE_PER_VISITOR"],
            max_active_per_space=config["RUNS_AT_ONCE_PER_SPACE"],
            max_starts_per_minute=config["RUNS_PER_MINUTE"],
            max_queued=config["RUNS_WAITING"],
        )

    @property
    def max_queued_per_visitor(self) -> int:
        """Return a tenth of the queue, so that one visitor cannot fill it; fewer than ten places are not divided."""
        return self.max_queued // QUEUE_SHARE_DIVISOR or self.max_queued

    def check_queue_capacity(self, run: QueuedRun) -> None:
        """Check that the queue has a place for one more run like this.

        Raises:
            FormRejected: `limit-reached`.
        """
        counts, most = heartbeat.count_queued_runs(), self.max_queued_per_visitor
        if scheduling.is_under_pressure(counts, self.max_queued):
            if not scheduling.is_within_share(counts, run, self.max_queued, scheduling.WAITING_RESERVES):
                raise FormRejected("limit-reached")
            if self.max_queued >= QUEUE_SHARE_DIVISOR:
                most = max(most // QUEUE_PRESSURE_DIVISOR, 1)
        if counts.visitors[run.visitor] >= most:
            raise FormRejected("limit-reached")

    def count_recent_starts(self, visitor: str) -> int:
        """Count the runs that this visitor started in the last minute."""
        with self._lock:
            started = self._started.get(visitor, deque())
            while started and started[0] <= time.monotonic() - MINUTE_SECONDS:
                started.popleft()
            return len(started)

    def record_start(self, visitor: str) -> None:
        """Record that a run of this visitor starts now."""
        with self._lock:
            self._started.setdefault(visitor, deque()).append(time.monotonic())
            self._started.move_to_end(visitor)
            if len(self._started) > MAX_REMEMBERED_VISITORS:
                self._started.popitem(last=False)  # LRU: the visitor without a start for the longest time
