"""Server of `flask run`: Werkzeug's threaded server with limits on connections.

Werkzeug starts a thread for each connection, without a timeout and without a limit, and its loop spins when accept()
finds no free descriptor. It also leaves a response unclosed if its client resets the connection. `flask run` has no
option for another server, so `init_app` replaces Werkzeug's.
"""

import errno
import io
import logging
import socket
from collections.abc import Iterable, Iterator
from http.client import LineTooLong
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug import serving
from werkzeug._internal import _log
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from hfcourse.server import check_port
from hfcourse.server.connections import MAX_CONNECTIONS, ClientConnection, ConnectionTable
from hfcourse.text.typography import typeset_french

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

try:
    import resource
except ImportError:  # absent on Windows
    resource = None  # type: ignore[assignment]

# Werkzeug's backlog is 128 connections: a class of three hundred that clicks at once exceeds it.
LISTEN_BACKLOG = 1024
# Enough descriptors for all connections, to clients and Spaces; the default is 256 on macOS, 1024 on Linux.
WANTED_DESCRIPTORS = 4096
MAX_HEAD_BYTES = 65_536 + io.DEFAULT_BUFFER_SIZE  # the longest line that http.server accepts, plus one buffer
SEND_CHUNK_BYTES = 64 * 1024
ACCEPT_RETRY_INTERVAL_SECONDS = 0.1
# Wildcard addresses, with the loopback address and address family of each.
ALL_INTERFACES = {"0.0.0.0": ("127.0.0.1", socket.AF_INET), "::": ("::1", socket.AF_INET6)}  # noqa: S104 (a name)
OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
BAD_REQUEST_PAGE = typeset_french(
    """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Demande incomprise</title>
<h1>Demande incomprise</h1>
<p>Votre navigateur a envoyé une demande que le site ne comprend pas (%(code)d).</p>
<p>Revenez en arrière, rechargez la page, puis recommencez.</p></html>
"""
)

RESPONSE_KEY = "hfcourse.response_body"

log = logging.getLogger(__name__)


class ResponseBody:
    """Body of a WSGI response whose `close()` has an effect once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        """Close the body of the application, if it can be closed."""
        chunks, self._chunks = self._chunks, ()
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


class ClosingApplication:
    """WSGI middleware that leaves each response in the environment, for the request handler to close."""

    def __init__(self, application: "WSGIApplication") -> None:
        self.application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> ResponseBody:
        environ[RESPONSE_KEY] = body = ResponseBody(self.application(environ, start_response))
        return body


class ClientStream(io.RawIOBase):
    """Raw I/O stream of a client, within the time budget of its connection."""

    def __init__(self, connection: ClientConnection) -> None:
        super().__init__()
        self._connection = connection
        self._head_bytes: int | None = 0

    def finish_request_head(self) -> None:
        """Mark the end of the request line and headers: the size of the body is limited by the application."""
        self._head_bytes = None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read as RawIOBase; http.server answers LineTooLong with 431."""
        if self._head_bytes is not None and self._head_bytes >= MAX_HEAD_BYTES:
            raise LineTooLong("head")
        count = self._connection.receive_into(buffer)
        if self._head_bytes is not None:
            self._head_bytes += count
        return count

    def write(self, data: Any, /) -> int:
        """Send all data in chunks: the socket's timeout is per chunk, that of `sendall` for the whole."""
        view = memoryview(data)
        for start in range(0, len(view), SEND_CHUNK_BYTES):
            piece = view[start : start + SEND_CHUNK_BYTES]
            while piece:
                piece = piece[self._connection.send(piece) :]
        return len(view)


class LimitedRequestHandler(WSGIRequestHandler):
    """Werkzeug's request handler with I/O within the connection's budget, and protocol errors in French."""

    error_message_format = BAD_REQUEST_PAGE
    server: "LimitedServer"
    _environ: "WSGIEnvironment"

    def setup(self) -> None:
        super().setup()
        self._stream = ClientStream(self.server.connections.find_connection(self.connection))
        self.rfile, self.wfile = io.BufferedReader(self._stream), self._stream  # type: ignore[assignment]

    def version_string(self) -> str:
        """Return the value of the `Server` header, without the versions of Werkzeug and Python."""
        return "hfcourse"

    def log_error(self, format: str, *args: Any) -> None:
        """Log a protocol error's status without its message, which repeats the request line."""
        if format.startswith("code "):
            format, args = "code %s", args[:1]
        super().log_error(format, *args)

    def make_environ(self) -> "WSGIEnvironment":
        self._environ = super().make_environ()
        return self._environ

    def run_wsgi(self) -> None:
        """Respond, and close the response however the connection ends.

        After each response, Werkzeug reads what the client may still send, and closes the response only if that read
        succeeds. Chromium resets the connection of a redirect whose body it does not read.
        """
        self._stream.finish_request_head()
        self._environ = {}
        try:
            super().run_wsgi()
        finally:
            if body := self._environ.get(RESPONSE_KEY):
                body.close()


class LimitedServer(ThreadedWSGIServer):
    """Werkzeug's threaded server with a connection limit; connections beyond it wait in the backlog."""

    request_queue_size = LISTEN_BACKLOG

    def __init__(self, host: str, port: int, app: Any, handler: Any = None, *args: Any, **kwargs: Any) -> None:
        self.connections = ConnectionTable(min(MAX_CONNECTIONS, raise_descriptor_limit() // 2))
        super().__init__(host, port, ClosingApplication(app), handler or LimitedRequestHandler, *args, **kwargs)
        if self.ssl_context is not None:  # the handshake takes a round trip: not in the accept loop
            self.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]

    def server_bind(self) -> None:
        """Bind, or exit with one French line that names a free port."""
        try:
            super().server_bind()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise SystemExit(
                    check_port.describe_port_in_use(self.server_address[1], "flask run --port {}")
                ) from None
            raise

    def log_startup(self) -> None:
        """Log in French the site's URL, and on a network the URL for the class."""
        _log("info", "\n".join(describe_addresses(self.host, self.port, is_secure=self.ssl_context is not None)))

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection if the limit allows it.

        Raises:
            OSError: no connection now; socketserver tries again.
        """
        if not self.connections.wait_for_room(ACCEPT_RETRY_INTERVAL_SECONDS):
            raise BlockingIOError("too many connections")
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in OUT_OF_DESCRIPTORS:
                log.warning("No descriptor is free for another connection (%s).", error.strerror)
                self.connections.wait_for_descriptor(ACCEPT_RETRY_INTERVAL_SECONDS)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request, client_address[0] if isinstance(client_address, tuple) else "")
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.remove(request)
        super().shutdown_request(request)


def describe_addresses(host: str, number: int, *, is_secure: bool = False) -> list[str]:
    """Return the URLs of a server that listens on `host`, for this machine and for others."""
    scheme = "https" if is_secure else "http"
    if host not in ALL_INTERFACES:
        return [
            typeset_french(f"hfcourse est à l’adresse {scheme}://{bracket_ipv6_host(host)}:{number} (Ctrl+C l’arrête).")
        ]
    loopback, family = ALL_INTERFACES[host]
    outside = serving.get_interface_ip(family)
    lines = [
        f"hfcourse est à l’adresse {scheme}://{bracket_ipv6_host(loopback)}:{number}"
        " sur cet ordinateur (Ctrl+C l’arrête)."
    ]
    if outside != loopback:
        lines.append(f"Adresse à donner à la classe : {scheme}://{bracket_ipv6_host(outside)}:{number}")
    else:
        lines.append("Cet ordinateur n’est sur aucun réseau : la classe ne peut pas l’atteindre.")
    return [typeset_french(line) for line in lines]


def bracket_ipv6_host(host: str) -> str:
    """Put an IPv6 address into brackets, for a URL."""
    return f"[{host}]" if ":" in host else host


def raise_descriptor_limit(wanted: int = WANTED_DESCRIPTORS) -> int:
    """Raise this process's soft limit of descriptors (RLIMIT_NOFILE) as far as allowed, and return it."""
    if resource is None:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    infinite = resource.RLIM_INFINITY
    target = wanted if hard == infinite else min(wanted, hard)
    if soft == infinite or soft >= target:
        return wanted if soft == infinite else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    except (OSError, ValueError):  # the system may allow less than its hard limit
        return soft
    return target


def init_app(_app: Flask) -> None:
    """Replace the threaded server in Werkzeug's module, where `flask run` looks it up."""
    serving.ThreadedWSGIServer = LimitedServer  # type: ignore[misc]
