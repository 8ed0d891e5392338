"""A small real Gradio app whose validator refuses values; it keeps a session, which stands between its parameters.

Run as a program with a port.
"""

import sys

import gradio as gr


def check(name: str, _calls: int, age: float | None, town: str) -> list[dict]:
    """The validator: it answers for every input, session state included."""
    return [
        gr.validate(bool(name), "Name <b>required</b>"),
        gr.validate(True, ""),
        gr.validate(age is not None and age >= 18, "At least 18"),
        gr.validate(town != "Nowhere", ""),
    ]


def greet(name: str, calls: int, age: float, town: str) -> tuple[str, int]:
    return f"{name}, {age:g}, {town}, {calls}", calls + 1


with gr.Blocks() as app:
    calls = gr.State(0)
    fields = [gr.Textbox(label="Nom"), calls, gr.Number(label="Âge"), gr.Textbox(label="Ville")]
    shown = gr.Textbox(label="Salut")
    gr.Button("Saluer").click(greet, fields, [shown, calls], validator=check, api_name="greet")

if __name__ == "__main__":
    app.queue().launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
