"""Parser of the messages that a Space streams during a call. Pure.

Source: the queue of Gradio 4 to 6, as its own client reads it; messages are untrusted and may be
malformed in any way.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hfcourse.errors import CallError, CourseError
from hfcourse.limits.cpu_budget import CpuBudget, CpuBudgetExceeded
from hfcourse.spaces.client.call_events import (
    CallEvent,
    LogEvent,
    OutputEvent,
    PartialOutputEvent,
    ProgressEvent,
    QueuedEvent,
    StartedEvent,
)
from hfcourse.spaces.client.call_failures import (
    DEFAULT_TITLES,
    MAX_ERROR_TITLE_CHARACTERS,
    TokenMask,
    classify_failure,
    extract_message_text,
)
from hfcourse.spaces.client.output_diffs import StreamedOutputs
from hfcourse.spaces.schema.component_updates import LatestOutputs
from hfcourse.spaces.untrusted.safe_json import parse_untrusted_json

MAX_LOG_CHARACTERS = 2_000
# Gradio sends one step per open progress bar, with these fields.
MAX_PROGRESS_STEPS, MAX_PROGRESS_TEXT_CHARACTERS = 20, 200
# Messages of Gradio's stream for an unknown session; Gradio 4 has no field for it.
SESSION_LOST_MESSAGES = ("Session not found.", "404: Session not found.", "404: Not Found")
# Share of the call's timeout that parsing may take: more is an attack on the processor, since a
# call mostly waits.
CPU_TIME_DIVISOR = 10

OutputFilter = Callable[..., tuple[Any, ...]]


class QueueProtocol:
    """Parser of the messages of one call into events; stores the latest values of a generator.

    Args:
        protocol: the Space's protocol version; the later ones send a generator's values as diffs.
        output_filter: removes the values of session state and layout.
        seconds: timeout of the call; parsing its messages may take a share of it in processor time.
        mask: removes the token that the Space may repeat, also from a value that diffs have put
            together.
    """

    def __init__(
        self, protocol: str, output_filter: OutputFilter, seconds: float, mask: TokenMask = lambda value: value
    ) -> None:
        self._filter_outputs, self._mask = output_filter, mask
        self.sends_diffs = protocol in ("sse_v2", "sse_v2.1", "sse_v3")
        self._budget = CpuBudget(seconds / CPU_TIME_DIVISOR)
        self._running = StreamedOutputs(self._budget)
        self._last_values = LatestOutputs()

    def check_chunks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks of the stream while the budget lasts: many may arrive without a message.

        Raises:
            CallError: `answer-too-large`, as `read_message`.
        """
        for chunk in chunks:
            if self._budget.is_exhausted:
                raise CallError("answer-too-large")
            yield chunk

    def measure_messages(self, messages: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the messages of the stream, and count the time of receiving them in the budget.

        Receiving a message of a few bytes costs as much as parsing it.
        """
        while True:
            with self._budget.measure():
                raw = next(messages, None)
            if raw is None:
                return
            yield raw

    def read_message(self, raw: bytes, event_id: str) -> list[CallEvent] | None:
        """Parse one message of the stream, within the budget of the call.

        Args:
            event_id: id of this call; messages of other calls give no event.

        Returns:
            Its events; None for the message that closes the stream.

        Raises:
            CallError: the call failed at the Space, the message is malformed, or parsing took too
                long (`answer-too-large`).
        """
        try:
            self._budget.check()
            with self._budget.measure():
                message = self._mask(parse_message(raw))
                if message.get("event_id") not in (event_id, None):
                    return []
                return None if message.get("msg") == "close_stream" else list(self.parse_events(message))
        except CpuBudgetExceeded:
            raise CallError("answer-too-large") from None

    def parse_events(self, message: dict[str, Any]) -> Iterator[CallEvent]:
        """Yield the events of one message, none for an unknown kind.

        Raises:
            CallError: the call failed at the Space, or the message is malformed.
            CpuBudgetExceeded: applying its diffs takes too long.
        """
        kind = message.get("msg")
        if kind == "server_stopped" or message.get("message") == "Server stopped unexpectedly.":
            raise CallError("connection-lost")
        if kind == "unexpected_error":
            raise CallError("connection-lost" if is_session_lost(message) else "space-exception")
        try:
            yield from self._dispatch_message(kind, message)
        except (TypeError, AttributeError, ValueError, LookupError, OverflowError, RecursionError):
            raise CallError("bad-answer") from None

    def _dispatch_message(self, kind: Any, message: dict[str, Any]) -> Iterator[CallEvent]:
        if kind == "estimation":
            yield QueuedEvent(
                parse_count(message.get("rank")),
                parse_count(message.get("queue_size")),
                parse_seconds(message.get("rank_eta")),
            )
        elif kind == "process_starts":
            yield StartedEvent(parse_seconds(message.get("eta")))
        elif kind == "progress":
            yield ProgressEvent(
                tuple(map(parse_progress_step, filter_dicts(message["progress_data"])[-MAX_PROGRESS_STEPS:]))
            )
        elif kind == "log":
            yield from self._parse_log(message)
        elif kind == "process_generating":
            yield from self._parse_partial(message)
        elif kind == "process_completed":
            yield self._parse_output(message)

    def _parse_log(self, message: dict[str, Any]) -> Iterator[CallEvent]:
        """Yield a message of the author as text, unless it is hidden."""
        if message.get("visible") is False:
            return
        level = str(message.get("level", "info"))[:20]
        title = extract_message_text(message.get("title"), MAX_ERROR_TITLE_CHARACTERS, self._mask)
        text = extract_message_text(message.get("log"), MAX_LOG_CHARACTERS, self._mask)
        yield LogEvent(level, text, "" if title.casefold() in DEFAULT_TITLES else title)

    def _parse_partial(self, message: dict[str, Any]) -> Iterator[CallEvent]:
        if message.get("success") is False:
            raise self._parse_failure(message)
        data = message["output"]["data"]
        if self._running.values is None or not self.sends_diffs:
            self._running.replace_values(data)
        else:
            self._running.apply_diffs(data)
        yield PartialOutputEvent(
            self._last_values.merge_outputs(self._mask(self._select_outputs(self._running.values)))
        )

    def _parse_output(self, message: dict[str, Any]) -> CallEvent:
        output = message["output"]
        if not message.get("success") or "error" in output:
            raise self._parse_failure(message)
        return OutputEvent(self._last_values.merge_outputs(self._select_outputs(output["data"])))

    def _parse_failure(self, message: dict[str, Any]) -> CourseError:
        """Return the error for the Space's report of a failure."""
        return classify_failure(message.get("output"), message.get("title"), self._mask)

    def _select_outputs(self, data: Any) -> tuple[Any, ...]:
        """Return one value per declared output, without session state and layout."""
        if not isinstance(data, list):
            raise CallError("bad-answer")
        return self._filter_outputs(*data)


def is_session_lost(message: dict[str, Any]) -> bool:
    """Does the Space report an unknown session (Gradio 5 and 6)? It was restarted during the call."""
    return message.get("session_not_found") is True or message.get("message") in SESSION_LOST_MESSAGES


def parse_message(raw: bytes) -> dict[str, Any]:
    """Parse one message of the stream into a dictionary."""
    message = parse_untrusted_json(raw)
    if not isinstance(message, dict):
        raise CallError("bad-answer")
    return message


def filter_dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [item for item in value if isinstance(item, dict)]


def parse_progress_step(step: dict[str, Any]) -> dict[str, Any]:
    """Return the documented fields of a progress bar, texts truncated and numbers finite."""
    fields: dict[str, Any] = {
        name: parse_small_number(step[name]) for name in ("index", "length", "progress") if name in step
    }
    for name in ("unit", "desc"):
        if name in step:
            fields[name] = None if step[name] is None else str(step[name])[:MAX_PROGRESS_TEXT_CHARACTERS]
    return fields


def parse_small_number(value: Any) -> int | float | None:
    """Return a number that a page can render, None for anything else (booleans included)."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 else None


def parse_count(value: Any) -> int | None:
    """Return a count as an int, None for anything else."""
    return value if isinstance(value, int) and parse_small_number(value) is not None else None


def parse_seconds(value: Any) -> float | None:
    """Return a finite number of seconds, None for anything else."""
    return None if parse_small_number(value) is None else float(value)
