"""Connection pool of httpcore2, whose socket operations obey the cancel scope of the current thread.

httpcore2 follows no redirect, decompresses nothing and reads no proxy from the environment. Its exceptions leave this
module as error codes.
"""

import re
import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore2

from hfcourse.errors import CallError
from hfcourse.limits.deadline import SILENCE_TIMEOUT_SECONDS, clamp_timeout, get_current_scope
from hfcourse.spaces.client.transport.exchange_recorder import (
    ExchangeTap,
    get_current_exchange,
    record_chunks,
    record_exchange,
)
from hfcourse.spaces.client.transport.http_messages import HttpRequest, SizedBody, StreamedResponse
from hfcourse.spaces.client.transport.name_resolution import NameResolver

CONNECT_TIMEOUT_SECONDS, WRITE_TIMEOUT_SECONDS = 5, 10
TIMEOUTS = {
    "pool": CONNECT_TIMEOUT_SECONDS,
    "connect": CONNECT_TIMEOUT_SECONDS,
    "write": WRITE_TIMEOUT_SECONDS,
    "read": SILENCE_TIMEOUT_SECONDS,
}
MAX_POOL_CONNECTIONS, MAX_IDLE_CONNECTIONS = 400, 64
# Gradio's servers (uvicorn, and Node in front of it) close a connection after 5 idle seconds, perhaps while a request
# is being sent, which would fail as connection-lost. So we close it first.
KEEPALIVE_EXPIRY_SECONDS = 4
WRITE_CHUNK_BYTES = 64 * 1024
# Message of httpcore2 and h11 for a response that ends early; their other messages are about malformed HTTP.
CLOSED_EARLY = re.compile("disconnected|closed", re.IGNORECASE)


class DeadlineStream(httpcore2.NetworkStream):
    """Connection whose operations are bounded by the cancel scope of the current thread."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def _clamp_timeout(self, seconds: float | None) -> float:
        scope = get_current_scope()
        if scope:  # attach first, then check: a cancellation in between is seen by one of the two
            scope.attach_socket(self._stream.get_extra_info("socket"))
        return clamp_timeout(seconds)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._clamp_timeout(timeout))
        if exchange := get_current_exchange():
            exchange.record_received(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: a timeout must not start again for each of a thousand partial sends.
        exchange = get_current_exchange()
        for start in range(0, len(buffer), WRITE_CHUNK_BYTES):
            piece = buffer[start : start + WRITE_CHUNK_BYTES]
            self._stream.write(piece, self._clamp_timeout(timeout))
            if exchange:
                exchange.record_sent(piece)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "DeadlineStream":
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, self._clamp_timeout(timeout))
        except BaseException:  # the deadline has expired: the pool does not know of this socket yet, and would leak it
            self._stream.close()
            raise
        if exchange := get_current_exchange():
            exchange.record_secured(secured.get_extra_info("ssl_object").version() or "")
        return DeadlineStream(secured)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore2.NetworkBackend):
    """Network backend that opens connections within the cancel scope of the current thread."""

    def __init__(self) -> None:
        self._backend = httpcore2.SyncBackend()
        self._resolver = NameResolver()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> DeadlineStream:
        """Connect to the first address of the host that accepts, each within what is left of the deadline.

        Given a name, socket.create_connection() grants the whole timeout to every address: where a firewall drops
        packets, the deadline would pass several times.
        """
        try:
            *others, last = self._resolver.resolve_addresses(host, port, CONNECT_TIMEOUT_SECONDS)
        except TimeoutError:
            raise httpcore2.ConnectTimeout from None
        for address in others:
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return self._connect(address, port, timeout, local_address, socket_options)
        return self._connect(last, port, timeout, local_address, socket_options)

    def _connect(self, address: str, port: int, timeout: float | None, *options: Any) -> DeadlineStream:
        stream = DeadlineStream(self._backend.connect_tcp(address, port, clamp_timeout(timeout), *options))
        if exchange := get_current_exchange():
            exchange.record_connected()
        return stream


class ConnectionPool:
    """Thread-safe pool of HTTP/1.1 connections, direct or through a proxy.

    Args:
        trusted: certificates that servers, and an https proxy, are verified against.
        proxy_url: '' for none.
    """

    def __init__(self, trusted: ssl.SSLContext, proxy_url: str = "") -> None:
        self._is_closed = False
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trusted,
            proxy=build_proxy(proxy_url, trusted) if proxy_url else None,
            network_backend=DeadlineBackend(),
            max_connections=MAX_POOL_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_EXPIRY_SECONDS,
        )

    @contextmanager
    def stream(self, request: HttpRequest) -> Iterator[StreamedResponse]:
        """Send a request; yield its response, not read yet. A CallError that its body raises passes through.

        Raises:
            CallError: `timeout`, `connection-lost` (refused, closed early) or `bad-answer` (not HTTP).
        """
        content = request.body.pieces if isinstance(request.body, SizedBody) else request.body
        sending = self._pool.stream(
            request.method,
            request.url,
            headers=list(request.headers.items()),
            content=content,
            extensions={"timeout": TIMEOUTS},
        )
        with record_exchange(request.method, request.url) as exchange, map_network_errors(), ExitStack() as stack:
            with ExchangeTap(exchange):  # the bytes of the body are read later, perhaps between those of another one
                response = stack.enter_context(sending)
            if exchange:
                exchange.status = response.status
            try:
                yield StreamedResponse(
                    response.status, response.headers, record_chunks(iter_body_chunks(response), exchange)
                )
            finally:
                if scope := get_current_scope():
                    scope.detach_socket()
                if self._is_closed:  # a request that outlives the pool would return its connection to it
                    response.extensions["network_stream"].close()

    def close(self) -> None:
        """Close every connection; those of requests in progress as soon as these end."""
        self._is_closed = True
        self._pool.close()


def build_proxy(url: str, trusted: ssl.SSLContext) -> httpcore2.Proxy:
    """Build the proxy of this URL; user name and password, if any, go into a header of their own."""
    parts = urlsplit(url)
    return httpcore2.Proxy(
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        auth=(unquote(parts.username), unquote(parts.password or "")) if parts.username else None,
        ssl_context=trusted if parts.scheme == "https" else None,
    )


def iter_body_chunks(response: httpcore2.Response) -> Iterator[bytes]:
    """Yield the body as it arrives. Raises as `ConnectionPool.stream`."""
    with map_network_errors():  # here too: the reader may handle the error before the response is closed
        yield from response.iter_stream()


@contextmanager
def map_network_errors() -> Iterator[None]:
    """Map network errors to error codes; a cancellation appears as an error of the closed socket."""
    try:
        yield
    except httpcore2.TimeoutException:
        _check_cancel_scope()
        raise CallError("timeout") from None
    except httpcore2.ProtocolError as error:
        _check_cancel_scope()
        raise CallError("connection-lost" if CLOSED_EARLY.search(str(error)) else "bad-answer") from None
    except (httpcore2.UnsupportedProtocol, httpcore2.NetworkError, httpcore2.ProxyError, OSError, ValueError):
        _check_cancel_scope()
        raise CallError("connection-lost") from None


def _check_cancel_scope() -> None:
    scope = get_current_scope()
    if scope:
        scope.check_remaining_seconds()
