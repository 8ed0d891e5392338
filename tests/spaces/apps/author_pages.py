"""Pages as people make them for use: a button that does several things, styles to click on, steps for other steps."""

import os
from typing import Any

import gradio as gr
from PIL import Image, ImageDraw

SIZE = (240, 160)
INKS = {"Aquarelle": "#7aa6c2", "Sanguine": "#a8472b", "Encre": "#2b2b33"}


def posters() -> gr.Blocks:
    """A button and the Enter key begin one chain: a hint goes, a number is drawn, the poster is made and counted."""
    with gr.Blocks(title="Atelier d’affiches") as blocks:
        hint = gr.Markdown("Décrivez l’affiche, puis composez-la.")
        subject, ink = gr.Textbox(label="Sujet"), gr.Dropdown([*INKS], value="Encre", label="Encre")
        with gr.Accordion("Réglages", open=False):
            by_chance, number = (
                gr.Checkbox(True, label="Numéro au hasard"),
                gr.Slider(0, 99, 12, step=1, label="Numéro"),
            )
        poster, made, told = gr.Image(label="Affiche", format="png"), gr.State([]), gr.Textbox(label="Compte")
        compose_button, again = gr.Button("Composer", variant="primary"), gr.Button("Recommencer")
        for begins in (compose_button.click, subject.submit):
            step = begins(hide_hint, None, hint).then(lambda: None, None, None, api_name=False)
            step = step.then(draw_number, [by_chance, number], number)
            step = step.then(compose, [subject, ink, number, made], [poster, made])
            step.then(count, made, told)
        again.click(empty, None, [subject, poster, told])
    return blocks


def hide_hint() -> Any:
    return gr.update(visible=False)


def draw_number(by_chance, number):
    return 41 if by_chance else number


def compose(subject, ink, number, made):
    if not subject.strip():
        raise gr.Error("Il manque un sujet.")
    image = Image.new("RGB", SIZE, "#f6f1e4")
    ImageDraw.Draw(image).text((20, 70), f"{subject} no {number:g}", fill=INKS[ink])
    return image, [*made, subject]


def count(made):
    return f"{len(made)} affiche(s)"


def empty():
    return "", None, ""


def styles() -> gr.Blocks:
    """The main function needs a click on a picture of the page; a tool beside it does not."""
    with gr.Blocks(title="Cent styles") as blocks:
        chosen = gr.State(None)
        shown = gr.Gallery([Image.new("RGB", SIZE, ink) for ink in INKS.values()], label="Styles")
        subject, drawing = gr.Textbox(label="Sujet"), gr.Image(label="Dessin", format="png")
        letters = gr.Number(label="Lettres")
        shown.select(choose, None, chosen, api_name="choisir")
        gr.Button("Dessiner", variant="primary").click(draw, [subject, chosen], drawing, api_name="dessiner")
        gr.Button("Compter").click(len, subject, letters, api_name="compter")
    return blocks


def choose(event: gr.SelectData) -> int:
    return event.index


def draw(subject, chosen):
    if chosen is None:
        raise gr.Error("Cliquez d’abord sur un style.")
    return Image.new("RGB", SIZE, [*INKS.values()][chosen])


def reader() -> gr.Blocks:
    """A text is prepared, then asked; voices are listed by a button; each of many tabs says hello in its own way."""
    with gr.Blocks(title="Liseuse") as blocks:
        with gr.Tab("Lire"):
            prepared, file = gr.State(), gr.File(label="Document")
            said, question = gr.Textbox(label="État", interactive=False), gr.Textbox(label="Question")
            voice, answer = gr.Dropdown([], label="Voix"), gr.Textbox(label="Réponse", interactive=False)
            gr.Button("Préparer").click(prepare, file, [prepared, said])
            gr.Button("Voix").click(lambda: gr.update(choices=["grave", "claire"]), None, voice, api_name="voix")
            gr.Button("Demander", variant="primary").click(ask, [question, prepared, voice], answer)
        for number in range(1, 6):
            with gr.Tab(f"Langue {number}"):
                name, hello = gr.Textbox(label="Prénom"), gr.Textbox(label="Salut")
                gr.Button("Saluer").click(greet, name, hello)
    return blocks


def prepare(path):
    with open(path, encoding="utf-8") as file:
        words = file.read().split()
    return words, f"{os.path.basename(path)} : {len(words)} mots"


def ask(question, prepared, voice):
    if prepared is None:
        raise gr.Error("Préparez d’abord un document.")
    return f"{question} : {prepared.count(question)} fois, {voice or 'sans voix'}"


def greet(name):
    return f"Bonjour {name}"


def sculptures() -> gr.Blocks:
    """One button cuts a figure out of a photo, then makes a relief of it; another empties that, and draws it anew."""
    with gr.Blocks(title="Atelier de reliefs") as blocks:
        photo, depth = gr.Image(label="Photo", type="pil"), gr.Slider(1, 9, 4, step=1, label="Profondeur")
        figure, relief = gr.Image(label="Figure", type="pil", format="png"), gr.Image(label="Relief", format="png")
        step = gr.Button("Sculpter", variant="primary").click(cut_out, photo, figure)
        step.then(sculpt, [figure, depth], relief)
        step = gr.Button("Adoucir").click(lambda: None, None, relief, api_name="vider")
        step.then(sculpt, [relief, depth], relief, api_name="adoucir")
        gr.Examples([[Image.new("RGB", SIZE, ink)] for ink in INKS.values()], photo)
    return blocks


def cut_out(photo):
    if photo is None:
        raise gr.Error("Il manque une photo.")
    return photo.crop((0, 0, photo.width // 2, photo.height))


def sculpt(figure, depth):
    if figure is None:
        raise gr.Error("Il manque une figure.")
    return figure.convert("L").point(lambda level: level * depth // 9)


def reserved() -> gr.Blocks:
    """Its author kept the main function for the page; only a die can be called."""
    with gr.Blocks(title="Réservé") as blocks:
        subject, number = gr.Textbox(label="Sujet"), gr.Number(label="Numéro")
        painted = gr.Image(label="Tableau")
        gr.Button("Peindre", variant="primary").click(lambda words, n: None, [subject, number], painted, api_name=False)
        gr.Button("Lancer le dé").click(lambda n: (n or 0) + 4, number, number, api_name="lancer")
    return blocks
