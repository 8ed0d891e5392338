"""Executing one run, from its claim to its final status, in whatever thread or process is asked to."""

import logging
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

from flask import current_app

from hfcourse.errors import CallCancelled, CallNotQueued, CourseError, FormRejected, ValidationRejected
from hfcourse.files.file_store import FileHandle
from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.execution import next_steps, sessions
from hfcourse.runs.execution.preview_images import PreviewImages
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.spaces.client.call_events import OutputEvent
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.registry.resolver import DESCRIPTION_RESERVE_SECONDS
from hfcourse.spaces.schema.endpoints.space_description import Endpoint

PREVIEW_TIMEOUT_SECONDS = 1  # for one of a partial output; whoever stops the call waits for it

# Takes a run in hand, by its id; None if that is not to be.
ClaimFunction = Callable[[str], Run | None]

log = logging.getLogger(__name__)


def execute_run(run_id: str, leash: CancelScope, claim: ClaimFunction = run_store.claim_run) -> bool:
    """Claim the run, call the Space, store what happens: every end is a status of the run. False if there was none."""
    run = claim(run_id)
    if run is None:
        return False
    recorder = Recorder(run)
    try:
        with resolver.keep_awake(run.space, leash):
            call_space(run, recorder, leash)
    except CallCancelled:
        recorder.finish_without_result("stopped")
    except CourseError as error:
        log.info("Run %s failed: %s", run_id, error.code)
        if isinstance(error, ValidationRejected):
            recorder.buffer_event("invalid", {"fields": error.field_errors})
        recorder.finish_without_result("failed", error.code, recorder.mask_value(error.detail))
    except Exception as error:  # a fault of ours must not leave a run without an end
        log.error("Run %s met an unforeseen %s", run_id, type(error).__name__, exc_info=current_app.debug)
        recorder.finish_without_result("failed", "bad-answer")
    return True


def call_space(run: Run, recorder: Recorder, leash: CancelScope) -> None:
    """Call the Space and record each event; the last one finishes the run."""
    connection = resolver.connect_to_space(run.space, within=leash)
    endpoint = connection.description.find_endpoint(run.endpoint)
    recorder.endpoint, recorder.space_address = endpoint, connection.url
    try:
        if endpoint is None:
            raise FormRejected("endpoint-gone")
        session = sessions.get_or_open_session(run, endpoint, connection, recorder, leash)
        caller = connection.bind_call_cookies(session)
        recorder.preview_images = PreviewImages(
            run, lambda path: caller.fetch_file(path, CancelScope(PREVIEW_TIMEOUT_SECONDS))
        )
        # Closed here and now whatever happens to an event: the Space is then told that nobody waits.
        with closing(caller.call_endpoint(run.endpoint, build_arguments(run, endpoint), leash, session)) as events:
            for event in events:
                if isinstance(event, OutputEvent):
                    if steps := next_steps.find_next_steps(connection.description, endpoint, event.values):
                        recorder.buffer_event(next_steps.NEXT_STEPS_EVENT, {"steps": steps})
                    recorder.finish_with_outputs(event.values, partial(caller.fetch_file, scope=leash))
                else:
                    recorder.record_event(event)
    except CourseError as error:
        if error.code in ("endpoint-gone", "connection-lost", "space-sleeping") or isinstance(error, CallNotQueued):
            resolver.get_registry().invalidate_space(connection)
        if isinstance(error, CallNotQueued) and is_endpoint_removed(run, leash):
            raise FormRejected("endpoint-gone") from None
        raise


def is_endpoint_removed(run: Run, leash: CancelScope) -> bool:
    """Does the Space, asked to describe itself anew, no longer have the endpoint of this run?"""
    try:
        if leash.check_remaining_seconds() < DESCRIPTION_RESERVE_SECONDS:
            return False
        return resolver.connect_to_space(run.space, within=leash).description.find_endpoint(run.endpoint) is None
    except CourseError:
        return False


def build_arguments(run: Run, endpoint: Endpoint) -> list[Any]:
    """One value per declared parameter, in order; our own files where some were sent."""
    sent = run_store.collect_sent_values(run, lambda item: FileHandle.from_row(item.file))
    return [sent.get(parameter.name) for parameter in endpoint.parameters]
