"""ASGI middleware with fault injection: two path prefixes of the practice Space that fail as real servers do.

`/prive/…` refuses every request as the door of a private Space, `/coupure/…` forwards a request to the app and closes
the connection in the middle of its event stream. Every other path reaches the app unchanged, so calls of others never
fail, and the app itself never stops. Students watch both in the experiments of the course.

Sources: a private Space answers 404 to a request without a token (huggingface.co/docs/hub/spaces-overview); to a token
that it does not know, the Hub answers 401 with the message below (huggingface_hub, issue 3479).
"""

import json
from collections.abc import Iterable

from hfcourse.practice.body_limit import AsgiApp, AsgiMessage, AsgiReceive, AsgiSend

PRIVATE_PREFIX, CUT_PREFIX = "/prive", "/coupure"
AUTHORIZATION_HEADERS = (b"x-hf-authorization", b"authorization")
NOT_FOUND_MESSAGE = "Not Found"
INVALID_TOKEN_MESSAGE = "Invalid credentials in Authorization header"  # noqa: S105 (a sentence)
MAX_STREAMED_CHUNKS = 2
EVENT_STREAM_TYPE = b"text/event-stream"


class FaultInjectionMiddleware:
    """Middleware that answers below two prefixes itself, and forwards every other request."""

    def __init__(self, app: AsgiApp) -> None:
        self.app = app

    async def __call__(self, scope: AsgiMessage, receive: AsgiReceive, send: AsgiSend) -> None:
        """Refuse, cut or forward a request, by the prefix of its path."""
        if scope["type"] == "http" and scope["path"].startswith(f"{PRIVATE_PREFIX}/"):
            await refuse_request(scope["headers"], send)
        elif scope["type"] == "http" and scope["path"].startswith(f"{CUT_PREFIX}/"):
            await StreamCutter(receive, send).forward_request(self.app, scope)
        else:
            await self.app(scope, receive, send)


async def refuse_request(headers: Iterable[tuple[bytes, bytes]], send: AsgiSend) -> None:
    """Answer as a private Space: 404 without a token, 401 with one, since no token opens this door."""
    has_token = any(name in AUTHORIZATION_HEADERS and value.strip() for name, value in headers)
    status, message = (401, INVALID_TOKEN_MESSAGE) if has_token else (404, NOT_FOUND_MESSAGE)
    body = json.dumps({"error": message}).encode()
    # The body of the request stays unread, so the connection cannot serve another one.
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class StreamCutter:
    """Forwards one request, and drops its event stream after the first chunks.

    The app receives `http.disconnect`, so it stops computing. The server sees a response that never ended, and
    closes the connection without the last chunk of the chunked encoding.
    """

    def __init__(self, receive: AsgiReceive, send: AsgiSend) -> None:
        self._receive, self._send = receive, send
        self._is_event_stream = False
        self._chunks = 0

    @property
    def is_cut(self) -> bool:
        """Is the limit of chunks reached?"""
        return self._is_event_stream and self._chunks >= MAX_STREAMED_CHUNKS

    async def forward_request(self, app: AsgiApp, scope: AsgiMessage) -> None:
        """Send the request to the app, without the prefix of its path."""
        inner = dict(scope, path=scope["path"].removeprefix(CUT_PREFIX))
        if scope.get("raw_path"):
            inner["raw_path"] = scope["raw_path"].removeprefix(CUT_PREFIX.encode())
        await app(inner, self._receive_until_cut, self._send_until_cut)

    async def _receive_until_cut(self) -> AsgiMessage:
        return {"type": "http.disconnect"} if self.is_cut else await self._receive()

    async def _send_until_cut(self, message: AsgiMessage) -> None:
        if self.is_cut:
            return
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            self._is_event_stream = kind.startswith(EVENT_STREAM_TYPE)
        self._chunks += bool(message.get("body"))
        await self._send(message)
