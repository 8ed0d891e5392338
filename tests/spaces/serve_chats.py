"""Serve the Spaces of apps/chats.py, each on a port of its own.

`python -m tests.spaces.serve_chats FOLDER`.

Runs in the environment of any Gradio from 4 to 6. Their addresses are written to `FOLDER/addresses.json`.
"""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
from tests.spaces.apps import chats

APPS = {
    "tuteur": chats.tutor,
    "atelier": chats.adjustable,
    "collection": chats.collector,
    "cahier": chats.notebook,
    "deux-temps": chats.two_steps,
    "memoire": chats.remembering,
    "peintre": chats.painter,
    "traducteur": chats.translator,
}
if not chats.IS_PAIRS:
    APPS |= {"programmeur": chats.programmer, "raisonneur": chats.reasoner}

if __name__ == "__main__":
    os.chdir(sys.argv[1])
    publish_addresses(Path(sys.argv[1]), {name: launch_app(make()) for name, make in APPS.items()})
