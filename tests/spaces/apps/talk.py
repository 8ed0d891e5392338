"""Conversations: histories, messages with files, dialogues."""

import gradio as gr

from tests.spaces.apps.media import square
from tests.spaces.apps.seeing import MESSAGES, add_output, add_round_trip, describe_value


def app() -> gr.Blocks:
    with gr.Blocks(title="Conversations") as blocks:
        add_round_trip("historique", gr.Chatbot(label="Historique", **MESSAGES))
        add_round_trip("message", gr.MultimodalTextbox(label="Message", file_count="multiple"))
        if MESSAGES:
            add_round_trip("paires", gr.Chatbot(label="Historique en paires", type="tuples"))
        answers()
        add_output("reflexion", gr.Chatbot(label="Réflexion", **MESSAGES), thoughtful)
        if hasattr(gr, "Dialogue"):
            add_round_trip("dialogue", gr.Dialogue(label="Dialogue", speakers=["Awa", "Zoé"], type="list"))
            add_round_trip(
                "dialogue_texte", gr.Dialogue(label="Dialogue en texte", speakers=["Awa", "Zoé"], type="text")
            )
    return blocks


def answers() -> None:
    """A history that grows by what is said, as in most Spaces that chat."""
    said, history = gr.Textbox(label="Message"), gr.Chatbot(label="Conversation", **MESSAGES)

    def answer(message, history):
        added = [{"role": "user", "content": message}, {"role": "assistant", "content": f"« {message} » ?"}]
        return "", [*history, *added]

    said.submit(answer, [said, history], [said, history], api_name="repondre")


def thoughtful() -> list[dict[str, object]]:
    """Everything that a history can hold but a text: a thought, options, a picture."""
    thought = {"title": "Je cherche", "log": "en local", "duration": 1.5, "status": "done"}
    return [
        {"role": "user", "content": "Une image ?"},
        {"role": "assistant", "content": "Voyons.", "metadata": thought},
        {"role": "assistant", "content": gr.Image(square("teal"))},
        {"role": "assistant", "content": "Encore ?", "options": [{"value": "oui", "label": "Oui !"}]},
    ]


def interface() -> gr.Blocks:
    """Gradio's own chat, which keeps the history in its session."""

    def answer(message, history):
        return f"{message}, {len(history)}"

    return gr.ChatInterface(answer, title="Écho", **MESSAGES)


def multimodal() -> gr.Blocks:
    """The same, with files."""

    def answer(message, history):
        yield f"{message['text']} : "
        yield f"{message['text']} : {describe_value(message['files'])}"

    return gr.ChatInterface(answer, multimodal=True, title="Écho de fichiers", **MESSAGES)
