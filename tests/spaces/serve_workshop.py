"""Serve the apps of workshop.py: `python -m tests.spaces.serve_workshop FOLDER`, in any Gradio from 4 to 6."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launched, serve  # first: it keeps Gradio from asking the network

# isort: split
from tests.spaces.apps import workshop

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    apps = {"affiches": workshop.posters, "archive": workshop.archive}
    serve(Path(sys.argv[1]), {name: launched(make()) for name, make in apps.items()})
