"""In-process queue of runs, executed by threads of this process.

One thread for each active call (not a ThreadPoolExecutor, whose threads the interpreter joins at
exit: a call may last two minutes).
"""

import logging
import threading
import weakref
from collections import deque

from flask import Flask

from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.queue.active_runs import ActiveRuns
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.queue.slot_allocator import SlotAllocator
from hfcourse.runs.store import effective_status, notifications, run_store
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun

log = logging.getLogger(__name__)


class LocalQueue:
    """Queue of the runs that wait for a thread of this process, within the limits."""

    def __init__(self, app: Flask, limits: Limits, active_runs: ActiveRuns) -> None:
        self._app = weakref.ref(app)
        self.limits, self.active_runs = limits, active_runs
        self._queued: deque[QueuedRun] = deque()
        self.active_counts = ActiveCounts()
        self._allocator = SlotAllocator(limits, self.active_counts, limits.count_recent_starts)
        self._lock = threading.Lock()

    @property
    def owner(self) -> str:
        """Return the owner of a new run: this process."""
        return effective_status.get_process_name()

    def enqueue(self, run: QueuedRun) -> None:
        """Enqueue a stored run for execution as soon as its turn arrives."""
        with self._lock:
            self._queued.append(run)
        self.schedule()

    def cancel(self, run_id: str) -> None:
        """Remove a stopped run, which would otherwise use a slot and count against its visitor's rate limit."""
        with self._lock:
            self._queued = deque(run for run in self._queued if run.run_id != run_id)
        self._notify_positions()

    def waiting_ids(self) -> list[str]:
        """Return the ids of the queued runs, in order."""
        with self._lock:
            return [run.run_id for run in self._queued]

    def find_position(self, run_id: str) -> tuple[int, int] | None:
        """Return the number of runs before this one and the queue's length; None if it is not queued here."""
        ids = self.waiting_ids()
        return (ids.index(run_id), len(ids)) if run_id in ids else None

    def is_reachable(self) -> bool:
        """Return True: the queue is in this process."""
        return True

    def is_stalled(self) -> bool:
        """Return False: threads of this process are always available."""
        return False

    def schedule(self) -> None:
        """Start every queued run within its limits, in the order of `slot_allocator`."""
        self._start_admissible()
        self._notify_positions()

    def close(self) -> list[str]:
        """Clear the queue, so that no run starts any more; return the ids it contained."""
        run_ids = self.waiting_ids()
        with self._lock:
            self._queued.clear()
        return run_ids

    def _notify_positions(self) -> None:
        """Notify the subscribers of the queued runs that positions have changed."""
        app, ids = self._app(), self.waiting_ids()
        if app and ids:
            with app.app_context():
                notifications.notify_position(ids)

    def _start_admissible(self) -> None:
        with self._lock:
            while (run := self._allocator.select_next(self._queued, self.limits.max_active)) is not None:
                try:
                    self._start(run)
                except RuntimeError:  # thread limit of the system: the monitor retries
                    log.error("No thread could be started for run %s", run.run_id)
                    return

    def _start(self, run: QueuedRun) -> None:
        run_id = run.run_id
        scope = self.active_runs.register(run_id)
        try:
            threading.Thread(target=self._execute, args=(run, scope), daemon=True, name=f"run-{run_id}").start()
        except RuntimeError:
            self.active_runs.unregister(run_id)
            raise
        # Counted only after the thread has started; its end waits for the lock held here.
        self._queued.remove(run)
        self.active_counts.add(run)
        self.limits.record_start(run.visitor)

    def _execute(self, run: QueuedRun, scope: CancelScope) -> None:
        try:
            self.active_runs.execute_registered(run.run_id, scope, run_store.claim_run)
        finally:
            with self._lock:
                self.active_counts.remove(run)
            self.schedule()
