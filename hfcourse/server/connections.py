"""The client connections of `flask run`: a time budget for each, and which one is closed when there are too many.

A connection costs a thread, so a client may keep the server waiting for CLIENT_TIMEOUT_SECONDS; each
MIN_BYTES_PER_SECOND that it sends or takes give a second back (as `MinRate` of Apache's mod_reqtimeout). Only the time
spent waiting for the client counts: an event stream, or a page that waits for a Space, may take as long as it likes.
"""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

CLIENT_TIMEOUT_SECONDS = 30
MIN_BYTES_PER_SECOND = 1000
MAX_CONNECTIONS = 300
# Enforced for one address only while more than half of all connections are taken: a class may share one address.
MAX_IDLE_PER_ADDRESS = 20
# A busy machine may need so long to read what has already arrived.
MIN_IDLE_SECONDS = 0.3


class ClientConnection:
    """One client, and its time budget: a bucket that waiting for it drains and the bytes that it moves fill."""

    def __init__(self, sock: socket.socket, address: str) -> None:
        self.sock, self.address = sock, address
        self._budget_seconds = float(CLIENT_TIMEOUT_SECONDS)
        self._waiting: tuple[float, bool] | None = None  # since when, and whether to write

    @property
    def budget_seconds(self) -> float:
        """Seconds that the client may still keep us waiting."""
        waiting = self._waiting
        return self._budget_seconds - (time.monotonic() - waiting[0] if waiting else 0.0)

    def receive_into(self, buffer: Any) -> int:
        """As `socket.recv_into`.

        Raises:
            TimeoutError: the budget is spent.
        """
        with self._spend_budget(is_writing=False):
            count = self.sock.recv_into(buffer)
        self._refill_budget(count)
        return count

    def send(self, data: memoryview) -> int:
        """As `socket.send`. Raises TimeoutError as `receive_into`."""
        with self._spend_budget(is_writing=True):
            count = self.sock.send(data)
        self._refill_budget(count)
        return count

    @contextmanager
    def _spend_budget(self, is_writing: bool) -> Iterator[None]:
        """Drain the budget by the time that the block takes."""
        if self._budget_seconds <= 0:
            raise TimeoutError("the client is too slow")
        self.sock.settimeout(self._budget_seconds)
        begun = time.monotonic()
        self._waiting = begun, is_writing
        try:
            yield
        finally:
            self._waiting = None
            self._budget_seconds -= time.monotonic() - begun

    def _refill_budget(self, byte_count: int) -> None:
        self._budget_seconds = min(CLIENT_TIMEOUT_SECONDS, self._budget_seconds + byte_count / MIN_BYTES_PER_SECOND)

    def is_idle(self) -> bool:
        """Are we waiting for the client, which is IDLE_SECONDS behind, and could nothing be read or written now?"""
        waiting = self._waiting
        if waiting is None or self.budget_seconds > CLIENT_TIMEOUT_SECONDS - MIN_IDLE_SECONDS:
            return False
        return not is_socket_ready(self.sock, waiting[1])

    def abort(self) -> None:
        """Wake the thread that waits for this client: its read or write ends as if the client had hung up."""
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # not TLS's own, which belongs to that thread


def is_socket_ready(sock: socket.socket, to_write: bool) -> bool:
    """Could this socket be read or written at once? Asked without a descriptor of its own: there may be none left."""
    try:
        if not hasattr(select, "poll"):  # Windows
            return any(select.select([] if to_write else [sock], [sock] if to_write else [], [], 0))
        poll = select.poll()
        poll.register(sock, select.POLLOUT if to_write else select.POLLIN)
        return bool(poll.poll(0))
    except (OSError, ValueError):  # closed meanwhile
        return True


class ConnectionTable:
    """All connections of the server, at most `max_connections`; the idle ones make room for new ones."""

    def __init__(self, max_connections: int = MAX_CONNECTIONS) -> None:
        self.max_connections = max_connections
        self._connections: dict[socket.socket, ClientConnection] = {}
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._connections)

    def wait_for_room(self, seconds: float) -> bool:
        """Wait until one more connection may be accepted, closing an idle one for it; False if none is to be had."""
        with self._changed:
            if len(self) >= self.max_connections and not self._abort_idle():
                self._changed.wait(seconds)
            return len(self) < self.max_connections

    def add(self, sock: socket.socket, address: str) -> None:
        """Note an accepted connection; if its address has too many idle ones under pressure, close one of these."""
        with self._changed:
            if len(self) > self.max_connections / 2:
                self._abort_idle(address, MAX_IDLE_PER_ADDRESS)
            self._connections[sock] = ClientConnection(sock, address)

    def find_connection(self, sock: socket.socket) -> ClientConnection:
        """The connection over this socket; one that was closed meanwhile is no longer counted."""
        with self._changed:
            return self._connections.get(sock) or ClientConnection(sock, "")

    def remove(self, sock: socket.socket) -> None:
        """Forget a connection that is about to be closed."""
        with self._changed:
            self._connections.pop(sock, None)
            self._changed.notify_all()

    def wait_for_descriptor(self, seconds: float) -> None:
        """Close an idle connection, or wait until one ends: without a free descriptor none can be accepted."""
        with self._changed:
            self._abort_idle()
            self._changed.wait(seconds)

    def _abort_idle(self, address: str | None = None, spared: int = 0) -> bool:
        """Close the idle connection with the smallest budget, of one address or any, if more than `spared` are idle."""
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
