"""HTTP messages: a request to send, a response as it arrives, and one that has been read."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hfcourse.errors import CallError
from hfcourse.limits import byte_budget
from hfcourse.limits.byte_budget import MAX_UNCOUNTED_BYTES, STREAM_BUFFER_COPIES, Reservation, estimate_parsed_bytes
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.untrusted.safe_json import parse_untrusted_json

# Limits on the body of a server error, which is read for the message that Gradio puts there.
MAX_ERROR_BYTES, ERROR_TIMEOUT_SECONDS = 8_000, 1


@dataclass(frozen=True)
class SizedBody:
    """Request body that is sent in pieces, `size` bytes in all, and never whole in memory."""

    size: int
    pieces: Iterator[bytes]


@dataclass(frozen=True)
class HttpRequest:
    """Request as it is sent, with all its headers."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | SizedBody | None = None


class StreamedResponse:
    """Response whose body is read as it arrives, once.

    Args:
        headers: as the server sent them.
        chunks: the body; may raise CallError.
    """

    def __init__(self, status: int, headers: Sequence[tuple[bytes, bytes]], chunks: Iterable[bytes]) -> None:
        self.status, self.headers, self._chunks = status, headers, chunks

    def get_header(self, name: str) -> str:
        """Return the value of a header in lower case, '' if absent."""
        for key, value in self.headers:
            if key.lower() == name.encode():
                return value.decode("latin-1").strip().lower()
        return ""

    def iter_body(self, max_bytes: int) -> Iterator[bytes]:
        """Yield the body in chunks.

        Raises:
            CallError: `answer-too-large` once it passes `max_bytes`, or as `ConnectionPool.stream`.
        """
        received = 0
        for chunk in self._chunks:
            received += len(chunk)
            if received > max_bytes:
                raise CallError("answer-too-large")
            yield chunk

    def read_error(self) -> bytes:
        """Read the first bytes of a server error, if they are JSON and arrive soon: only its message is of interest.

        Never read to its end: a server that broke closes its connection a moment after its answer, perhaps under the
        next request. Left unread, this one is closed by us and not used again.
        """
        content = b""
        length = self.get_header("content-length")
        wanted = min(int(length), MAX_ERROR_BYTES) if length.isdecimal() else 1
        if "json" in self.get_header("content-type"):
            with suppress(CallError), CancelScope(ERROR_TIMEOUT_SECONDS).activate():
                for chunk in self.iter_body(MAX_ERROR_BYTES):
                    content += chunk
                    if len(content) >= wanted:
                        break
        return content


@dataclass(frozen=True)
class HttpResponse:
    """Response that was read whole; header names are lower case."""

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


def receive_body(chunks: Iterable[bytes], memory: Reservation) -> bytes:
    """Join the chunks of a body, reserving memory as it grows. Raises as `Reservation.resize`."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > MAX_UNCOUNTED_BYTES:
            memory.resize(STREAM_BUFFER_COPIES * len(content))
    return bytes(content)
