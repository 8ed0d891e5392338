"""Chat for bench/chat.py, by gr.ChatInterface: it answers with the time of day, again and again."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator

import gradio as gr
import uvicorn
from fastapi import FastAPI

TIMES, EVERY_SECONDS = 8, 0.25


async def answer(message: str, history: list) -> AsyncIterator[str]:
    """Send the time of day TIMES times, in a growing answer."""
    said = ""
    for _ in range(TIMES):
        await asyncio.sleep(EVERY_SECONDS)
        said += f"{time.time():.4f} "
        yield said


if __name__ == "__main__":
    chat = gr.ChatInterface(answer, api_name="chat", concurrency_limit=None).queue()
    app = gr.mount_gradio_app(FastAPI(), chat, path="", ssr_mode=False)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
