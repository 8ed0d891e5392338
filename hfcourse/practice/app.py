"""The practice Space: an offline Gradio app, run as a process (`python -m hfcourse.practice.app`).

`endpoints` has the functions that students call, `page` the fields that they see.
"""

import os

from hfcourse.practice import app_main

# Both must precede the import of gradio, which takes seconds: the parent watch and offline mode.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
if __name__ == "__main__":
    LISTENER = app_main.open_listener()

from contextlib import suppress

import gradio as gr
import uvicorn
from fastapi import FastAPI

from hfcourse.practice.adaptive_queue import install_adaptive_queue
from hfcourse.practice.body_limit import BodyLimitMiddleware
from hfcourse.practice.fault_injection import FaultInjectionMiddleware
from hfcourse.practice.page import build_page


def build_app() -> FaultInjectionMiddleware:
    """Build the ASGI app of the page and its API.

    `launch()` is not used: it would bind the port itself, and send a request through a proxy.
    """
    install_adaptive_queue()
    # System fonts: none is downloaded.
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    app = gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        build_page(),
        path="/",
        theme=theme,
        footer_links=["api", "gradio", "settings"],
        max_file_size="20mb",
        # Hide unexpected exceptions from callers, as nearly every Space of the Hub does.
        show_error=False,
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
    )
    return FaultInjectionMiddleware(BodyLimitMiddleware(app))


if __name__ == "__main__":
    config = uvicorn.Config(build_app(), log_level="warning", timeout_graceful_shutdown=1, server_header=False)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[LISTENER])
