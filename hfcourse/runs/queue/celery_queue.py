"""Queue of runs executed by Celery workers over Redis: the only module that uses Celery.

The database stores which runs are queued and running. A message only names a run, so that a lost or
duplicate message does no harm: see `admission`.
"""

import logging
import os
import socket
import threading
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from hfcourse.config import reject_setting
from hfcourse.runs.queue import admission, shutdown
from hfcourse.runs.queue.active_runs import ActiveRuns
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.store import effective_status
from hfcourse.runs.store.queue_counts import QueuedRun

if TYPE_CHECKING:  # optional: the class profile does not install it
    from celery import Celery

    from hfcourse.runs.queue.dispatcher import Dispatcher

QUEUE_NAME = "hfcourse"
BROKER_TIMEOUT_SECONDS = 2

log = logging.getLogger(__name__)


class CeleryQueue:
    """Queue served by workers: web processes publish messages, workers consume them."""

    def __init__(self, app: Flask, limits: Limits, active_runs: ActiveRuns) -> None:
        self._app = weakref.ref(app)
        self.limits, self._active_runs = limits, active_runs
        self.owner = effective_status.ANY_WORKER
        self.celery = make_celery(app.config["QUEUE_URL"])

        def execute(run_id: str) -> None:
            self._run_task(run_id)

        self.task: Any = self.celery.task(execute, name="hfcourse.execute")
        self._is_closed = self._is_broker_away = self._is_worker = False

    def enqueue(self, run: QueuedRun) -> None:
        """Publish a message for a stored run."""
        self._dispatch([run.run_id])

    def cancel(self, run_id: str) -> None:
        """Do nothing: the worker that receives the message finds the stop in the database."""

    def waiting_ids(self) -> list[str]:
        """Return []: no queued run depends on the heartbeat of this process."""
        return []

    def find_position(self, run_id: str) -> tuple[int, int] | None:
        """Return None: queue positions are in the database."""
        return None

    def is_reachable(self) -> bool:
        """Does the broker respond?"""
        return self.count_messages() is not None

    def is_stalled(self) -> bool:
        """Is there no live worker?"""
        return not admission.has_live_worker()

    def schedule(self) -> None:
        """Renew the worker heartbeat and dispatch the runs whose turn has arrived; called periodically."""
        messages = self.count_messages()
        if messages is not None and not self._is_closed:
            admission.record_worker_heartbeat()
            self._is_worker = True
            self._dispatch(admission.admit_next(self.limits, messages))

    def count_messages(self) -> int | None:
        """Return the number of messages queued at the broker; None if it does not respond."""
        try:
            with self.celery.connection_for_write() as connection:
                count: int = connection.default_channel.queue_declare(QUEUE_NAME).message_count
        except Exception as error:
            self._log_broker_state(error)
            return None
        self._log_broker_state(None)
        return count

    def close(self) -> list[str]:
        """Stop accepting runs; the queued ones are left to the other workers."""
        self._is_closed = True
        app = self._app()
        if app and self._is_worker:
            with suppress(SQLAlchemyError), app.app_context():
                admission.unregister_worker()
        return []

    def _dispatch(self, run_ids: list[str]) -> None:
        for n, run_id in enumerate(run_ids):
            try:
                self.task.apply_async((run_id,))
            except Exception as error:  # the client libraries raise many types when the broker is down
                self._log_broker_state(error)
                admission.put_back(run_ids[n:])  # the first worker that reconnects dispatches them
                return
        self._log_broker_state(None)

    def _log_broker_state(self, error: Exception | None) -> None:
        """Log once that the broker is unreachable, and once that it is reachable again."""
        if error and not self._is_broker_away:
            log.error("The queue cannot be reached (%s); the runs wait in the database", type(error).__name__)
        if self._is_broker_away and not error:
            log.warning("The queue can be reached again")
        self._is_broker_away = error is not None

    def _run_task(self, run_id: str) -> None:
        """Execute a run in a worker thread if it is its turn, then dispatch those whose turn has arrived."""
        app = self._app()
        if app is None:
            return
        if self._is_closed:
            with app.app_context():
                admission.put_back([run_id])
            return
        scope = self._active_runs.register(run_id)
        if self._active_runs.execute_registered(
            run_id, scope, partial(admission.claim_admissible_run, limits=self.limits)
        ):
            with app.app_context():
                self._dispatch(admission.admit_next(self.limits))


def make_celery(url: str) -> "Celery":
    """Return a Celery app with this broker; it stores no results, those are in the database."""
    from celery import Celery

    app = Celery(QUEUE_NAME, broker=url, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE_NAME,
        task_ignore_result=True,
        task_publish_retry=False,  # a visitor waits for the response, and the run is stored
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=BROKER_TIMEOUT_SECONDS,
        broker_transport_options={
            "socket_connect_timeout": BROKER_TIMEOUT_SECONDS,
            "socket_timeout": BROKER_TIMEOUT_SECONDS,
        },
    )
    return app


def run_worker(dispatcher: "Dispatcher") -> int:
    """Run a worker until it is terminated; return the exit status of the process."""
    from celery.signals import setup_logging, worker_shutting_down

    queue = dispatcher.queue
    if not isinstance(queue, CeleryQueue):
        reject_setting("HFCOURSE_QUEUE_URL", "flask worker en a besoin, par exemple redis://hote:6379/0")

    def shut(**_: Any) -> None:
        close = partial(dispatcher.shut_down, shutdown.GRACE_SECONDS)
        threading.Thread(target=close, daemon=True, name="runs-closing").start()

    setup_logging.connect(lambda **_: None, weak=False)  # keep the logging setup of the site
    worker_shutting_down.connect(shut, weak=False)
    dispatcher.monitor.start(is_permanent=True)
    worker = queue.celery.Worker(
        pool="threads",
        concurrency=dispatcher.limits.max_active,
        hostname=f"{QUEUE_NAME}-{os.getpid()}@{socket.gethostname()}",
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return worker.exitcode or 0
