"""What happens over time: state, generators, progress, messages, errors, and changes of the page itself."""

import time
from typing import Any

import gradio as gr

from tests.spaces.apps.seeing import add_output


def app() -> gr.Blocks:
    with gr.Blocks(title="Au fil du temps") as blocks:
        total, by, shown = gr.State(0), gr.Number(label="De combien", value=1), gr.Number(label="Total")
        gr.Button("Ajouter").click(add, [total, by], [total, shown], api_name="ajouter")
        words, letters = gr.Textbox("été", label="Mot"), gr.Textbox(label="Lettre par lettre")
        gr.Button("Épeler").click(spell, words, letters, api_name="epeler")
        gr.Button("Avancer").click(advance, words, letters, api_name="avancer")
        gr.Button("Prévenir").click(warn, words, letters, api_name="prevenir")
        gr.Button("Échouer").click(fail, words, letters, api_name="echouer")
        gr.Button("Casser").click(break_down, words, letters, api_name="casser")
        gr.Button("Rien rendre").click(lambda text: None, words, None, api_name="rien")
        gr.Button("Sans file").click(lambda text: text.upper(), words, letters, api_name="sans_file", queue=False)
    return blocks


def add(total, by):
    return total + by, total + by


def spell(words):
    for end in range(len(words) + 1):
        yield words[:end]


def advance(words, progress=gr.Progress()):  # noqa: B008  (Gradio looks for it there)
    for _ in progress.tqdm(range(4), desc="À mi-chemin"):
        time.sleep(0.1)  # Gradio tells of progress twenty times a second, and not of what was quicker
    return words[::-1]


def warn(words):
    gr.Info(f"Reçu : {words}")
    gr.Warning("Attention, <b>peut-être</b>")
    return words


def fail(words):
    raise gr.Error(f"{words} ne convient pas.")


def break_down(words):
    raise RuntimeError(words)


def changes() -> gr.Blocks:
    """Outputs that are changes of the page instead of values."""
    with gr.Blocks(title="Changements") as blocks:
        box, other = gr.Textbox(label="Texte"), gr.Number(label="Nombre")
        add_output("change_valeur", box, lambda: gr.update(value="Nouvelle valeur", label="Renommé"))
        add_output("change_composant", box, lambda: gr.Textbox("Un composant entier", lines=3))
        add_output("change_visible", box, lambda: gr.update(visible=False))
        add_output(
            "change_choix", gr.Dropdown(["a"], label="Choix"), lambda: gr.Dropdown(choices=["x", "y"], value="y")
        )
        add_output("saute", [box, other], saute)
        add_output("change_image", gr.Image(label="Image"), changed_picture)
    return blocks


def saute() -> tuple[Any, int]:
    return gr.skip() if hasattr(gr, "skip") else gr.update(), 7


def changed_picture() -> Any:
    from tests.spaces.apps.media import square

    return gr.update(value=square("orange"), visible=True)
