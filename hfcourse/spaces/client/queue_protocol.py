"""The messages that a Space sends while a call goes on, made into events. Pure.

Source: the queue of Gradio 4 to 6, as its own client reads it; what it says may be wrong in any way.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hfcourse.errors import CallFailed, CourseError
from hfcourse.limits.cpu_budget import CpuBudget, CpuBudgetExceeded
from hfcourse.spaces.client.call_events import Event, Log, Output, Partial, Progress, Queued, Started
from hfcourse.spaces.client.call_failures import DEFAULT_TITLES, TITLE_CHARACTERS, Mask, failure_of, message_text
from hfcourse.spaces.client.output_diffs import RunningOutputs
from hfcourse.spaces.schema.component_updates import LastValues
from hfcourse.spaces.untrusted.safe_json import read_json

LOG_CHARACTERS = 2_000
# Gradio sends one step for each bar that is open, of these fields.
MAX_PROGRESS_STEPS, PROGRESS_TEXT_CHARACTERS = 20, 200
# How Gradio words an error of its stream for a session that it does not have; Gradio 4 has no field that says so.
SESSION_LOST = ("Session not found.", "404: Session not found.", "404: Not Found")
# Of the time that a call may last, so much may pass with the reading of messages: the rest is waiting, or somebody
# sends us edits to keep a processor busy.
READING_SHARE = 10

Shown = Callable[..., tuple[Any, ...]]


class Reading:
    """Turns the messages of one call into events; keeps the running values of a generator.

    Args:
        protocol: the Space's, of which the later ones send a generator's values as diffs.
        shown: leaves out of the values those of session state and layout.
        seconds: how long the call may last; reading its messages may take a share of that in processor time.
        mask: leaves what the Space was lent out of a message, and out of a value that diffs have put together.
    """

    def __init__(self, protocol: str, shown: Shown, seconds: float, mask: Mask = lambda value: value) -> None:
        self._only_shown, self._mask = shown, mask
        self.sends_diffs = protocol in ("sse_v2", "sse_v2.1", "sse_v3")
        self._budget = CpuBudget(seconds / READING_SHARE)
        self._running = RunningOutputs(self._budget)
        self._last_values = LastValues()

    def check_chunks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks of the stream while the budget lasts: many may come without a message.

        Raises:
            CallFailed: `answer-too-large`, as `read`.
        """
        for chunk in chunks:
            if self._budget.is_exhausted:
                raise CallFailed("answer-too-large")
            yield chunk

    def measure_messages(self, messages: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the messages of the stream; receiving one counts in the budget, like reading it.

        A message of a few bytes costs as much to receive as to read, so that both together are bounded.
        """
        while True:
            with self._budget.measure():
                raw = next(messages, None)
            if raw is None:
                return
            yield raw

    def read(self, raw: bytes, event_id: str) -> list[Event] | None:
        """Read one message of the stream, within the budget of the call.

        Args:
            event_id: messages of any other call give no event.

        Returns:
            Its events; None for the message that closes the stream.

        Raises:
            CallFailed: the call failed at the Space, the message has not the form it should have, or reading has
                taken too long (`answer-too-large`).
        """
        try:
            self._budget.check()
            with self._budget.measure():
                message = self._mask(parsed(raw))
                if message.get("event_id") not in (event_id, None):
                    return []
                return None if message.get("msg") == "close_stream" else list(self.events_of(message))
        except CpuBudgetExceeded:
            raise CallFailed("answer-too-large") from None

    def events_of(self, message: dict[str, Any]) -> Iterator[Event]:
        """The events of one message; unknown kinds give none.

        Raises:
            CallFailed: the call failed at the Space, or the message has not the form it should have.
            CpuBudgetExceeded
        """
        kind = message.get("msg")
        if kind == "server_stopped" or message.get("message") == "Server stopped unexpectedly.":
            raise CallFailed("connection-lost")
        if kind == "unexpected_error":
            raise CallFailed("connection-lost" if has_lost_session(message) else "space-exception")
        try:
            yield from self._events(kind, message)
        except (TypeError, AttributeError, ValueError, LookupError, OverflowError, RecursionError):
            raise CallFailed("bad-answer") from None

    def _events(self, kind: Any, message: dict[str, Any]) -> Iterator[Event]:
        if kind == "estimation":
            yield Queued(whole(message.get("rank")), whole(message.get("queue_size")), real(message.get("rank_eta")))
        elif kind == "process_starts":
            yield Started(real(message.get("eta")))
        elif kind == "progress":
            yield Progress(tuple(map(progress_step, dicts_in(message["progress_data"])[-MAX_PROGRESS_STEPS:])))
        elif kind == "log":
            yield from self._log(message)
        elif kind == "process_generating":
            yield from self._generating(message)
        elif kind == "process_completed":
            yield self._completed(message)

    def _log(self, message: dict[str, Any]) -> Iterator[Event]:
        """A message of the author, as text; none for one that the author shows to nobody."""
        if message.get("visible") is False:
            return
        level = str(message.get("level", "info"))[:20]
        title = message_text(message.get("title"), TITLE_CHARACTERS, self._mask)
        words = message_text(message.get("log"), LOG_CHARACTERS, self._mask)
        yield Log(level, words, "" if title.casefold() in DEFAULT_TITLES else title)

    def _generating(self, message: dict[str, Any]) -> Iterator[Event]:
        if message.get("success") is False:
            raise self._failure(message)
        data = message["output"]["data"]
        if self._running.values is None or not self.sends_diffs:
            self._running.replace(data)
        else:
            self._running.apply(data)
        yield Partial(self._last_values.merge(self._mask(self._shown(self._running.values))))

    def _completed(self, message: dict[str, Any]) -> Event:
        output = message["output"]
        if not message.get("success") or "error" in output:
            raise self._failure(message)
        return Output(self._last_values.merge(self._shown(output["data"])))

    def _failure(self, message: dict[str, Any]) -> CourseError:
        """What the Space's account of its failure means."""
        return failure_of(message.get("output"), message.get("title"), self._mask)

    def _shown(self, data: Any) -> tuple[Any, ...]:
        """One value per declared output: session state and layout leave the list."""
        if not isinstance(data, list):
            raise CallFailed("bad-answer")
        return self._only_shown(*data)


def has_lost_session(message: dict[str, Any]) -> bool:
    """Does the Space say that it does not know our session (Gradio 5 and 6)? It was started again meanwhile."""
    return message.get("session_not_found") is True or message.get("message") in SESSION_LOST


def parsed(raw: bytes) -> dict[str, Any]:
    """One message of the stream."""
    message = read_json(raw)
    if not isinstance(message, dict):
        raise CallFailed("bad-answer")
    return message


def dicts_in(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)]


def progress_step(step: dict[str, Any]) -> dict[str, Any]:
    """The fields of a bar that Gradio documents, its texts cut, its numbers finite."""
    kept: dict[str, Any] = {name: small(step[name]) for name in ("index", "length", "progress") if name in step}
    for name in ("unit", "desc"):
        if name in step:
            kept[name] = None if step[name] is None else str(step[name])[:PROGRESS_TEXT_CHARACTERS]
    return kept


def small(value: Any) -> int | float | None:
    """A number that a page can write, None for anything else (True is no number)."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 else None


def whole(value: Any) -> int | None:
    """A count as an int, None for anything else."""
    return value if isinstance(value, int) and small(value) is not None else None


def real(value: Any) -> float | None:
    """A finite number of seconds, None for anything else."""
    return None if small(value) is None else float(value)
