"""Serve the apps of apps/answers.py: `python -m tests.spaces.serve_answers FOLDER`, in Gradio 4 to 6."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launched, serve  # first: it keeps Gradio from asking the network

# isort: split
from tests.spaces.apps import answers

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    made = {"reponses": answers.app, "conseils": answers.adviser}
    serve(Path(sys.argv[1]), {name: launched(make()) for name, make in made.items()})
