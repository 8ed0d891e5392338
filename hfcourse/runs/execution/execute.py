"""Execution of one run, from its claim to its final status, in any thread or process."""

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

PREVIEW_TIMEOUT_SECONDS = 1  # for the file of a partial output; a cancellation waits for it

# Claims a run by its id; returns None if it cannot be claimed.
ClaimFunction = Callable[[str], Run | None]

log = logging.getLogger(__name__)


def execute_run(run_id: str, scope: CancelScope, claim: ClaimFunction = run_store.claim_run) -> bool:
    """Claim the run, call the Space and store the result as a final status; return False if not claimed."""
    run = claim(run_id)
    if run is None:
        return False
    recorder = Recorder(run)
    try:
        with resolver.keep_awake(run.space, scope):
            call_space(run, recorder, scope)
    except CallCancelled:
        recorder.finish_without_result("stopped")
    except CourseError as error:
        log.info("Run %s failed: %s", run_id, error.code)
        if isinstance(error, ValidationRejected):
            recorder.buffer_event("invalid", {"fields": error.field_errors})
        recorder.finish_without_result("failed", error.code, recorder.mask_value(error.detail))
    except Exception as error:  # a bug must not leave a run without a final status
        log.error("Run %s failed with an unexpected %s", run_id, type(error).__name__, exc_info=current_app.debug)
        recorder.finish_without_result("failed", "bad-answer")
    return True


def call_space(run: Run, recorder: Recorder, scope: CancelScope) -> None:
    """Call the Space and record each event; the last one finishes the run."""
    connection = resolver.connect_to_space(run.space, within=scope)
    endpoint = connection.description.find_endpoint(run.endpoint)
    recorder.endpoint, recorder.space_address = endpoint, connection.url
    try:
        if endpoint is None:
            raise FormRejected("endpoint-gone")
        session = sessions.get_or_open_session(run, endpoint, connection, recorder, scope)
        caller = connection.bind_call_cookies(session)
        recorder.preview_images = PreviewImages(
            run, lambda path: caller.fetch_file(path, CancelScope(PREVIEW_TIMEOUT_SECONDS))
        )
        # Closed in any case: the Space is then notified that the client has disconnected.
        with closing(caller.call_endpoint(run.endpoint, build_arguments(run, endpoint), scope, session)) as events:
            for event in events:
                if isinstance(event, OutputEvent):
                    if steps := next_steps.find_next_steps(connection.description, endpoint, event.values):
                        recorder.buffer_event(next_steps.NEXT_STEPS_EVENT, {"steps": steps})
                    recorder.finish_with_outputs(event.values, partial(caller.fetch_file, scope=scope))
                else:
                    recorder.record_event(event)
    except CourseError as error:
        if error.code in ("endpoint-gone", "connection-lost", "space-sleeping") or isinstance(error, CallNotQueued):
            resolver.get_registry().invalidate_space(connection)
        if isinstance(error, CallNotQueued) and is_endpoint_removed(run, scope):
            raise FormRejected("endpoint-gone") from None
        raise


def is_endpoint_removed(run: Run, scope: CancelScope) -> bool:
    """Is the endpoint of this run missing from a newly fetched description of the Space?"""
    try:
        if scope.check_remaining_seconds() < DESCRIPTION_RESERVE_SECONDS:
            return False
        return resolver.connect_to_space(run.space, within=scope).description.find_endpoint(run.endpoint) is None
    except CourseError:
        return False


def build_arguments(run: Run, endpoint: Endpoint) -> list[Any]:
    """Return one value per declared parameter, in order, with the stored files."""
    sent = run_store.collect_sent_values(run, lambda item: FileHandle.from_row(item.file))
    return [sent.get(parameter.name) for parameter in endpoint.parameters]
