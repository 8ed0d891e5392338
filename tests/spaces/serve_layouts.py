"""Serve the apps of apps/layouts.py alone: `python -m tests.spaces.serve_layouts FOLDER`, in any Gradio from 4 to 6."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
import gradio as gr

from tests.spaces.apps import layouts

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    addresses = {"atelier": launch_app(layouts.studio()), "portraits": launch_app(layouts.portraits())}
    if hasattr(gr, "I18n"):
        greeter, words = layouts.greeter()
        addresses["langues"] = launch_app(greeter, i18n=words)
    publish_addresses(Path(sys.argv[1]), addresses)
