"""Ways in that are closed or special, and plumbing that is nobody's way in."""

from typing import Any

import gradio as gr

from tests.spaces.apps.media import square
from tests.spaces.apps.seeing import add_round_trip


def plumbing() -> gr.Blocks:
    """One endpoint that the author meant, among many that only the page of the Space uses."""
    with gr.Blocks(title="Plomberie") as blocks:
        words, shown, picture = gr.Textbox(label="Mots"), gr.Textbox(label="Mots vus"), gr.Image(label="Caméra")
        history = gr.Chatbot(label="Conversation")
        words.change(lambda text: text, words, shown)
        words.input(lambda text: text.lower(), words, shown)
        words.select(selected, None, shown, api_name="choisir")
        history.like(liked, None, shown, api_name="aimer")
        picture.stream(lambda image: None, picture, shown, api_name="filmer")
        blocks.load(lambda: "prêt", None, shown, api_name="charger")
        gr.Button("Compter").click(lambda text: str(len(text)), words, shown, api_name="compter_lettres")
        gr.Button("Signer").click(signed, words, shown, api_name="signer")
        gr.Button("Dédicacer").click(dedicated, words, shown, api_name="dedicacer")
        if gr.__version__ >= "6":
            gr.Button("Mesurer").click(measured, words, shown, api_name="mesurer")
    return blocks


def selected(event: gr.SelectData) -> str:
    return str(event.value)


def liked(event: gr.LikeData) -> str:
    return str(event.liked)


def signed(words: str, token: gr.OAuthToken) -> str:
    return f"{words}, {len(token.token)}"


def dedicated(words: str, token: gr.OAuthToken | None, profile: gr.OAuthProfile | None) -> str:
    return f"{words}, {profile.name if token and profile else 'personne'}"


def measured(words: gr.Textbox) -> str:
    return str(words.lines)


def validated() -> gr.Blocks:
    """A validator, which speaks before the function does."""

    def check(age, city):
        return [gr.validate(age >= 18, "Il faut avoir 18 ans."), gr.validate(len(city) > 1, "Trop court.")]

    with gr.Blocks(title="Validation") as blocks:
        age, city, shown = gr.Number(label="Âge", value=20), gr.Textbox("Lyon", label="Ville"), gr.Textbox(label="Vu")
        gr.Button("Inscrire").click(
            lambda age, city: f"{age} ans, {city}", [age, city], shown, api_name="inscrire", validator=check
        )
    return blocks


def silent() -> gr.Blocks:
    """A page to look at: nothing to call."""
    with gr.Blocks(title="Sans API") as blocks:
        gr.Markdown("# Bonjour")
    return blocks


def locked() -> gr.Blocks:
    """Behind a password; see serve.py."""
    with gr.Blocks(title="Fermé") as blocks:
        add_round_trip("ouvrir", gr.Textbox(label="Clé"))
    return blocks


def exemplary() -> gr.Blocks:
    """An interface with examples of its own."""

    def describe(name: str, size: float, colour: str) -> str:
        return f"{name}, {size}, {colour}"

    given: list[Any] = [
        gr.Textbox(label="Nom"),
        gr.Slider(0, 10, label="Taille"),
        gr.Radio(["vert", "bleu"], label="Couleur"),
    ]
    return gr.Interface(
        describe,
        given,
        gr.Textbox(label="Résumé"),
        examples=[["Awa", 3, "vert"], ["Zoé", 7.5, "bleu"]],
        title="Exemples",
        api_name="resumer",
        cache_examples=False,
    )


def mounted() -> gr.Blocks:
    """Served under a path, files included."""
    with gr.Blocks(title="Sous un chemin") as blocks:
        add_round_trip("image", gr.Image(label="Image", type="filepath"))
        words = gr.Textbox("navy", label="Couleur")
        gr.Button("Peindre").click(square, words, gr.Image(label="Image peinte"), api_name="peindre")
        add_round_trip("texte", gr.Textbox(label="Texte"))
    return blocks
