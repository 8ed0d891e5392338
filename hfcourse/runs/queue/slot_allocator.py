"""Allocation of slots: which queued run starts next, from counts alone; the only admission rule of both profiles. Pure.

A process that executes its own runs keeps the counts in memory (`local_queue`), workers read them from
the database under a lock (`admission`). Both ask this module: the limits of a visitor, a session, a Space
and a minute are checked here, fair sharing is in `scheduling`.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from hfcourse.runs.queue import scheduling
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun


class RunLimits(Protocol):
    """Configured limits, of which a run may exceed none when it starts."""

    max_active_per_visitor: int
    max_active_per_space: int | None
    max_starts_per_minute: int


class SlotAllocator:
    """Admission rule for the runs of one queue, over the counts of the active runs."""

    def __init__(self, limits: RunLimits, counts: ActiveCounts, count_recent_starts: Callable[[str], int]) -> None:
        """Create an allocator.

        Args:
            limits: read at each decision.
            counts: active runs; the owner adds each run that starts and removes each that ends.
            count_recent_starts: returns the number of runs that a visitor started in the last minute.
        """
        self._limits, self._counts, self._count_recent_starts = limits, counts, count_recent_starts

    def select_next(self, queued: Iterable[QueuedRun], slots: float) -> QueuedRun | None:
        """Return the queued run that should start now, None if none may.

        Args:
            queued: in the order of arrival.
            slots: number of slots in all; infinite if unknown.
        """
        return scheduling.select_next(queued, self._counts, slots, self._is_within_limits, self._count_recent_starts)

    def can_start(self, run: QueuedRun, list_queued: Callable[[], Iterable[QueuedRun]], slots: float) -> bool:
        """May this run start now, with a slot left for each queued run whose turn is before?

        Args:
            run: one of the queued runs.
            list_queued: returns all of them; called only if slots are scarce.
            slots: number of slots in all; infinite if unknown.
        """
        if not self._is_within_limits(run) or scheduling.is_deferred(run, self._counts, slots):
            return False
        if not scheduling.is_under_pressure(self._counts, slots):
            return True
        return scheduling.is_among_next(run, list_queued(), self._counts, int(slots), self._count_recent_starts)

    def _is_within_limits(self, run: QueuedRun) -> bool:
        counts, limits = self._counts, self._limits
        if run.session in counts.sessions or counts.visitors[run.visitor] >= limits.max_active_per_visitor:
            return False
        if limits.max_active_per_space is not None and counts.spaces[run.space] >= limits.max_active_per_space:
            return False
        return self._count_recent_starts(run.visitor) < limits.max_starts_per_minute
