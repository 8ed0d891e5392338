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

    def waiting(self) -> list[str]: ...

    def withdraw(self, run_id: str) -> None: ...

    def tend(self) -> None: ...


class RunMonitor:
    """Lives while there are runs; in a worker, always."""

    def __init__(self, app: Flask, in_hand: ActiveRuns, line: MonitoredQueue) -> None:
        self._app = weakref.ref(app)
        self._in_hand, self._line = in_hand, line
        self._is_for_ever = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tended_at, self._pruned_at = -float(HEARTBEAT_INTERVAL_SECONDS), -float(PRUNE_INTERVAL_SECONDS)
        self._pruning = threading.Lock()

    def start(self, for_ever: bool = False) -> None:
        """Be there from now on, until nothing is left to tend."""
        self._is_for_ever = self._is_for_ever or for_ever
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._keep, daemon=True, name="runs-keeper")
                self._thread.start()

    def kept(self) -> list[str]:
        """The runs that wait here or are in progress here: nobody else may say that they are alive."""
        return [*self._in_hand.ids(), *self._line.waiting()]

    def tend(self) -> None:
        """Say that the runs are alive, start those whose turn has come, prune now and then."""
        self._with_app("The runs in progress could not be tended", self._beat)
        if time.monotonic() - self._pruned_at > PRUNE_INTERVAL_SECONDS:
            self._pruned_at = time.monotonic()
            # In a thread of its own: deleting a thousand files takes longer than a heartbeat may wait.
            threading.Thread(target=self._prune, daemon=True, name="runs-pruning").start()

    def _keep(self) -> None:
        while self._is_needed():
            if time.monotonic() - self._tended_at >= HEARTBEAT_INTERVAL_SECONDS:
                self._tended_at = time.monotonic()
                self.tend()
            time.sleep(STOP_POLL_INTERVAL_SECONDS)
            self._with_app("Stops could not be looked for", self._heed_stops)

    def _is_needed(self) -> bool:
        with self._lock:
            is_needed = self._app() is not None and (self._is_for_ever or bool(self.kept()))
            if not is_needed:
                self._thread = None
            return is_needed

    def _with_app(self, failing: str, do: Callable[[], object]) -> None:
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

    def _beat(self) -> None:
        if kept := self.kept():
            heartbeat.renew_heartbeats(kept)
        self._line.tend()

    def _heed_stops(self) -> None:
        """Stop the runs that another process was asked to stop."""
        if kept := self.kept():
            for run_id in run_store.find_stop_requests(kept):
                self._line.withdraw(run_id)
                self._in_hand.stop(run_id)

    def _prune(self) -> None:
        if not self._pruning.acquire(blocking=False):
            return
        try:
            self._with_app("Old runs could not be pruned", eviction.prune_all)
        finally:
            self._pruning.release()
