"""Answers as people's functions give them: films, chats, skipped outputs, means, scores, long numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd

from tests.spaces.answer_samples import ADVICE, FILM
from tests.spaces.apps.media import square
from tests.spaces.apps.plots import figure
from tests.spaces.apps.seeing import MESSAGES, add_output

NOTES = pd.DataFrame({"ville": ["Lyon", "Dakar", "Lyon", "Dakar"], "note": [1, 12, 5, 30]})
WORDS = "1\n00:00:00,000 --> 00:00:01,000\nBonjour\n"


def app() -> gr.Blocks:
    Path("film.mp4").write_bytes(FILM)
    with gr.Blocks(title="Réponses") as blocks:
        add_output("film", gr.Video(label="Film"), lambda: "film.mp4")
        add_output("film_change", gr.Video(label="Film changé"), lambda: gr.update(value="film.mp4", label="Autre"))
        add_output("bavarder", gr.Chatbot(label="Conversation", **MESSAGES), chatter)
        add_output("histoire", gr.JSON(label="Histoire"), lambda: [{"role": "user", "content": "**Qui** ?"}])
        add_output("moyennes", gr.BarPlot(x="ville", y="note", y_aggregate="mean", label="Moyennes"), lambda: NOTES)
        add_output(
            "tranches", gr.BarPlot(x="note", y="note", x_bin=10, y_aggregate="sum", label="Tranches"), lambda: NOTES
        )
        add_output("scores", gr.Label(label="Langue"), lambda: {"wolof": 88.25, "peul": -3e-07})
        add_output("prix", gr.Dataframe(label="Prix"), lambda: NOTES.style.format({"note": "{:.1f} F"}))
        add_output("montant", gr.Number(label="Montant"), lambda: 98765432100.125)
        add_output("minuscule", gr.Number(label="Minuscule"), lambda: 4.5e-09)
        add_output("parametres", gr.ParamViewer(), documented)
        in_turn()
    return blocks


def in_turn() -> None:
    """Generators whose last message leaves outputs out, in each of Gradio's ways to do so."""
    words, picture, count = gr.Textbox(label="Mots"), gr.Image(label="Image"), gr.Number(label="Compte")
    outputs = [words, picture, count]

    def with_updates() -> Iterator[tuple[Any, ...]]:
        yield "un", gr.update(), gr.update()
        yield "un deux", square("teal"), gr.update()
        yield gr.update(), gr.update(visible=True), 2

    def with_dictionaries() -> Iterator[dict[Any, Any]]:
        yield {words: "un deux", picture: square("teal")}
        yield {count: 2}

    def that_fails() -> Iterator[tuple[Any, ...]]:
        yield "un deux", square("teal"), gr.update()
        yield gr.update(), gr.update(), 2
        raise gr.Error("Plus rien.")

    for name, function in (
        ("tour_a_tour", with_updates),
        ("dictionnaires", with_dictionaries),
        ("interrompu", that_fails),
    ):
        gr.Button(name).click(function, None, outputs, api_name=name)


def chatter() -> list[dict[str, Any]]:
    """A conversation with a plot and a film in it."""
    return [
        {"role": "user", "content": "Montre."},
        {"role": "assistant", "content": gr.Plot(figure())},
        {"role": "assistant", "content": gr.Video("film.mp4")},
    ]


def documented() -> dict[str, dict[str, str]]:
    return {"pas": {"type": "int", "description": "Combien de pas.", "default": "20"}}


def adviser() -> gr.Blocks:
    """A chat whose answer is Markdown."""

    def advise(message, history):
        return ADVICE

    return gr.ChatInterface(advise, **MESSAGES)
