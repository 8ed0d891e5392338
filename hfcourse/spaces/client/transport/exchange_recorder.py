"""Recorder of the HTTP exchanges of one call, fed where bytes are written to and read from the network.

A run activates a `TraceRecorder` in its thread; `ConnectionPool.stream` opens an `Exchange` for each request, and the
network streams append what they send and receive. Sizes and times are complete, bytes are samples: the first ones of
each message and the last ones of each response, so that a large body is counted and never copied. Without an active
recorder nothing is kept.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hfcourse.errors import CallCancelled, CourseError

MAX_EXCHANGES, MAX_NOTES = 200, 50
MAX_RUN_BYTES = 256_000  # samples of all messages of a run together
MAX_SENT_BYTES, MAX_HEAD_BYTES, MAX_BODY_BYTES, MAX_TAIL_BYTES = 24_000, 16_000, 16_000, 4_000
# Bytes beyond each limit that are sampled, and cut after masking: a secret is masked whole or not stored.
CUT_MARGIN_BYTES = 1_000
MAX_CHUNK_MARKS = 500
HEAD_END = b"\r\n\r\n"
TOKEN_HEADER_START = b"\r\nx-hf-authorization: bearer "

_current = threading.local()


@dataclass(slots=True)
class ByteSample:
    """First and last bytes of a message, with its full size."""

    max_first: int
    max_last: int = 0
    size: int = 0
    first: bytearray = field(default_factory=bytearray)
    last: bytearray = field(default_factory=bytearray)

    @property
    def is_whole(self) -> bool:
        """Do the last bytes follow the first ones?"""
        return len(self.first) + len(self.last) == self.size

    def append(self, data: bytes, reserve_bytes: Callable[[int], int]) -> None:
        """Add data; `reserve_bytes` returns how many bytes of those wanted may be kept."""
        self.size += len(data)
        room = self.max_first - len(self.first)
        kept = reserve_bytes(min(room, len(data))) if room > 0 else 0
        if kept:
            self.first += data[:kept]
        if kept < len(data):
            self.max_first = len(self.first)  # nothing may follow a gap
            self._append_last(data[kept:] if kept else data, reserve_bytes)

    def _append_last(self, data: bytes, reserve_bytes: Callable[[int], int]) -> None:
        if not self.max_last:
            return
        if self.size - len(data) == len(self.first):  # the first bytes after the gap
            self.max_last = reserve_bytes(self.max_last)
        if self.max_last:
            self.last += data[-self.max_last :]
            del self.last[: -self.max_last]


@dataclass(slots=True)
class Exchange:
    """One request and its response, as they pass through the network streams; times are of the monotonic clock."""

    recorder: "TraceRecorder"
    method: str
    url: str
    started_at: float
    sent: ByteSample
    body: ByteSample
    tunnel_sent: bytes = b""
    tunnel_received: bytes = b""
    received_head: bytearray = field(default_factory=bytearray)
    received_bytes: int = 0
    is_head_complete: bool = False
    has_token_header: bool = False
    chunk_marks: list[tuple[int, float]] = field(default_factory=list)
    chunk_count: int = 0
    status: int | None = None
    tls_version: str = ""
    connected_at: float | None = None
    secured_at: float | None = None
    sent_at: float | None = None
    first_byte_at: float | None = None
    ended_at: float | None = None
    is_body_complete: bool = False
    error: str = ""

    def record_connected(self) -> None:
        self.connected_at = time.monotonic()

    def record_secured(self, version: str) -> None:
        """Record the end of a TLS handshake; what passed before it was the dialogue with a proxy."""
        self.secured_at, self.tls_version = time.monotonic(), version
        if self.sent.size:
            self.tunnel_sent, self.tunnel_received = bytes(self.sent.first), bytes(self.received_head)
            self.sent = make_sent_sample()
            self.received_head, self.received_bytes, self.is_head_complete = bytearray(), 0, False
            self.first_byte_at = None

    def record_sent(self, data: bytes) -> None:
        self.sent_at = time.monotonic()
        if not self.sent.size:  # the head is written at once, and known here even if nothing more may be kept
            self.has_token_header = TOKEN_HEADER_START in data.partition(HEAD_END)[0].lower()
        self.sent.append(data, self.recorder.reserve_bytes)

    def record_received(self, data: bytes) -> None:
        if not data:
            return
        if self.first_byte_at is None:
            self.first_byte_at = time.monotonic()
        self.received_bytes += len(data)
        if not self.is_head_complete:
            self._append_head(data)

    def _append_head(self, data: bytes) -> None:
        room = MAX_HEAD_BYTES + CUT_MARGIN_BYTES - len(self.received_head)
        self.received_head += data[: self.recorder.reserve_bytes(min(room, len(data)))]
        end = self.received_head.find(HEAD_END)
        while end >= 0 and is_interim_response(self.received_head):
            del self.received_head[: end + len(HEAD_END)]
            end = self.received_head.find(HEAD_END)
        if end >= 0:
            del self.received_head[end + len(HEAD_END) :]
        self.is_head_complete = end >= 0 or room <= len(data)

    def record_chunk(self, chunk: bytes) -> None:
        """Record a piece of the response body, without its transfer encoding."""
        self.chunk_count += 1
        if len(self.chunk_marks) < MAX_CHUNK_MARKS:
            self.chunk_marks.append((self.body.size, time.monotonic()))
        self.body.append(chunk, self.recorder.reserve_bytes)

    def end(self, error: BaseException | None = None) -> None:
        """Record the end, and the error code of an exchange that was given up."""
        self.ended_at = time.monotonic()
        if error is not None:
            self.error = classify_error(error)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened without a message: an answer of a cache, a request that was not sent."""

    kind: str
    subject: str
    at: float
    code: str = ""


class TraceRecorder:
    """Exchanges and notes of one run, bounded in number and bytes; used by the threads of the run."""

    def __init__(self) -> None:
        self.started_at, self.started_time = time.monotonic(), time.time()
        self.items: list[Exchange | Note] = []
        self.exchange_count = self.omitted_exchanges = 0
        self.is_sealed = False
        self._bytes_left = MAX_RUN_BYTES
        self._lock = threading.Lock()

    @contextmanager
    def activate(self) -> Iterator[None]:
        """Record the exchanges of the current thread inside the block."""
        outer, _current.recorder = get_current_recorder(), self
        try:
            yield
        finally:
            _current.recorder = outer

    def open_exchange(self, method: str, url: str) -> Exchange | None:
        """Begin an exchange; None if there are too many, or if the trace was stored already."""
        with self._lock:
            if self.is_sealed or self.exchange_count >= MAX_EXCHANGES:
                self.omitted_exchanges += not self.is_sealed
                return None
            self.exchange_count += 1
            body = ByteSample(MAX_BODY_BYTES + CUT_MARGIN_BYTES, MAX_TAIL_BYTES + CUT_MARGIN_BYTES)
            exchange = Exchange(self, method, url, time.monotonic(), make_sent_sample(), body)
            self.items.append(exchange)
            return exchange

    def add_note(self, kind: str, subject: str, code: str = "") -> None:
        """Add a note: a `kind` of runs/trace, about `description` or `hub`."""
        with self._lock:
            if not self.is_sealed and sum(isinstance(item, Note) for item in self.items) < MAX_NOTES:
                self.items.append(Note(kind, subject, time.monotonic(), code))

    def reserve_bytes(self, wanted: int) -> int:
        """Return how many of the bytes wanted may still be kept."""
        with self._lock:
            granted = 0 if self.is_sealed else min(wanted, self._bytes_left)
            self._bytes_left -= granted
            return granted

    @property
    def kept_bytes(self) -> int:
        """Number of bytes in the samples."""
        return MAX_RUN_BYTES - self._bytes_left

    def seal(self) -> list[Exchange | Note]:
        """Stop recording; return all items."""
        with self._lock:
            self.is_sealed = True
            return list(self.items)


class ExchangeTap:
    """Context manager that has the network streams of this thread append to an exchange, or to none."""

    __slots__ = ("_exchange", "_outer")

    def __init__(self, exchange: Exchange | None) -> None:
        self._exchange = exchange
        self._outer: Exchange | None = None

    def __enter__(self) -> None:
        self._outer, _current.exchange = get_current_exchange(), self._exchange

    def __exit__(self, *_: Any) -> None:
        _current.exchange = self._outer


@contextmanager
def record_exchange(method: str, url: str) -> Iterator[Exchange | None]:
    """Record what the block does as one exchange of the current recorder; yield None without one."""
    recorder = get_current_recorder()
    exchange = recorder.open_exchange(method, url) if recorder else None
    if exchange is None:
        yield None
        return
    try:
        yield exchange
    except BaseException as error:
        exchange.end(error)
        raise
    exchange.end()


def record_chunks(chunks: Iterator[bytes], exchange: Exchange | None) -> Iterator[bytes]:
    """Yield the chunks of a response body, and record them as they arrive."""
    if exchange is None:
        yield from chunks
        return
    while True:
        with ExchangeTap(exchange):
            chunk = next(chunks, None)
        if chunk is None:
            exchange.is_body_complete = True
            return
        exchange.record_chunk(chunk)
        yield chunk


def bind_recorder(fetch: Callable[..., Iterator[bytes]]) -> Callable[..., Iterator[bytes]]:
    """Return `fetch` with the recorder of the current thread, for another thread of the same run."""
    recorder = get_current_recorder()
    if recorder is None:
        return fetch

    def fetch_recorded(*arguments: Any, **options: Any) -> Iterator[bytes]:
        with recorder.activate():
            yield from fetch(*arguments, **options)

    return fetch_recorded


def make_sent_sample() -> ByteSample:
    return ByteSample(MAX_SENT_BYTES + CUT_MARGIN_BYTES)


def is_interim_response(head: bytes | bytearray) -> bool:
    """Is this a 1xx response, which precedes the response proper (RFC 9110, section 15.2)?"""
    return head[:7] == b"HTTP/1." and head[8:10] == b" 1" and head[9:12] != b"101"


def classify_error(error: BaseException) -> str:
    """Return the error code of an exchange that ended with this exception."""
    if isinstance(error, CallCancelled):
        return "stopped"
    if isinstance(error, CourseError):
        return error.code
    return "closed" if isinstance(error, GeneratorExit) else "failed"


def get_current_recorder() -> TraceRecorder | None:
    """Return the active recorder of this thread, or None."""
    return getattr(_current, "recorder", None)


def get_current_exchange() -> Exchange | None:
    """Return the exchange that the network streams of this thread append to, or None."""
    return getattr(_current, "exchange", None)
