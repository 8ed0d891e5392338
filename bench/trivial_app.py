"""A Gradio app that does next to nothing, and counts the requests that it gets: what bench/call.py calls.

python bench/trivial_app.py PORT
"""

import os
import sys
import time

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request

THREADS = 200
SLOW_SECONDS = 2


def greet(name: str) -> str:
    return f"Bonjour {name}"


def wait(name: str) -> str:
    time.sleep(SLOW_SECONDS)
    return f"Bonjour {name}"


def application() -> FastAPI:
    """The app, with `/requests` beside it: how many requests came so far."""
    with gr.Blocks() as blocks:
        name, greeting = gr.Textbox(label="name"), gr.Textbox(label="greeting")
        gr.Button("Greet").click(greet, name, greeting, api_name="greet", concurrency_limit=None)
        gr.Button("Wait").click(wait, name, greeting, api_name="wait", concurrency_limit=None)
    blocks.queue(default_concurrency_limit=None)
    blocks.max_threads = THREADS
    outer = FastAPI()
    outer.state.requests = 0

    @outer.middleware("http")
    async def count(request: Request, call_next):
        if request.url.path != "/requests":
            outer.state.requests += 1
        return await call_next(request)

    @outer.get("/requests")
    def requests() -> int:
        return outer.state.requests

    return gr.mount_gradio_app(outer, blocks, path="", ssr_mode=False)


if __name__ == "__main__":
    uvicorn.run(application(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
