"""Servers on loopback that do as they are told: a Space, a Hub, a proxy; polite or hostile.

Every request is recorded with its headers and with the connection it came by. `FakeSpace` is a polite
Space with one endpoint, `/echo`; give it a behaviour in place of any of its answers.
"""

import json
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATIENCE_SECONDS = 30


@dataclass
class Request:
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

    def __init__(self, server: "FakeServer", handler: BaseHTTPRequestHandler, request: Request) -> None:
        self.server, self._handler, self.request = server, handler, request

    def raw(self, data: bytes) -> None:
        """Send these bytes as they are."""
        self._handler.wfile.write(data)

    def reply(self, body: Any = b"", status: int = 200, kind: str = "application/json", **headers: str) -> None:
        """A whole answer; anything but bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._head(status, {"Content-Type": kind, "Content-Length": str(len(content)), **headers})
        self.raw(content)

    def start(self, kind: str = "text/event-stream", **headers: str) -> None:
        """The head of an answer whose body comes in pieces."""
        self._head(200, {"Content-Type": kind, "Transfer-Encoding": "chunked", **headers})

    def piece(self, data: bytes) -> None:
        """A piece of the body; an empty one ends it."""
        self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    def message(self, **message: Any) -> None:
        """One message of Gradio's stream of events."""
        self.piece(b"data: " + json.dumps(message).encode() + b"\n\n")

    def hang_up(self) -> None:
        """Close the connection without a word."""
        self._handler.close_connection = True

    def wait(self) -> None:
        """Say nothing more, until they hang up or the test is over."""
        while not (self.server.closing.is_set() or self._have_they_hung_up(0.2)):
            pass
        self.hang_up()

    def _have_they_hung_up(self, patience_seconds: float) -> bool:
        heard, _, _ = select.select([self._handler.connection], [], [], patience_seconds)
        try:
            return bool(heard) and not self._handler.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Word"] + [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.raw(("\r\n".join(lines) + "\r\n\r\n").encode())


Behaviour = Callable[[Exchange], None]


class Crowded(ThreadingHTTPServer):
    """Takes as many connections at once as a class makes: the standard library's lets five wait."""

    request_queue_size = 256


class FakeServer:
    """An HTTP server on a free port of loopback; `requests` is what it was asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._changed = threading.Condition()
        self._hung_up = 0
        self._server = Crowded(("127.0.0.1", 0), self._handler())
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
                request = Request(self.command, self.path, headers, body, self.client_address[1])
                with fake._changed:
                    fake.requests.append(request)
                    fake._changed.notify_all()
                fake.behaviour(Exchange(fake, self, request))

            do_GET = do_POST = do_CONNECT = answer

            def finish(self) -> None:
                super().finish()
                fake._server.shutdown_request(self.request)
                with fake._changed:
                    fake._hung_up += 1
                    fake._changed.notify_all()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path.endswith(path)]

    def wait_for(self, path: str) -> Request:
        """The first request for this path, once it has come."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.asked(path), PATIENCE_SECONDS), (path, self.paths())
        return self.asked(path)[0]

    def wait_until_hung_up(self, count: int = 1) -> None:
        """Wait until so many connections are closed."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._hung_up >= count, PATIENCE_SECONDS)

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
    saved: bytes = b"bytes of a file"

    def __post_init__(self) -> None:
        self.prepare()
        FakeServer.__init__(self, self.behave)

    def prepare(self) -> None:
        """Nobody has called yet."""
        self.calls = 0
        self._joined: dict[str, tuple[str, Any]] = {}
        self._counting = threading.Lock()

    def behave(self, exchange: Exchange) -> None:
        """Answer as Gradio does, or as the test wants."""
        path = exchange.request.path
        chosen = next((answer for end, answer in self.answers.items() if path.endswith(end)), None)
        polite = {
            "/config": lambda: exchange.reply(CONFIG | {"api_prefix": self.prefix} | self.config),
            f"{self.prefix}/info": lambda: exchange.reply(INFO | self.info),
            f"{self.prefix}/queue/join": lambda: self.join(exchange),
            f"{self.prefix}/queue/data": lambda: self.tell(exchange),
            f"{self.prefix}/upload": lambda: exchange.reply(["/tmp/gradio/kept.png"]),
            f"{self.prefix}/cancel": lambda: exchange.reply({"success": True}),
        }
        if chosen:
            chosen(exchange)
        elif path in polite:
            polite[path]()
        elif path.startswith(f"{self.prefix}/file="):
            exchange.reply(self.saved, kind="application/octet-stream")
        else:
            exchange.reply({"detail": "Not Found"}, 404)

    def join(self, exchange: Exchange) -> None:
        sent = exchange.request.json
        with self._counting:
            self.calls += 1
            event_id = f"event-{self.calls}"
            self._joined[sent["session_hash"]] = event_id, sent["data"]
        exchange.reply({"event_id": event_id})

    def tell(self, exchange: Exchange) -> None:
        """The stream of a session's latest call: `messages`, or the echo of its first value."""
        session = parse_qs(urlsplit(exchange.request.target).query)["session_hash"][0]
        event_id, data = self._joined.get(session, ("event-1", ["?"]))
        exchange.start()
        for message in self.messages if self.messages is not None else [completed(data[:1])]:
            exchange.message(**{"event_id": event_id} | message)
        exchange.message(msg="close_stream", event_id=None)
        exchange.piece(b"")


def component(number: int, kind: str, **props: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "props": {"visible": True, **props}, "skip_api": kind == "state"}


CONFIG = {
    "version": "6.31.0",
    "protocol": "sse_v3",
    "title": "Écho",
    "components": [component(1, "textbox", label="Texte", lines=1), component(2, "textbox", label="Écho")],
    "dependencies": [
        {"id": 0, "api_name": "echo", "inputs": [1], "outputs": [2], "targets": [[1, "submit"]], "queue": True}
    ],
}
INFO = {
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


def completed(data: Any, success: bool = True) -> dict[str, Any]:
    return {"msg": "process_completed", "success": success, "output": {"data": data}}


def failed(**output: Any) -> dict[str, Any]:
    return {"msg": "process_completed", "success": False, "output": output}


def generating(data: Any) -> dict[str, Any]:
    return {"msg": "process_generating", "success": True, "output": {"data": data}}


# --- behaviours: each is what a stranger's server may do instead of answering ---


def silent(exchange: Exchange) -> None:
    """Nothing at all."""
    exchange.wait()


def drip_head(exchange: Exchange) -> None:
    """One byte of the head at a time, for ever; slower than no time limit of a single read would notice."""
    exchange.raw(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    drip(exchange.raw, exchange)


def drip_body(exchange: Exchange) -> None:
    """One byte of the body at a time, for ever."""
    exchange.start("application/json")
    drip(exchange.piece, exchange)


def drip_stream(exchange: Exchange) -> None:
    """One byte of an event at a time, for ever."""
    exchange.start()
    drip(exchange.piece, exchange)


def drip(send: Callable[[bytes], None], exchange: Exchange) -> None:
    while not exchange.server.closing.wait(0.2):
        send(b"x")


def close_at_once(exchange: Exchange) -> None:
    exchange.hang_up()


def close_early(exchange: Exchange) -> None:
    """Half of the body that was announced."""
    exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    exchange.hang_up()


def close_stream_early(exchange: Exchange) -> None:
    """An event stream that ends as it should, without having said anything."""
    exchange.start()
    exchange.piece(b"")


def endless(exchange: Exchange) -> None:
    """A JSON text without end, as fast as it can be read."""
    exchange.start("application/json")
    exchange.piece(b'{"named_endpoints": {"/x": {"description": "')
    while not exchange.server.closing.is_set():
        exchange.piece(b"x" * 65536)


def endless_event(exchange: Exchange) -> None:
    """One event without end."""
    exchange.start()
    exchange.piece(b"data: ")
    while not exchange.server.closing.is_set():
        exchange.piece(b"x" * 65536)


def flood(exchange: Exchange) -> None:
    """Small events without end."""
    exchange.start()
    while not exchange.server.closing.is_set():
        exchange.piece(b'data: {"msg": "heartbeat", "x": "' + b"x" * 5000 + b'"}\n\n')


def gzipped(exchange: Exchange) -> None:
    exchange.reply(b"\x1f\x8b\x08", Content_Encoding="gzip")


def not_http(exchange: Exchange) -> None:
    exchange.raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    exchange.hang_up()


def html(exchange: Exchange) -> None:
    exchange.reply(b"<!doctype html><title>Not Gradio</title>", kind="text/html")


def bad_json(exchange: Exchange) -> None:
    exchange.reply(b'{"data": [')


def deep_json(exchange: Exchange) -> None:
    exchange.reply(b"[" * 20_000)


def says(body: Any, status: int = 200) -> Behaviour:
    """This JSON."""
    return lambda exchange: exchange.reply(body, status)


def redirects(address: str) -> Behaviour:
    """302 to another origin."""
    return lambda exchange: exchange.reply(b"", 302, Location=address)


def stream_of(data: bytes) -> Behaviour:
    """An event stream of exactly these bytes."""

    def tell(exchange: Exchange) -> None:
        exchange.start()
        exchange.piece(data)
        exchange.piece(b"")

    return tell


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns or raises, and how many seconds it took."""
    begun = time.monotonic()
    try:
        result = action()
    except Exception as error:
        result = error
    return result, time.monotonic() - begun
