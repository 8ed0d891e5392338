"""Files in every direction: names in any script, galleries, objects around files, streams, functions alone."""

import io
import math
import struct
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr
from gradio import component_meta
from gradio.components.base import Component
from gradio.data_classes import FileData, GradioModel
from pydantic import BaseModel

from tests.spaces.apps.media import kept, square
from tests.spaces.apps.seeing import add_round_trip, hash_bytes

component_meta.create_or_modify_pyi = lambda *_: None  # Gradio writes a stub beside each new component
GALLERY_PICTURES = 25


class Frame(GradioModel):
    """A picture, and what its author drew on it."""

    picture: FileData
    marks: list[dict] = []  # noqa: RUF012 (pydantic copies it)
    angle: int = 0


class Framed(Component):
    """As the components that people publish to draw on pictures."""

    EVENTS: ClassVar[list[str]] = []
    data_model = Frame

    def preprocess(self, payload: Frame | None) -> Frame | None:
        return payload

    def postprocess(self, value: Any) -> Any:
        return value

    def example_payload(self) -> Any:
        return None

    example_value = example_payload


def app() -> gr.Blocks:
    with gr.Blocks(title="Échanges de fichiers") as blocks:
        names = gr.File(label="Fichiers", file_count="multiple")
        gr.Button("Nommer").click(names_of, names, gr.JSON(label="Noms"), api_name="nommer")
        model = gr.File(label="Modèle", file_types=[".pkl"])
        gr.Button("Charger").click(suffix_of, model, gr.Textbox(label="Extension"), api_name="charger")
        gr.Button("Encadrer").click(
            framed, Framed(label="Image cadrée"), gr.Textbox(label="Cadre"), api_name="encadrer"
        )
        gr.Button("Dessiner").click(
            lambda: [square("red").resize((8 + n, 8)) for n in range(GALLERY_PICTURES)],
            None,
            gr.Gallery(label="Dessins"),
            api_name="dessiner",
        )
        gr.Button("Écrire").click(write_blanks, None, gr.File(label="Facture"), api_name="facturer")
        format_name = gr.Textbox("png", label="Format")
        gr.Button("Rendre").click(give, format_name, gr.File(label="Rendu"), api_name="rendre")
        gr.Button("Montrer").click(give, format_name, gr.Image(label="Image"), api_name="montrer")
        gr.Button("Parler").click(speak, None, gr.Audio(label="Voix", streaming=True), api_name="parler")
        add_round_trip("film_libre", gr.Video(label="Film"), gr.JSON(label="Chemin"), change=bool)
    return blocks


def names_of(paths: list[str] | None) -> list[str]:
    return [Path(path).name for path in paths or []]


def suffix_of(path: str | None) -> str:
    return Path(path).suffix if path else "rien"


def framed(frame: Frame | None) -> str:
    return f"{hash_bytes(Path(frame.picture.path).read_bytes())} {frame.marks} {frame.angle}" if frame else "rien"


def write_blanks() -> str:
    """A path with no-break spaces, as French names have them."""
    path = kept("facture n°\u00a012 : 3\u202f000 €.txt")
    path.write_text("dix mille", encoding="utf-8")
    return str(path)


def give(format_name: str) -> str:
    """A picture in this format."""
    path = kept(f"rendu.{format_name}")
    square("red").resize((32, 32)).save(path)
    return str(path)


def speak() -> Iterator[bytes]:
    """A voice in three pieces, each a sound of its own."""
    for pitch in (20, 30, 40):
        time.sleep(0.05)
        yield sound(pitch)


def sound(period: int, rate: int = 8000) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(rate)
        opened.writeframes(
            struct.pack(f"<{rate}h", *(int(9000 * math.sin(n * math.tau / period)) for n in range(rate)))
        )
    return written.getvalue()


class Card(BaseModel):
    """A picture with its caption, and others."""

    picture: FileData
    caption: str
    others: list[FileData] = []


def size(file: FileData) -> int:
    """Taille d’un fichier."""
    return len(Path(file["path"]).read_bytes())


def sizes(files: list[FileData], more: FileData | None = None) -> list[int]:
    """Tailles de plusieurs."""
    return [size(file) for file in [*files, *([more] if more else [])]]


def card(card: Card) -> dict[str, Any]:
    """Lit une carte."""
    found = card if isinstance(card, dict) else card.model_dump()
    return {"caption": found["caption"], "sizes": [size(found["picture"]), *map(size, found["others"])]}


def pair(pair: tuple[FileData, int]) -> list[int]:
    """Taille et nombre."""
    return [size(pair[0]), pair[1]]


def either(source: FileData | str) -> str:
    """Un fichier ou un texte."""
    return source if isinstance(source, str) else f"{size(source)} octets"


def picture(colour: str = "green") -> FileData:
    """Une image."""
    path = kept(f"{colour}.png")
    square(colour).save(path)
    return FileData(path=str(path), orig_name=f"{colour} à voir.png")


def album(count: int = 3) -> dict[str, list[FileData]]:
    """Des images dans un objet."""
    return {"images": [picture(colour).model_dump() for colour in ("red", "lime", "blue")[:count]]}


FUNCTIONS = {"taille": size, "tailles": sizes, "carte": card, "paire": pair, "source": either, "peindre": picture,
             "album": album}  # fmt: skip


def apis() -> gr.Blocks:
    """The functions as endpoints without components."""
    with gr.Blocks(title="Fichiers sans composant") as blocks:
        for name, function in FUNCTIONS.items():
            gr.api(function, api_name=name)
    return blocks


def server() -> Any:
    """The same functions as an app that has no page of its own."""
    made = gr.Server()
    for name, function in FUNCTIONS.items():
        made.api(function, name=name)
    return made
