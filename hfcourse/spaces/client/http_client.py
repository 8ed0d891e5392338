"""HTTP client for Spaces and the Hub: connection pools, each operation within the cancel scope of its thread.

httpcore follows no redirect, decompresses nothing and reads no proxy from the environment. Cookies are stored only in
the jar that the caller passes, which belongs to one call.
"""

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore

from hfcourse.errors import CallError
from hfcourse.limits import byte_budget
from hfcourse.limits.byte_budget import MAX_UNCOUNTED_BYTES, STREAM_BUFFER_COPIES, Reservation, estimate_parsed_bytes
from hfcourse.limits.deadline import SILENCE_TIMEOUT_SECONDS, CancelScope, clamp_timeout, get_current_scope
from hfcourse.setting_parsers import is_loopback
from hfcourse.spaces.client.cookie_jar import CookieJar, SessionCookieJars
from hfcourse.spaces.untrusted.safe_json import parse_untrusted_json

CONNECT_TIMEOUT_SECONDS, WRITE_TIMEOUT_SECONDS = 5, 10
MAX_POOL_CONNECTIONS, MAX_IDLE_CONNECTIONS = 400, 64
# Gradio's servers (uvicorn, and Node in front of it) close a connection after 5 idle seconds, perhaps while a request
# is being sent, which would fail as connection-lost. So we close it first.
KEEPALIVE_EXPIRY_SECONDS = 4
CHUNK_BYTES = 64 * 1024
# Spaces read it to count their callers or to keep robots out; it names the site, and nothing of the visitor.
USER_AGENT = "hfcourse/0.1.0 (course on Hugging Face)"
# Limits on the body of a server error, which is read for the message that Gradio puts there.
MAX_ERROR_BYTES, ERROR_TIMEOUT_SECONDS = 8_000, 1
# Message of httpcore and h11 for a response that ends early; their other messages are about malformed HTTP.
CLOSED_EARLY = re.compile("disconnected|closed", re.IGNORECASE)
EVENT_END = re.compile(rb"\r?\n\r?\n")


class DeadlineStream(httpcore.NetworkStream):
    """Connection whose operations are bounded by the cancel scope of the current thread."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def _clamp_timeout(self, seconds: float | None) -> float:
        scope = get_current_scope()
        if scope:  # attach first, then check: a cancellation in between is seen by one of the two
            scope.attach_socket(self._stream.get_extra_info("socket"))
        return clamp_timeout(seconds)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clamp_timeout(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: a timeout must not start again for each of a thousand partial sends.
        for start in range(0, len(buffer), CHUNK_BYTES):
            self._stream.write(buffer[start : start + CHUNK_BYTES], self._clamp_timeout(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "DeadlineStream":
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, self._clamp_timeout(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Network backend that opens connections within the cancel scope of the current thread."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> DeadlineStream:
        return DeadlineStream(
            self._backend.connect_tcp(host, port, clamp_timeout(timeout), local_address, socket_options)
        )


@dataclass(frozen=True)
class HttpResponse:
    """Response, at most `cap` bytes of it; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def parse_json_body(self) -> Any:
        """Parse the body as JSON.

        Raises:
            CallError: as `parse_untrusted_json`, and `server-busy`, there is no memory to parse it.
        """
        with byte_budget.reserve_bytes(estimate_parsed_bytes(self.body)):
            return parse_untrusted_json(self.body)


@dataclass(frozen=True)
class SizedBody:
    """Request body that is sent in pieces, `size` bytes in all, and never whole in memory."""

    size: int
    pieces: Iterator[bytes]


class HttpClient:
    """Connection pools of this process to Spaces and the Hub, shared by all threads.

    Args:
        proxy_url: a school's proxy, never used for loopback addresses; '' for none.
        ca_bundle: path of its certificates (PEM), trusted besides the system's; '' for none.
    """

    def __init__(self, proxy_url: str = "", ca_bundle: str = "") -> None:
        trusted = ssl.create_default_context()
        if ca_bundle:
            trusted.load_verify_locations(ca_bundle)
        self.session_jars = SessionCookieJars()
        self._is_closed = False
        self._direct = self._make_pool(trusted, None)
        self._proxied = self._make_pool(trusted, build_proxy(proxy_url)) if proxy_url else self._direct

    @staticmethod
    def _make_pool(trusted: ssl.SSLContext, proxy: httpcore.Proxy | None) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=trusted,
            proxy=proxy,
            network_backend=DeadlineBackend(),
            max_connections=MAX_POOL_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_EXPIRY_SECONDS,
        )

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | SizedBody | None = None,
        cookies: CookieJar | None = None,
    ) -> Iterator[httpcore.Response]:
        """Send a request; yield its response, not read yet.

        Args:
            cookies: sent if they are of the same origin; those that the response sets are kept in it.

        A CallError that the pieces of a body raise passes through.

        Raises:
            CallError: `timeout`, `connection-lost` (nobody there, closed early) or `bad-answer` (not HTTP,
                or an encoding that was not asked for).
        """
        pool = self._direct if is_loopback(urlsplit(url).hostname) else self._proxied
        sent = build_request_headers(url, headers or {}, body, cookies)
        content = body.pieces if isinstance(body, SizedBody) else body
        timeouts = {
            "connect": CONNECT_TIMEOUT_SECONDS,
            "write": WRITE_TIMEOUT_SECONDS,
            "read": SILENCE_TIMEOUT_SECONDS,
            "pool": CONNECT_TIMEOUT_SECONDS,
        }
        timeout = {"timeout": timeouts}
        try:
            with map_errors(), pool.stream(method, url, headers=sent, content=content, extensions=timeout) as response:
                try:
                    if cookies:
                        cookies.store_cookies(url, response.headers)
                    # A gzip bomb grows a thousandfold. Of an error only the status matters, in any encoding.
                    if response.status < 400 and get_header(response, "content-encoding") not in ("", "identity"):
                        raise CallError("bad-answer")
                    yield response
                finally:
                    if scope := get_current_scope():
                        scope.detach_socket()
        finally:
            if self._is_closed:  # a request that outlives the client returns its connection to a closed pool
                pool.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        cap: int,
        headers: Mapping[str, str] | None = None,
        body: bytes | SizedBody | None = None,
        reduce: Callable[[Iterable[bytes]], Iterable[bytes]] | None = None,
        cookies: CookieJar | None = None,
    ) -> HttpResponse:
        """Send a request and read the whole response, at most `cap` bytes; of a server error (5xx) its first words.

        Args:
            reduce: what the pieces of the body pass through as they arrive; what it leaves out takes no memory.

        Raises:
            CallError: as `stream`, `answer-too-large`, and `server-busy`, there is no memory to read it.
        """
        with self.stream(method, url, headers, body, cookies) as response, byte_budget.reserve_bytes() as memory:
            pieces = iter_limited(response, cap)
            is_error = response.status >= 500
            content = read_error(response) if is_error else read_body(reduce(pieces) if reduce else pieces, memory)
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return HttpResponse(response.status, named, content)

    def close(self) -> None:
        """Close every connection; those of requests in progress as soon as these end."""
        self._is_closed = True
        self._direct.close()
        self._proxied.close()


def build_request_headers(
    url: str, headers: Mapping[str, str], body: bytes | SizedBody | None, cookies: CookieJar | None
) -> dict[bytes | str, bytes | str]:
    """Build the headers of a request: ours, those of the caller, the length of the body, the cookies of the call."""
    sent: dict[bytes | str, bytes | str] = {
        "host": urlsplit(url).netloc,
        "user-agent": USER_AGENT,
        "accept": "*/*",
        "accept-encoding": "identity",
    }
    sent.update(headers)
    if body is not None:
        sent["content-length"] = str(body.size if isinstance(body, SizedBody) else len(body))
    if cookies and (line := cookies.format_cookie_header(url)):
        sent["cookie"] = line
    return sent


def read_error(response: httpcore.Response) -> bytes:
    """Read the first bytes of a server error, if they are JSON and arrive soon: only its message is of interest.

    Never read to its end: a server that broke closes its connection a moment after its answer, perhaps under the next
    request. Left unread, this one is closed by us and not used again.
    """
    content = b""
    length = get_header(response, "content-length")
    wanted = min(int(length), MAX_ERROR_BYTES) if length.isdecimal() else 1
    if "json" in get_header(response, "content-type"):
        with suppress(CallError), CancelScope(ERROR_TIMEOUT_SECONDS).activate():
            for piece in iter_limited(response, MAX_ERROR_BYTES):
                content += piece
                if len(content) >= wanted:
                    break
    return content


def build_proxy(url: str) -> httpcore.Proxy:
    """Build the proxy of this URL; user name and password, if any, go into a header of their own."""
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return httpcore.Proxy(address, (unquote(parts.username), unquote(parts.password or "")) if parts.username else None)


def get_header(response: httpcore.Response, name: str) -> str:
    """Return the value of a header in lower case, '' if absent."""
    for key, value in response.headers:
        if key.lower() == name.encode():
            return value.decode("latin-1").strip().lower()
    return ""


def iter_limited(response: httpcore.Response, cap: int) -> Iterator[bytes]:
    """Yield the body in pieces.

    Raises:
        CallError: `answer-too-large` once it passes `cap` bytes; as `Wire.stream`.
    """
    received = 0
    with map_errors():  # here too: the reader may handle the error before the response is closed
        for chunk in response.iter_stream():
            received += len(chunk)
            if received > cap:
                raise CallError("answer-too-large")
            yield chunk


def read_body(chunks: Iterable[bytes], memory: Reservation) -> bytes:
    """Join the pieces of a body, reserving memory as it grows. Raises as `Reservation.resize`."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > MAX_UNCOUNTED_BYTES:
            memory.resize(STREAM_BUFFER_COPIES * len(content))
    return bytes(content)


@contextmanager
def map_errors() -> Iterator[None]:
    """Map network errors to error codes; a cancellation appears as an error of the closed socket."""
    try:
        yield
    except httpcore.TimeoutException:
        _check_cancel_scope()
        raise CallError("timeout") from None
    except httpcore.ProtocolError as error:
        _check_cancel_scope()
        raise CallError("connection-lost" if CLOSED_EARLY.search(str(error)) else "bad-answer") from None
    except (httpcore.UnsupportedProtocol, httpcore.NetworkError, httpcore.ProxyError, OSError, ValueError):
        _check_cancel_scope()
        raise CallError("connection-lost") from None


def _check_cancel_scope() -> None:
    scope = get_current_scope()
    if scope:
        scope.check_remaining_seconds()


def iter_server_sent_events(
    chunks: Iterable[bytes], cap: int, on_growth: Callable[[int], None] = lambda _size: None
) -> Iterator[bytes]:
    """Yield the joined `data:` lines of each event of an SSE stream, without comments and other fields.

    Each byte is looked at once, however the stream is cut: searching again from the start of a growing
    buffer takes a minute for 60 MB.

    Args:
        on_growth: told the size of the buffer whenever it has grown, to reserve memory for it.

    Raises:
        CallError: `answer-too-large`, one event is longer than `cap` bytes.
    """
    buffer, searched = bytearray(), 0
    for chunk in chunks:
        buffer += chunk
        while end := EVENT_END.search(buffer, searched):
            event = bytes(buffer[: end.start()])
            del buffer[: end.end()]
            searched = 0
            lines = [line[5:].removeprefix(b" ") for line in event.splitlines() if line.startswith(b"data:")]
            if lines:
                yield b"\n".join(lines)
        searched = max(0, len(buffer) - 3)  # "\r\n\r" may begin a separator
        if len(buffer) > cap:
            raise CallError("answer-too-large")
        on_growth(len(buffer))
