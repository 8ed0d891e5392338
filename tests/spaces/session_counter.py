"""A small real Gradio app that counts the calls of each session, and notes every request that it gets.

Run as a program with a port; `GET /asked` gives the requests so far, `POST /renew` puts a new version of the
app in its place, whose only endpoint has another name.
"""

import sys
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse

request_log: list[str] = []


def count_call(before: int, name: str) -> tuple[int, str]:
    """One more call of this session."""
    return before + 1, f"{name} {before + 1}"


def build_app(*api_names: str) -> gr.Blocks:
    """The app, with an endpoint by each of these names."""
    with gr.Blocks() as blocks:
        state = gr.State(0)
        name = gr.Textbox(label="Nom")
        shown = gr.Textbox(label="Compte")
        for each in api_names:
            gr.Button(each).click(count_call, [state, name], [state, shown], api_name=each, concurrency_limit=20)
    return blocks


class ReplaceableApp:
    """The app of the moment, behind a log of its requests."""

    def __init__(self) -> None:
        self.app = self.mount_app("compter", "ancien")

    def mount_app(self, *api_names: str) -> Any:
        return gr.mount_gradio_app(FastAPI(), build_app(*api_names).queue(), path="")

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path in ("/asked", "/renew"):
            await self.handle_control(path, scope, receive, send)
            return
        request_log.append(f"{scope['method']} {path}")
        await self.app(scope, receive, send)

    async def handle_control(self, path: str, scope, receive, send) -> None:
        if path == "/renew":
            self.app = self.mount_app("nouveau")
        await JSONResponse(request_log)(scope, receive, send)


if __name__ == "__main__":
    uvicorn.run(ReplaceableApp(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
