"""Clients that are slow, silent or deaf: connections that are opened and then hold whatever they can."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlsplit

LESSON_PATH = "/lecons/3-1-presentation"
REQUEST_HEAD = b"GET /lecons/3-1-presentation HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UNFINISHED_POST = (
    b"POST /essais HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100000\r\n\r\nspace=a"
)
# What each sends at once, and what it then sends again and again.
STALLED_REQUESTS = {
    "nothing": (b"", b""),
    "half a request line": (b"GET /lecons/3-1-pres", b""),
    "a request line that drips": (b"GET /", b"a"),
    "headers without an end": (REQUEST_HEAD, b""),
    "headers that drip": (REQUEST_HEAD, b"X-A: b\r\n"),
    "a body that does not come": (UNFINISHED_POST, b""),
    "a body that drips": (UNFINISHED_POST, b"a"),
}
DRIP_INTERVAL_SECONDS = 0.5
RECEIVE_BUFFER_BYTES = 4096


def open_connection(url: str, receive_bytes: int | None = None) -> socket.socket:
    """A connection to the server at `url`, with a small receive buffer for one that will not read."""
    parts = urlsplit(url)
    connection = socket.socket()
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.settimeout(30)
    connection.connect((parts.hostname, parts.port))
    return connection


@contextmanager
def open_slow_clients(url: str, kind: str, count: int) -> Iterator[list[socket.socket]]:
    """So many clients of one kind of STALLED_REQUESTS; those that drip go on until the block ends."""
    sent, drip = STALLED_REQUESTS[kind]
    is_over = threading.Event()
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(open_connection(url))) for _ in range(count)]
        for client in clients:
            client.sendall(sent)
        dripping = threading.Thread(target=send_drip, args=(clients, drip, is_over))
        dripping.start()
        try:
            yield clients
        finally:
            is_over.set()
            dripping.join()


def send_drip(clients: list[socket.socket], drip: bytes, is_over: threading.Event) -> None:
    """Send a little more on each connection that is still there, until it is over."""
    alive = list(clients) if drip else []
    while alive and not is_over.wait(DRIP_INTERVAL_SECONDS):
        for client in list(alive):
            try:
                client.sendall(drip)
            except OSError:
                alive.remove(client)


@contextmanager
def open_non_reading_clients(url: str, path: str, cookie: str, count: int) -> Iterator[list[socket.socket]]:
    """So many clients that ask for a file and read nothing of it."""
    asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(open_connection(url, RECEIVE_BUFFER_BYTES))) for _ in range(count)]
        for client in clients:
            client.sendall(asked)
        yield clients


def reset_connection(connection: socket.socket) -> None:
    """Close a connection by RST, as a system does for a browser that left something unread."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def is_closed_within(client: socket.socket, seconds: float) -> bool:
    """Does the server close this connection within so many seconds? What it says before is read."""
    client.settimeout(seconds)
    try:
        while client.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
