"""How many requests this process answers at once: what may take only a share of them asks here."""

import threading
from typing import Any

from flask import current_app

# Flask's own server has a thread for each connection: what it must not be asked for is a thousand of them.
FLASK_RUN_THREADS = 200


def count_threads(environ: dict[str, Any]) -> int:
    """The threads of the server that made this WSGI environment.

    Of a pool that does not say, those of its threads that exist are counted, all (waitress) or fewer.
    """
    if not environ.get("wsgi.multithread"):
        return 1
    if told := current_app.extensions.get("server_threads"):  # by gunicorn.conf.py
        return told
    if "werkzeug" in environ.get("SERVER_SOFTWARE", "").lower():
        return FLASK_RUN_THREADS
    pool = strip_thread_number(threading.current_thread().name)
    return sum(strip_thread_number(thread.name) == pool for thread in threading.enumerate())


def strip_thread_number(thread: str) -> str:
    """The name of a thread without its number."""
    return thread.rstrip("0123456789")
