"""The thread that tends the runs of a process: those in hand are alive, those stopped elsewhere end, the old go."""

import logging
import threading
import time
import weakref
from collections.abc import Callable
from typing import Protocol

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from hfcourse.runs.queue.active_runs import ActiveRuns
from hfcourse.runs.retention import eviction
from hfcourse.runs.store import heartbeat, run_store

HEARTBEAT_INTERVAL_SECONDS = 2
STOP_POLL_INTERVAL_SECONDS = 0.4  # a run is stopped within a second, whichever process was asked
PRUNE_INTERVAL_SECONDS = 60

log = logging.getLogger(__name__)


class MonitoredQueue(Protocol):
    """A line of runs, as its keeper sees it."""

    def waiting_ids(self) -> list[str]: ...

    def cancel(self, run_id: str) -> None: ...

    def schedule(self) -> None: ...


class RunMonitor:
    """Lives while there are runs; in a worker, always."""

    def __init__(self, app: Flask, in_hand: ActiveRuns, line: MonitoredQueue) -> None:
        self._app = weakref.ref(app)
        self._active_runs, self._queue = in_hand, line
        self._is_permanent = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ticked_at, self._pruned_at = -float(HEARTBEAT_INTERVAL_SECONDS), -float(PRUNE_INTERVAL_SECONDS)
        self._prune_lock = threading.Lock()

    def start(self, for_ever: bool = False) -> None:
        """Be there from now on, until nothing is left to tend."""
        self._is_permanent = self._is_permanent or for_ever
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run_loop, daemon=True, name="runs-keeper")
                self._thread.start()

    def monitored_ids(self) -> list[str]:
        """The runs that wait here or are in progress here: nobody else may say that they are alive."""
        return [*self._active_runs.list_ids(), *self._queue.waiting_ids()]

    def tick(self) -> None:
        """Say that the runs are alive, start those whose turn has come, prune now and then."""
        self._run_in_app_context("The runs in progress could not be tended", self._renew_heartbeats)
        if time.monotonic() - self._pruned_at > PRUNE_INTERVAL_SECONDS:
            self._pruned_at = time.monotonic()
            # In a thread of its own: deleting a thousand files takes longer than a heartbeat may wait.
            threading.Thread(target=self._prune, daemon=True, name="runs-pruning").start()

    def _run_loop(self) -> None:
        while self._is_needed():
            if time.monotonic() - self._ticked_at >= HEARTBEAT_INTERVAL_SECONDS:
                self._ticked_at = time.monotonic()
                self.tick()
            time.sleep(STOP_POLL_INTERVAL_SECONDS)
            self._run_in_app_context("Stops could not be looked for", self._apply_cancellations)

    def _is_needed(self) -> bool:
        with self._lock:
            is_needed = self._app() is not None and (self._is_permanent or bool(self.monitored_ids()))
            if not is_needed:
                self._thread = None
            return is_needed

    def _run_in_app_context(self, failing: str, do: Callable[[], object]) -> None:
        """Do something that needs the application; a failure is told, and met again the next time."""
        app = self._app()
        if app is None:
            return
        try:
            with app.app_context():
                do()
        except SQLAlchemyError as error:
            log.error("%s: %s", failing, type(error).__name__)
        except Exception:
            log.exception(failing)

    def _renew_heartbeats(self) -> None:
        if kept := self.monitored_ids():
            heartbeat.renew_heartbeats(kept)
        self._queue.schedule()

    def _apply_cancellations(self) -> None:
        """Stop the runs that another process was asked to stop."""
        if kept := self.monitored_ids():
            for run_id in run_store.find_stop_requests(kept):
                self._queue.cancel(run_id)
                self._active_runs.cancel_run(run_id)

    def _prune(self) -> None:
        if not self._prune_lock.acquire(blocking=False):
            return
        try:
            self._run_in_app_context("Old runs could not be pruned", eviction.prune_all)
        finally:
            self._prune_lock.release()
