"""ASGI middleware that limits request bodies of the practice Space before they are parsed.

Gradio limits uploaded files only: the JSON of a call waits parsed in its queue, and takes forty
times its length if it is a list of lists.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

# A table of 20,000 cells, the largest value of an endpoint, has some 40,000 of these JSON signs.
MAX_BODY_BYTES, MAX_JSON_SIGNS = 500_000, 60_000
UPLOAD_PATH = "/upload"

AsgiMessage = MutableMapping[str, Any]
AsgiReceive = Callable[[], Awaitable[AsgiMessage]]
AsgiSend = Callable[[AsgiMessage], Awaitable[None]]
AsgiApp = Callable[[AsgiMessage, AsgiReceive, AsgiSend], Awaitable[None]]


class BodyLimitMiddleware:
    """Middleware that responds 413 if a body is too long, or has too many JSON values."""

    def __init__(self, app: AsgiApp) -> None:
        self.app = app

    async def __call__(self, scope: AsgiMessage, receive: AsgiReceive, send: AsgiSend) -> None:
        """Buffer and check the body, then replay it to the app as one message."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or scope["path"].endswith(UPLOAD_PATH):
            await self.app(scope, receive, send)
            return
        body = await receive_request_body(receive)
        if body is None:
            await reject_body(send)
            return
        waiting: list[AsgiMessage] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> AsgiMessage:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, replay, send)


async def receive_request_body(receive: AsgiReceive) -> bytes | None:
    """Read the whole body; return None if it exceeds a limit."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return None
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    return bytes(body) if sum(map(body.count, (b",", b"[", b"{"))) <= MAX_JSON_SIGNS else None


async def reject_body(send: AsgiSend) -> None:
    """Respond 413 and close the connection: the rest of the body stays unread."""
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"detail": "Trop de valeurs dans cet appel."}'})
