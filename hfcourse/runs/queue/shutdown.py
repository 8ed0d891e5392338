"""The end of the process. SIGTERM ends the streams at once and lets calls go on for ten seconds; Ctrl-C lets none.

What is left then is marked as interrupted, by the process itself, rather than found by its heartbeat.
"""

import atexit
import logging
import signal
import threading
import weakref
from _thread import start_new_thread
from dataclasses import dataclass
from types import FrameType

from flask import Flask

GRACE_SECONDS = 10

registered_apps: "weakref.WeakSet[Flask]" = weakref.WeakSet()

log = logging.getLogger(__name__)


@dataclass
class ShutdownRequest:
    """Was this process asked to end, by SIGTERM? No Event: a second signal may come while the first sets it."""

    is_made: bool = False


shutdown_request = ShutdownRequest()


def init_app(app: Flask) -> None:
    """End the runs and the streams of this site with the process."""
    registered_apps.add(app)
    atexit.register(shut_down, weakref.ref(app))
    install_sigterm_handler()


def shut_down(reference: "weakref.ref[Flask]") -> None:
    """At exit, when the database may be gone already."""
    app = reference()
    if app is None:
        return
    dispatcher = app.extensions["dispatcher"]
    try:
        try:
            dispatcher.shut_down(GRACE_SECONDS if shutdown_request.is_made else 0)
        except (KeyboardInterrupt, SystemExit):  # asked once more: now
            dispatcher.shut_down()
    except Exception as error:
        log.debug("Runs could not be marked at exit: %s", type(error).__name__)


def end_streams() -> None:
    """Let every page that follows a run go: gunicorn waits half a minute for requests in progress."""
    for app in list(registered_apps):
        app.extensions["streams"].is_over = True
        app.extensions["following"].release_all()


def install_sigterm_handler() -> None:
    """Hear SIGTERM before the server does; where nobody else would, end the process as `sys.exit` does."""
    before = signal.getsignal(signal.SIGTERM)
    is_main = threading.current_thread() is threading.main_thread()
    is_other = callable(before) or before is signal.SIG_DFL
    if not (is_main and is_other) or getattr(before, "ends_runs", False):
        return

    def ending(number: int, frame: FrameType | None) -> None:
        # `make` passes on a signal that the whole group had already: two come in the same moment.
        is_first, shutdown_request.is_made = not shutdown_request.is_made, True
        if is_first:
            # Not here: the signal may have come while this very thread holds a lock that is needed. And in one step:
            # a signal that interrupts threading.Thread leaves it in the middle of locks of its own.
            start_new_thread(end_streams, ())
        if callable(before):
            before(number, frame)
        else:
            raise SystemExit(0)

    ending.ends_runs = True  # type: ignore[attr-defined]
    signal.signal(signal.SIGTERM, ending)
