"""Deadline of a call, applied to every socket operation, and cancellation from another thread.

An untrusted server may stay silent, send one byte a second, or send without end; a timeout per read does not limit
that. So each socket operation first asks the current thread's `CancelScope` for the remaining time.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hfcourse.errors import CallCancelled, CallError

# Gradio sends a heartbeat every 15 s: after two missing ones the server is considered gone.
SILENCE_TIMEOUT_SECONDS = 30

_current = threading.local()


class CancelScope:
    """Deadline for the work of one thread; any other thread may call `cancel()`."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.is_cancelled = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def check_remaining_seconds(self) -> float:
        """Return the seconds left.

        Raises:
            CallCancelled: the call was cancelled.
            CallError: `timeout`, the deadline has expired.
        """
        if self.is_cancelled:
            raise CallCancelled
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise CallError("timeout")
        return left

    def cancel(self) -> None:
        """Cancel the call: a blocked read is woken by shutting down its socket."""
        with self._lock:
            self.is_cancelled = True
            if self._socket:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def activate(self) -> Iterator[None]:
        """Apply this deadline to all I/O of the current thread inside the block."""
        outer, _current.scope = get_current_scope(), self
        try:
            yield
        finally:
            _current.scope = outer
            self.detach_socket()

    def attach_socket(self, sock: Any) -> None:
        """Have `cancel()` shut down this socket from now on."""
        with self._lock:
            self._socket = sock

    def detach_socket(self) -> None:
        """Forget the socket: its connection returns to the pool, where another call may use it."""
        with self._lock:
            self._socket = None


def get_current_scope() -> CancelScope | None:
    """Return the active scope of this thread, or None."""
    return getattr(_current, "scope", None)


def clamp_timeout(seconds: float | None) -> float:
    """Return `seconds`, or the time left in this thread's scope if that is less."""
    limit = SILENCE_TIMEOUT_SECONDS if seconds is None else seconds
    scope = get_current_scope()
    return min(limit, scope.check_remaining_seconds()) if scope else limit
