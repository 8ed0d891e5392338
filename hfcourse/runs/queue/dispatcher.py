"""Who executes a run, and when: threads of this process, or workers on any machine. Both by the same code."""

import weakref

from flask import Flask, current_app

from hfcourse.config import reject_setting
from hfcourse.runs.queue.active_runs import ActiveRuns
from hfcourse.runs.queue.celery_queue import CeleryQueue
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.queue.local_queue import LocalQueue
from hfcourse.runs.queue.monitor import RunMonitor
from hfcourse.runs.store import heartbeat, run_store
from hfcourse.runs.store.queue_counts import QueuedRun


class Dispatcher:
    """The runs of this process: those that wait for it or that it tells others of, those that it has in hand."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self.limits = Limits.from_config(app.config)
        self._active_runs = ActiveRuns(app)
        make = CeleryQueue if app.config["QUEUE_URL"] else LocalQueue
        self.queue: LocalQueue | CeleryQueue = make(app, self.limits, self._active_runs)
        self.monitor = RunMonitor(app, self._active_runs, self.queue)

    @property
    def owner(self) -> str:
        """Who has a new run in hand, for `store.create`."""
        return self.queue.owner

    def enqueue(self, waiting: QueuedRun) -> None:
        """Have a stored run executed as soon as its turn comes."""
        self.queue.enqueue(waiting)
        if self.active_run_ids():
            self.monitor.start()

    def stop_run(self, run_id: str) -> None:
        """Stop a run: at once if it is in hand here, else by the process that has it, which looks for this."""
        run_store.request_stop(run_id)
        self.queue.cancel(run_id)
        self._active_runs.cancel_run(run_id)

    def find_queue_position(self, run_id: str) -> tuple[int, int] | None:
        """Runs before this one where it waits, and how many wait there in all; None if it does not wait."""
        return self.queue.find_position(run_id) or heartbeat.fetch_queue_positions([run_id]).get(run_id)

    def is_stalled(self) -> bool:
        """Does nobody execute what waits?"""
        return self.queue.is_stalled()

    def active_run_ids(self) -> list[str]:
        """The runs that wait here or are in progress here."""
        return self.monitor.monitored_ids()

    def shut_down(self, grace_seconds: float = 0) -> None:
        """The process is about to end: let calls go on for so long, then end them and mark their runs."""
        waited = self.queue.close()
        self._active_runs.wait_until_done(grace_seconds)
        left = [*waited, *self._active_runs.list_ids()]
        app = self._app()
        if app and left:
            with app.app_context():
                heartbeat.interrupt_runs(left)
        self._active_runs.cancel_all()


def get_dispatcher() -> Dispatcher:
    """The dispatcher of this process."""
    return current_app.extensions["dispatcher"]


def init_app(app: Flask) -> None:
    """Make the dispatcher; it starts no thread before the first run."""
    try:
        app.extensions["dispatcher"] = Dispatcher(app)
    except ImportError:
        reject_setting("HFCOURSE_QUEUE_URL", "les bibliothèques de requirements-campus.txt ne sont pas installées")
