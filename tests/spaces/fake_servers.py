"""Servers on loopback that do as they are told: a Space, a Hub, a proxy; polite or hostile.

Every request is recorded with its headers and with the connection it came by. `FakeSpace` is a polite
Space with one endpoint, `/echo`; give it a behaviour in place of any of its answers.
"""

import json
import select
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.waiting import WAIT_TIMEOUT_SECONDS


@dataclass
class RecordedRequest:
    """What somebody asked of us; `connection` tells one TCP connection from another."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Exchange:
    """One request and the answer to be given."""

    def __init__(self, server: "FakeServer", handler: BaseHTTPRequestHandler, request: RecordedRequest) -> None:
        self.server, self._handler, self.request = server, handler, request
        self.extra_headers: dict[str, str] = {}  # of every head that is sent

    def send_raw(self, data: bytes) -> None:
        """Send these bytes as they are."""
        self._handler.wfile.write(data)

    def reply(self, body: Any = b"", status: int = 200, kind: str = "application/json", **headers: str) -> None:
        """A whole answer; anything but bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_head(status, {"Content-Type": kind, "Content-Length": str(len(content)), **headers})
        self.send_raw(content)

    def start_chunked(self, kind: str = "text/event-stream", **headers: str) -> None:
        """The head of an answer whose body comes in pieces."""
        self.send_head(200, {"Content-Type": kind, "Transfer-Encoding": "chunked", **headers})

    def send_chunk(self, data: bytes) -> None:
        """A piece of the body; an empty one ends it."""
        self.send_raw(b"%x\r\n%s\r\n" % (len(data), data))

    def send_event(self, **message: Any) -> None:
        """One message of Gradio's stream of events."""
        self.send_chunk(b"data: " + json.dumps(message).encode() + b"\n\n")

    def hang_up(self) -> None:
        """Close the connection without a word."""
        self._handler.close_connection = True

    def stall(self) -> None:
        """Say nothing more, until they hang up or the test is over."""
        while not (self.server.closing.is_set() or self._is_disconnected(0.2)):
            pass
        self.hang_up()

    def _is_disconnected(self, patience_seconds: float) -> bool:
        heard, _, _ = select.select([self._handler.connection], [], [], patience_seconds)
        try:
            return bool(heard) and not self._handler.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def send_head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status line and the headers."""
        sent = {**headers, **self.extra_headers}
        lines = [f"HTTP/1.1 {status} Word"] + [f"{name.replace('_', '-')}: {value}" for name, value in sent.items()]
        self.send_raw(("\r\n".join(lines) + "\r\n\r\n").encode())


Behaviour = Callable[[Exchange], None]


class LargeBacklogServer(ThreadingHTTPServer):
    """Takes as many connections at once as a class makes: the standard library's lets five wait."""

    request_queue_size = 256


class FakeServer:
    """An HTTP server on a free port of loopback; `requests` is what it was asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests: list[RecordedRequest] = []
        self.closing = threading.Event()
        self._changed = threading.Condition()
        self._closed_connections = 0
        self._server = LargeBacklogServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._server.handle_error = lambda *_: None  # a client that goes away is no event here
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = RecordedRequest(self.command, self.path, headers, body, self.client_address[1])
                with fake._changed:
                    fake.requests.append(request)
                    fake._changed.notify_all()
                fake.behaviour(Exchange(fake, self, request))

            do_GET = do_POST = do_CONNECT = answer

            def finish(self) -> None:
                super().finish()
                fake._server.shutdown_request(self.request)
                with fake._changed:
                    fake._closed_connections += 1
                    fake._changed.notify_all()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def requests_to(self, path: str) -> list[RecordedRequest]:
        return [request for request in self.requests if request.path.endswith(path)]

    def wait_for(self, path: str) -> RecordedRequest:
        """The first request for this path, once it has come."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.requests_to(path), WAIT_TIMEOUT_SECONDS), (path, self.paths())
        return self.requests_to(path)[0]

    def wait_until_disconnected(self, count: int = 1) -> None:
        """Wait until so many connections are closed."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._closed_connections >= count, WAIT_TIMEOUT_SECONDS)

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass
class FakeSpace(FakeServer):
    """A polite Gradio Space; `answers`, by the end of a path, replace its own; `config` and `info` are added."""

    answers: dict[str, Behaviour] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] | None = None
    prefix: str = "/gradio_api"
    file_content: bytes = b"bytes of a file"

    def __post_init__(self) -> None:
        self.reset()
        FakeServer.__init__(self, self.behave)

    def reset(self) -> None:
        """Nobody has called yet."""
        self.calls = 0
        self._joined: dict[str, tuple[str, Any]] = {}
        self._counting = threading.Lock()

    def find_joined_call(self, session: str) -> tuple[str, Any]:
        """Return the event and the data with which this session joined the queue last."""
        return self._joined[session]

    def behave(self, exchange: Exchange) -> None:
        """Answer as Gradio does, or as the test wants."""
        path = exchange.request.path
        chosen = next((answer for end, answer in self.answers.items() if path.endswith(end)), None)
        polite = {
            "/config": lambda: exchange.reply(ECHO_CONFIG | {"api_prefix": self.prefix} | self.config),
            f"{self.prefix}/info": lambda: exchange.reply(ECHO_INFO | self.info),
            f"{self.prefix}/queue/join": lambda: self.join_queue(exchange),
            f"{self.prefix}/queue/data": lambda: self.stream_result(exchange),
            f"{self.prefix}/upload": lambda: exchange.reply(["/tmp/gradio/kept.png"]),
            f"{self.prefix}/cancel": lambda: exchange.reply({"success": True}),
        }
        if chosen:
            chosen(exchange)
        elif path in polite:
            polite[path]()
        elif path.startswith(f"{self.prefix}/file="):
            exchange.reply(self.file_content, kind="application/octet-stream")
        else:
            exchange.reply({"detail": "Not Found"}, 404)

    def join_queue(self, exchange: Exchange) -> None:
        sent = exchange.request.json
        with self._counting:
            self.calls += 1
            event_id = f"event-{self.calls}"
            self._joined[sent["session_hash"]] = event_id, sent["data"]
        exchange.reply({"event_id": event_id})

    def stream_result(self, exchange: Exchange) -> None:
        """The stream of a session's latest call: `messages`, or the echo of its first value."""
        session = parse_qs(urlsplit(exchange.request.target).query)["session_hash"][0]
        event_id, data = self._joined.get(session, ("event-1", ["?"]))
        exchange.start_chunked()
        for message in self.messages if self.messages is not None else [make_completed(data[:1])]:
            exchange.send_event(**{"event_id": event_id} | message)
        exchange.send_event(msg="close_stream", event_id=None)
        exchange.send_chunk(b"")


def make_component(number: int, kind: str, **props: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "props": {"visible": True, **props}, "skip_api": kind == "state"}


ECHO_CONFIG = {
    "version": "6.31.0",
    "protocol": "sse_v3",
    "title": "Écho",
    "components": [make_component(1, "textbox", label="Texte", lines=1), make_component(2, "textbox", label="Écho")],
    "dependencies": [
        {"id": 0, "api_name": "echo", "inputs": [1], "outputs": [2], "targets": [[1, "submit"]], "queue": True}
    ],
}
ECHO_INFO = {
    "named_endpoints": {
        "/echo": {
            "parameters": [
                {
                    "label": "Texte",
                    "parameter_name": "words",
                    "parameter_has_default": False,
                    "parameter_default": None,
                    "type": {"type": "string"},
                    "component": "Textbox",
                }
            ],
            "returns": [{"label": "Écho", "type": {"type": "string"}, "component": "Textbox"}],
            "api_visibility": "public",
        }
    },
    "unnamed_endpoints": {},
}


def make_completed(data: Any, success: bool = True) -> dict[str, Any]:
    return {"msg": "process_completed", "success": success, "output": {"data": data}}


def make_failed(**output: Any) -> dict[str, Any]:
    return {"msg": "process_completed", "success": False, "output": output}


def make_generating(data: Any) -> dict[str, Any]:
    return {"msg": "process_generating", "success": True, "output": {"data": data}}


# --- behaviours: each is what a stranger's server may do instead of answering ---


def never_reply(exchange: Exchange) -> None:
    """Nothing at all."""
    exchange.stall()


def drip_head(exchange: Exchange) -> None:
    """One byte of the head at a time, for ever; slower than no time limit of a single read would notice."""
    exchange.send_raw(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    drip_bytes(exchange.send_raw, exchange)


def drip_body(exchange: Exchange) -> None:
    """One byte of the body at a time, for ever."""
    exchange.start_chunked("application/json")
    drip_bytes(exchange.send_chunk, exchange)


def drip_stream(exchange: Exchange) -> None:
    """One byte of an event at a time, for ever."""
    exchange.start_chunked()
    drip_bytes(exchange.send_chunk, exchange)


def drip_bytes(send: Callable[[bytes], None], exchange: Exchange) -> None:
    while not exchange.server.closing.wait(0.2):
        send(b"x")


def close_at_once(exchange: Exchange) -> None:
    exchange.hang_up()


def close_early(exchange: Exchange) -> None:
    """Half of the body that was announced."""
    exchange.send_raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    exchange.hang_up()


def close_stream_early(exchange: Exchange) -> None:
    """An event stream that ends as it should, without having said anything."""
    exchange.start_chunked()
    exchange.send_chunk(b"")


def send_endless_json(exchange: Exchange) -> None:
    """A JSON text without end, as fast as it can be read."""
    exchange.start_chunked("application/json")
    exchange.send_chunk(b'{"named_endpoints": {"/x": {"description": "')
    while not exchange.server.closing.is_set():
        exchange.send_chunk(b"x" * 65536)


def send_endless_event(exchange: Exchange) -> None:
    """One event without end."""
    exchange.start_chunked()
    exchange.send_chunk(b"data: ")
    while not exchange.server.closing.is_set():
        exchange.send_chunk(b"x" * 65536)


def send_event_flood(exchange: Exchange) -> None:
    """Small events without end."""
    exchange.start_chunked()
    while not exchange.server.closing.is_set():
        exchange.send_chunk(b'data: {"msg": "heartbeat", "x": "' + b"x" * 5000 + b'"}\n\n')


def reply_gzipped(exchange: Exchange) -> None:
    exchange.reply(b"\x1f\x8b\x08", Content_Encoding="gzip")


def reply_not_http(exchange: Exchange) -> None:
    exchange.send_raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    exchange.hang_up()


def reply_html(exchange: Exchange) -> None:
    exchange.reply(b"<!doctype html><title>Not Gradio</title>", kind="text/html")


def reply_bad_json(exchange: Exchange) -> None:
    exchange.reply(b'{"data": [')


def reply_deep_json(exchange: Exchange) -> None:
    exchange.reply(b"[" * 20_000)


def reply_with(body: Any, status: int = 200) -> Behaviour:
    """This JSON."""
    return lambda exchange: exchange.reply(body, status)


def redirect_to(address: str) -> Behaviour:
    """302 to another origin."""
    return lambda exchange: exchange.reply(b"", 302, Location=address)


def stream_bytes(data: bytes) -> Behaviour:
    """An event stream of exactly these bytes."""

    def tell(exchange: Exchange) -> None:
        exchange.start_chunked()
        exchange.send_chunk(data)
        exchange.send_chunk(b"")

    return tell
