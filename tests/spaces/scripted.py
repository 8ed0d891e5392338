"""A real Gradio app that says what a test tells it to say, when it is told: no test of live pages waits for a clock.

Run as a program with a port. `POST /say` with a text goes to the call in progress: « dire …» adds to its output,
« peindre …» replaces its picture, « avancer 3 », « informer …» and « prévenir …» are progress and messages, « finir »
ends it. `GET /state` gives the calls begun, those ended, and how many wait in the queue.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from PIL import Image

commands: "asyncio.Queue[str]" = asyncio.Queue()
calls = {"begun": 0, "ended": 0}


async def follow_commands(name: str, progress=gr.Progress()) -> AsyncIterator[tuple[str, Any]]:  # noqa: B008
    """What it was told so far, and the latest picture."""
    calls["begun"] += 1
    said, picture = "", None
    try:
        while (order := await commands.get()) != "finir":
            verb, _, words = order.partition(" ")
            if verb == "avancer":
                progress((int(words), 10), desc="Je lis")
            elif verb == "informer":
                gr.Info(words)
            elif verb == "prévenir":
                gr.Warning(words)
            else:
                said += words if verb == "dire" else ""
                picture = Image.new("RGB", (60, 40), words) if verb == "peindre" else picture
                yield said, picture
        yield f"{said} Fin.", picture
    finally:
        calls["ended"] += 1


def build_app() -> gr.Blocks:
    with gr.Blocks(title="Mené") as blocks:
        name = gr.Textbox(label="Nom")
        text, picture = gr.Markdown(label="Récit"), gr.Image(label="Image", format="png")
        gr.Button("Mener").click(follow_commands, name, [text, picture], api_name="mener", concurrency_limit=1)
    return blocks.queue()


class ScriptedSpaceApp:
    """The app, and beside it the ways to lead it; in the same loop, so that it hears at once."""

    def __init__(self) -> None:
        self.blocks = build_app()
        self.app = gr.mount_gradio_app(FastAPI(), self.blocks, path="")

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "http" and scope["path"] == "/say":
            commands.put_nowait((await receive())["body"].decode())
            await JSONResponse("dit")(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/state":
            await JSONResponse({**calls, "waiting": len(self.blocks._queue)})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


if __name__ == "__main__":
    uvicorn.run(ScriptedSpaceApp(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
