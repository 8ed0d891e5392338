"""Serve all apps of ours in one process, each on a port of its own: `python -m tests.spaces.serve_components FOLDER`.

Runs in the environment of any Gradio from 4 to 6. Their addresses are written to `FOLDER/addresses.json`.
"""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
import gradio as gr
import uvicorn
from fastapi import FastAPI

from tests.spaces.apps import choices, doors, foreign, life, media, plots, tables, talk, texts, untouched

MOUNT_PATH = "/myapp/gradio"
APPS: dict[str, Callable[[], gr.Blocks]] = {
    "textes": texts.app,
    "nombres": texts.numbers,
    "trente": texts.long,
    "choix": choices.app,
    "images": media.pictures,
    "sons": media.recordings,
    "fichiers": media.files,
    "tableaux": tables.app,
    "conversations": talk.app,
    "echo": talk.interface,
    "echo-fichiers": talk.multimodal,
    "traces": plots.app,
    "temps": life.app,
    "changements": life.changes,
    "composants": foreign.app,
    "plomberie": doors.plumbing,
    "sans-api": doors.silent,
    "exemples": doors.exemplary,
    "intacts": untouched.app,
}
if hasattr(gr, "api"):
    APPS["apis"] = foreign.apis
if hasattr(gr, "validate"):
    APPS["validation"] = doors.validated


def serve_mounted(blocks: gr.Blocks) -> str:
    """The address of an app that lives under a path of somebody's larger site."""
    site = gr.mount_gradio_app(FastAPI(), blocks.queue(), path=MOUNT_PATH)
    server = uvicorn.Server(uvicorn.Config(site, host="127.0.0.1", port=0, log_level="error"))
    listener = server.config.bind_socket()
    threading.Thread(target=server.run, args=([listener],), daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}{MOUNT_PATH}"


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    addresses = {name: launch_app(make()) for name, make in APPS.items()}
    addresses["ferme"] = launch_app(doors.locked(), auth=("awa", "secret"))
    addresses["sans-chemin"] = launch_app(doors.mounted())
    addresses["chemin"] = serve_mounted(doors.mounted())
    publish_addresses(Path(sys.argv[1]), addresses)
