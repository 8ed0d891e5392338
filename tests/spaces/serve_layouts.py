"""Serve the apps of apps/layouts.py alone: `python -m tests.spaces.serve_layouts FOLDER`, in any Gradio from 4 to 6."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launched, serve  # first: it keeps Gradio from asking the network

# isort: split
import gradio as gr

from tests.spaces.apps import layouts

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    addresses = {"atelier": launched(layouts.studio()), "portraits": launched(layouts.portraits())}
    if hasattr(gr, "I18n"):
        greeter, words = layouts.greeter()
        addresses["langues"] = launched(greeter, i18n=words)
    serve(Path(sys.argv[1]), addresses)
