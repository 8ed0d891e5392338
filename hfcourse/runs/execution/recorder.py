"""What is stored of a run while it goes on, and at its end: its events, its outputs, masked."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from hfcourse import tokens
from hfcourse.errors import CallError
from hfcourse.runs.execution.output_files import Fetch, OutputFileFetcher, strip_files
from hfcourse.runs.execution.preview_images import PreviewImages
from hfcourse.runs.execution.timers import timers
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.runs.store.run_store import NewEvent
from hfcourse.runs.values.value_types import COMPONENTS_WITH_FILES, is_conversation
from hfcourse.spaces.client.call_events import (
    CallEvent,
    LogEvent,
    PartialOutputEvent,
    ProgressEvent,
    QueuedEvent,
    StartedEvent,
)
from hfcourse.spaces.schema.endpoints.return_values import ReturnValue
from hfcourse.spaces.schema.endpoints.space_description import Endpoint

EVENT_INTERVAL_SECONDS = 0.1
QUEUED_DEBOUNCE_SECONDS = 0.3
TIMER_MARGIN_SECONDS = 0.001  # later than the first moment, whatever the last digit of a sum
PREVIEW_TTL_SECONDS = 5  # for pages that are still asking for the pictures of partial outputs
# Of its time, storing partial outputs takes one part in so many at most: a large value is stored less often.
STORE_DUTY_DIVISOR = 5
MAX_OUTPUT_BYTES = 2_000_000  # as much as one message of a Space; partial outputs grow from message to message
MAX_LOG_MESSAGES = 100
EVENT_KINDS = {QueuedEvent: "queued", StartedEvent: "started", ProgressEvent: "progress", LogEvent: "log"}


class Recorder:
    """Stores the events of one run: at most ten of a kind a second, a hundred messages of the author in all.

    What comes sooner waits for its moment, and only the latest of a kind: whoever looks sees where the run stands
    a tenth of a second later at most, even if the Space says nothing more.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.endpoint: Endpoint | None = None
        self.preview_images: PreviewImages | None = None
        self.space_address = ""
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]
        self._token = tokens.get_site_token()
        self._latest_values: tuple[Any, ...] | None = None
        self._stored_outputs: list[dict[str, Any]] | None = None
        self._partial_count = 0
        self._stored_at: dict[type, float] = {}
        self._message_count = 0
        self._buffered: dict[str, NewEvent] = {}
        self._deferred: dict[type, CallEvent] = {}
        self._is_waiting = self._is_over = False
        self._store_lock = threading.RLock()  # the run's own thread, and the one that does things later

    def record_event(self, event: CallEvent) -> None:
        """Store an event that is not the last, now or in a moment, unless the Space says more than anybody reads."""
        if isinstance(event, PartialOutputEvent):
            self._latest_values, self._partial_count = event.values, self._partial_count + 1
        with self._store_lock:
            if isinstance(event, LogEvent):
                self._message_count += 1
                if self._message_count <= MAX_LOG_MESSAGES:
                    self._store_event(event)
            elif self._is_interval_over(type(event)):
                self._store_event(event)
            else:
                self._defer(event)

    def _is_interval_over(self, kind: type) -> bool:
        return time.monotonic() - self._stored_at.get(kind, 0.0) >= EVENT_INTERVAL_SECONDS

    def _defer(self, event: CallEvent) -> None:
        """Keep an event for the moment at which one of its kind may be stored; it replaces the one kept before."""
        is_known = type(event) in self._deferred
        self._deferred[type(event)] = event
        if not is_known:
            self._call_later(
                self._stored_at[type(event)] + EVENT_INTERVAL_SECONDS + TIMER_MARGIN_SECONDS,
                lambda: self._store_deferred(type(event)),
            )

    def _call_later(self, moment: float, do: Callable[[], None]) -> None:
        """Do something at this moment, unless the run is over by then."""

        def try_to() -> None:
            with self._app.app_context(), self._store_lock:
                if not self._is_over:
                    do()

        def start() -> None:
            threading.Thread(target=try_to, daemon=True, name=f"run-later-{self.run.id}").start()

        # Where the Space is asked for pictures in a thread of its own: nobody else has to wait for them.
        timers.call_at(moment, start if self._can_return_files else try_to)

    def _store_deferred(self, kind: type) -> None:
        with suppress(CallError):  # too large: the next event says so
            if kind in self._deferred and self._is_interval_over(
                kind
            ):  # if not, one of its kind was stored since, and put off
                self._store_event(self._deferred[kind])

    def _store_event(self, event: CallEvent) -> None:
        self._deferred.pop(type(event), None)
        self._stored_at[type(event)] = time.monotonic()
        if isinstance(event, PartialOutputEvent):
            self._store_partial(event)
            return
        self.buffer_event(EVENT_KINDS[type(event)], asdict(event))
        if self._is_visible_change(event):
            run_store.append_and_notify(self.run.id, self._take_buffered())
        elif isinstance(event, QueuedEvent):
            self._call_later(time.monotonic() + QUEUED_DEBOUNCE_SECONDS, self._store_buffered)

    def _store_buffered(self) -> None:
        """Store that the run is the next at a Space, if it still is: most calls start before."""
        if "queued" in self._buffered and "started" not in self._buffered:
            self._is_waiting = True
            run_store.append_and_notify(self.run.id, self._take_buffered())

    def buffer_event(self, kind: str, data: dict[str, Any]) -> None:
        """Keep an event, masked, until the next that changes the page or the end of the run."""
        self._buffered[kind] = NewEvent(kind, self.mask_value(data))

    def _store_partial(self, event: PartialOutputEvent) -> None:
        """Store the outputs so far, and the next ones not before several times what that took.

        Raises:
            CallError: `answer-too-large`; those stored before are kept.
        """
        begun = time.monotonic()
        self._stored_outputs = self._serialize_within_limit(self._attach_previews(event.values, is_last=False))
        told = NewEvent("partial", {"outputs": self._stored_outputs})
        run_store.append_partial(self.run.id, [*self._take_buffered(), told], self._partial_count)
        taken = time.monotonic() - begun
        self._stored_at[PartialOutputEvent] = (
            begun + max(EVENT_INTERVAL_SECONDS, STORE_DUTY_DIVISOR * taken) - EVENT_INTERVAL_SECONDS
        )

    def _serialize_within_limit(self, values: Sequence[Any]) -> list[dict[str, Any]]:
        """The described outputs, if they are no more than what one message may hold."""
        described = self._serialize_outputs(values)
        if len(json.dumps(described, ensure_ascii=False).encode()) > MAX_OUTPUT_BYTES:
            self._latest_values = None
            raise CallError("answer-too-large")
        return described

    def _is_visible_change(self, event: CallEvent) -> bool:
        """Has somebody who looks something new to see? If not, the event is stored with the next one that has."""
        if not isinstance(event, QueuedEvent | StartedEvent):
            return True
        was_waiting, self._is_waiting = self._is_waiting, isinstance(event, QueuedEvent) and bool(event.rank)
        return was_waiting or self._is_waiting

    def _take_buffered(self) -> list[NewEvent]:
        """The events that were held back."""
        held, self._buffered = list(self._buffered.values()), {}
        return held

    def _stop_deferring(self) -> None:
        """Let nothing that was put off be stored after the end; what it would have told is told with it."""
        with self._store_lock:
            self._is_over = True
            for kind, event in self._deferred.items():
                if kind in EVENT_KINDS:
                    self.buffer_event(EVENT_KINDS[kind], asdict(event))

    def finish_with_outputs(self, values: Sequence[Any], fetch: Fetch) -> None:
        """Store the outputs, with the files that came with them, and the run's success."""
        self._stop_deferring()
        collected = OutputFileFetcher(self.run, fetch)
        kept = [
            collected.replace_files(value) if has_files_to_store(item, value) else value
            for item, value in zip(self._returns, values, strict=False)
        ]
        run_store.finish_run(
            self.run.id,
            "succeeded",
            self._serialize_outputs(kept),
            partials=self._partial_count,
            told=self._take_buffered(),
        )
        if self.preview_images:
            timers.call_at(time.monotonic() + PREVIEW_TTL_SECONDS, self._discard_previews)

    def finish_without_result(self, status: str, error: str | None = None, said: str = "") -> None:
        """Store the end of a call that gave no result, with the outputs that had arrived, if any had."""
        self._stop_deferring()
        arrived = self._stored_outputs
        with suppress(CallError):  # the latest may have grown too large since those that are stored
            latest = None if self._latest_values is None else self._attach_previews(self._latest_values, is_last=True)
            arrived = arrived if latest is None else self._serialize_within_limit(latest)
        run_store.finish_run(
            self.run.id, status, arrived, error, said, partials=self._partial_count, told=self._take_buffered()
        )

    def _attach_previews(self, values: Sequence[Any], is_last: bool) -> list[Any]:
        """Partial outputs with references to their pictures; those of the last ones were fetched before, or are not."""
        kept, held = list(values), [n for n, item in enumerate(self._returns[: len(values)]) if can_hold_files(item)]
        if held and self.preview_images:
            show = self.preview_images.finalize if is_last else self.preview_images.update
            for n, replaced in zip(held, show([values[n] for n in held]), strict=True):
                kept[n] = replaced
        return kept

    def _discard_previews(self) -> None:
        with self._app.app_context():
            if self.preview_images:
                self.preview_images.discard()

    @property
    def _can_return_files(self) -> bool:
        return any(can_hold_files(item) for item in self._returns)

    def mask_value(self, value: Any) -> Any:
        """A JSON value without the address of the Space.

        What a Space says was masked when it was received, if it is lent the token; the token as it is, is masked
        here whoever sends it: a Space may have been lent it once.
        """
        written = json.dumps(value, ensure_ascii=False)
        hidden = tokens.redact_token(written, self._token)
        if self.space_address and not self.space_address.endswith(".hf.space"):
            parts = urlsplit(self.space_address)
            for told in (self.space_address, f"{parts.scheme}://{parts.netloc}", parts.netloc):
                hidden = hidden.replace(told, "[adresse du Space]")
        return value if hidden == written else json.loads(hidden)

    @property
    def _returns(self) -> tuple[ReturnValue, ...]:
        return self.endpoint.returns if self.endpoint else ()

    def _serialize_outputs(self, values: Sequence[Any]) -> list[dict[str, Any]]:
        """Label, component and value of each declared output, and what helps to draw it."""
        missing = [None] * (len(self._returns) - len(values))
        return [
            {
                "label": item.label,
                "component": item.component,
                "hints": dict(item.rendering_hints),
                "holds_files": has_files_to_store(item, value),
                "value": self.mask_value(strip_files(value) if has_files_to_store(item, value) else value),
            }
            for item, value in zip(self._returns, [*values, *missing], strict=False)
        ]


def can_hold_files(item: ReturnValue) -> bool:
    """May the values of this output hold files?"""
    return item.holds_files or item.component.lower() in COMPONENTS_WITH_FILES


def has_files_to_store(item: ReturnValue, value: Any) -> bool:
    """Is what looks like file data in this value a file? In a conversation it is, whatever component declares it."""
    return can_hold_files(item) or is_conversation(value)
