"""Stored form of a trace: compressed JSON, in three parts: the browser, the validation of its form, the call. Pure.

Bytes are stored as Latin-1 text, which keeps each of them; times are in milliseconds since the start of the part.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

COMPRESSION_LEVEL = 1  # a trace is written at each call, and read rarely
# Of zlib: with its defaults, the state of a compressor is fresh memory from the system, which costs more than its work.
WINDOW_BITS, MEMORY_LEVEL = 13, 6
BROWSER_PART, VALIDATION_PART, CALL_PART = "browser", "form", "call"


@dataclass
class Sample:
    """First and last bytes of a message, masked, as Latin-1 text.

    Attributes:
        size: full size of the message in bytes, before masking.
        omitted_bytes: how many bytes between the first and the last ones are not stored.
    """

    size: int = 0
    first: str = ""
    last: str = ""
    omitted_bytes: int = 0

    @property
    def first_bytes(self) -> bytes:
        return self.first.encode("latin-1")

    @property
    def last_bytes(self) -> bytes:
        return self.last.encode("latin-1")


@dataclass
class StoredExchange:
    """One request and its response.

    Attributes:
        actor: `space` or `hub`.
        times: milliseconds of `started`, `connected`, `secured`, `sent`, `first_byte`, `ended`; those that are known.
        sent: head and body of the request.
        received_head: status line and headers of the response.
        received_bytes: size of the response on the wire, transfer encoding included.
        body: response body, without transfer encoding.
        event_times: milliseconds at which each event of an event stream was complete, for those in `body.first`.
        has_token: did the site's token travel in this request?
    """

    actor: str
    method: str
    url: str
    times: dict[str, float]
    sent: Sample
    received_head: str
    received_bytes: int
    body: Sample
    event_times: list[float]
    chunk_count: int
    status: int | None = None
    error: str = ""
    is_body_complete: bool = False
    has_token: bool = False
    tls_version: str = ""
    tunnel_sent: str = ""
    tunnel_received: str = ""


@dataclass
class StoredNote:
    """Something that happened without a message: see `exchange_recorder.Note`."""

    kind: str
    subject: str
    at: float
    code: str = ""


@dataclass
class CallTrace:
    """Part of the trace that the process recorded which read the form, or executed the run.

    `started` is a POSIX time in seconds.
    """

    started: float = 0.0
    items: list[StoredExchange | StoredNote] = field(default_factory=list)
    omitted_exchanges: int = 0


@dataclass(frozen=True)
class BrowserExchange:
    """The form that a browser sent, and the head of the response to it.

    Attributes:
        fields: name, value and file size of each field; the size is None unless it is a file.
    """

    started: float
    ended: float
    method: str
    target: str
    protocol: str
    request_headers: list[list[str]]
    fields: list[list[Any]]
    request_bytes: int
    status: int
    response_headers: list[list[str]]


@dataclass(frozen=True)
class BrowserTrace(BrowserExchange):
    """That exchange as it is stored: masked and bounded, with the start of the response's body.

    Attributes:
        token_check: `absent`, `found` or `no-token`, from a search of everything here.
    """

    omitted_fields: int
    response_body: Sample
    token_check: str


@dataclass(frozen=True)
class TraceParts:
    """Stored parts of a trace: of the browser, of the validation of its form, of the call; None if missing."""

    browser: BrowserTrace | None
    validation: CallTrace | None
    call: CallTrace | None

    @property
    def calls(self) -> list[CallTrace]:
        """Return the parts that have exchanges of the server."""
        return [part for part in (self.validation, self.call) if part]


def pack_trace(trace: CallTrace | BrowserTrace) -> bytes:
    """Serialize a part of a trace."""
    # `vars`, not `asdict`, which copies everything: a trace is packed at each call.
    content = json.dumps(trace, default=vars, separators=(",", ":")).encode()
    compressor = zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, WINDOW_BITS, MEMORY_LEVEL)
    return compressor.compress(content) + compressor.flush()


def unpack_call(content: bytes) -> CallTrace:
    """Parse the part of the call."""
    found = json.loads(zlib.decompress(content))
    items = [unpack_exchange(item) if "url" in item else StoredNote(**item) for item in found["items"]]
    return CallTrace(**found | {"items": items})


def unpack_exchange(item: dict[str, Any]) -> StoredExchange:
    """Build an exchange from its JSON object."""
    return StoredExchange(**item | {"sent": Sample(**item["sent"]), "body": Sample(**item["body"])})


def unpack_browser(content: bytes) -> BrowserTrace:
    """Parse the part of the browser."""
    found = json.loads(zlib.decompress(content))
    return BrowserTrace(**found | {"response_body": Sample(**found["response_body"])})


def unpack_parts(stored: Mapping[str, bytes]) -> TraceParts:
    """Parse the stored parts of a trace; None for one that is missing."""
    browser = stored.get(BROWSER_PART)
    validation, call = (unpack_call(stored[name]) if name in stored else None for name in (VALIDATION_PART, CALL_PART))
    return TraceParts(unpack_browser(browser) if browser else None, validation, call)
