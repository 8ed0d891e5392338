"""Client of a Space: uploads, calls over Gradio's queue protocol, and downloads of its files.

It is the only way from here to an untrusted program. gradio_client (gradio_client_adapter.py) knows
which endpoint has which state and hidden components, queue_protocol.py parses the messages, and
http_client.py transfers the bytes.
"""

import json
import secrets
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from hfcourse import tokens
from hfcourse.errors import CallError, CallNotQueued, CourseError
from hfcourse.files.file_store import FileHandle
from hfcourse.files.limits import MAX_FILE_BYTES
from hfcourse.limits import byte_budget
from hfcourse.limits.byte_budget import MAX_UNCOUNTED_BYTES, STREAM_BUFFER_COPIES
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client import http_status
from hfcourse.spaces.client.call_events import CallEvent, OutputEvent, PartialOutputEvent
from hfcourse.spaces.client.call_failures import make_validation_error
from hfcourse.spaces.client.cookie_jar import CookieJar
from hfcourse.spaces.client.file_routes import build_file_route, build_stream_route, is_safe_path
from hfcourse.spaces.client.gradio_client_adapter import DescribedClient, KnownEndpoint, UnlistedFunction
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.message_memory import MessageMemoryReservation
from hfcourse.spaces.client.multipart import build_file_data, build_multipart_body, open_stored_file
from hfcourse.spaces.client.queue_protocol import QueueProtocol
from hfcourse.spaces.client.transport.exchange_recorder import get_current_recorder
from hfcourse.spaces.client.transport.http_messages import HttpResponse, SizedBody
from hfcourse.spaces.client.transport.server_sent_events import iter_server_sent_events
from hfcourse.spaces.schema.endpoints.space_description import Description
from hfcourse.spaces.schema.parameters.fixed_inputs import insert_fixed_inputs
from hfcourse.spaces.untrusted.json_tree import DESCEND, map_nodes
from hfcourse.token_masking import mask_chunks, mask_json_value

MAX_JOIN_ANSWER_BYTES = 64_000
MAX_EVENT_BYTES, MAX_STREAM_BYTES = 2_000_000, 16_000_000
TRANSFER_BUFFER_BYTES = 256_000  # buffers of a streamed upload or download
CANCEL_TIMEOUT_SECONDS, CANCEL_WAIT_TIMEOUT_SECONDS, DRAIN_TIMEOUT_SECONDS = 5, 0.3, 1


@dataclass(frozen=True)
class SpaceClient:
    """Client of one Space: its URL, its description, and the token if it may receive it."""

    url: str
    described_client: DescribedClient = field(repr=False)
    description: Description = field(repr=False)
    http_client: HttpClient
    token: tokens.AccessToken | None = field(default=None, repr=False)
    cookies: CookieJar | None = field(default=None, repr=False)

    def bind_call_cookies(self, session: str | None = None) -> "SpaceClient":
        """Return this client with a cookie jar for one call, shared by all its requests: see cookie_jar.py.

        Args:
            session: a session that outlives the call; so do its cookies, which pin it to its
                replica.
        """
        jar = self.http_client.session_jars.get_session_jar(self.url, session) if session else CookieJar(self.url)
        return replace(self, cookies=jar)

    @property
    def api_url(self) -> str:
        """Return the base URL of its API, without a trailing slash."""
        prefix: str = self.described_client.config.get("api_prefix", "")
        return self.url.rstrip("/") + prefix.rstrip("/")

    def make_auth_headers(self) -> dict[str, str]:
        """Return the token in the only header that the Hub's proxy removes before the Space's code sees it."""
        return {"x-hf-authorization": f"Bearer {self.token.reveal()}"} if self.token else {}

    def call_endpoint(
        self, endpoint: str, arguments: Sequence[Any], scope: CancelScope, session: str | None = None
    ) -> Generator[CallEvent, None, None]:
        """Call `endpoint` with `arguments`, one per declared parameter, in the thread that iterates.

        A `FileHandle` anywhere in `arguments` is uploaded first. `scope.cancel()` ends the call
        from another thread.

        Args:
            session: hash of a session at the Space; without it the call has a session of its own.

        Raises:
            FormRejected: `endpoint-gone`.
            CallError: any other failure, with one of the codes of errors.py (`invalid-input` when
                the Space's own validator rejects the values).
        """
        if self.cookies is None:
            yield from self.bind_call_cookies(session).call_endpoint(endpoint, arguments, scope, session)
            return
        known = self.described_client.get_named_endpoint(endpoint)
        session = session or secrets.token_hex(12)
        with scope.activate():
            uploaded = [self._upload_files(argument) for argument in arguments]
            event_id = self._join_queue(known, self._insert_fixed_inputs(known, uploaded), session)
            try:
                yield from self._read_events(known, event_id, session, scope)
            except (CourseError, GeneratorExit):
                self._cancel_call(known, event_id, session)
                raise

    def call_page_event(
        self, number: int, values: Sequence[Any], scope: CancelScope, session: str | None = None
    ) -> tuple[Any, ...]:
        """Call a function of the Space's page that is not an endpoint (see page_events.py); return all its outputs.

        Args:
            number: id of its dependency.
            values: one per input, session state included (null: the Space inserts it).

        Raises:
            CallError: as `call_endpoint`.
        """
        known: Any = UnlistedFunction(number)
        session = session or secrets.token_hex(12)
        with scope.activate():
            event_id = self._join_queue(known, values, session)
            try:
                events = [
                    *self._read_events(known, event_id, session, scope)
                ]  # read to its end, or the connection is lost
                return next(event.values for event in events if isinstance(event, OutputEvent))
            except CourseError:
                self._cancel_call(known, event_id, session)
                raise

    def fetch_file(self, path: str, scope: CancelScope, *, is_stream: bool = False) -> Iterator[bytes]:
        """Download an output file in chunks, from its path on the Space and from nowhere else.

        Args:
            is_stream: `path` is that of a stream, of which the whole is requested; only once the
                call has ended.

        Raises:
            CallError: `bad-answer` for an unsafe path or a response other than 200,
                `answer-too-large`…
        """
        if not is_safe_path(path):
            raise CallError("bad-answer")
        url = f"{self.api_url}/{build_stream_route(path) if is_stream else build_file_route(path)}"
        reserved = byte_budget.reserve_bytes(TRANSFER_BUFFER_BYTES)
        request = self.http_client.stream("GET", url, self.make_auth_headers(), cookies=self.cookies)
        with scope.activate(), reserved, request as response:
            if response.status != 200:
                is_gateway = response.status in http_status.GATEWAY_STATUSES
                raise CallError("connection-lost" if is_gateway else "bad-answer")
            content_length = response.get_header("content-length")
            if content_length.isdecimal() and len(content_length) < 20 and int(content_length) > MAX_FILE_BYTES:
                raise CallError("answer-too-large")  # before any of the body is read
            yield from mask_chunks(response.iter_body(MAX_FILE_BYTES), self.token)

    def _insert_fixed_inputs(self, known: KnownEndpoint, arguments: Sequence[Any]) -> list[Any]:
        """Insert the inputs that no caller gives: null for session state, a button's label."""
        endpoint = self.description.find_endpoint(known.api_name)
        fixed = endpoint.fixed_inputs if endpoint else {}
        return insert_fixed_inputs(arguments, fixed, [kind.is_state for kind in known.input_component_types])

    def _upload_files(self, value: Any) -> Any:
        """Upload each `FileHandle` in a value, and replace it by its file data."""
        return map_nodes(value, lambda node: self._upload_file(node) if isinstance(node, FileHandle) else DESCEND)

    def _upload_file(self, handle: FileHandle) -> dict[str, Any]:
        """Stream one stored file to the Space; return the file data by which the Space identifies it."""
        boundary = secrets.token_hex(16)
        headers = {"content-type": f"multipart/form-data; boundary={boundary}", **self.make_auth_headers()}
        with (
            byte_budget.reserve_bytes(TRANSFER_BUFFER_BYTES + handle.storage.read_buffer_bytes),
            open_stored_file(handle) as file,
        ):
            response = self._post_request("upload", headers, build_multipart_body(handle, file, boundary))
        paths = self._parse_json_answer(response)
        if not (isinstance(paths, list) and len(paths) == 1 and isinstance(paths[0], str)):
            raise CallError("bad-answer")
        return build_file_data(paths[0], handle)

    def _join_queue(self, known: KnownEndpoint, data: Sequence[Any], session: str) -> str:
        """Join the Space's queue; return the event id of the call."""
        body = json.dumps({"data": list(data), "fn_index": known.fn_index, "session_hash": session}).encode()
        headers = {"content-type": "application/json", **self.make_auth_headers()}
        try:
            with byte_budget.reserve_bytes(STREAM_BUFFER_COPIES * len(body) if len(body) > MAX_UNCOUNTED_BYTES else 0):
                response = self._post_request("queue/join", headers, body, self._list_input_parameters(known))
        except CallError as failed:
            raise CallNotQueued(failed.code, failed.detail) if failed.code == "space-exception" else failed from None
        joined = self._parse_json_answer(response)
        event_id = joined.get("event_id") if isinstance(joined, dict) else None
        if not isinstance(event_id, str) or len(event_id) > 200:
            raise CallError("bad-answer")
        return event_id

    def _list_input_parameters(self, known: KnownEndpoint) -> list[str]:
        """Return the parameter of each input of the endpoint, '' for session state and layout."""
        endpoint = self.description.find_endpoint(known.api_name)
        names = iter([parameter.name for parameter in endpoint.parameters] if endpoint else [])
        return ["" if kind.skip else next(names, "") for kind in known.input_component_types]

    def _post_request(
        self, part: str, headers: dict[str, str], body: bytes | SizedBody, inputs: Sequence[str] = ()
    ) -> HttpResponse:
        """POST to a route of the API; return a 200 response, raise the error of any other."""
        url = f"{self.api_url}/{part}"
        response = self.http_client.request(
            "POST", url, cap=MAX_JOIN_ANSWER_BYTES, headers=headers, body=body, cookies=self.cookies
        )
        self._check_token_accepted(response.status)
        if response.status == 422:
            raise make_validation_error(self._parse_json_answer(response), inputs)
        mask = partial(mask_json_value, token=self.token)
        if failed := http_status.classify_answer(response.status, response.headers, response.body, mask):
            raise failed
        return response

    def _parse_json_answer(self, response: HttpResponse) -> Any:
        """Parse the response as JSON and mask the token in it. Raises as `HttpResponse.parse_json_body`."""
        return mask_json_value(response.parse_json_body(), self.token)

    def _check_token_accepted(self, status: int) -> None:
        """Raise `token-rejected` for a 401 if the token was sent; otherwise the Space requires a login."""
        if status == 401 and self.token:
            raise CallError("token-rejected")

    def _read_events(
        self, known: KnownEndpoint, event_id: str, session: str, scope: CancelScope
    ) -> Iterator[CallEvent]:
        """Stream the messages of the session until the call ends."""
        headers = {"accept": "text/event-stream", **self.make_auth_headers()}
        mask = partial(mask_json_value, token=self.token)
        protocol = QueueProtocol(
            self.described_client.protocol, known.remove_skipped_components, scope.check_remaining_seconds(), mask
        )
        url = f"{self.api_url}/queue/data?session_hash={session}"
        request = self.http_client.stream("GET", url, headers, cookies=self.cookies)
        with request as response, MessageMemoryReservation.reserve() as memory:
            self._check_token_accepted(response.status)
            headers_by_name = {name: response.get_header(name) for name in ("location", "retry-after")}
            if failed := http_status.classify_stream_answer(response.status, headers_by_name):
                raise failed
            if not response.get_header("content-type").startswith("text/event-stream"):
                raise CallError("bad-answer")
            chunks = protocol.check_chunks(response.iter_body(MAX_STREAM_BYTES))
            messages = protocol.measure_messages(iter_server_sent_events(chunks, MAX_EVENT_BYTES, memory.count_buffer))
            for raw in messages:
                scope.check_remaining_seconds()
                memory.count_message(raw)
                events = protocol.read_message(raw, event_id)
                if events is None:
                    break
                for event in events:
                    if isinstance(event, PartialOutputEvent):
                        memory.count_partial(event.values)
                    yield event
                    if isinstance(event, OutputEvent):
                        self._finish_stream(messages, scope)
                        return
        raise CallError("connection-lost")

    @staticmethod
    def _finish_stream(messages: Iterator[bytes], scope: CancelScope) -> None:
        """Read the rest of the stream, which arrives at once, so that the connection returns to the pool."""
        deadline, scope.deadline = scope.deadline, min(scope.deadline, time.monotonic() + DRAIN_TIMEOUT_SECONDS)
        with suppress(CallError):
            for _ in messages:
                pass
        scope.deadline = deadline  # files may still have to be downloaded

    def _cancel_call(self, known: KnownEndpoint, event_id: str, session: str) -> None:
        """Request the cancellation of a call at the Space, without waiting long; the response is ignored."""
        body = json.dumps({"fn_index": known.fn_index, "session_hash": session, "event_id": event_id}).encode()
        headers = {"content-type": "application/json", **self.make_auth_headers()}

        recorder = get_current_recorder()

        def send_request() -> None:
            recording = recorder.activate() if recorder else nullcontext()
            with recording, suppress(CourseError), CancelScope(CANCEL_TIMEOUT_SECONDS).activate():
                url = f"{self.api_url}/cancel"
                self.http_client.request(
                    "POST", url, cap=MAX_JOIN_ANSWER_BYTES, headers=headers, body=body, cookies=self.cookies
                )

        thread = threading.Thread(target=send_request, daemon=True, name="cancel")
        with suppress(RuntimeError):  # no more threads available
            thread.start()
            thread.join(CANCEL_WAIT_TIMEOUT_SECONDS)  # a silent Space must not block the student who cancels
