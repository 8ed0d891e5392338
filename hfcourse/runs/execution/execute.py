"""Execution of one run, from its claim to its final status, in any thread or process."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from flask import current_app

from hfcourse.errors import CallCancelled, CallNotQueued, CourseError, FormRejected, ValidationRejected
from hfcourse.limits.deadline import CancelScope
from hfcourse.runs.execution import conversation_sessions, next_steps, sessions
from hfcourse.runs.execution.call_arguments import build_call_arguments
from hfcourse.runs.execution.output_serializer import OutputSerializer
from hfcourse.runs.execution.preview_images import PreviewImages
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.execution.sessions import CallSession
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.runs.trace.recording import record_call
from hfcourse.spaces.client.call_events import OutputEvent
from hfcourse.spaces.client.transport.exchange_recorder import bind_recorder
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.registry.resolver import DESCRIPTION_RESERVE_SECONDS
from hfcourse.spaces.schema.endpoints.space_description import Endpoint

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

PREVIEW_TIMEOUT_SECONDS = 1  # for the file of a partial output; a cancellation waits for it
# After these, the cached description of the Space may be out of date.
STALE_SPACE_CODES = ("endpoint-gone", "connection-lost", "space-sleeping")

# Claims a run by its id; returns None if it cannot be claimed.
ClaimFunction = Callable[[str], Run | None]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreparedCall:
    """Call of a run that is ready to be sent: its endpoint at a connected Space, and its session there."""

    connection: "SpaceClient"
    endpoint: Endpoint
    session: CallSession


def execute_run(run_id: str, scope: CancelScope, claim: ClaimFunction = run_store.claim_run) -> bool:
    """Claim the run, call the Space and store the result as a final status; return False if not claimed."""
    run = claim(run_id)
    if run is None:
        return False
    with (
        record_call(run),
        finish_on_error(Recorder(run, OutputSerializer())),
        resolver.keep_awake(run.space, scope),
    ):
        call = prepare_call(run, scope)
        recorder = make_recorder(run, call)
        with finish_on_error(recorder), translate_errors(run, call.connection, scope):
            call_space(run, call, recorder, scope)
    return True


@contextmanager
def finish_on_error(recorder: Recorder) -> Iterator[None]:
    """Store the final status of the run if an exception leaves the block, and suppress the exception."""
    try:
        yield
    except CallCancelled:
        recorder.finish_without_result("stopped")
    except CourseError as error:
        log.info("Run %s failed: %s", recorder.run.id, error.code)
        if isinstance(error, ValidationRejected):
            recorder.buffer_event("invalid", {"fields": error.field_errors})
        recorder.finish_without_result("failed", error.code, error.detail)
    except Exception as error:  # a bug must not leave a run without a final status
        name = type(error).__name__
        log.error("Run %s failed with an unexpected %s", recorder.run.id, name, exc_info=current_app.debug)
        recorder.finish_without_result("failed", "bad-answer")


@contextmanager
def translate_errors(run: Run, connection: "SpaceClient", scope: CancelScope) -> Iterator[None]:
    """Invalidate the description of a Space that may have changed, and raise `endpoint-gone` if it has."""
    try:
        yield
    except CourseError as error:
        if error.code in STALE_SPACE_CODES or isinstance(error, CallNotQueued):
            resolver.get_registry().invalidate_space(connection)
        if isinstance(error, CallNotQueued) and is_endpoint_removed(run, scope):
            raise FormRejected("endpoint-gone") from None
        raise


def prepare_call(run: Run, scope: CancelScope) -> PreparedCall:
    """Connect to the Space of a run, find its endpoint and open its session.

    Raises:
        CourseError: the Space cannot be reached, or has no such endpoint any more (`endpoint-gone`).
    """
    connection = resolver.connect_to_space(run.space, within=scope)
    with translate_errors(run, connection, scope):
        endpoint = connection.description.find_endpoint(run.endpoint)
        if endpoint is None:
            raise FormRejected("endpoint-gone")
        session = conversation_sessions.get_or_open_session(run, endpoint, connection, scope)
        return PreparedCall(connection.bind_call_cookies(session.name), endpoint, session)


def make_recorder(run: Run, call: PreparedCall) -> Recorder:
    """Return the recorder of a run whose call is about to be sent."""
    fetch = bind_recorder(lambda path: call.connection.fetch_file(path, CancelScope(PREVIEW_TIMEOUT_SECONDS)))
    previews = PreviewImages(run, fetch)
    return Recorder(run, OutputSerializer(call.endpoint.returns, call.connection.url), previews)


def call_space(run: Run, call: PreparedCall, recorder: Recorder, scope: CancelScope) -> None:
    """Call the Space and record each event; the last one finishes the run."""
    connection, endpoint, session = call.connection, call.endpoint, call.session
    if session.opening_error:
        recorder.buffer_event(sessions.OPENING_EVENT, {"code": session.opening_error})
    if session.memory:
        recorder.buffer_event(conversation_sessions.MEMORY_EVENT, session.memory)
    # Closed in any case: the Space is then notified that the client has disconnected.
    with closing(
        connection.call_endpoint(run.endpoint, build_call_arguments(run, endpoint), scope, session.name)
    ) as events:
        for event in events:
            if isinstance(event, OutputEvent):
                if steps := next_steps.find_next_steps(connection.description, endpoint, event.values):
                    recorder.buffer_event(next_steps.NEXT_STEPS_EVENT, {"steps": steps})
                recorder.finish_with_outputs(event.values, partial(connection.fetch_file, scope=scope))
            else:
                recorder.record_event(event)


def is_endpoint_removed(run: Run, scope: CancelScope) -> bool:
    """Is the endpoint of this run missing from a newly fetched description of the Space?"""
    try:
        if scope.check_remaining_seconds() < DESCRIPTION_RESERVE_SECONDS:
            return False
        return resolver.connect_to_space(run.space, within=scope).description.find_endpoint(run.endpoint) is None
    except CourseError:
        return False
