"""A real gr.ChatInterface that says what a test tells it to say: see scripted.py, whose orders it takes.

Run as a program with a port. « mourir » ends the process in the middle of an answer.
"""

import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI

from tests.spaces.scripted import ScriptedSpaceApp, calls, commands


async def answer(message: str, history: list[Any]) -> AsyncIterator[str]:
    """How many messages it remembers, then what it was told so far."""
    calls["begun"] += 1
    said = f"[{sum(1 for each in history if each['role'] == 'user')}] "
    try:
        while (order := await commands.get()) != "finir":
            if order == "mourir":
                os._exit(1)
            verb, _, words = order.partition(" ")
            said += words.replace("\\n", "\n") if verb == "dire" else ""
            yield said
        yield said
    finally:
        calls["ended"] += 1


class ScriptedChatApp(ScriptedSpaceApp):
    """The chat, and beside it the ways to lead it."""

    def __init__(self) -> None:
        self.blocks = gr.ChatInterface(answer, api_name="chat", concurrency_limit=1).queue()
        self.app = gr.mount_gradio_app(FastAPI(), self.blocks, path="")


if __name__ == "__main__":
    uvicorn.run(ScriptedChatApp(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
