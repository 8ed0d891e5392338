"""Client connections of `flask run`: a time budget for each, and eviction of idle ones at the limit.

A connection costs a thread, so a client may block the server for CLIENT_TIMEOUT_SECONDS; each MIN_BYTES_PER_SECOND
that it sends or receives add one second (as `MinRate` of Apache's mod_reqtimeout). Only time spent waiting for the
client counts: an event stream, or a page that waits for a Space, has no limit.
"""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

CLIENT_TIMEOUT_SECONDS = 30
KEEP_ALIVE_TIMEOUT_SECONDS = 5  # as Apache's KeepAliveTimeout: an idle connection holds a thread
MIN_BYTES_PER_SECOND = 1000
MAX_CONNECTIONS = 300
# Enforced only while more than half of all connections are in use: a class may share one address.
MAX_IDLE_PER_ADDRESS = 20
# A busy machine may need this long to read data that has already arrived.
MIN_IDLE_SECONDS = 0.3


class ClientConnection:
    """Connection with a time budget: a bucket drained by waiting and refilled by transferred bytes."""

    def __init__(self, sock: socket.socket, address: str) -> None:
        self.sock, self.address = sock, address
        self._budget_seconds = float(CLIENT_TIMEOUT_SECONDS)
        self._waiting: tuple[float, bool] | None = None  # since when, and whether to write
        self._is_kept_alive = False

    @property
    def budget_seconds(self) -> float:
        """Seconds that the client may still block the server."""
        waiting = self._waiting
        return self._budget_seconds - (time.monotonic() - waiting[0] if waiting else 0.0)

    def start_keep_alive(self) -> None:
        """Wait KEEP_ALIVE_TIMEOUT_SECONDS for the next request; its first bytes restore the whole budget."""
        self._budget_seconds = min(self._budget_seconds, KEEP_ALIVE_TIMEOUT_SECONDS)
        self._is_kept_alive = True

    def receive_into(self, buffer: Any) -> int:
        """Receive as `socket.recv_into`; 0 also if no other request has come in time.

        Raises:
            TimeoutError: the budget is used up.
        """
        try:
            with self.spend_budget(is_writing=False):
                count = self.sock.recv_into(buffer)
        except TimeoutError:
            if self._is_kept_alive:
                return 0
            raise
        self._refill_budget(count)
        return count

    def send(self, data: memoryview) -> int:
        """Send as `socket.send`. Raises TimeoutError as `receive_into`."""
        with self.spend_budget(is_writing=True):
            count = self.sock.send(data)
        self._refill_budget(count)
        return count

    @contextmanager
    def spend_budget(self, is_writing: bool) -> Iterator[None]:
        """Drain the budget by the duration of the block."""
        if self._budget_seconds <= 0:
            raise TimeoutError("the client is too slow")
        self.sock.settimeout(self._budget_seconds)
        started_at = time.monotonic()
        self._waiting = started_at, is_writing
        try:
            yield
        finally:
            self._waiting = None
            self._budget_seconds -= time.monotonic() - started_at

    def _refill_budget(self, byte_count: int) -> None:
        if self._is_kept_alive:
            self._budget_seconds, self._is_kept_alive = float(CLIENT_TIMEOUT_SECONDS), False
        self._budget_seconds = min(CLIENT_TIMEOUT_SECONDS, self._budget_seconds + byte_count / MIN_BYTES_PER_SECOND)

    def is_idle(self) -> bool:
        """Is the server waiting for this client, MIN_IDLE_SECONDS or more of its budget used, with no I/O possible?"""
        waiting = self._waiting
        if waiting is None or self.budget_seconds > CLIENT_TIMEOUT_SECONDS - MIN_IDLE_SECONDS:
            return False
        return not is_socket_ready(self.sock, waiting[1])

    def abort(self) -> None:
        """Shut down the socket: a blocked read or write of its thread ends as if the client had disconnected."""
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # not TLS's own, which belongs to that thread


def is_socket_ready(sock: socket.socket, to_write: bool) -> bool:
    """Can this socket be read or written without blocking? Needs no descriptor: there may be none left."""
    try:
        if not hasattr(select, "poll"):  # Windows
            return any(select.select([] if to_write else [sock], [sock] if to_write else [], [], 0))
        poll = select.poll()
        poll.register(sock, select.POLLOUT if to_write else select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):  # closed concurrently
        return True


class ConnectionTable:
    """Registry of the server's connections, at most `max_connections`; idle ones are evicted for new ones."""

    def __init__(self, max_connections: int = MAX_CONNECTIONS) -> None:
        self.max_connections = max_connections
        self._connections: dict[socket.socket, ClientConnection] = {}
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._connections)

    def wait_for_room(self, seconds: float) -> bool:
        """Wait until another connection may be accepted, evicting an idle one; False after the timeout."""
        with self._changed:
            if len(self) >= self.max_connections and not self._abort_idle():
                self._changed.wait(seconds)
            return len(self) < self.max_connections

    def add(self, sock: socket.socket, address: str) -> None:
        """Register an accepted connection; under load, evict an idle one of the same address if it has too many."""
        with self._changed:
            if len(self) > self.max_connections / 2:
                self._abort_idle(address, MAX_IDLE_PER_ADDRESS)
            self._connections[sock] = ClientConnection(sock, address)

    def find_connection(self, sock: socket.socket) -> ClientConnection:
        """Return the connection of this socket; one that was evicted concurrently gets an uncounted entry."""
        with self._changed:
            return self._connections.get(sock) or ClientConnection(sock, "")

    def remove(self, sock: socket.socket) -> None:
        """Unregister a connection that is about to be closed."""
        with self._changed:
            self._connections.pop(sock, None)
            self._changed.notify_all()

    def wait_for_descriptor(self, seconds: float) -> None:
        """Evict an idle connection, or wait until one ends: without a free descriptor none can be accepted."""
        with self._changed:
            self._abort_idle()
            self._changed.wait(seconds)

    def _abort_idle(self, address: str | None = None, spared: int = 0) -> bool:
        """Evict the idle connection with the smallest budget, of one address or any.

        Returns:
            False if at most `spared` connections are idle.
        """
        known = [each for each in self._connections.values() if address in (None, each.address)]
        if len(known) <= spared:
            return False
        idle = [each for each in known if each.is_idle()]
        if len(idle) <= spared:
            return False
        victim = min(idle, key=lambda each: each.budget_seconds)
        self._connections.pop(victim.sock)
        victim.abort()
        return True
