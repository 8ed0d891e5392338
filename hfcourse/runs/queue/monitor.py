"""Monitor thread of a process: renew heartbeats, mark abandoned runs, apply stop requests, schedule and prune."""

import logging
import threading
import time
import weakref
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database
from hfcourse.runs.queue.active_runs import ActiveRuns
from hfcourse.runs.retention import eviction
from hfcourse.runs.store import effective_status, heartbeat, stop_requests

HEARTBEAT_INTERVAL_SECONDS = 2
STOP_POLL_INTERVAL_SECONDS = 0.4  # a run is stopped within a second, whichever process received the request
PRUNE_INTERVAL_SECONDS = 60

log = logging.getLogger(__name__)


class MonitoredQueue(Protocol):
    """Interface of a queue that the monitor uses."""

    def waiting_ids(self) -> list[str]: ...

    def cancel(self, run_id: str) -> None: ...

    def schedule(self) -> None: ...


class RunMonitor:
    """Monitor thread, alive while there are runs; in a worker, permanently."""

    def __init__(self, app: Flask, active_runs: ActiveRuns, queue: MonitoredQueue) -> None:
        self._app = weakref.ref(app)
        self._active_runs, self._queue = active_runs, queue
        self._is_permanent = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ticked_at, self._pruned_at = -float(HEARTBEAT_INTERVAL_SECONDS), -float(PRUNE_INTERVAL_SECONDS)
        self._prune_lock = threading.Lock()

    def start(self, *, is_permanent: bool = False) -> None:
        """Start the thread, which ends once there are no runs, or never if `is_permanent`."""
        self._is_permanent = self._is_permanent or is_permanent
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._note_renewal(database.utc_now())  # the runs that it is started for are new
                self._thread = threading.Thread(target=self._run_loop, daemon=True, name="runs-keeper")
                self._thread.start()

    def monitored_ids(self) -> list[str]:
        """Return the runs queued or active in this process: only it renews their heartbeats."""
        return [*self._active_runs.list_ids(), *self._queue.waiting_ids()]

    def tick(self) -> None:
        """Renew heartbeats, schedule and mark abandoned runs; prune at intervals."""
        self._run_in_app_context("Heartbeats could not be renewed", self._renew_heartbeats)
        self._run_in_app_context("Abandoned runs could not be marked", heartbeat.mark_abandoned)
        if time.monotonic() - self._pruned_at > PRUNE_INTERVAL_SECONDS:
            self._pruned_at = time.monotonic()
            # In a separate thread: deleting a thousand files takes longer than the heartbeat timeout.
            threading.Thread(target=self._prune, daemon=True, name="runs-pruning").start()

    def _run_loop(self) -> None:
        while self._is_needed():
            if time.monotonic() - self._ticked_at >= HEARTBEAT_INTERVAL_SECONDS:
                self._ticked_at = time.monotonic()
                self.tick()
            time.sleep(STOP_POLL_INTERVAL_SECONDS)
            self._run_in_app_context("Stop requests could not be polled", self._apply_cancellations)

    def _is_needed(self) -> bool:
        with self._lock:
            is_needed = self._app() is not None and (self._is_permanent or bool(self.monitored_ids()))
            if not is_needed:
                self._thread = None
                self._note_renewal(None)
            return is_needed

    def _note_renewal(self, moment: datetime | None) -> None:
        """Record when this process last renewed its heartbeats: see `OwnHeartbeats`."""
        if app := self._app():
            effective_status.get_own_heartbeats(app).renewed_at = moment

    def _run_in_app_context(self, message: str, do: Callable[[], object]) -> None:
        """Call `do` in the application context; log an exception, the next tick retries."""
        app = self._app()
        if app is None:
            return
        try:
            with app.app_context():
                do()
        except SQLAlchemyError as error:
            log.error("%s: %s", message, type(error).__name__)
        except Exception:
            log.exception(message)

    def _renew_heartbeats(self) -> None:
        moment, run_ids = database.utc_now(), self.monitored_ids()
        if run_ids:
            heartbeat.renew_heartbeats(run_ids)
        self._note_renewal(moment)
        self._queue.schedule()

    def _apply_cancellations(self) -> None:
        """Cancel the runs that were stopped or deleted in another process."""
        if run_ids := self.monitored_ids():
            for run_id in stop_requests.find_stop_requests(run_ids):
                self._queue.cancel(run_id)
                self._active_runs.cancel_run(run_id)

    def _prune(self) -> None:
        if not self._prune_lock.acquire(blocking=False):
            return
        try:
            self._run_in_app_context("Old runs could not be pruned", eviction.prune_all)
        finally:
            self._prune_lock.release()
