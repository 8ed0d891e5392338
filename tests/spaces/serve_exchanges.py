"""Serve the apps that exchange files: `python -m tests.spaces.serve_exchanges FOLDER`, in any Gradio from 4 to 6."""

import os
import sys
from pathlib import Path
from typing import Any

from tests.spaces.gradio_launch import free_port, launched, serve  # first: it keeps Gradio from asking the network

# isort: split
import gradio as gr

from tests.spaces.apps import exchange, media


def launched_server(server: Any) -> str:
    """The address of a `gr.Server`."""
    port = free_port()
    server.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True)
    return f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    addresses = {
        "echanges": launched(exchange.app()),
        "images": launched(media.pictures()),
        "sons": launched(media.recordings()),
        "fichiers": launched(media.files()),
    }
    if hasattr(gr, "api"):
        addresses["fonctions"] = launched(exchange.apis())
    if hasattr(gr, "Server"):
        addresses["serveur"] = launched_server(exchange.server())
    serve(Path(sys.argv[1]), addresses)
