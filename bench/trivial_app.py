"""A Gradio app that does next to nothing, and counts the requests that it gets: what bench/call.py calls.

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
    """The time of day, so often and at such an interval: `40 0.25`."""
    times, seconds = name.split()
    for _ in range(int(times)):
        await asyncio.sleep(float(seconds))
        yield f"{time.time():.4f}"


def blocks() -> gr.Blocks:
    """The app: one endpoint answers at once, one waits, one takes a second for ten at once, one tells the time."""
    with gr.Blocks() as made:
        name, greeting = gr.Textbox(label="name"), gr.Textbox(label="greeting")
        gr.Button("Greet").click(greet, name, greeting, api_name="greet", concurrency_limit=None)
        gr.Button("Tell").click(tell, name, greeting, api_name="tell", concurrency_limit=None)
        gr.Button("Think").click(think, name, greeting, api_name="think", concurrency_limit=10)
        gr.Button("Wait").click(wait, name, greeting, api_name="wait", concurrency_limit=None)
    made.queue(default_concurrency_limit=None)
    made.max_threads = made._queue.max_thread_count = THREADS  # launch() does this, and is not called here
    return made


class Counting:
    """The app, with `/requests` beside it: how many requests came so far. Bare ASGI, to add nothing to a call."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.requests = app, 0

    async def __call__(self, scope, receive, send) -> None:
        if scope.get("path") == "/requests":
            await JSONResponse(self.requests)(scope, receive, send)
            return
        self.requests += scope["type"] == "http"
        await self.app(scope, receive, send)


if __name__ == "__main__":
    app = gr.mount_gradio_app(FastAPI(), blocks(), path="", ssr_mode=False)
    uvicorn.run(Counting(app), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
