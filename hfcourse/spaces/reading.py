"""The messages that a Space sends while a call goes on, made into events. Pure.

Source: the queue of Gradio 4 to 6, as its own client reads it; what it says may be wrong in any way.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from hfcourse.errors import SAID_CHARACTERS, CallFailed, CourseError
from hfcourse.spaces.events import Event, Log, Output, Partial, Progress, Queued, Started
from hfcourse.spaces.untrusted import check_depth, read_json

LOG_CHARACTERS = 2_000

Shown = Callable[..., tuple[Any, ...]]
ApplyDiff = Callable[[Any, Any], Any]


class Reading:
    """Turns the messages of one call into events; keeps the running values of a generator.

    Args:
        protocol: the Space's, of which the later ones send a generator's values as diffs.
        shown: leaves out of the values those of session state and layout.
        apply_diff: gives a value and its diff, the next value.
    """

    def __init__(self, protocol: str, shown: Shown, apply_diff: ApplyDiff) -> None:
        self._only_shown, self._apply_diff = shown, apply_diff
        self.sends_diffs = protocol in ("sse_v2", "sse_v2.1", "sse_v3")
        self.running: list[Any] | None = None

    def read(self, message: dict[str, Any]) -> Iterator[Event]:
        """The events of one message; unknown kinds give none.

        Raises:
            CallFailed: the call failed at the Space, or the message has not the form it should have.
        """
        kind = message.get("msg")
        if message.get("message") == "Server stopped unexpectedly.":
            raise CallFailed("connection-lost")
        if kind == "unexpected_error":
            raise CallFailed("space-exception")
        try:
            yield from self._events(kind, message)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError):
            raise CallFailed("bad-answer") from None

    def _events(self, kind: Any, message: dict[str, Any]) -> Iterator[Event]:
        if kind == "estimation":
            yield Queued(whole(message.get("rank")), whole(message.get("queue_size")), real(message.get("rank_eta")))
        elif kind == "process_starts":
            yield Started(real(message.get("eta")))
        elif kind == "progress":
            yield Progress(tuple(step for step in message["progress_data"] if isinstance(step, dict)))
        elif kind == "log":
            yield Log(str(message.get("level", "info"))[:20], str(message.get("log", ""))[:LOG_CHARACTERS])
        elif kind == "process_generating":
            yield from self._generating(message)
        elif kind == "process_completed":
            yield self._completed(message)

    def _generating(self, message: dict[str, Any]) -> Iterator[Event]:
        if message.get("success") is False:
            raise failure(message.get("output"))
        data = message["output"]["data"]
        if self.running is None or not self.sends_diffs:
            self.running = list(data)
        else:
            self.running = [self._apply_diff(value, diff) for value, diff in zip(self.running, data, strict=True)]
        check_depth(self.running)  # each diff may add levels to what is there
        yield Partial(self._shown(self.running))

    def _completed(self, message: dict[str, Any]) -> Event:
        output = message["output"]
        if not message.get("success") or "error" in output:
            raise failure(output)
        return Output(self._shown(output["data"]))

    def _shown(self, data: Any) -> tuple[Any, ...]:
        """One value per declared output: session state and layout leave the list."""
        if not isinstance(data, list):
            raise CallFailed("bad-answer")
        return self._only_shown(*data)


def failure(output: Any) -> CourseError:
    """What a Space's own account of its failure means."""
    said = output.get("error") if isinstance(output, dict) else None
    if not isinstance(said, str) or not said.strip():
        return CallFailed("space-exception")
    said = said[:SAID_CHARACTERS]  # before the search below, which takes an hour for a hostile 2 MB
    if re.search(r"GPU quota|ZeroGPU|exceeded your .*quota", said, re.IGNORECASE):
        return CallFailed("quota-exceeded", said)
    return CallFailed("space-error", said)


def parsed(raw: bytes) -> dict[str, Any]:
    """One message of the stream."""
    message = read_json(raw)
    if not isinstance(message, dict):
        raise CallFailed("bad-answer")
    return message


def whole(value: Any) -> int | None:
    """A count as an int, None for anything else (True is no count)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def real(value: Any) -> float | None:
    """A finite number of seconds, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e9 else None
