"""Workers that are told over Redis which run to execute, by Celery: the only module that speaks to it.

What waits and what goes on is in the database. A message only names a run, so that one which is lost, or comes
twice, does no harm: see `admission`.
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
from hfcourse.runs.store import heartbeat
from hfcourse.runs.store.queue_counts import QueuedRun

if TYPE_CHECKING:  # the site of a class does without
    from celery import Celery

QUEUE_NAME = "hfcourse"
BROKER_TIMEOUT_SECONDS = 2

log = logging.getLogger(__name__)


class CeleryQueue:
    """The workers, from whichever side: a web process tells them of runs, a worker is told."""

    def __init__(self, app: Flask, limits: Limits, in_hand: ActiveRuns) -> None:
        self._app = weakref.ref(app)
        self.limits, self._active_runs = limits, in_hand
        self.owner = heartbeat.ANY_WORKER
        self.celery = make_celery(app.config["QUEUE_URL"])

        def execute(run_id: str) -> None:
            self._run_task(run_id)

        self.task: Any = self.celery.task(execute, name="hfcourse.execute")
        self._is_closed = self._is_broker_away = self._is_worker = False

    def enqueue(self, waiting: QueuedRun) -> None:
        """Tell the workers of a stored run."""
        self._dispatch([waiting.run_id])

    def cancel(self, run_id: str) -> None:
        """It was stopped: whoever is told of it finds that in the database."""

    def waiting_ids(self) -> list[str]:
        """None is kept alive by this process alone."""
        return []

    def find_position(self, run_id: str) -> tuple[int, int] | None:
        """None waits in this process: the database knows their places."""
        return None

    def is_reachable(self) -> bool:
        """Does the broker answer?"""
        return self.count_messages() is not None

    def is_stalled(self) -> bool:
        """Has no worker been heard for some time?"""
        return not admission.has_live_worker()

    def schedule(self) -> None:
        """In a worker, now and then: say that somebody is there, tell of the runs whose turn has come."""
        messages = self.count_messages()
        if messages is not None and not self._is_closed:
            admission.record_worker_heartbeat()
            self._is_worker = True
            self._dispatch(admission.admit_next(self.limits, messages))

    def count_messages(self) -> int | None:
        """How many wait at the broker; None if it does not answer."""
        try:
            with self.celery.connection_for_write() as connection:
                counted = connection.default_channel.queue_declare(QUEUE_NAME).message_count
        except Exception as error:
            self._log_broker_state(error)
            return None
        self._log_broker_state(None)
        return counted

    def close(self) -> list[str]:
        """Take nothing more; what waits, waits for the others."""
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
            except Exception as error:  # its libraries have many for a broker that is not there
                self._log_broker_state(error)
                admission.put_back(run_ids[n:])  # the worker that hears first of the broker's return tells of them
                return
        self._log_broker_state(None)

    def _log_broker_state(self, error: Exception | None) -> None:
        """Say once that the broker is away, and once that it is back."""
        if error and not self._is_broker_away:
            log.error("The queue cannot be reached (%s); the runs wait in the database", type(error).__name__)
        if self._is_broker_away and not error:
            log.warning("The queue can be reached again")
        self._is_broker_away = error is not None

    def _run_task(self, run_id: str) -> None:
        """In a thread of a worker: execute a run if it is its turn, then tell of those whose turn has come by that."""
        app = self._app()
        if app is None:
            return
        if self._is_closed:
            with app.app_context():
                admission.put_back([run_id])
            return
        leash = self._active_runs.register(run_id)
        if self._active_runs.execute_registered(
            run_id, leash, partial(admission.claim_admissible_run, limits=self.limits)
        ):
            with app.app_context():
                self._dispatch(admission.admit_next(self.limits))


def make_celery(url: str) -> "Celery":
    """Celery with this broker; it keeps no results, those are in the database."""
    from celery import Celery

    made = Celery(QUEUE_NAME, broker=url, set_as_current=False)
    made.conf.update(
        task_default_queue=QUEUE_NAME,
        task_ignore_result=True,
        task_publish_retry=False,  # a visitor waits for the answer, and the run is stored
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
    return made


def run_worker(app: Flask) -> int:
    """Be a worker until told to end; return the status of the process."""
    from celery.signals import setup_logging, worker_shutting_down

    dispatcher = app.extensions["dispatcher"]
    workers = dispatcher.queue
    if not isinstance(workers, CeleryQueue):
        reject_setting("HFCOURSE_QUEUE_URL", "flask worker en a besoin, par exemple redis://hote:6379/0")

    def shut(**_: Any) -> None:
        close = partial(dispatcher.shut_down, shutdown.GRACE_SECONDS)
        threading.Thread(target=close, daemon=True, name="runs-closing").start()

    setup_logging.connect(lambda **_: None, weak=False)  # the site's own will do
    worker_shutting_down.connect(shut, weak=False)
    dispatcher.monitor.start(for_ever=True)
    worker = workers.celery.Worker(
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
