"""Serve the pages of apps/author_pages.py, each on a port of its own.

`python -m tests.spaces.serve_author_pages FOLDER`.

Runs in the environment of any Gradio from 4 to 6. Their addresses are written to `FOLDER/addresses.json`.
"""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
from tests.spaces.apps import author_pages

APPS = {
    "affiches": author_pages.posters,
    "styles": author_pages.styles,
    "liseuse": author_pages.reader,
    "reliefs": author_pages.sculptures,
    "reserve": author_pages.reserved,
}

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    publish_addresses(Path(sys.argv[1]), {name: launch_app(make()) for name, make in APPS.items()})
