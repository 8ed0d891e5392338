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
        self.limits, self.in_hand = limits, in_hand
        self._waiting: deque[QueuedRun] = deque()
        self.going_on = ActiveCounts()
        self._lock = threading.Lock()

    @property
    def holder(self) -> str:
        """Who has a new run in hand: this process."""
        return run_store.get_process_name()

    def submit(self, waiting: QueuedRun) -> None:
        """Have a stored run executed as soon as its turn comes."""
        with self._lock:
            self._waiting.append(waiting)
        self.tend()

    def withdraw(self, run_id: str) -> None:
        """It was stopped: left there it would take a place, and one of its visitor's runs of this minute."""
        with self._lock:
            self._waiting = deque(waiting for waiting in self._waiting if waiting.run_id != run_id)
        self._tell_waiting()

    def waiting(self) -> list[str]:
        """The runs that wait here, in order."""
        with self._lock:
            return [waiting.run_id for waiting in self._waiting]

    def place(self, run_id: str) -> tuple[int, int] | None:
        """Runs before this one, and how many wait in all; None if it does not wait here."""
        ids = self.waiting()
        return (ids.index(run_id), len(ids)) if run_id in ids else None

    def is_reachable(self) -> bool:
        """This process reaches its own line."""
        return True

    def is_stalled(self) -> bool:
        """The threads of this process are always there."""
        return False

    def tend(self) -> None:
        """Start every waiting run whose visitor, Space and session have room, in the order of `scheduling`."""
        self._start_those_allowed()
        self._tell_waiting()

    def close(self) -> list[str]:
        """Let nothing more start; return what waited."""
        waiting = self.waiting()
        with self._lock:
            self._waiting.clear()
        return waiting

    def _tell_waiting(self) -> None:
        """The places have changed."""
        app, ids = self._app(), self.waiting()
        if app and ids:
            with app.app_context():
                notifications.notify_position(ids)

    def _start_those_allowed(self) -> None:
        with self._lock:
            while (waiting := self._next()) is not None:
                try:
                    self._start(waiting)
                except RuntimeError:  # the system gives no more threads: the keeper tries again
                    log.error("No thread could be started for run %s", waiting.run_id)
                    return

    def _next(self) -> QueuedRun | None:
        limits = self.limits
        return scheduling.select_next(self._waiting, self.going_on, limits.at_once, self._is_allowed, limits.recent)

    def _is_allowed(self, waiting: QueuedRun) -> bool:
        return self.limits.allow(self.going_on, waiting, self.limits.recent(waiting.visitor))

    def _start(self, waiting: QueuedRun) -> None:
        run_id = waiting.run_id
        leash = self.in_hand.take(run_id)
        try:
            threading.Thread(target=self._execute, args=(waiting, leash), daemon=True, name=f"run-{run_id}").start()
        except RuntimeError:
            self.in_hand.drop(run_id)
            raise
        # Counted once it is sure to start; at its end it waits for the lock that is held here.
        self._waiting.remove(waiting)
        self.going_on.add(waiting)
        self.limits.note(waiting.visitor)

    def _execute(self, waiting: QueuedRun, leash: CancelScope) -> None:
        try:
            self.in_hand.execute(waiting.run_id, leash, run_store.claim_run)
        finally:
            with self._lock:
                self.going_on.remove(waiting)
            self.tend()
