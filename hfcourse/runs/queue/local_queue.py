"""The line of one process: runs wait here for their turn, and threads of this process execute them.

A thread of its own for each call in progress (not a ThreadPoolExecutor, whose threads the interpreter
waits for at exit: a call may last two minutes).
"""

import logging
import threading
import weakref
from collections import deque

from flask import Flask

from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.queue import scheduling
from hfcourse.runs.queue.active_runs import ActiveRuns
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.store import notifications, run_store
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun

log = logging.getLogger(__name__)


class LocalQueue:
    """The runs that wait for a thread of this process, each visitor and each Space within its limits."""

    def __init__(self, app: Flask, limits: Limits, in_hand: ActiveRuns) -> None:
        self._app = weakref.ref(app)
        self.limits, self.active_runs = limits, in_hand
        self._waiting: deque[QueuedRun] = deque()
        self.active_counts = ActiveCounts()
        self._lock = threading.Lock()

    @property
    def owner(self) -> str:
        """Who has a new run in hand: this process."""
        return run_store.get_process_name()

    def enqueue(self, waiting: QueuedRun) -> None:
        """Have a stored run executed as soon as its turn comes."""
        with self._lock:
            self._waiting.append(waiting)
        self.schedule()

    def cancel(self, run_id: str) -> None:
        """It was stopped: left there it would take a place, and one of its visitor's runs of this minute."""
        with self._lock:
            self._waiting = deque(waiting for waiting in self._waiting if waiting.run_id != run_id)
        self._notify_positions()

    def waiting_ids(self) -> list[str]:
        """The runs that wait here, in order."""
        with self._lock:
            return [waiting.run_id for waiting in self._waiting]

    def find_position(self, run_id: str) -> tuple[int, int] | None:
        """Runs before this one, and how many wait in all; None if it does not wait here."""
        ids = self.waiting_ids()
        return (ids.index(run_id), len(ids)) if run_id in ids else None

    def is_reachable(self) -> bool:
        """This process reaches its own line."""
        return True

    def is_stalled(self) -> bool:
        """The threads of this process are always there."""
        return False

    def schedule(self) -> None:
        """Start every waiting run whose visitor, Space and session have room, in the order of `scheduling`."""
        self._start_admissible()
        self._notify_positions()

    def close(self) -> list[str]:
        """Let nothing more start; return what waited."""
        waiting = self.waiting_ids()
        with self._lock:
            self._waiting.clear()
        return waiting

    def _notify_positions(self) -> None:
        """The places have changed."""
        app, ids = self._app(), self.waiting_ids()
        if app and ids:
            with app.app_context():
                notifications.notify_position(ids)

    def _start_admissible(self) -> None:
        with self._lock:
            while (waiting := self._select_next()) is not None:
                try:
                    self._start(waiting)
                except RuntimeError:  # the system gives no more threads: the keeper tries again
                    log.error("No thread could be started for run %s", waiting.run_id)
                    return

    def _select_next(self) -> QueuedRun | None:
        limits = self.limits
        return scheduling.select_next(
            self._waiting, self.active_counts, limits.max_active, self._is_allowed, limits.count_recent_starts
        )

    def _is_allowed(self, waiting: QueuedRun) -> bool:
        return self.limits.allows(self.active_counts, waiting, self.limits.count_recent_starts(waiting.visitor))

    def _start(self, waiting: QueuedRun) -> None:
        run_id = waiting.run_id
        leash = self.active_runs.register(run_id)
        try:
            threading.Thread(target=self._execute, args=(waiting, leash), daemon=True, name=f"run-{run_id}").start()
        except RuntimeError:
            self.active_runs.unregister(run_id)
            raise
        # Counted once it is sure to start; at its end it waits for the lock that is held here.
        self._waiting.remove(waiting)
        self.active_counts.add(waiting)
        self.limits.record_start(waiting.visitor)

    def _execute(self, waiting: QueuedRun, leash: CancelScope) -> None:
        try:
            self.active_runs.execute_registered(waiting.run_id, leash, run_store.claim_run)
        finally:
            with self._lock:
                self.active_counts.remove(waiting)
            self.schedule()
