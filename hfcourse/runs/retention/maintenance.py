"""Daily pruning on a site without submissions: a request triggers it in a background thread.

The database stores when it last began, so that a single process claims it without a lock. (While
runs are active, `RunMonitor` prunes every minute as well.)
"""

import logging
import threading
import time
import weakref
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database
from hfcourse.runs.retention import eviction
from hfcourse.runs.store.models import MaintenanceTask
from hfcourse.server.daily_chores import get_daily_chores

PRUNE_INTERVAL = timedelta(days=1)
DUE_CHECK_INTERVAL_SECONDS = 3600  # a process queries the database this often whether a day has passed
IS_PRUNING_TASK = MaintenanceTask.name == "pruning"

log = logging.getLogger(__name__)


class DailyMaintenance:
    """Trigger of the daily pruning in this process, throttled by the time of its last check."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self._checked_at = -float(DUE_CHECK_INTERVAL_SECONDS)

    def prune_if_due(self) -> None:
        """Prune in a thread if it is due; called before each request. Ignore a database error."""
        if time.monotonic() - self._checked_at < DUE_CHECK_INTERVAL_SECONDS:
            return
        self._checked_at = time.monotonic()
        try:
            if not is_due():
                return
        except SQLAlchemyError:
            return
        threading.Thread(target=self._prune, daemon=True, name="daily-pruning").start()

    def _prune(self) -> None:
        app = self._app()
        if app is None:
            return
        try:
            with app.app_context():
                if claim_daily_task():
                    for prune in (*get_daily_chores(), eviction.prune_all):
                        prune()
        except Exception:
            log.exception("Old runs could not be pruned")


def is_due() -> bool:
    """Did the last pruning begin a day ago or more?"""
    with database.read_session() as session:
        return (
            session.scalar(
                select(MaintenanceTask.name).where(
                    IS_PRUNING_TASK, MaintenanceTask.at <= database.utc_now() - PRUNE_INTERVAL
                )
            )
            is not None
        )


def claim_daily_task() -> bool:
    """Claim today's pruning by compare-and-set; return False if another process has."""
    moment = database.utc_now()
    with database.write_connection() as connection:
        claim = (
            update(MaintenanceTask)
            .where(IS_PRUNING_TASK, MaintenanceTask.at <= moment - PRUNE_INTERVAL)
            .values(at=moment)
        )
        return bool(connection.execute(claim).rowcount)


def init_app(app: Flask) -> None:
    """Register the check before each request."""
    app.before_request(DailyMaintenance(app).prune_if_due)
