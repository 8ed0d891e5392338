"""Truncation of SQLite's write-ahead log, which erases deleted text: in the background, without waiting for readers."""

import logging
import sqlite3
import threading
import time
from contextlib import closing

from flask import Flask, current_app

from hfcourse import database

# A reader may block truncation: a page that follows a run, or an archive download.
RETRY_INTERVAL_SECONDS, MAX_ATTEMPTS = 1.0, 300
CHECKPOINT_TIMEOUT_SECONDS = 0.1

log = logging.getLogger(__name__)


def schedule_wal_truncation() -> None:
    """Start a thread that truncates the write-ahead log with retries; one thread for all deletions."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    is_new = not app.extensions.get("erasure_asked")
    app.extensions["erasure_asked"] = True
    if is_new:
        threading.Thread(target=truncate_wal_until_done, args=(app,), daemon=True, name="erasure").start()


def truncate_wal_until_done(app: Flask) -> None:
    """Retry until the log is empty; later deletions are handled by the same thread or a new one."""
    extensions = app.extensions
    with app.app_context():
        for _ in range(MAX_ATTEMPTS):
            extensions["erasure_asked"] = False
            if truncate_wal() and not extensions["erasure_asked"]:
                return
            extensions["erasure_asked"] = True
            time.sleep(RETRY_INTERVAL_SECONDS)
        extensions["erasure_asked"] = False
        log.warning("Deleted text stays in the write-ahead log of the database until the next deletion.")


def truncate_wal() -> bool:
    """Truncate SQLite's write-ahead log, which still contains deleted text; False while a reader prevents it.

    It does not wait for readers (`truncate_wal_until_done` retries later), and opens a separate connection, because the
    timeout of the pool's connections is longer.
    """
    url = database.get_engine().url
    if url.get_backend_name() != "sqlite" or not url.database:
        return True
    with database.get_write_lock():
        try:
            with closing(sqlite3.connect(url.database, timeout=CHECKPOINT_TIMEOUT_SECONDS)) as connection:
                return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error:
            return False
