"""Serve the apps of apps/answers.py: `python -m tests.spaces.serve_answers FOLDER`, in Gradio 4 to 6."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
from tests.spaces.apps import answers

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    made = {"reponses": answers.app, "conseils": answers.adviser}
    publish_addresses(Path(sys.argv[1]), {name: launch_app(make()) for name, make in made.items()})
