"""Serve the app that programs call: `python -m tests.spaces.serve_programs FOLDER`, in any Gradio from 4 to 6."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
from tests.spaces.apps import programs

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    publish_addresses(Path(sys.argv[1]), {"programmes": launch_app(programs.app())})
