"""Serve the apps that exchange files: `python -m tests.spaces.serve_exchanges FOLDER`, in any Gradio from 4 to 6."""

import os
import sys
from pathlib import Path
from typing import Any

from tests.spaces.gradio_launch import (  # first: it keeps Gradio from asking the network
    launch_app,
    publish_addresses,
)

# isort: split
import gradio as gr

from tests.spaces.apps import exchange, media
from tests.support.processes import find_free_port


def launch_server(server: Any) -> str:
    """The address of a `gr.Server`."""
    port = find_free_port()
    server.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True)
    return f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    addresses = {
        "echanges": launch_app(exchange.app()),
        "images": launch_app(media.pictures()),
        "sons": launch_app(media.recordings()),
        "fichiers": launch_app(media.files()),
    }
    if hasattr(gr, "api"):
        addresses["fonctions"] = launch_app(exchange.apis())
    if hasattr(gr, "Server"):
        addresses["serveur"] = launch_server(exchange.server())
    publish_addresses(Path(sys.argv[1]), addresses)
