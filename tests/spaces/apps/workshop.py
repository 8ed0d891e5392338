"""Apps in several steps, as people write them: sample files, a session that the page opens, a chain of buttons."""

import tempfile
import wave
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

COLOURS = {"coquelicot": "#cc2233", "bleuet": "#2233cc", "tournesol": "#ddaa11"}


def drawn(folder: Path, name: str, colour: str) -> str:
    """The path of a picture of one colour."""
    path = folder / f"{name}.png"
    Image.new("RGB", (64, 40), colour).save(path)
    return str(path)


def recorded(folder: Path, name: str, seconds: int) -> str:
    """The path of a silence."""
    path = folder / f"{name}.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000 * seconds))
    return str(path)


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# --- posters: upload, prepare, print; the inks come with the page


def open_inks() -> dict[str, Any]:
    """What the page puts into the session as it opens."""
    return {"encre": "noire", "feuilles": 0}


def prepare(photo: str | None, inks: dict[str, Any]) -> tuple[Image.Image, dict[str, Any]]:
    """Turn the photo by a quarter; an author who forgot that the session may be empty would fail as this does."""
    inks["feuilles"] += 1
    if photo is None:
        raise gr.Error("Choisissez une photo.")
    with Image.open(photo) as opened:
        return opened.convert("RGB").transpose(Image.Transpose.ROTATE_90), inks


def print_poster(ready: str | None, title: str, seed: int, inks: dict[str, Any]) -> tuple[Image.Image | None, str]:
    if ready is None:
        raise gr.Error("Préparez d’abord la photo.")
    with Image.open(ready) as opened:
        size, poster = opened.size, opened.convert("L").convert("RGB")
    return poster, f"{title}, {size[0]} × {size[1]}, graine {seed}, encre {inks['encre']}, feuille {inks['feuilles']}"


def posters() -> gr.Blocks:
    """Three steps behind two buttons, a State that only the page fills, pictures to begin with."""
    folder = Path(tempfile.mkdtemp())
    with gr.Blocks(title="Atelier d’affiches") as blocks:
        inks = gr.State()
        photo = gr.Image(type="filepath", label="Photo")
        title = gr.Textbox(label="Titre de l’affiche")
        seed = gr.Slider(0, 99, value=3, step=1, label="Graine")
        ready = gr.Image(type="filepath", label="Photo prête", format="png")
        poster, report = gr.Image(label="Affiche", format="png"), gr.Textbox(label="Compte rendu")
        gr.Examples(
            [
                [drawn(folder, "coquelicot", COLOURS["coquelicot"]), "Été"],
                [drawn(folder, "bleuet", COLOURS["bleuet"]), "Nuit"],
            ],
            [photo, title],
        )
        gr.Button("Préparer la photo").click(prepare, [photo, inks], [ready, inks], api_name="preparer")
        gr.Button("Imprimer l’affiche").click(draw_seed, seed, seed, api_name="tirer_graine").then(
            print_poster, [ready, title, seed, inks], [poster, report], api_name="imprimer"
        )
        blocks.load(open_inks, None, inks, api_name=False)
    return blocks


def draw_seed(seed: int) -> int:
    return (seed * 7 + 1) % 100


# --- an archive: sounds and documents, of which the description has the names alone


def describe(sound: str | None, notes: list[str] | None, film: str | None, words: str) -> str:
    sizes = [Path(each).stat().st_size if each else 0 for each in (sound, film)]
    texts = [Path(each).read_text(encoding="utf-8") for each in notes or []]
    return f"son {sizes[0]}, film {sizes[1]}, notes {texts}, {words}"


def archive() -> gr.Blocks:
    """Two lists of examples that fill different fields, one with labels of the author's."""
    folder = Path(tempfile.mkdtemp())
    (folder / "court.mp4").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500))
    labels = {} if gr.__version__.startswith("4.") else {"example_labels": ["Le marché", "La rue"]}
    with gr.Blocks(title="Archive sonore") as blocks:
        sound = gr.Audio(type="filepath", label="Enregistrement")
        notes = gr.File(file_count="multiple", type="filepath", label="Notes")
        film = gr.Video(label="Film")
        words = gr.Textbox(label="Remarque")
        shown = gr.Textbox(label="Fiche")
        gr.Button("Décrire").click(describe, [sound, notes, film, words], shown, api_name="decrire")
        first, second = written(folder, "avis.txt", "bon"), written(folder, "lieu.txt", "Porto-Novo")
        gr.Examples(
            [[recorded(folder, "marché", 1), [first, second]], [recorded(folder, "rue", 2), [second]]],
            [sound, notes],
            **labels,
        )
        gr.Examples([[str(folder / "court.mp4"), "Plan fixe"]], [film, words])
    return blocks
