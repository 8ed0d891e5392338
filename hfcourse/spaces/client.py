"""Calling a Space: the one importer of gradio_client, and the only way from here to a stranger's program.

gradio_client knows Gradio (which endpoint has which state and hidden components, what a diff means); how
bytes move is ours (wire.py): its own transport sends the token to any host, follows redirects with it,
waits for ever, and spends most of a call's time on connections made anew. Measured in the notes on
gradio_client 2.7.2, whose version is pinned because the names overridden here are private.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from hfcourse import tokens

tokens.hide_from_libraries()  # before the import below, which would pick the token up

import gradio_client  # noqa: E402
from gradio_client.client import Endpoint as KnownEndpoint  # noqa: E402
from gradio_client.utils import apply_diff  # noqa: E402

from hfcourse.errors import SAID_CHARACTERS, CallFailed, CourseError, Refused, Unavailable  # noqa: E402
from hfcourse.spaces.description import Description, describe  # noqa: E402
from hfcourse.spaces.events import Event, Log, Output, Partial, Progress, Queued, Started  # noqa: E402
from hfcourse.spaces.files import KeptFile  # noqa: E402
from hfcourse.spaces.memory import Memory  # noqa: E402
from hfcourse.spaces.wire import Answer, Leash, Wire, capped, header, read_json, server_sent_events  # noqa: E402

DESCRIPTION_BYTES = 5_000_000
JOIN_BYTES = 64_000
EVENT_BYTES, STREAM_BYTES = 2_000_000, 16_000_000
FILE_BYTES = 20_000_000
CANCEL_SECONDS, DRAIN_SECONDS, DESCRIPTION_SECONDS = 5, 1, 600
MOST_STEPS = 20_000_000
PROTOCOLS = ("sse_v1", "sse_v2", "sse_v2.1", "sse_v3")
PREFIX = re.compile(r"(/[A-Za-z0-9_-]+)*/?", re.ASCII)
PATH_CHARACTERS = 1024

log = logging.getLogger(__name__)


class Knowledge(gradio_client.Client):
    """What gradio_client knows of a Space, made from its description; it never opens a connection.

    It is shared by all calls: nothing here belongs to a visitor, whose session is named in each call.
    """

    def __init__(self, url: str, config: dict[str, Any], info: dict[str, Any]) -> None:
        self._given = {**config, "connect_heartbeat": False}, info
        super().__init__(
            url,
            token=False,
            download_files=False,
            analytics_enabled=False,
            verbose=False,
            max_workers=1,
        )

    def _get_config(self) -> dict[str, Any]:
        return self._given[0]

    def _get_api_info(self) -> dict[str, Any]:
        return self._given[1]

    def _get_space_state(self) -> None:
        return None

    def _space_name_to_src(self, space: str) -> str | None:
        raise AssertionError("the address of a Space is found by location.py")

    def named(self, name: str) -> KnownEndpoint:
        """The endpoint of that name.

        Raises:
            Refused: `endpoint-gone`.
        """
        for endpoint in self.endpoints.values():
            if endpoint.api_name == name and endpoint.is_valid:
                return endpoint
        raise Refused("endpoint-gone")


@dataclass(frozen=True)
class Connection:
    """A Space that can be called: where it is, what it described, whether it is lent the token."""

    url: str
    knowledge: Knowledge
    description: Description
    wire: Wire
    token: tokens.Token | None = field(default=None, repr=False)

    @property
    def root(self) -> str:
        """The address of its API, without a final slash."""
        return self.url.rstrip("/") + self.knowledge.config.get("api_prefix", "").rstrip("/")

    def headers(self) -> dict[str, str]:
        """The token goes in the one header that the Hub's proxy takes off before the Space's code sees it."""
        return {"x-hf-authorization": f"Bearer {self.token.reveal()}"} if self.token else {}

    def call(
        self, endpoint: str, arguments: Sequence[Any], leash: Leash, session: str | None = None
    ) -> Iterator[Event]:
        """Call `endpoint` with `arguments`, one per declared parameter, in the thread that iterates.

        A `KeptFile` anywhere in `arguments` is uploaded first. `session` names a session kept at the
        Space; without one the call has a session of its own. `leash.stop()` ends it from another thread.

        Raises:
            Refused: `endpoint-gone`.
            CallFailed: any other failure, with one of the codes of errors.py (`invalid-input` when the
                Space's own validator refuses).
        """
        known = self.knowledge.named(endpoint)
        session = session or secrets.token_hex(12)
        with leash.hold():
            sent = [self._uploaded(argument) for argument in arguments]
            event_id = self._join(known, known.insert_empty_state(*sent), session)
            try:
                yield from self._follow(known, event_id, session, leash)
            except (CourseError, GeneratorExit):
                self._cancel(known, event_id, session)
                raise

    def fetch(self, path: str, leash: Leash) -> bytes:
        """The bytes of an output file, from its path on the Space and from nowhere else.

        Raises:
            CallFailed: `bad-answer` for a path that is none or an answer that is not 200, `answer-too-large`…
        """
        if not is_safe_path(path):
            raise CallFailed("bad-answer")
        with leash.hold():
            answer = self.wire.ask("GET", f"{self.root}/file={quote(path)}", cap=FILE_BYTES, headers=self.headers())
        if answer.status != 200:
            raise CallFailed("bad-answer")
        return answer.body

    def _uploaded(self, value: Any) -> Any:
        if isinstance(value, KeptFile):
            return self._upload(value)
        if isinstance(value, list):
            return [self._uploaded(item) for item in value]
        if isinstance(value, dict):
            return {key: self._uploaded(item) for key, item in value.items()}
        return value

    def _upload(self, kept: KeptFile) -> dict[str, Any]:
        """Send one file of ours; return the file data by which the Space knows it."""
        boundary = secrets.token_hex(16)
        body = (
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{kept.safe_name}"\r\n'
                f"Content-Type: {kept.media_type}\r\n\r\n"
            ).encode()
            + kept.read()
            + f"\r\n--{boundary}--\r\n".encode()
        )
        headers = {"content-type": f"multipart/form-data; boundary={boundary}", **self.headers()}
        answer = self.wire.ask("POST", f"{self.root}/upload", cap=JOIN_BYTES, headers=headers, body=body)
        check_status(answer)
        paths = answer.json()
        if not (isinstance(paths, list) and len(paths) == 1 and isinstance(paths[0], str)):
            raise CallFailed("bad-answer")
        return {
            "path": paths[0],
            "orig_name": kept.name,
            "size": kept.size,
            "mime_type": kept.media_type,
            "meta": {"_type": "gradio.FileData"},
        }

    def _join(self, known: KnownEndpoint, data: Sequence[Any], session: str) -> str:
        """Put the call into the Space's queue; return its event id."""
        body = json.dumps({"data": list(data), "fn_index": known.fn_index, "session_hash": session}).encode()
        headers = {"content-type": "application/json", **self.headers()}
        answer = self.wire.ask("POST", f"{self.root}/queue/join", cap=JOIN_BYTES, headers=headers, body=body)
        check_status(answer)
        joined = answer.json()
        event_id = joined.get("event_id") if isinstance(joined, dict) else None
        if not isinstance(event_id, str) or len(event_id) > 200:
            raise CallFailed("bad-answer")
        return event_id

    def _follow(self, known: KnownEndpoint, event_id: str, session: str, leash: Leash) -> Iterator[Event]:
        """Read the session's stream until the call is over."""
        headers = {"accept": "text/event-stream", **self.headers()}
        reading = Reading(known, self.knowledge.protocol)
        with self.wire.stream("GET", f"{self.root}/queue/data?session_hash={session}", headers) as response:
            if response.status != 200 or not header(response, "content-type").startswith("text/event-stream"):
                raise CallFailed("bad-answer")
            messages = server_sent_events(capped(response, STREAM_BYTES), EVENT_BYTES)
            for raw in messages:
                leash.remaining()
                message = parsed(raw)
                if message.get("event_id") not in (event_id, None):
                    continue
                if message.get("msg") == "close_stream":
                    break
                for event in reading.read(message):
                    yield event
                    if isinstance(event, Output):
                        self._drain(messages, leash)
                        return
        raise CallFailed("connection-lost")

    @staticmethod
    def _drain(messages: Iterator[bytes], leash: Leash) -> None:
        """Read the end of the stream, which comes at once, so that the connection can be used again."""
        deadline, leash.deadline = leash.deadline, min(leash.deadline, time.monotonic() + DRAIN_SECONDS)
        with suppress(CallFailed):
            for _ in messages:
                pass
        leash.deadline = deadline  # files may still have to be fetched

    def _cancel(self, known: KnownEndpoint, event_id: str, session: str) -> None:
        """Tell the Space that nobody waits any more; its answer does not matter."""
        body = json.dumps({"fn_index": known.fn_index, "session_hash": session, "event_id": event_id}).encode()
        headers = {"content-type": "application/json", **self.headers()}
        with suppress(CourseError), Leash(CANCEL_SECONDS).hold():
            self.wire.ask("POST", f"{self.root}/cancel", cap=JOIN_BYTES, headers=headers, body=body)


class Reading:
    """Turns the messages of one call into events; keeps the running values of a generator."""

    def __init__(self, known: KnownEndpoint, protocol: str) -> None:
        self.known = known
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
            yield Log(str(message.get("level", "info")), str(message.get("log", "")))
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
            self.running = [apply_diff(value, diff) for value, diff in zip(self.running, data, strict=True)]
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
        return self.known.remove_skipped_components(*data)


def failure(output: Any) -> CourseError:
    """What a Space's own account of its failure means."""
    said = output.get("error") if isinstance(output, dict) else None
    if not isinstance(said, str) or not said.strip():
        return CallFailed("space-exception")
    said = said[:SAID_CHARACTERS]  # before the search below, which takes an hour for a hostile 2 MB
    if re.search(r"GPU quota|ZeroGPU|exceeded your .*quota", said, re.IGNORECASE):
        return CallFailed("quota-exceeded", said)
    return CallFailed("space-error", said)


def check_status(answer: Answer) -> None:
    """Raise what the status of a join or an upload means, unless it is 200."""
    if answer.status == 422:
        raise refused_by_validator(answer)
    codes = {
        401: "space-login",
        403: "space-login",
        404: "endpoint-gone",
        413: "answer-too-large",
        429: "too-many-requests",
        503: "queue-full",
        400: "space-exception",
        500: "space-exception",
    }
    if answer.status in codes:
        raise CallFailed(codes[answer.status])
    if answer.status != 200:
        raise CallFailed("bad-answer")


def refused_by_validator(answer: Answer) -> CourseError:
    """A Space's validator names the parameters that it refuses, by position, each with its message."""
    detail = answer.json()
    found = detail.get("detail") if isinstance(detail, dict) else None
    messages = [
        str(item.get("message", ""))
        for item in (found if isinstance(found, list) else [])
        if isinstance(item, dict) and item.get("__type__") == "validate" and not item.get("is_valid", True)
    ]
    return CallFailed("invalid-input", " ".join(messages)) if messages else CallFailed("bad-answer")


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


def is_safe_path(path: Any) -> bool:
    """May this path, given by a Space, stand behind its own `/file=`?"""
    if not isinstance(path, str) or not 0 < len(path) <= PATH_CHARACTERS:
        return False
    return "://" not in path and path.isprintable() and ".." not in re.split(r"[/\\]", path)


def ask_json(wire: Wire, url: str, headers: dict[str, str], missing: str) -> Any:
    """A part of a Space's description; `missing` is the code when there is none."""
    answer = wire.ask("GET", url, cap=DESCRIPTION_BYTES, headers=headers)
    if answer.status == 401:
        raise Unavailable("space-login")
    if answer.status == 429:
        raise Unavailable("too-many-requests")
    if answer.status != 200:
        raise Unavailable(missing if answer.status == 404 else "bad-answer")
    if "json" not in answer.headers.get("content-type", ""):
        raise Unavailable("no-api")
    return answer.json()


def connect(url: str, wire: Wire, leash: Leash, token: tokens.Token | None = None) -> Connection:
    """Ask the Space at `url` to describe itself: two requests.

    Raises:
        Unavailable: it cannot be described (`no-api`, `space-login`, `space-too-old`, `bad-answer`…).
        CallFailed: `timeout`, `connection-lost`, `answer-too-large`.
    """
    headers = {"x-hf-authorization": f"Bearer {token.reveal()}"} if token else {}
    base = url.rstrip("/")
    with leash.hold():
        config = ask_json(wire, f"{base}/config", headers, "no-api")
        check_config(config)
        info = ask_json(wire, f"{base}{config.get('api_prefix', '').rstrip('/')}/info", headers, "no-api")
    if not isinstance(info, dict) or not isinstance(info.get("named_endpoints"), dict):
        raise Unavailable("bad-answer")
    try:
        return Connection(base, Knowledge(base, *known_part(config, info)), describe(config, info), wire, token)
    except Exception as error:  # a stranger's description may be wrong in any way
        log.info("A Space's description makes no sense: %s", type(error).__name__)
        raise Unavailable("bad-answer") from None


def known_part(config: dict[str, Any], info: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What gradio_client needs of a description, and nothing else: it is kept for ten minutes."""
    named = info["named_endpoints"]
    components = [pick(each, "id", "type", "skip_api") for each in config["components"]]
    dependencies = [
        {"id": number} | pick(each, "id", "api_name", "inputs", "outputs", "api_visibility", "show_api", "backend_fn")
        for number, each in enumerate(config["dependencies"])
        if isinstance(each.get("api_name"), str) and f"/{each['api_name']}" in named
    ]
    # It looks for each input among all components, one after the other.
    if len(components) * sum(len(each["inputs"]) + len(each["outputs"]) for each in dependencies) > MOST_STEPS:
        raise ValueError("too many components")
    small = pick(config, "version", "protocol", "api_prefix") | {"components": components, "dependencies": dependencies}
    return small, {"named_endpoints": {name: {"parameters": []} for name in named}, "unnamed_endpoints": {}}


def pick(given: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The entries of `given` with these keys, those that there are."""
    return {key: given[key] for key in keys if key in given}


def check_config(config: Any) -> None:
    """Refuse a configuration that is not Gradio's, or that would send us elsewhere."""
    if not isinstance(config, dict) or not isinstance(config.get("dependencies"), list):
        raise Unavailable("no-api")
    if config.get("protocol", "ws") not in PROTOCOLS:
        raise Unavailable("space-too-old")
    prefix = config.get("api_prefix", "")
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix) or not isinstance(config.get("components"), list):
        raise Unavailable("bad-answer")


class Directory:
    """The connections of this process, one per Space, shared by all visitors."""

    def __init__(self, wire: Wire, fresh_seconds: float = DESCRIPTION_SECONDS) -> None:
        self.wire = wire
        self._memory: Memory[Connection] = Memory(lambda _connection: fresh_seconds)

    def connection(self, url: str, leash: Leash, token: tokens.Token | None = None) -> Connection:
        """The connection to the Space at `url`, described at most ten minutes ago.

        Raises:
            Unavailable, CallFailed: as `connect`.
        """
        return self._memory.get(key_of(url, token), leash, lambda: connect(url, self.wire, leash, token))

    def forget(self, connection: Connection) -> None:
        """Describe this Space anew at the next need: an endpoint is gone, or it was started again."""
        self._memory.forget(key_of(connection.url, connection.token))


def key_of(url: str, token: tokens.Token | None) -> str:
    """What is lent the token and what is not are two things, even at one address."""
    return f"{url.rstrip('/')} {'with' if token else 'without'}"
