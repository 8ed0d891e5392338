"""Registry of the runs that this process executes, each with its cancel scope, until it has ended."""

import logging
import threading
import time
import weakref

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.execution.execute import ClaimFunction, execute_run

DRAIN_POLL_INTERVAL_SECONDS = 0.05

log = logging.getLogger(__name__)


class ActiveRuns:
    """Registry of the active runs of this process."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self.deadline_seconds = app.config["CALL_DEADLINE_SECONDS"]
        self._cancel_scopes: dict[str, CancelScope] = {}
        self._lock = threading.Lock()

    def list_ids(self) -> list[str]:
        """Return the ids of the active runs."""
        with self._lock:
            return list(self._cancel_scopes)

    def register(self, run_id: str) -> CancelScope:
        """Register a run: it can be cancelled and its deadline starts.

        `execute_registered` or `unregister` must follow.
        """
        scope = CancelScope(self.deadline_seconds)
        with self._lock:
            self._cancel_scopes[run_id] = scope
        return scope

    def unregister(self, run_id: str) -> None:
        """Remove a run from the registry."""
        with self._lock:
            self._cancel_scopes.pop(run_id, None)

    def execute_registered(self, run_id: str, scope: CancelScope, claim: ClaimFunction) -> bool:
        """Execute a registered run in this thread; return False if it was not claimed, or raised."""
        app = self._app()
        try:
            if app:
                with app.app_context():
                    return execute_run(run_id, scope, claim)
        except SQLAlchemyError as error:  # the database is down: the run is marked abandoned by its stale heartbeat
            log.error("Run %s could not be finished: %s", run_id, type(error).__name__)
        except Exception:
            log.exception("Run %s could not be executed", run_id)
        finally:
            self.unregister(run_id)
        return False

    def cancel_run(self, run_id: str) -> None:
        """Cancel the call of this run, if it is active in this process."""
        with self._lock:
            scope = self._cancel_scopes.get(run_id)
        if scope:
            scope.cancel()

    def wait_until_done(self, seconds: float) -> None:
        """Wait until all active runs have ended, with a timeout."""
        deadline = time.monotonic() + seconds
        while self.list_ids() and time.monotonic() < deadline:
            time.sleep(DRAIN_POLL_INTERVAL_SECONDS)

    def cancel_all(self) -> None:
        """Cancel every call."""
        for run_id in self.list_ids():
            self.cancel_run(run_id)
