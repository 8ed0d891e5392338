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
from hfcourse.runs.store.models import Chore

PRUNE_AGE = timedelta(days=1)
ASK_SECONDS = 3600  # a process asks the database this often whether a day has passed
PRUNING = Chore.name == "pruning"

log = logging.getLogger(__name__)


class Upkeep:
    """What this process remembers of the daily pruning: when it last asked about it."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self._asked_at = -float(ASK_SECONDS)

    def tend(self) -> None:
        """Before a request: prune in a thread if it is time; a database in trouble is told by the page itself."""
        if time.monotonic() - self._asked_at < ASK_SECONDS:
            return
        self._asked_at = time.monotonic()
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
                if is_taken():
                    for prune in (*app.extensions.get("daily_chores", ()), eviction.prune):
                        prune()
        except Exception:
            log.exception("Old runs could not be pruned")


def is_due() -> bool:
    """Was the last pruning begun a day ago or more?"""
    with database.reading() as session:
        return session.scalar(select(Chore.name).where(PRUNING, Chore.at <= database.now() - PRUNE_AGE)) is not None


def is_taken() -> bool:
    """Take today's pruning in hand, by compare-and-set; False if another process has."""
    moment = database.now()
    with database.changing() as connection:
        taking = update(Chore).where(PRUNING, Chore.at <= moment - PRUNE_AGE).values(at=moment)
        return bool(connection.execute(taking).rowcount)


def init_app(app: Flask) -> None:
    """Have every request look whether it is time."""
    app.before_request(Upkeep(app).tend)
