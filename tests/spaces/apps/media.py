"""Files of every kind: sent, seen by the author's function, and given back."""

from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from tests.spaces.apps.seeing import gives, through


def pictures() -> gr.Blocks:
    with gr.Blocks(title="Images") as blocks:
        through("image", gr.Image(label="Image", type="filepath"))
        through("image_lue", gr.Image(label="Image lue", type="pil"), change=rotated)
        through("image_tableau", gr.Image(label="Image en tableau", type="numpy"))
        through("image_appareil", gr.Image(label="Photo", type="filepath", sources=["webcam"]))
        through("galerie", gr.Gallery(label="Galerie", type="filepath"))
        through("editeur", gr.ImageEditor(label="Image à retoucher", type="pil"))
        gives("annotee", gr.AnnotatedImage(label="Image annotée"), annotated)
        gives("images_legendees", gr.Gallery(label="Images légendées"), captioned)
        if hasattr(gr, "ImageSlider"):
            through("comparaison", gr.ImageSlider(label="Avant et après", type="filepath"))
            gives("avant_apres", gr.ImageSlider(label="Avant et après"), lambda: (square("red"), square("blue")))
    return blocks


def recordings() -> gr.Blocks:
    with gr.Blocks(title="Sons, vidéos, volumes") as blocks:
        through("son", gr.Audio(label="Son", type="filepath"))
        through("son_lu", gr.Audio(label="Son lu", type="numpy"), change=backwards)
        through("micro", gr.Audio(label="Voix", type="filepath", sources=["microphone"]))
        through("video", gr.Video(label="Vidéo"))
        through("volume", gr.Model3D(label="Volume"))
    return blocks


def files() -> gr.Blocks:
    with gr.Blocks(title="Fichiers") as blocks:
        through("fichier", gr.File(label="Fichier"))
        through("fichiers", gr.File(label="Fichiers", file_count="multiple", file_types=["text", ".csv"]))
        through("dossier", gr.File(label="Dossier", file_count="directory"))
        through("octets", gr.File(label="Octets", type="binary"), gr.Number(label="Taille"), change=length)
        through("bouton", gr.UploadButton("Choisir"), gr.File(label="Fichier choisi"))
        through(
            "bouton_multiple", gr.UploadButton("Choisir plusieurs", file_count="multiple"), gr.File(label="Choisis")
        )
        through("explorateur", gr.FileExplorer(label="Explorateur", root_dir=explored()))
        through("explorateur_un", gr.FileExplorer(label="Un seul", root_dir=explored(), file_count="single"))
        gives("telecharger", gr.DownloadButton("Télécharger"), lambda: note("à télécharger"))
        gives("deux_fichiers", gr.File(label="Deux fichiers"), lambda: [note("un"), note("deux")])
        gives("aucun_fichier", gr.File(label="Aucun fichier"), lambda: None)
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
