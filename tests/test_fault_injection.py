"""The middleware of the practice Space that fails on purpose: below its two prefixes, and nowhere else."""

import asyncio
import json
from typing import Any

import pytest

from hfcourse.practice.body_limit import AsgiMessage, AsgiReceive, AsgiSend
from hfcourse.practice.fault_injection import MAX_STREAMED_CHUNKS, FaultInjectionMiddleware

TOKEN_HEADER = (b"x-hf-authorization", b"Bearer hf_INVENTE")


class StreamingApp:
    """An app that streams five chunks, and stops when its client leaves, as Starlette does."""

    def __init__(self, content_type: bytes = b"text/event-stream; charset=utf-8") -> None:
        self.content_type = content_type
        self.scopes: list[AsgiMessage] = []
        self.is_disconnected = False

    async def __call__(self, scope: AsgiMessage, receive: AsgiReceive, send: AsgiSend) -> None:
        self.scopes.append(scope)
        if scope["type"] != "http":
            return
        headers = [(b"content-type", self.content_type)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number in range(5):
            await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
            self.is_disconnected = (await receive())["type"] == "http.disconnect"
            if self.is_disconnected:
                return
        await send({"type": "http.response.body", "body": b""})


def request(app: StreamingApp, path: str, *headers: tuple[bytes, bytes], kind: str = "http") -> list[AsgiMessage]:
    """What the middleware in front of this app sends for a request."""
    sent: list[AsgiMessage] = []

    async def receive() -> AsgiMessage:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: AsgiMessage) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": kind, "path": path, "raw_path": path.encode(), "headers": list(headers)}
    asyncio.run(FaultInjectionMiddleware(app)(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ([], 404, "Not Found"),
        ([(b"x-hf-authorization", b" ")], 404, "Not Found"),
        ([TOKEN_HEADER], 401, "Invalid credentials in Authorization header"),
        ([(b"authorization", b"Bearer hf_INVENTE")], 401, "Invalid credentials in Authorization header"),
    ],
)
def test_private_door_refuses_a_request_with_and_without_a_token(
    headers: list[tuple[bytes, bytes]], status: int, message: str
) -> None:
    app = StreamingApp()
    start, body = request(app, "/prive/gradio_api/call/v2/saluer", *headers)
    assert start["status"] == status
    assert json.loads(body["body"]) == {"error": message}
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    assert app.scopes == [], "no request passes the door"


def test_cut_stream_has_its_first_chunks_and_no_end() -> None:
    app = StreamingApp()
    _, *bodies = request(app, "/coupure/gradio_api/call/compter/abc")
    assert [message["body"] for message in bodies] == [b"data: 0\n\n", b"data: 1\n\n"]
    assert len(bodies) == MAX_STREAMED_CHUNKS
    assert all(message["more_body"] for message in bodies)
    assert app.is_disconnected, "the app stops computing"
    assert app.scopes[0]["path"] == "/gradio_api/call/compter/abc"
    assert app.scopes[0]["raw_path"] == b"/gradio_api/call/compter/abc"


def test_answer_that_is_no_event_stream_is_whole_below_the_cut_prefix() -> None:
    assert request(StreamingApp(b"application/json"), "/coupure/info")[-1] == {
        "type": "http.response.body",
        "body": b"",
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/gradio_api/call/compter/abc", "http"),
        ("/prive", "http"),
        ("/privee/x", "http"),
        ("/coupures/x", "http"),
        ("/gradio_api/prive/x", "http"),
        ("/prive/x", "websocket"),
    ],
)
def test_other_requests_reach_the_app_unchanged(path: str, kind: str) -> None:
    app = StreamingApp()
    sent = request(app, path, TOKEN_HEADER, kind=kind)
    assert [scope["path"] for scope in app.scopes] == [path]
    assert not app.is_disconnected
    assert kind != "http" or sent[-1]["body"] == b""
