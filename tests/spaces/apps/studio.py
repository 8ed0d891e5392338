"""A small studio, as somebody makes one for a class radio: a cover, a voice, clips, a table of guests, settings.

`python -m tests.spaces.apps.studio FOLDER` serves it alone.
"""

import os
import sys
from pathlib import Path

from tests.spaces.gradio_launch import launch_app, publish_addresses

# isort: split
import gradio as gr
from PIL import Image, ImageOps

GUESTS = [["Awa", 12, True], ["Noé", 7, False]]


def mix(  # noqa: PLR0917 (one argument for each component)
    cover: str | None,
    voice: str | None,
    clips: list[str] | None,
    guests: object,
    fade: float,
    volume: float,
    signed: bool,
    seed: float,
) -> tuple[Image.Image | None, str | None, str]:
    """Turn the cover upside down, and say what was received."""
    turned = ImageOps.flip(Image.open(cover).convert("RGB")) if cover else None
    names = ", ".join(Path(each).name for each in clips or ())
    return turned, voice, f"{len(guests)} voix, fondu {fade}, volume {volume}, {signed}, {seed}, {names or 'aucun'}"


def app() -> gr.Blocks:
    with gr.Blocks(title="Studio") as blocks:
        cover = gr.Image(label="Pochette", type="filepath")
        voice = gr.Audio(label="Voix (required)", type="filepath")
        clips = gr.File(label="Extraits (optional)", file_count="multiple")
        guests = gr.Dataframe(
            GUESTS, headers=["nom", "minutes", "direct"], datatype=["str", "number", "bool"], label="Voix", type="array"
        )
        fade = gr.Slider(1, 10, value=2, step=1, label="Fondu", info="En secondes, au début comme à la fin.")
        volume = gr.Slider(0, 1, value=0.5, step=0.1, label="Volume")
        signed = gr.Checkbox(True, label="Signer", info="Votre nom à la fin.")
        seed = gr.Number(3, label="Graine", visible=False)
        outputs = [gr.Image(label="Pochette tournée", format="png"), gr.Audio(label="Voix"), gr.Textbox(label="Reçu")]
        gr.Button("Monter").click(
            mix, [cover, voice, clips, guests, fade, volume, signed, seed], outputs, api_name="monter"
        )
    return blocks


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    publish_addresses(Path(sys.argv[1]), {"studio": launch_app(app())})
