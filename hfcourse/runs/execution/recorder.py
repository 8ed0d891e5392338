"""Recorder of one run: store its events while it is running, and its outputs and final status at the end.

`EventThrottle` decides when an event is stored, `OutputSerializer` what of the outputs is.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from flask import current_app

from hfcourse.errors import CallError
from hfcourse.runs.execution.event_throttle import CallAt, Clock, EventThrottle
from hfcourse.runs.execution.output_files import Fetch, OutputFileFetcher
from hfcourse.runs.execution.output_serializer import OutputSerializer
from hfcourse.runs.execution.preview_images import PreviewImages
from hfcourse.runs.execution.timers import timers
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.runs.store.run_store import NewEvent
from hfcourse.spaces.client.call_events import (
    CallEvent,
    LogEvent,
    PartialOutputEvent,
    ProgressEvent,
    QueuedEvent,
    StartedEvent,
)

QUEUED_DEBOUNCE_SECONDS = 0.3
PREVIEW_IMAGE_TTL_SECONDS = 5  # for pages that are still requesting the images of partial outputs
EVENT_KINDS = {QueuedEvent: "queued", StartedEvent: "started", ProgressEvent: "progress", LogEvent: "log"}


class Recorder:
    """State machine of the events of one run, which ends with `finish_with_outputs` or `finish_without_result`.

    An event that changes nothing on the page is buffered and stored with the next one that does: each
    transaction costs more than the event. Two threads use it, the run's own and that of the timers.
    """

    def __init__(
        self,
        run: Run,
        serializer: OutputSerializer,
        previews: PreviewImages | None = None,
        *,
        call_at: CallAt = timers.call_at,
        clock: Clock = time.monotonic,
    ) -> None:
        """Create the recorder of a claimed run.

        Args:
            run: the run.
            serializer: serializer of the outputs of its endpoint.
            previews: images of its partial outputs; None to show no image before the end.
            call_at: schedules a callback for a moment of the clock.
            clock: returns seconds that never decrease.
        """
        self.run = run
        self._serializer, self._previews = serializer, previews
        self._call_at, self._clock = call_at, clock
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]
        self._throttle = EventThrottle(self._store_event, self._call_later, clock)
        self._latest_values: tuple[Any, ...] | None = None
        self._stored_outputs: list[dict[str, Any]] | None = None
        self._partial_count = 0
        self._buffered: dict[str, NewEvent] = {}
        self._is_queued_at_space = self._is_over = False
        self._lock = threading.RLock()

    def record_event(self, event: CallEvent) -> None:
        """Store an event other than the final outputs, now or as soon as the throttle allows.

        Raises:
            CallError: `answer-too-large`, the partial outputs have grown too large.
            CallCancelled: the run was deleted.
        """
        if isinstance(event, PartialOutputEvent):
            self._latest_values, self._partial_count = event.values, self._partial_count + 1
        with self._lock:
            self._throttle.submit(event)

    def buffer_event(self, kind: str, data: dict[str, Any]) -> None:
        """Keep an event, masked, until the next one that changes the page, or the end of the run."""
        self._buffered[kind] = NewEvent(kind, self._serializer.mask_value(data))

    def finish_with_outputs(self, values: Sequence[Any], fetch: Fetch) -> None:
        """Store the final outputs with their files, and the status `succeeded`.

        Args:
            values: one per declared output.
            fetch: downloads a file from its path on the Space.
        """
        self._stop_timers()
        outputs = self._serializer.replace_files(values, OutputFileFetcher(self.run, fetch).replace_files)
        run_store.finish_run(
            self.run.id,
            "succeeded",
            self._serializer.serialize_outputs(outputs),
            partials=self._partial_count,
            events=self._take_buffered(),
        )
        if self._previews:
            self._call_at(self._clock() + PREVIEW_IMAGE_TTL_SECONDS, self._discard_previews)

    def finish_without_result(self, status: str, error: str | None = None, error_detail: str = "") -> None:
        """Store the final status of a call without result, and the latest partial outputs if there are any."""
        self._stop_timers()
        outputs = self._stored_outputs
        with suppress(CallError):  # the latest may have grown too large since the stored ones
            if self._latest_values is not None:
                outputs = self._serialize_partial(self._latest_values, is_last=True)
        run_store.finish_run(
            self.run.id,
            status,
            outputs,
            error,
            self._serializer.mask_value(error_detail),
            partials=self._partial_count,
            events=self._take_buffered(),
        )

    def _call_later(self, moment: float, do: Callable[[], None]) -> None:
        """Call `do` under the lock at this moment of the clock, unless the run is over by then."""

        def call_unless_over() -> None:
            with self._app.app_context(), self._lock, suppress(CallError):  # the run's own thread meets it, too
                if not self._is_over:
                    do()

        def start_thread() -> None:
            threading.Thread(target=call_unless_over, daemon=True, name=f"run-later-{self.run.id}").start()

        # A thread of its own where images may be fetched: the timers of other runs must not wait for the Space.
        self._call_at(moment, start_thread if self._serializer.can_return_files else call_unless_over)

    def _store_event(self, event: CallEvent) -> None:
        if isinstance(event, PartialOutputEvent):
            self._store_partial(event)
            return
        self.buffer_event(EVENT_KINDS[type(event)], asdict(event))
        if self._is_visible_change(event):
            run_store.append_and_notify(self.run.id, self._take_buffered())
        elif isinstance(event, QueuedEvent):
            self._call_later(self._clock() + QUEUED_DEBOUNCE_SECONDS, self._store_queued)

    def _store_queued(self) -> None:
        """Store that the run is the next in the queue of the Space, unless it has started: most do before."""
        if "queued" in self._buffered and "started" not in self._buffered:
            self._is_queued_at_space = True
            run_store.append_and_notify(self.run.id, self._take_buffered())

    def _store_partial(self, event: PartialOutputEvent) -> None:
        try:
            self._stored_outputs = self._serialize_partial(event.values, is_last=False)
        except CallError:
            self._latest_values = None  # those stored before are the outputs of the run
            raise
        partial = NewEvent("partial", {"outputs": self._stored_outputs})
        run_store.append_partial(self.run.id, [*self._take_buffered(), partial], self._partial_count)

    def _serialize_partial(self, values: Sequence[Any], is_last: bool) -> list[dict[str, Any]]:
        """Serialize partial outputs, with references to their images. Raises CallError `answer-too-large`."""
        if self._previews:
            replace = self._previews.finalize if is_last else self._previews.update
            values = self._serializer.replace_previews(values, replace)
        return self._serializer.serialize_within_limit(values)

    def _is_visible_change(self, event: CallEvent) -> bool:
        """Does this event change the page? Queueing and starting do only if the run waits at the Space."""
        if not isinstance(event, QueuedEvent | StartedEvent):
            return True
        was_queued = self._is_queued_at_space
        self._is_queued_at_space = isinstance(event, QueuedEvent) and bool(event.rank)
        return was_queued or self._is_queued_at_space

    def _take_buffered(self) -> list[NewEvent]:
        """Return the buffered events and clear the buffer."""
        events, self._buffered = list(self._buffered.values()), {}
        return events

    def _stop_timers(self) -> None:
        """Let no timer store anything from here on, and buffer the deferred events: the end stores them."""
        with self._lock:
            self._is_over = True
            for event in self._throttle.take_deferred():
                if type(event) in EVENT_KINDS:
                    self.buffer_event(EVENT_KINDS[type(event)], asdict(event))

    def _discard_previews(self) -> None:
        with self._app.app_context():
            if self._previews:
                self._previews.discard()
