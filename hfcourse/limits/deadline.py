"""How long a call may last: a deadline on every operation of its sockets, and a stop from another thread.

A stranger's server may stay silent, drip one byte a second, or send without end; a time-out per read does
not end that. So whoever reads asks the leash of its thread before each operation.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hfcourse.errors import CallCancelled, CallError

# Gradio sends a heartbeat every 15 s: twice that in silence means that nobody is there.
SILENCE_TIMEOUT_SECONDS = 30

_current = threading.local()


class CancelScope:
    """How long the work of one thread may last; `stop()` may be called from any other thread."""

    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.is_cancelled = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def check_remaining_seconds(self) -> float:
        """Seconds left.

        Raises:
            Stopped: somebody stopped the call.
            CallError: `timeout`, none is left.
        """
        if self.is_cancelled:
            raise CallCancelled
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise CallError("timeout")
        return left

    def cancel(self) -> None:
        """End the call: a read that waits in silence is woken by closing its socket under it."""
        with self._lock:
            self.is_cancelled = True
            if self._socket:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def activate(self) -> Iterator[None]:
        """Bind everything that this thread reads or writes inside the block."""
        before, _current.leash = get_current_scope(), self
        try:
            yield
        finally:
            _current.leash = before
            self.detach_socket()

    def attach_socket(self, held: Any) -> None:
        """From now on `stop()` closes this socket."""
        with self._lock:
            self._socket = held

    def detach_socket(self) -> None:
        """The connection goes back to the pool, where another call may take it: it is no longer ours to close."""
        with self._lock:
            self._socket = None


def get_current_scope() -> CancelScope | None:
    """The leash that this thread holds."""
    return getattr(_current, "leash", None)


def clamp_timeout(seconds: float | None) -> float:
    """`seconds`, or less if the leash of this thread is shorter."""
    limit = SILENCE_TIMEOUT_SECONDS if seconds is None else seconds
    leash = get_current_scope()
    return min(limit, leash.check_remaining_seconds()) if leash else limit
