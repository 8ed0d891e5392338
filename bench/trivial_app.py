"""Minimal Gradio app that counts its requests: the target of bench/call.py.

python bench/trivial_app.py PORT
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse

THREADS = 200
SLOW_SECONDS = 2


def greet(name: str) -> str:
    return f"Bonjour {name}"


def wait(name: str) -> str:
    time.sleep(SLOW_SECONDS)
    return f"Bonjour {name}"


def think(name: str) -> str:
    time.sleep(1)
    return f"Bonjour {name}"


async def tell(name: str) -> AsyncIterator[str]:
    """Send the time of day repeatedly: `40 0.25` means 40 times, every 0.25 s."""
    times, seconds = name.split()
    for _ in range(int(times)):
        await asyncio.sleep(float(seconds))
        yield f"{time.time():.4f}"


def build_blocks() -> gr.Blocks:
    """Build the app.

    One endpoint responds at once, one waits, one takes a second for ten at once, one sends the time.
    """
    with gr.Blocks() as made:
        name, greeting = gr.Textbox(label="name"), gr.Textbox(label="greeting")
        gr.Button("Greet").click(greet, name, greeting, api_name="greet", concurrency_limit=None)
        gr.Button("Tell").click(tell, name, greeting, api_name="tell", concurrency_limit=None)
        gr.Button("Think").click(think, name, greeting, api_name="think", concurrency_limit=10)
        gr.Button("Wait").click(wait, name, greeting, api_name="wait", concurrency_limit=None)
    made.queue(default_concurrency_limit=None)
    made.max_threads = made._queue.max_thread_count = THREADS  # as launch() does, which is not called here
    return made


class RequestCounter:
    """ASGI middleware that counts requests, with the count at `/requests`. Bare ASGI, to add no latency."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.requests = app, 0

    async def __call__(self, scope, receive, send) -> None:
        if scope.get("path") == "/requests":
            await JSONResponse(self.requests)(scope, receive, send)
            return
        self.requests += scope["type"] == "http"
        await self.app(scope, receive, send)


if __name__ == "__main__":
    app = gr.mount_gradio_app(FastAPI(), build_blocks(), path="", ssr_mode=False)
    uvicorn.run(RequestCounter(app), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
