"""What a program may pass to a Space: values to the last digit, files, odd names, sessions, buttons as inputs."""

import json
from typing import Any

import gradio as gr

from tests.spaces.apps.seeing import describe_value


def received(*values: Any) -> str:
    """What reached the function, to the last digit and in its order: 1, 1.0, -0.0 and "1" are four texts."""
    return json.dumps([describe_value(value) for value in values])


def tell(text: str, number: float | None, box: bool, choice: str | None, anything: Any) -> str:
    return received(text, number, box, choice, anything)


def tell_reserved(headers: str, fn_index: float) -> str:
    return received(headers, fn_index)


def tell_odd(hasOwnProperty: str, await_: str) -> str:
    return received(hasOwnProperty, await_)


def tell_files(picture: str | None, several: list[str] | None, message: dict) -> str:
    return received(picture, several, message)


def count_calls(word: str, calls: int) -> tuple[str, int]:
    return received(word, calls + 1), calls + 1


def tell_button(before: str, label: str, after: str) -> str:
    return received(before, label, after)


def tell_token(word: str, request: gr.Request) -> str:
    """The token that came with the call: the Hub's proxy takes away a header of its own, and Gradio none."""
    found = [request.headers.get(name, "") for name in ("x-hf-authorization", "authorization")]
    return received(word, next(filter(None, found), "").removeprefix("Bearer "))


def tell_long(short: str, long: str) -> str:
    return received(short, len(long))


def app() -> gr.Blocks:
    with gr.Blocks(title="Programmes") as blocks:
        out = gr.Textbox(label="Vu par le Space")
        choices = gr.Dropdown(["d'abord", 'puis "après"', "a,b;c"], label="Choix")
        inputs = [gr.Textbox(label="Texte"), gr.Number(label="Nombre"), gr.Checkbox(label="Case"), choices]
        gr.Button("Dire").click(tell, [*inputs, gr.JSON(label="Tout")], out, api_name="dire")
        gr.Button("Noms").click(tell_reserved, [gr.Textbox(), gr.Number()], out, api_name="noms")
        gr.Button("Autres noms").click(tell_odd, [gr.Textbox(), gr.Textbox()], out, api_name="noms_etranges")
        files = [gr.File(label="Fichier"), gr.File(file_count="multiple", label="Fichiers")]
        message = gr.MultimodalTextbox(file_count="multiple", label="Message")
        gr.Button("Fichiers").click(tell_files, [*files, message], out, api_name="fichiers")
        gr.Button("Compter").click(count_calls, [gr.Textbox(), state := gr.State(0)], [out, state], api_name="compter")
        label = gr.Button("Étiquette « à part »")
        label.click(tell_button, [gr.Textbox(), label, gr.Textbox()], out, api_name="bouton")
        long = gr.Textbox("Il était une fois. " * 8_000, label="Histoire")
        gr.Button("Long").click(tell_long, [gr.Textbox(), long], out, api_name="long")
        gr.Button("Jeton").click(tell_token, gr.Textbox(), out, api_name="jeton")
        gr.Button("Aucun").click(received, None, out, api_name="aucun")
        gr.Button("Espace").click(received, gr.Textbox(), out, api_name="a b$(id)é")
    return blocks
