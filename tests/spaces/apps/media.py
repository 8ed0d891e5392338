"""Files of every kind: sent, seen by the author's function, and given back."""

from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from tests.spaces.apps.seeing import add_output, add_round_trip


def pictures() -> gr.Blocks:
    with gr.Blocks(title="Images") as blocks:
        add_round_trip("image", gr.Image(label="Image", type="filepath"))
        add_round_trip("image_lue", gr.Image(label="Image lue", type="pil"), change=rotated)
        add_round_trip("image_tableau", gr.Image(label="Image en tableau", type="numpy"))
        add_round_trip("image_appareil", gr.Image(label="Photo", type="filepath", sources=["webcam"]))
        add_round_trip("galerie", gr.Gallery(label="Galerie", type="filepath"))
        add_round_trip("editeur", gr.ImageEditor(label="Image à retoucher", type="pil"))
        add_output("annotee", gr.AnnotatedImage(label="Image annotée"), annotated)
        add_output("images_legendees", gr.Gallery(label="Images légendées"), captioned)
        if hasattr(gr, "ImageSlider"):
            add_round_trip("comparaison", gr.ImageSlider(label="Avant et après", type="filepath"))
            add_output("avant_apres", gr.ImageSlider(label="Avant et après"), lambda: (square("red"), square("blue")))
    return blocks


def recordings() -> gr.Blocks:
    with gr.Blocks(title="Sons, vidéos, volumes") as blocks:
        add_round_trip("son", gr.Audio(label="Son", type="filepath"))
        add_round_trip("son_lu", gr.Audio(label="Son lu", type="numpy"), change=backwards)
        add_round_trip("micro", gr.Audio(label="Voix", type="filepath", sources=["microphone"]))
        add_round_trip("video", gr.Video(label="Vidéo"))
        add_round_trip("volume", gr.Model3D(label="Volume"))
    return blocks


def files() -> gr.Blocks:
    with gr.Blocks(title="Fichiers") as blocks:
        add_round_trip("fichier", gr.File(label="Fichier"))
        add_round_trip("fichiers", gr.File(label="Fichiers", file_count="multiple", file_types=["text", ".csv"]))
        add_round_trip("dossier", gr.File(label="Dossier", file_count="directory"))
        add_round_trip("octets", gr.File(label="Octets", type="binary"), gr.Number(label="Taille"), change=length)
        add_round_trip("bouton", gr.UploadButton("Choisir"), gr.File(label="Fichier choisi"))
        add_round_trip(
            "bouton_multiple", gr.UploadButton("Choisir plusieurs", file_count="multiple"), gr.File(label="Choisis")
        )
        add_round_trip("explorateur", gr.FileExplorer(label="Explorateur", root_dir=explored()))
        add_round_trip("explorateur_un", gr.FileExplorer(label="Un seul", root_dir=explored(), file_count="single"))
        add_output("telecharger", gr.DownloadButton("Télécharger"), lambda: note("à télécharger"))
        add_output("deux_fichiers", gr.File(label="Deux fichiers"), lambda: [note("un"), note("deux")])
        add_output("aucun_fichier", gr.File(label="Aucun fichier"), lambda: None)
    return blocks


def rotated(image: Image.Image | None) -> Image.Image | None:
    return image.rotate(90, expand=True) if image else None


def backwards(sound: tuple[int, np.ndarray] | None) -> tuple[int, np.ndarray] | None:
    return (sound[0], sound[1][::-1]) if sound else None


def length(content: bytes | None) -> int:
    return len(content or b"")


def square(colour: str) -> Image.Image:
    return Image.new("RGB", (24, 16), colour)


def annotated() -> tuple[Image.Image, list[tuple[tuple[int, int, int, int], str]]]:
    return square("white"), [((2, 2, 8, 8), "chat"), ((10, 4, 20, 12), "chien")]


def captioned() -> list[tuple[Image.Image, str]]:
    return [(square("red"), "Rouge"), (square("lime"), "Vert")]


def kept(name: str) -> Path:
    """A path in a folder whose files Gradio may give away."""
    folder = Path.cwd() / "files"
    folder.mkdir(exist_ok=True)
    return folder / name


def note(words: str) -> str:
    path = kept(f"{words}.txt")
    path.write_text(words, encoding="utf-8")
    return str(path)


def explored() -> str:
    """A folder to choose from."""
    inner = kept("recettes")
    inner.mkdir(exist_ok=True)
    for name in ("gateau", "soupe"):
        (inner / f"{name}.txt").write_text(name, encoding="utf-8")
    return str(inner.parent)
