"""Serve the apps of workshop.py: `python -m tests.spaces.serve_workshop FOLDER`, in any Gradio from 4 to 6."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
from tests.spaces.apps import workshop

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    apps = {"affiches": workshop.posters, "archive": workshop.archive}
    publish_addresses(Path(sys.argv[1]), {name: launch_app(make()) for name, make in apps.items()})
