"""Executing one run, from its claim to its final status, in whatever thread or process is asked to."""

import logging
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

from flask import current_app

from hfcourse.errors import CourseError, NotTaken, NotValid, Refused, Stopped
from hfcourse.files.file_store import KeptFile
from hfcourse.limits.deadline import Leash
from hfcourse.runs.execution import next_steps, sessions
from hfcourse.runs.execution.preview_images import PassingPictures
from hfcourse.runs.execution.recorder import Recorder
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import Run
from hfcourse.spaces.client.call_events import Output
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.registry.resolver import LAST_SECONDS
from hfcourse.spaces.schema.endpoints.space_description import Endpoint

PICTURE_SECONDS = 1  # for one of a partial output; whoever stops the call waits for it

# Takes a run in hand, by its id; None if that is not to be.
Claim = Callable[[str], Run | None]

log = logging.getLogger(__name__)


def execute(run_id: str, leash: Leash, claim: Claim = run_store.claim) -> bool:
    """Claim the run, call the Space, store what happens: every end is a status of the run. False if there was none."""
    run = claim(run_id)
    if run is None:
        return False
    recorder = Recorder(run)
    try:
        with resolver.awake(run.space, leash):
            call(run, recorder, leash)
    except Stopped:
        recorder.finish_early("stopped")
    except CourseError as error:
        log.info("Run %s failed: %s", run_id, error.code)
        if isinstance(error, NotValid):
            recorder.hold("invalid", {"fields": error.fields})
        recorder.finish_early("failed", error.code, recorder.masked(error.said))
    except Exception as error:  # a fault of ours must not leave a run without an end
        log.error("Run %s met an unforeseen %s", run_id, type(error).__name__, exc_info=current_app.debug)
        recorder.finish_early("failed", "bad-answer")
    return True


def call(run: Run, recorder: Recorder, leash: Leash) -> None:
    """Call the Space and record each event; the last one finishes the run."""
    connection = resolver.connect(run.space, within=leash)
    endpoint = connection.description.find(run.endpoint)
    recorder.endpoint, recorder.address = endpoint, connection.url
    try:
        if endpoint is None:
            raise Refused("endpoint-gone")
        session = sessions.session_of(run, endpoint, connection, recorder, leash)
        caller = connection.for_call(session)
        recorder.pictures = PassingPictures(run, lambda path: caller.fetch(path, Leash(PICTURE_SECONDS)))
        # Closed here and now whatever happens to an event: the Space is then told that nobody waits.
        with closing(caller.call(run.endpoint, arguments(run, endpoint), leash, session)) as events:
            for event in events:
                if isinstance(event, Output):
                    if steps := next_steps.find_next_steps(connection.description, endpoint, event.values):
                        recorder.hold(next_steps.EVENT, {"steps": steps})
                    recorder.finish(event.values, partial(caller.fetch, leash=leash))
                else:
                    recorder.record(event)
    except CourseError as error:
        if error.code in ("endpoint-gone", "connection-lost", "space-sleeping") or isinstance(error, NotTaken):
            resolver.directory().forget(connection)
        if isinstance(error, NotTaken) and is_gone(run, leash):
            raise Refused("endpoint-gone") from None
        raise


def is_gone(run: Run, leash: Leash) -> bool:
    """Does the Space, asked to describe itself anew, no longer have the endpoint of this run?"""
    try:
        if leash.remaining() < LAST_SECONDS:
            return False
        return resolver.connect(run.space, within=leash).description.find(run.endpoint) is None
    except CourseError:
        return False


def arguments(run: Run, endpoint: Endpoint) -> list[Any]:
    """One value per declared parameter, in order; our own files where some were sent."""
    sent = run_store.sent_values(run, lambda item: KeptFile.of(item.file))
    return [sent.get(parameter.name) for parameter in endpoint.parameters]
