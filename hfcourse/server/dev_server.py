"""Server of `flask run`: Werkzeug's threaded server with limits on connections.

Werkzeug starts a thread for each connection, without a timeout and without a limit, and its loop spins when accept()
finds no free descriptor. `flask run` has no option for another server, so `init_app` replaces Werkzeug's.
"""

import errno
import logging
import socket
from typing import Any

from flask import Flask
from werkzeug import serving
from werkzeug._internal import _log
from werkzeug.serving import ThreadedWSGIServer

from hfcourse.server import check_port
from hfcourse.server.connections import MAX_CONNECTIONS, ConnectionTable
from hfcourse.server.request_handler import ClosingApplication, LimitedRequestHandler
from hfcourse.text.typography import typeset_french

try:
    import resource
except ImportError:  # absent on Windows
    resource = None  # type: ignore[assignment]

# Werkzeug's backlog is 128 connections: a class of three hundred that clicks at once exceeds it.
LISTEN_BACKLOG = 1024
# Enough descriptors for all connections, to clients and Spaces; the default is 256 on macOS, 1024 on Linux.
WANTED_DESCRIPTORS = 4096
ACCEPT_RETRY_INTERVAL_SECONDS = 0.1
# Wildcard addresses, with the loopback address and address family of each.
ALL_INTERFACES = {"0.0.0.0": ("127.0.0.1", socket.AF_INET), "::": ("::1", socket.AF_INET6)}  # noqa: S104 (a name)
OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

log = logging.getLogger(__name__)


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
