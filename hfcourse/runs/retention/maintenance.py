"""Pruning once a day on a site that nobody sends anything to: whoever opens a page sets it off, behind their back.

The database keeps when it was last begun, so that one process does it, and no thread waits for it in any of them.
(While runs go on, `dispatch` prunes every minute besides.)
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

PRUNE_INTERVAL = timedelta(days=1)
DUE_CHECK_INTERVAL_SECONDS = 3600  # a process asks the database this often whether a day has passed
IS_PRUNING_TASK = MaintenanceTask.name == "pruning"

log = logging.getLogger(__name__)


class DailyMaintenance:
    """What this process remembers of the daily pruning: when it last asked about it."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self._checked_at = -float(DUE_CHECK_INTERVAL_SECONDS)

    def prune_if_due(self) -> None:
        """Before a request: prune in a thread if it is time; a database in trouble is told by the page itself."""
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
                    for prune in (*app.extensions.get("daily_chores", ()), eviction.prune_all):
                        prune()
        except Exception:
            log.exception("Old runs could not be pruned")


def is_due() -> bool:
    """Was the last pruning begun a day ago or more?"""
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
    """Take today's pruning in hand, by compare-and-set; False if another process has."""
    moment = database.utc_now()
    with database.write_connection() as connection:
        taking = (
            update(MaintenanceTask)
            .where(IS_PRUNING_TASK, MaintenanceTask.at <= moment - PRUNE_INTERVAL)
            .values(at=moment)
        )
        return bool(connection.execute(taking).rowcount)


def init_app(app: Flask) -> None:
    """Have every request look whether it is time."""
    app.before_request(DailyMaintenance(app).prune_if_due)
