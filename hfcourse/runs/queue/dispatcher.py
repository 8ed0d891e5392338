"""Dispatcher of runs to threads of this process or to workers on any machine, by the same code."""

import weakref

from flask import Flask, current_app

from hfcourse.config import reject_setting
from hfcourse.runs.queue import shutdown
from hfcourse.runs.queue.active_runs import ActiveRuns
from hfcourse.runs.queue.celery_queue import CeleryQueue
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.queue.local_queue import LocalQueue
from hfcourse.runs.queue.monitor import RunMonitor
from hfcourse.runs.store import heartbeat, stop_requests
from hfcourse.runs.store.queue_counts import QueuedRun
from hfcourse.runs.trace import trace_writer


class Dispatcher:
    """Facade of the queue, the active runs and the monitor of this process."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self.limits = Limits.from_config(app.config)
        self._active_runs = ActiveRuns(app)
        make = CeleryQueue if app.config["QUEUE_URL"] else LocalQueue
        self.queue: LocalQueue | CeleryQueue = make(app, self.limits, self._active_runs)
        self.monitor = RunMonitor(app, self._active_runs, self.queue)

    @property
    def owner(self) -> str:
        """Return the owner of a new run, for `run_store.create_run`."""
        return self.queue.owner

    def enqueue(self, run: QueuedRun) -> None:
        """Enqueue a stored run for execution as soon as its turn arrives."""
        self.queue.enqueue(run)
        if self.active_run_ids():
            self.monitor.start()

    def stop_run(self, run_id: str) -> None:
        """Stop a run: cancel it if it is active here, else its own process polls the stored request."""
        heartbeat.mark_abandoned()  # a run that every page shows as interrupted must not become `stopped`
        stop_requests.request_stop(run_id)
        self.queue.cancel(run_id)
        self._active_runs.cancel_run(run_id)

    def wait_for_quick_end(self, run_id: str) -> None:
        """Wait for the end of a run that has just started in this process, see `ActiveRuns.wait_for_quick_end`."""
        self._active_runs.wait_for_quick_end(run_id)

    def find_queue_position(self, run_id: str) -> tuple[int, int] | None:
        """Return the runs before this one in its queue and the queue's length; None if it is not queued."""
        return self.queue.find_position(run_id) or heartbeat.fetch_queue_positions([run_id]).get(run_id)

    def is_stalled(self) -> bool:
        """Is there nothing that executes the queue?"""
        return self.queue.is_stalled()

    def active_run_ids(self) -> list[str]:
        """Return the ids of the runs that are queued or running in this process."""
        return self.monitor.monitored_ids()

    def shut_down(self, grace_seconds: float = 0) -> None:
        """Wait for active calls for a grace period, mark and cancel the runs that remain, and write pending traces."""
        queued = self.queue.close()
        self._active_runs.wait_until_done(grace_seconds)
        left = [*queued, *self._active_runs.list_ids()]
        app = self._app()
        if app and left:
            with app.app_context():
                heartbeat.interrupt_runs(left)
        self._active_runs.cancel_all()
        if app:
            trace_writer.get_writer(app).close()


def get_dispatcher() -> Dispatcher:
    """Return the dispatcher of this process."""
    dispatcher: Dispatcher = current_app.extensions["dispatcher"]
    return dispatcher


def init_app(app: Flask) -> None:
    """Create the dispatcher; it starts no thread before the first run."""
    try:
        dispatcher = app.extensions["dispatcher"] = Dispatcher(app)
    except ImportError:
        reject_setting("HFCOURSE_QUEUE_URL", "les bibliothèques de requirements-campus.txt ne sont pas installées")
    shutdown.get_shutdown_hooks(app).end_runs = dispatcher.shut_down
