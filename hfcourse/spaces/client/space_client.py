"""Calling a Space: the one importer of gradio_client, and the only way from here to a stranger's program.

gradio_client knows Gradio (which endpoint has which state and hidden components); what a diff means is in diffs.py; how
bytes move is ours (wire.py): its own transport sends the token to any host, follows redirects with it,
waits for ever, and spends most of a call's time on connections made anew. Measured in the notes on
gradio_client 2.7.2, whose version is pinned because the names overridden here are private.
"""

import json
import secrets
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from hfcourse import tokens

tokens.hide_from_libraries()  # before the import below, which would pick the token up

import gradio_client  # noqa: E402
from gradio_client.client import Endpoint as KnownEndpoint  # noqa: E402

from hfcourse.errors import CallError, CallNotQueued, CourseError, FormRejected, ValidationRejected  # noqa: E402
from hfcourse.files.file_store import FileHandle  # noqa: E402
from hfcourse.files.limits import MAX_FILE_BYTES  # noqa: E402
from hfcourse.limits import byte_budget  # noqa: E402
from hfcourse.limits.byte_budget import MAX_UNCOUNTED_BYTES, STREAM_BUFFER_COPIES  # noqa: E402
from hfcourse.limits.deadline import CancelScope  # noqa: E402
from hfcourse.spaces.client import http_status  # noqa: E402
from hfcourse.spaces.client.call_events import CallEvent, OutputEvent, PartialOutputEvent  # noqa: E402
from hfcourse.spaces.client.cookie_jar import CookieJar  # noqa: E402
from hfcourse.spaces.client.file_routes import build_file_route, build_stream_route, is_safe_path  # noqa: E402
from hfcourse.spaces.client.http_client import (  # noqa: E402
    HttpClient,
    HttpResponse,
    SizedBody,
    get_header,
    iter_limited,
    iter_server_sent_events,
)
from hfcourse.spaces.client.message_memory import MessageMemoryReservation  # noqa: E402
from hfcourse.spaces.client.multipart import build_multipart_body, open_stored_file  # noqa: E402
from hfcourse.spaces.client.queue_protocol import QueueProtocol  # noqa: E402
from hfcourse.spaces.schema.endpoints.space_description import Description  # noqa: E402
from hfcourse.spaces.schema.parameters.fixed_inputs import insert_fixed_inputs  # noqa: E402
from hfcourse.token_masking import mask_chunks, mask_json_value  # noqa: E402

MAX_JOIN_ANSWER_BYTES = 64_000
MAX_EVENT_BYTES, MAX_STREAM_BYTES = 2_000_000, 16_000_000
TRANSFER_BUFFER_BYTES = 256_000  # the buffers of a file that is sent or received in pieces
CANCEL_TIMEOUT_SECONDS, CANCEL_WAIT_TIMEOUT_SECONDS, DRAIN_TIMEOUT_SECONDS = 5, 0.3, 1


class DescribedClient(gradio_client.Client):
    """What gradio_client knows of a Space, made from its description; it never opens a connection.

    It is shared by all calls: nothing here belongs to a visitor, whose session is named in each call.
    """

    def __init__(self, url: str, config: dict[str, Any], info: dict[str, Any]) -> None:
        self._config_and_info = {**config, "connect_heartbeat": False}, info
        super().__init__(
            url,
            token=False,
            download_files=False,
            analytics_enabled=False,
            verbose=False,
            max_workers=1,
        )

    def _get_config(self) -> dict[str, Any]:
        return self._config_and_info[0]

    def _get_api_info(self) -> dict[str, Any]:
        return self._config_and_info[1]

    def _get_space_state(self) -> None:
        return None

    def _space_name_to_src(self, space: str) -> str | None:
        raise AssertionError("the address of a Space is found by location.py")

    def get_named_endpoint(self, name: str) -> KnownEndpoint:
        """The endpoint of that name.

        Raises:
            Refused: `endpoint-gone`.
        """
        for endpoint in self.endpoints.values():
            if endpoint.api_name == name and endpoint.is_valid:
                return endpoint
        raise FormRejected("endpoint-gone")


@dataclass(frozen=True)
class UnlistedFunction:
    """A function that `/info` does not document, called by its number; all its values are sent and got as they are."""

    fn_index: int
    api_name: str = ""
    input_component_types: tuple[()] = ()

    @staticmethod
    def remove_skipped_components(*values: Any) -> tuple[Any, ...]:
        return values


@dataclass(frozen=True)
class SpaceClient:
    """A Space that can be called: where it is, what it described, whether it is lent the token."""

    url: str
    described_client: DescribedClient = field(repr=False)
    description: Description = field(repr=False)
    http_client: HttpClient
    token: tokens.AccessToken | None = field(default=None, repr=False)
    cookies: CookieJar | None = field(default=None, repr=False)

    def bind_call_cookies(self, session: str | None = None) -> "SpaceClient":
        """Return this connection with the cookies of one call, which all its requests share: see cookie_jar.py.

        Args:
            session: a session that outlives the call; its cookies do, too, so that it stays with its replica.
        """
        jar = self.http_client.session_jars.get_session_jar(self.url, session) if session else CookieJar(self.url)
        return replace(self, cookies=jar)

    @property
    def api_url(self) -> str:
        """The address of its API, without a final slash."""
        return self.url.rstrip("/") + self.described_client.config.get("api_prefix", "").rstrip("/")

    def make_auth_headers(self) -> dict[str, str]:
        """The token goes in the one header that the Hub's proxy takes off before the Space's code sees it."""
        return {"x-hf-authorization": f"Bearer {self.token.reveal()}"} if self.token else {}

    def call_endpoint(
        self, endpoint: str, arguments: Sequence[Any], leash: CancelScope, session: str | None = None
    ) -> Generator[CallEvent, None, None]:
        """Call `endpoint` with `arguments`, one per declared parameter, in the thread that iterates.

        A `FileHandle` anywhere in `arguments` is uploaded first. `session` names a session kept at the
        Space; without one the call has a session of its own. `leash.stop()` ends it from another thread.

        Raises:
            Refused: `endpoint-gone`.
            CallError: any other failure, with one of the codes of errors.py (`invalid-input` when the
                Space's own validator refuses).
        """
        if self.cookies is None:
            yield from self.bind_call_cookies(session).call_endpoint(endpoint, arguments, leash, session)
            return
        known = self.described_client.get_named_endpoint(endpoint)
        session = session or secrets.token_hex(12)
        with leash.activate():
            sent = [self._upload_files(argument) for argument in arguments]
            event_id = self._join_queue(known, self._insert_fixed_inputs(known, sent), session)
            try:
                yield from self._read_events(known, event_id, session, leash)
            except (CourseError, GeneratorExit):
                self._cancel_call(known, event_id, session)
                raise

    def call_page_event(
        self, number: int, values: Sequence[Any], leash: CancelScope, session: str | None = None
    ) -> tuple[Any, ...]:
        """Call a function of the Space's page that is no endpoint (see page_events.py); return all its outputs.

        Args:
            number: the one of its dependency.
            values: one for each of its inputs, session state included (null: the Space puts it in).

        Raises:
            CallError: as `call`.
        """
        known: Any = UnlistedFunction(number)
        session = session or secrets.token_hex(12)
        with leash.activate():
            event_id = self._join_queue(known, values, session)
            try:
                events = [*self._read_events(known, event_id, session, leash)]  # to its end, or the connection is lost
                return next(event.values for event in events if isinstance(event, OutputEvent))
            except CourseError:
                self._cancel_call(known, event_id, session)
                raise

    def fetch_file(self, path: str, leash: CancelScope, *, is_stream: bool = False) -> Iterator[bytes]:
        """Download an output file in pieces, from its path on the Space and from nowhere else.

        Args:
            is_stream: `path` is that of a stream, whose whole is asked for; ask once the call is over.

        Raises:
            CallError: `bad-answer` for a path that is none or an answer that is not 200, `answer-too-large`…
        """
        if not is_safe_path(path):
            raise CallError("bad-answer")
        url = f"{self.api_url}/{build_stream_route(path) if is_stream else build_file_route(path)}"
        reserved = byte_budget.reserve_bytes(TRANSFER_BUFFER_BYTES)
        request = self.http_client.stream("GET", url, self.make_auth_headers(), cookies=self.cookies)
        with leash.activate(), reserved, request as response:
            if response.status != 200:
                is_gateway = response.status in http_status.GATEWAY_STATUSES
                raise CallError("connection-lost" if is_gateway else "bad-answer")
            announced = get_header(response, "content-length")
            if announced.isdecimal() and len(announced) < 20 and int(announced) > MAX_FILE_BYTES:
                raise CallError("answer-too-large")  # before a byte of it is read
            yield from mask_chunks(iter_limited(response, MAX_FILE_BYTES), self.token)

    def _insert_fixed_inputs(self, known: KnownEndpoint, sent: Sequence[Any]) -> list[Any]:
        """The values with those that no caller gives: null for session state, a button's own words."""
        endpoint = self.description.find_endpoint(known.api_name)
        fixed = endpoint.fixed_inputs if endpoint else {}
        return insert_fixed_inputs(sent, fixed, [kind.is_state for kind in known.input_component_types])

    def _upload_files(self, value: Any) -> Any:
        if isinstance(value, FileHandle):
            return self._upload_file(value)
        if isinstance(value, list):
            return [self._upload_files(item) for item in value]
        if isinstance(value, dict):
            return {key: self._upload_files(item) for key, item in value.items()}
        return value

    def _upload_file(self, kept: FileHandle) -> dict[str, Any]:
        """Send one file of ours, in pieces; return the file data by which the Space knows it."""
        boundary = secrets.token_hex(16)
        headers = {"content-type": f"multipart/form-data; boundary={boundary}", **self.make_auth_headers()}
        with (
            byte_budget.reserve_bytes(TRANSFER_BUFFER_BYTES + kept.storage.read_buffer_bytes),
            open_stored_file(kept) as file,
        ):
            answer = self._post_request("upload", headers, build_multipart_body(kept, file, boundary))
        paths = self._parse_json_answer(answer)
        if not (isinstance(paths, list) and len(paths) == 1 and isinstance(paths[0], str)):
            raise CallError("bad-answer")
        return {
            "path": paths[0],
            "orig_name": kept.name,
            "size": kept.size,
            "mime_type": kept.media_type,
            "meta": {"_type": "gradio.FileData"},
        }

    def _join_queue(self, known: KnownEndpoint, data: Sequence[Any], session: str) -> str:
        """Put the call into the Space's queue; return its event id."""
        body = json.dumps({"data": list(data), "fn_index": known.fn_index, "session_hash": session}).encode()
        headers = {"content-type": "application/json", **self.make_auth_headers()}
        try:
            with byte_budget.reserve_bytes(STREAM_BUFFER_COPIES * len(body) if len(body) > MAX_UNCOUNTED_BYTES else 0):
                answer = self._post_request("queue/join", headers, body, self._list_input_parameters(known))
        except CallError as failed:
            raise CallNotQueued(failed.code, failed.detail) if failed.code == "space-exception" else failed from None
        joined = self._parse_json_answer(answer)
        event_id = joined.get("event_id") if isinstance(joined, dict) else None
        if not isinstance(event_id, str) or len(event_id) > 200:
            raise CallError("bad-answer")
        return event_id

    def _list_input_parameters(self, known: KnownEndpoint) -> list[str]:
        """The parameter that each input of the endpoint's function stands for, '' for session state and layout."""
        endpoint = self.description.find_endpoint(known.api_name)
        names = iter([parameter.name for parameter in endpoint.parameters] if endpoint else [])
        return ["" if kind.skip else next(names, "") for kind in known.input_component_types]

    def _post_request(
        self, part: str, headers: dict[str, str], body: bytes | SizedBody, inputs: Sequence[str] = ()
    ) -> HttpResponse:
        url = f"{self.api_url}/{part}"
        answer = self.http_client.request(
            "POST", url, cap=MAX_JOIN_ANSWER_BYTES, headers=headers, body=body, cookies=self.cookies
        )
        self._check_token_accepted(answer.status)
        if answer.status == 422:
            raise make_validation_error(self._parse_json_answer(answer), inputs)
        mask = partial(mask_json_value, token=self.token)
        if failed := http_status.classify_answer(answer.status, answer.headers, answer.body, mask):
            raise failed
        return answer

    def _parse_json_answer(self, answer: HttpResponse) -> Any:
        """What the Space answered, without the token that it may repeat. Raises as `Answer.json`."""
        return mask_json_value(answer.parse_json_body(), self.token)

    def _check_token_accepted(self, status: int) -> None:
        """401 is a password that is wanted, unless we showed the token: then it is the token that is refused."""
        if status == 401 and self.token:
            raise CallError("token-rejected")

    def _read_events(
        self, known: KnownEndpoint, event_id: str, session: str, leash: CancelScope
    ) -> Iterator[CallEvent]:
        """Read the session's stream until the call is over."""
        headers = {"accept": "text/event-stream", **self.make_auth_headers()}
        mask = partial(mask_json_value, token=self.token)
        reading = QueueProtocol(
            self.described_client.protocol, known.remove_skipped_components, leash.check_remaining_seconds(), mask
        )
        url = f"{self.api_url}/queue/data?session_hash={session}"
        request = self.http_client.stream("GET", url, headers, cookies=self.cookies)
        with request as response, MessageMemoryReservation.reserve() as memory:
            self._check_token_accepted(response.status)
            named = {name: get_header(response, name) for name in ("location", "retry-after")}
            if failed := http_status.classify_stream_answer(response.status, named):
                raise failed
            if not get_header(response, "content-type").startswith("text/event-stream"):
                raise CallError("bad-answer")
            chunks = reading.check_chunks(iter_limited(response, MAX_STREAM_BYTES))
            messages = reading.measure_messages(iter_server_sent_events(chunks, MAX_EVENT_BYTES, memory.count_buffer))
            for raw in messages:
                leash.check_remaining_seconds()
                memory.count_message(raw)
                events = reading.read_message(raw, event_id)
                if events is None:
                    break
                for event in events:
                    if isinstance(event, PartialOutputEvent):
                        memory.count_partial(event.values)
                    yield event
                    if isinstance(event, OutputEvent):
                        self._finish_stream(messages, leash)
                        return
        raise CallError("connection-lost")

    @staticmethod
    def _finish_stream(messages: Iterator[bytes], leash: CancelScope) -> None:
        """Read the end of the stream, which comes at once, so that the connection can be used again."""
        deadline, leash.deadline = leash.deadline, min(leash.deadline, time.monotonic() + DRAIN_TIMEOUT_SECONDS)
        with suppress(CallError):
            for _ in messages:
                pass
        leash.deadline = deadline  # files may still have to be fetched

    def _cancel_call(self, known: KnownEndpoint, event_id: str, session: str) -> None:
        """Tell the Space that nobody waits any more; neither its answer nor its silence matters."""
        body = json.dumps({"fn_index": known.fn_index, "session_hash": session, "event_id": event_id}).encode()
        headers = {"content-type": "application/json", **self.make_auth_headers()}

        def tell() -> None:
            with suppress(CourseError), CancelScope(CANCEL_TIMEOUT_SECONDS).activate():
                url = f"{self.api_url}/cancel"
                self.http_client.request(
                    "POST", url, cap=MAX_JOIN_ANSWER_BYTES, headers=headers, body=body, cookies=self.cookies
                )

        telling = threading.Thread(target=tell, daemon=True, name="cancel")
        with suppress(RuntimeError):  # the system gives no more threads
            telling.start()
            telling.join(CANCEL_WAIT_TIMEOUT_SECONDS)  # a silent Space must not keep the student who stops it


def make_validation_error(detail: Any, inputs: Sequence[str]) -> CallError:
    """What a Space's validator says: of the value at each position, session state included, whether it is good.

    Args:
        detail: its answer, parsed.
        inputs: the parameter that stands at each position, '' where none does.
    """
    found = detail.get("detail") if isinstance(detail, dict) else None
    said = {
        position: item["message"] if isinstance(item.get("message"), str) else ""
        for position, item in enumerate(found if isinstance(found, list) else [])
        if isinstance(item, dict) and item.get("__type__") == "validate" and not item.get("is_valid", True)
    }
    if not said:
        return CallError("bad-answer")
    fields = {name: said[position] for position, name in enumerate(inputs) if name and position in said}
    return ValidationRejected(" ".join(filter(None, said.values())), fields)
