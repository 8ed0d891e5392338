"""One app in Gradio 3, which gradio_client no longer calls: `python -m tests.spaces.serve_gradio_3 FOLDER`."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses  # first: it keeps Gradio from asking the network

# isort: split
import gradio as gr


def build_app() -> gr.Blocks:
    with gr.Blocks(title="Ancien") as blocks:
        words, shown = gr.Textbox(label="Mots"), gr.Textbox(label="Mots vus")
        gr.Button("Répéter").click(lambda text: text, words, shown, api_name="repeter")
    return blocks


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    publish_addresses(Path(sys.argv[1]), {"ancien": launch_app(build_app())})
