"""Registry of the runs that this process executes, each with its cancel scope, until it has ended."""

import logging
import threading
import time
import weakref
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from hfcourse.limits import concurrency
from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.execution.execute import ClaimFunction, execute_run

DRAIN_POLL_INTERVAL_SECONDS = 0.05
# The first page of a run waits this long for its end: nobody notices a tenth of a second, and the answer of a Space
# nearby is then on that page, which need not follow it.
QUICK_RUN_SECONDS = 0.1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ActiveRun:
    """A run that this process executes; `started_at` is of `time.monotonic()`."""

    scope: CancelScope
    started_at: float
    ended: threading.Event = field(default_factory=threading.Event)


class ActiveRuns:
    """Registry of the active runs of this process."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self.deadline_seconds = app.config["CALL_DEADLINE_SECONDS"]
        self._active: dict[str, ActiveRun] = {}
        self._lock = threading.Lock()

    def list_ids(self) -> list[str]:
        """Return the ids of the active runs."""
        with self._lock:
            return list(self._active)

    def register(self, run_id: str) -> CancelScope:
        """Register a run: it can be cancelled and its deadline starts.

        `execute_registered` or `unregister` must follow.
        """
        scope = CancelScope(self.deadline_seconds)
        with self._lock:
            self._active[run_id] = ActiveRun(scope, time.monotonic())
        return scope

    def unregister(self, run_id: str) -> None:
        """Remove a run from the registry."""
        with self._lock:
            run = self._active.pop(run_id, None)
        if run:
            run.ended.set()

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
            run = self._active.get(run_id)
        if run:
            run.scope.cancel()

    def wait_for_quick_end(self, run_id: str) -> None:
        """Wait until a run that is active here has ended, at most until QUICK_RUN_SECONDS after its start."""
        with self._lock:
            run = self._active.get(run_id)
        seconds = run.started_at + QUICK_RUN_SECONDS - time.monotonic() if run else 0
        if run and seconds > 0:
            with concurrency.release_while_waiting():
                run.ended.wait(seconds)

    def wait_until_done(self, seconds: float) -> None:
        """Wait until all active runs have ended, with a timeout."""
        deadline = time.monotonic() + seconds
        while self.list_ids() and time.monotonic() < deadline:
            time.sleep(DRAIN_POLL_INTERVAL_SECONDS)

    def cancel_all(self) -> None:
        """Cancel every call."""
        for run_id in self.list_ids():
            self.cancel_run(run_id)
