"""Runner of experiments: sends their requests to the awake practice Space, and records the exchanges as they are.

The requests go through the site's own HTTP client, bounded in time and size. The practice Space may be replaced by any
other at an address of the catalogue, so nothing of its answers is trusted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hfcourse.errors import CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.playground.experiments import experiment_table
from hfcourse.playground.experiments.experiment import EVENT_ID_FIELD, Experiment, Outcome, RequestStep
from hfcourse.runs.trace import http_messages, presenter
from hfcourse.runs.trace.masking import TOKEN_HEADER, TraceMask
from hfcourse.runs.trace.model import CALL_PART, CallTrace, StoredExchange, pack_trace
from hfcourse.runs.trace.presenter import Timeline
from hfcourse.runs.trace.recording import build_call_trace, make_mask
from hfcourse.spaces import catalogue
from hfcourse.spaces.client.transport.exchange_recorder import TraceRecorder
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.untrusted.safe_json import parse_untrusted_json

EXPERIMENT_TIMEOUT_SECONDS = 12
MAX_RESPONSE_BYTES = 64_000
EVENT_ID_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
JSON_HEADERS = {"content-type": "application/json"}


@dataclass(frozen=True)
class ExperimentResult:
    """The exchanges of one experiment.

    Attributes:
        unsent_steps: requests that could not be sent, because no answer had a number to read.
        is_expected: did the exchange give what the experiment explains?
        is_reachable: did the practice Space answer at all?
    """

    timeline: Timeline
    exchanges: tuple[StoredExchange, ...]
    unsent_steps: tuple[RequestStep, ...]
    is_expected: bool
    is_reachable: bool


class InventedTokenMask(TraceMask):
    """Mask that leaves the invented token of an experiment readable, and nothing else."""

    def mask_head(self, head: bytes, is_request: bool = False) -> bytes:
        """Mask as `TraceMask.mask_head`; the header of the invented token stays as it was sent."""
        masked = super().mask_head(head, is_request)
        found = TOKEN_HEADER.search(head)
        if is_request and found and found[2] == experiment_table.INVENTED_TOKEN.encode():
            masked = TOKEN_HEADER.sub(lambda header: header[1] + found[2], masked)
        return masked


def run_experiment(experiment: Experiment, space_url: str) -> ExperimentResult:
    """Send the requests of an experiment to the Space at this address; failures are part of the result."""
    recorder = TraceRecorder()
    with recorder.activate():
        unsent = send_steps(experiment.steps, space_url.rstrip("/"), CancelScope(EXPERIMENT_TIMEOUT_SECONDS))
    mask = make_mask(catalogue.PRACTICE_SPACE_ID, InventedTokenMask)
    trace = drop_token_marks(build_call_trace(recorder, mask))
    exchanges = tuple(item for item in trace.items if isinstance(item, StoredExchange))
    return ExperimentResult(
        timeline=presenter.build_timeline({CALL_PART: pack_trace(trace)}),
        exchanges=exchanges,
        unsent_steps=tuple(unsent),
        is_expected=matches_outcome(exchanges, experiment.outcome),
        is_reachable=bool(exchanges) and exchanges[0].status is not None,
    )


def send_steps(steps: Sequence[RequestStep], base_url: str, scope: CancelScope) -> list[RequestStep]:
    """Send requests in order within a deadline; return those whose number no answer gave."""
    event_id, unsent = "", []
    for step in steps:
        if step.needs_event_id and not event_id:
            unsent.append(step)
        else:
            event_id = send_step(step, base_url, event_id, scope) or event_id
    return unsent


def send_step(step: RequestStep, base_url: str, event_id: str, scope: CancelScope) -> str:
    """Send one request and read its answer to the end; return the `event_id` in it, '' without one.

    A failure is recorded with the exchange, and has no other effect.
    """
    url = base_url + step.path.replace(EVENT_ID_FIELD, event_id)
    body = step.body_text.encode() if step.body is not None else None
    headers = (JSON_HEADERS if body is not None else {}) | dict(step.headers)
    client = resolver.get_registry().http_client
    try:
        with (
            CancelScope(min(step.timeout_seconds, scope.check_remaining_seconds())).activate(),
            client.stream(step.method, url, headers, body) as response,
        ):
            return find_event_id(b"".join(response.iter_body(MAX_RESPONSE_BYTES)))
    except CallError:
        return ""


def find_event_id(body: bytes) -> str:
    """Return the `event_id` of an accepted call, '' for any other answer."""
    try:
        found = parse_untrusted_json(body)
    except CallError:
        return ""
    event_id = found.get("event_id") if isinstance(found, dict) else None
    return event_id if isinstance(event_id, str) and EVENT_ID_PATTERN.fullmatch(event_id) else ""


def drop_token_marks(trace: CallTrace) -> CallTrace:
    """Return the trace without the marks of the site's token: an experiment sends none, or an invented one."""
    return replace(
        trace,
        items=[replace(item, has_token=False) if isinstance(item, StoredExchange) else item for item in trace.items],
    )


def matches_outcome(exchanges: Sequence[StoredExchange], outcome: Outcome) -> bool:
    """Did these exchanges give exactly this outcome?"""
    if tuple(exchange.status for exchange in exchanges) != outcome.statuses:
        return False
    last = exchanges[-1]
    events = [http_messages.read_event_name(raw) for raw in http_messages.split_events(last.body.first_bytes)]
    return last.error == outcome.error and (events[-1] if events else "") == outcome.last_event
