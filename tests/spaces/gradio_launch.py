"""Starting apps of ours in a process of their own, in the environment of any Gradio from 3 to 6."""

import json
import os
import threading
from pathlib import Path
from typing import Any

os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1", "GRADIO_SSR_MODE": "False"}

import gradio as gr
from gradio.components import Component

from tests.support.processes import find_free_port

if gr.__version__.startswith("6."):  # earlier ones poll fifty times less often, and have no hfcourse beside them
    from hfcourse.practice.adaptive_queue import install_adaptive_queue

    install_adaptive_queue()  # twenty apps that nobody calls would keep a processor busy


def launch_app(blocks: gr.Blocks, **options: Any) -> str:
    """The address of an app served as most are."""
    if gr.__version__.startswith("3."):
        blocks.queue()  # later ones have it by themselves; asked for again, they make the application once more
    port = find_free_port()  # two versions of Gradio that start together would both try 7860
    blocks.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, **options)
    return blocks.local_url.rstrip("/")


def list_component_names() -> list[str]:
    """Every component of this Gradio, once: `Text` and `Json` are other names of the same."""
    classes = (getattr(gr.components, name) for name in gr.components.__all__)
    return sorted({each.__name__ for each in classes if isinstance(each, type) and issubclass(each, Component)})


def publish_addresses(folder: Path, addresses: dict[str, str]) -> None:
    """Say in `folder` where the apps are, and go on until somebody ends the process."""
    written = folder / "addresses.part"
    found = {"gradio": gr.__version__, "components": list_component_names(), "addresses": addresses}
    written.write_text(json.dumps(found))
    written.rename(folder / "addresses.json")
    threading.Event().wait()
