"""Serve two replicas of one Space behind a load balancer: `python -m tests.spaces.serve_replicas FOLDER`.

As with sticky sessions elsewhere, the balancer sets a cookie with the first answer; a request without it goes to the
next replica in turn. A gateway stands before it: a joining call whose first value is a status gets that status.
"""

import itertools
import json
import sys
import threading
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
import gradio as gr
import uvicorn
from fastapi import FastAPI

from tests.spaces.apps import troubles

COOKIE, GATEWAY_PAGE = "sticky", b"<!doctype html><h1>Your space is starting</h1>"


class LoadBalancer:
    """Leads each request to the replica that its cookie names."""

    def __init__(self) -> None:
        self.turns = itertools.cycle("ab")
        self.site = FastAPI()
        for name in "ab":
            self.site = gr.mount_gradio_app(self.site, troubles.app(name).queue(), path=f"/{name}")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.site(scope, receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        replica = found.value if found else next(self.turns)

        async def send_with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = (b"set-cookie", f"{COOKIE}={replica}; Path=/; HttpOnly; Secure; SameSite=None".encode())
                message = message | {"headers": [*message["headers"], given]}
            await send(message)

        path = f"/{replica}{scope['path']}"
        await self.site(scope | {"path": path, "raw_path": path.encode()}, receive, send_with_cookie)


class ErrorGateway:
    """Answers in the place of what stands behind it, where a call asks for that."""

    def __init__(self, behind: Any) -> None:
        self.behind = behind

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/queue/join"):
            await self.behind(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        asked = json.loads(body)["data"][0]
        if isinstance(asked, str) and asked.isdigit():
            start = {"type": "http.response.start", "status": int(asked), "headers": [(b"content-type", b"text/html")]}
            await send(start)
            await send({"type": "http.response.body", "body": GATEWAY_PAGE})
            return

        async def receive_again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.behind(scope, receive_again, send)


if __name__ == "__main__":
    server = uvicorn.Server(uvicorn.Config(ErrorGateway(LoadBalancer()), host="127.0.0.1", port=0, log_level="error"))
    listener = server.config.bind_socket()
    threading.Thread(target=server.run, args=([listener],), daemon=True).start()
    balanced = f"http://127.0.0.1:{listener.getsockname()[1]}"
    publish_addresses(Path(sys.argv[1]), {"replicas": balanced, "troubles": launch_app(troubles.app("seul"))})
