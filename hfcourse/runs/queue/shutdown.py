"""Graceful shutdown: SIGTERM ends streams at once and gives calls ten seconds; Ctrl-C gives them none.

The runs that remain are marked as interrupted by the process itself, before their heartbeat is
stale.
"""

import atexit
import logging
import signal
import threading
import weakref
from _thread import start_new_thread
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from flask import Flask

GRACE_SECONDS = 10

registered_apps: "weakref.WeakSet[Flask]" = weakref.WeakSet()

log = logging.getLogger(__name__)


@dataclass
class ShutdownHooks:
    """Callbacks of one application: to end its runs at exit, within seconds of grace, and its streams at SIGTERM."""

    end_runs: Callable[[float], None] = lambda _grace_seconds: None
    end_streams: list[Callable[[], None]] = field(default_factory=list)


@dataclass
class ShutdownRequest:
    """Flag set by SIGTERM. Not a threading.Event: a second signal may arrive while the first sets it."""

    is_made: bool = False


shutdown_request = ShutdownRequest()


def get_shutdown_hooks(app: Flask) -> ShutdownHooks:
    """Return the callbacks of this application."""
    hooks: ShutdownHooks = app.extensions.setdefault("shutdown", ShutdownHooks())
    return hooks


def init_app(app: Flask) -> None:
    """Register the site, so that its runs and streams end with the process."""
    registered_apps.add(app)
    atexit.register(shut_down, weakref.ref(app))
    install_sigterm_handler()


def shut_down(reference: "weakref.ref[Flask]") -> None:
    """End the runs at exit, when the database may be closed already."""
    app = reference()
    if app is None:
        return
    end_runs = get_shutdown_hooks(app).end_runs
    try:
        try:
            end_runs(GRACE_SECONDS if shutdown_request.is_made else 0)
        except (KeyboardInterrupt, SystemExit):  # second signal: no grace period
            end_runs(0)
    except Exception as error:
        log.debug("Runs could not be marked at exit: %s", type(error).__name__)


def end_streams() -> None:
    """Release every request that streams a run: gunicorn waits half a minute for active requests."""
    for app in list(registered_apps):
        for end_streams_of_app in get_shutdown_hooks(app).end_streams:
            end_streams_of_app()


def install_sigterm_handler() -> None:
    """Wrap the server's SIGTERM handler; where there is none, end the process as `sys.exit` does."""
    previous = signal.getsignal(signal.SIGTERM)
    is_main = threading.current_thread() is threading.main_thread()
    is_other = callable(previous) or previous is signal.SIG_DFL
    if not (is_main and is_other) or getattr(previous, "ends_runs", False):
        return

    def handle_sigterm(number: int, frame: FrameType | None) -> None:
        # `make` forwards a signal that the whole group has received already: two arrive together.
        is_first, shutdown_request.is_made = not shutdown_request.is_made, True
        if is_first:
            # Not in this thread: the signal may interrupt it while it holds a lock that `end_streams` needs.
            # start_new_thread, since a signal that interrupts threading.Thread leaves its own locks held.
            start_new_thread(end_streams, ())
        if callable(previous):
            previous(number, frame)
        else:
            raise SystemExit(0)

    handle_sigterm.ends_runs = True  # type: ignore[attr-defined]
    signal.signal(signal.SIGTERM, handle_sigterm)
