"""Recording of the call of a run: activate a recorder, then mask and store what it holds, once."""

import logging
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from flask import current_app

from hfcourse import tokens
from hfcourse.runs.store.models import Run
from hfcourse.runs.trace import trace_writer
from hfcourse.runs.trace.masking import TraceMask
from hfcourse.runs.trace.model import CALL_PART, CallTrace, Sample, StoredExchange, StoredNote, pack_trace
from hfcourse.runs.trace.trace_writer import UnpackedPart
from hfcourse.spaces import catalogue
from hfcourse.spaces.client.transport import exchange_recorder
from hfcourse.spaces.client.transport.exchange_recorder import ByteSample, Exchange, Note, TraceRecorder
from hfcourse.spaces.client.transport.server_sent_events import EVENT_END

TIME_NAMES = ("started", "connected", "secured", "sent", "first_byte", "ended")
EVENT_STREAM_HEADER = re.compile(rb"(?im)^content-type:[ \t]*text/event-stream")

log = logging.getLogger(__name__)


@contextmanager
def record_call(run: Run) -> Iterator[None]:
    """Record every exchange of the block, and store the trace of the run at its end, however it ends."""
    recorder = TraceRecorder()
    try:
        with recorder.activate():
            yield
    finally:
        store_call(run, recorder)


def store_call(run: Run, recorder: TraceRecorder) -> None:
    """Store the trace; the result of a run never depends on that."""
    try:
        recorder.seal()
        trace_writer.get_writer().add(
            UnpackedPart(run.id, CALL_PART, partial(pack_call, recorder, run.space), recorder.kept_bytes)
        )
    except Exception as error:  # a bug in a trace must not end the worker that executes runs
        log.error("The trace of run %s failed with %s", run.id, type(error).__name__, exc_info=current_app.debug)


def pack_call(recorder: TraceRecorder, space: str) -> bytes:
    """Return what was recorded as it is stored."""
    return pack_trace(build_call_trace(recorder, make_mask(space)))


def make_mask(space: str, mask_class: type[TraceMask] = TraceMask) -> TraceMask:
    """Return the mask for requests to this Space."""
    entry = catalogue.find_catalogue_entry(space)
    address = entry.url if entry and entry.url else ""
    return mask_class(tokens.get_token_value(), address, current_app.config["HUB_URL"])


def build_call_trace(recorder: TraceRecorder, mask: TraceMask) -> CallTrace:
    """Return the masked trace of everything that was recorded."""
    items = recorder.seal()
    exchanges = [item for item in items if isinstance(item, Exchange)]
    for each in exchanges:
        mask.learn_request(each.url, bytes(each.sent.first))
        mask.learn_response(bytes(each.received_head))
    mask.learn_content(part for each in exchanges for part in list_recorded_bytes(each))
    start = recorder.started_at
    stored = [
        convert_exchange(item, start, mask) if isinstance(item, Exchange) else convert_note(item, start)
        for item in items
    ]
    return CallTrace(recorder.started_time, stored, recorder.omitted_exchanges)


def list_recorded_bytes(exchange: Exchange) -> Iterator[bytes | bytearray]:
    """Yield everything that is kept of an exchange, unmasked."""
    yield exchange.url.encode()
    yield from (exchange.sent.first, exchange.received_head)
    body = exchange.body
    yield from [body.first + body.last] if body.is_whole else [body.first, body.last]
    yield from (exchange.tunnel_sent, exchange.tunnel_received)


def convert_note(note: Note, start: float) -> StoredNote:
    """Return the stored form of a note; `start` as in `convert_exchange`."""
    return StoredNote(note.kind, note.subject, to_milliseconds(note.at, start), note.code)


def convert_exchange(exchange: Exchange, start: float, mask: TraceMask) -> StoredExchange:
    """Return the masked form of an exchange.

    Args:
        start: start of the recording on the monotonic clock.
    """
    moments = {name: getattr(exchange, f"{name}_at") for name in TIME_NAMES}
    return StoredExchange(
        actor="hub" if mask.is_hub(exchange.url) else "space",
        method=exchange.method,
        url=mask.mask_bytes(exchange.url.encode()).decode("utf-8", "replace"),
        times={name: to_milliseconds(at, start) for name, at in moments.items() if at is not None},
        sent=convert_sent(exchange.sent, mask),
        received_head=convert_head(exchange, mask),
        received_bytes=exchange.received_bytes,
        body=convert_body(exchange.body, mask),
        event_times=[to_milliseconds(at, start) for at in list_event_times(exchange)],
        chunk_count=exchange.chunk_count,
        status=exchange.status,
        error=exchange.error,
        is_body_complete=exchange.is_body_complete,
        has_token=exchange.has_token_header,
        tls_version=exchange.tls_version,
        tunnel_sent=to_text(mask.mask_head(exchange.tunnel_sent, is_request=True)),
        tunnel_received=to_text(mask.mask_head(exchange.tunnel_received)),
    )


def convert_sent(sample: ByteSample, mask: TraceMask) -> Sample:
    """Return the masked request: the head by its headers' names, the body as text."""

    def mask_request(message: bytes) -> bytes:
        head, separator, body = message.partition(exchange_recorder.HEAD_END)
        return mask.mask_head(head, is_request=True) + separator + mask.mask_bytes(body)

    return convert_sample(sample, mask_request)


def convert_body(sample: ByteSample, mask: TraceMask) -> Sample:
    """Return the masked body of a response."""
    return convert_sample(sample, mask.mask_bytes)


def convert_sample(sample: ByteSample, mask_bytes: Callable[[bytes], bytes]) -> Sample:
    """Return the masked sample; where bytes are missing, without the margin beside them.

    A secret that begins or ends among the missing bytes is not recognized, and lies in that margin.
    """
    if sample.is_whole:
        return Sample(sample.size, to_text(mask_bytes(bytes(sample.first + sample.last))))
    margin = exchange_recorder.CUT_MARGIN_BYTES
    first, last = bytes(sample.first), bytes(sample.last)
    kept = max(0, len(first) - margin) + max(0, len(last) - margin)
    first, last = mask_bytes(first), mask_bytes(last)
    return Sample(
        sample.size, to_text(first[: max(0, len(first) - margin)]), to_text(last[margin:]), sample.size - kept
    )


def convert_head(exchange: Exchange, mask: TraceMask) -> str:
    """Return the masked head of the response; an incomplete one without its margin, as `convert_sample`."""
    head = bytes(exchange.received_head)
    is_cut = not head.endswith(exchange_recorder.HEAD_END) and exchange.received_bytes > len(head)
    masked = mask.mask_head(head)
    return to_text(masked[: max(0, len(masked) - exchange_recorder.CUT_MARGIN_BYTES)] if is_cut else masked)


def list_event_times(exchange: Exchange) -> list[float]:
    """Return when each event of an event stream was complete, for those in the first bytes."""
    if not is_event_stream(exchange.received_head):
        return []
    offsets = [offset for offset, _ in exchange.chunk_marks]
    ends = (found.end() for found in EVENT_END.finditer(exchange.body.first))
    return [exchange.chunk_marks[bisect_left(offsets, end) - 1][1] for end in ends if offsets]


def is_event_stream(head: bytes | bytearray) -> bool:
    """Do these headers announce server-sent events?"""
    return EVENT_STREAM_HEADER.search(head) is not None


def to_text(data: bytes) -> str:
    """Return bytes as the text that `model` stores."""
    return data.decode("latin-1")


def to_milliseconds(moment: float, start: float) -> float:
    """Return the milliseconds between two times of the monotonic clock, which are in seconds."""
    return round((moment - start) * 1000, 2)
