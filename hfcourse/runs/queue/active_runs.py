"""The runs that this process executes: each on a leash, by which it is stopped, and counted until it has ended."""

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
    """What goes on in this process."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self.deadline_seconds = app.config["CALL_DEADLINE_SECONDS"]
        self._cancel_scopes: dict[str, CancelScope] = {}
        self._lock = threading.Lock()

    def list_ids(self) -> list[str]:
        """The runs in hand."""
        with self._lock:
            return list(self._cancel_scopes)

    def register(self, run_id: str) -> CancelScope:
        """From now on it may be stopped, and its deadline runs; `execute` or `drop` must follow."""
        leash = CancelScope(self.deadline_seconds)
        with self._lock:
            self._cancel_scopes[run_id] = leash
        return leash

    def unregister(self, run_id: str) -> None:
        """It is no longer in hand."""
        with self._lock:
            self._cancel_scopes.pop(run_id, None)

    def execute_registered(self, run_id: str, leash: CancelScope, claim: ClaimFunction) -> bool:
        """Execute what was taken, in this thread; False if it was not to be, or could not be brought to an end."""
        app = self._app()
        try:
            if app:
                with app.app_context():
                    return execute_run(run_id, leash, claim)
        except SQLAlchemyError as error:  # the database is gone: the run will be found by its heartbeat
            log.error("Run %s could not be brought to its end: %s", run_id, type(error).__name__)
        except Exception:
            log.exception("Run %s could not be executed", run_id)
        finally:
            self.unregister(run_id)
        return False

    def cancel_run(self, run_id: str) -> None:
        """End its call, if it is in hand here."""
        with self._lock:
            leash = self._cancel_scopes.get(run_id)
        if leash:
            leash.cancel()

    def wait_until_done(self, seconds: float) -> None:
        """Let those in hand come to their end, for so long."""
        deadline = time.monotonic() + seconds
        while self.list_ids() and time.monotonic() < deadline:
            time.sleep(DRAIN_POLL_INTERVAL_SECONDS)

    def cancel_all(self) -> None:
        """End every call."""
        for run_id in self.list_ids():
            self.cancel_run(run_id)
