"""One app in Gradio 3, which gradio_client no longer calls: `python -m tests.spaces.serve_gradio_3 FOLDER`."""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launched, serve  # first: it keeps Gradio from asking the network

# isort: split
import gradio as gr


def app() -> gr.Blocks:
    with gr.Blocks(title="Ancien") as blocks:
        words, shown = gr.Textbox(label="Mots"), gr.Textbox(label="Mots vus")
        gr.Button("Répéter").click(lambda text: text, words, shown, api_name="repeter")
    return blocks


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    serve(Path(sys.argv[1]), {"ancien": launched(app())})
