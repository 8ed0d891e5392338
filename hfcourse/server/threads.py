"""Number of threads of the server, for limits that are a share of them."""

import threading
from typing import Any

from flask import Flask, current_app

# Flask's own server starts a thread for each connection: an upper limit for calculating shares.
FLASK_RUN_THREADS = 200


def count_threads(environ: dict[str, Any]) -> int:
    """Return the number of threads of the server that created this WSGI environment.

    For a pool that does not publish its size, count its threads that exist: all (waitress) or fewer.
    """
    if not environ.get("wsgi.multithread"):
        return 1
    configured: int | None = current_app.extensions.get("server_threads")
    if configured:
        return configured
    if "werkzeug" in environ.get("SERVER_SOFTWARE", "").lower():
        return FLASK_RUN_THREADS
    pool = strip_thread_number(threading.current_thread().name)
    return sum(strip_thread_number(thread.name) == pool for thread in threading.enumerate())


def set_thread_count(app: Flask, count: int) -> None:
    """Set the number of threads, for a server whose configuration has it (gunicorn.conf.py)."""
    app.extensions["server_threads"] = count


def strip_thread_number(thread: str) -> str:
    """Return the name of a thread without its number."""
    return thread.rstrip("0123456789")
