"""Spaces that hold a conversation, as people write them: gr.ChatInterface, gr.Blocks with a gr.Chatbot, gr.State."""

import os
import tempfile
import time

import gradio as gr

from tests.spaces.apps.media import square
from tests.spaces.apps.seeing import MESSAGES, describe_value

IS_PAIRS = gr.__version__.startswith("4.")  # the usual form of a history there
HISTORY = {} if IS_PAIRS else MESSAGES
WORD_SECONDS = 0.02


def count_questions(history: list) -> int:
    """The visitor's messages in a history of any form."""
    return sum(1 for entry in history if not isinstance(entry, dict) or entry["role"] == "user")


def read_text(content: object) -> str:
    """The text of a message of any form."""
    if isinstance(content, list):
        return " ".join(read_text(part) for part in content)
    return str(content.get("text", "")) if isinstance(content, dict) else str(content)


def add(history: list, question: str, answer: str) -> list:
    if IS_PAIRS:
        return [*history, [question, answer]]
    return [*history, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def save_picture() -> str:
    """The path of a picture: a pair takes no other form of it."""
    path = os.path.join(tempfile.mkdtemp(), "image.png")
    square("teal").save(path)
    return path


def tutor() -> gr.Blocks:
    """A system prompt and a temperature beside the message; words come one by one."""

    def answer(message, history, consigne, temperature):
        words = f"{consigne} ({temperature:g}). Question {count_questions(history) + 1} : **{message}**".split(" ")
        for end in range(1, len(words) + 1):
            time.sleep(WORD_SECONDS)
            yield " ".join(words[:end])

    options = [gr.Textbox("Sois bref", label="Consigne"), gr.Slider(0, 2, value=0.7, label="Température")]
    return gr.ChatInterface(answer, additional_inputs=options, **HISTORY)


def programmer() -> gr.Blocks:
    """A program beside the answer; in Gradio 5 and 6."""
    with gr.Blocks() as blocks:
        code = gr.Code(label="Programme", language="python", render=False)
        gr.ChatInterface(write_program, additional_outputs=[code], **HISTORY)
        code.render()
    return blocks


def write_program(message, history):
    return f"Voici {message}", f"print({message!r})"


def adjustable() -> gr.Blocks:
    """Options of several kinds, a table among them; the answer says what they are."""

    def answer(message, history, style, mots, lexique):
        rows = lexique.to_numpy().tolist() if hasattr(lexique, "to_numpy") else lexique
        return f"{message} | {style} | {mots:g} | {rows}"

    options = [
        gr.Dropdown(["court", "long"], value="court", label="Style"),
        gr.Number(3, label="Mots"),
        gr.Dataframe([["un", "deux"]], headers=["mot", "sens"], label="Lexique", type="array"),
    ]
    return gr.ChatInterface(answer, additional_inputs=options, **HISTORY)


def collector() -> gr.Blocks:
    """A message with files; it says what it was given."""

    def answer(message, history):
        return f"{count_questions(history)} avant. {message['text']} {describe_value(message['files'])}"

    return gr.ChatInterface(answer, multimodal=True, **HISTORY)


def notebook() -> gr.Blocks:
    """Message and history in, history out, as most Spaces of one function."""
    with gr.Blocks() as blocks:
        history, message = gr.Chatbot(label="Cahier", **HISTORY), gr.Textbox(label="Message")
        gr.ClearButton([message, history])

        def answer(text, before):
            return "", add(before, text, f"{text}, après {count_questions(before)}")

        message.submit(answer, [message, history], [message, history], api_name="noter")
    return blocks


def two_steps() -> gr.Blocks:
    """The message goes into the history in a first step, the answer in a second one."""
    with gr.Blocks() as blocks:
        history, message = gr.Chatbot(label="Échange", **HISTORY), gr.Textbox(label="Message")

        def ask(text, before):
            entry = [text, None] if IS_PAIRS else {"role": "user", "content": text}
            return "", [*before, entry]

        def reply(before):
            last = before[-1][0] if IS_PAIRS else read_text(before[-1]["content"])
            for part in ("Je lis… ", f"Je lis… {last} ({count_questions(before)})"):
                ended = [*before[:-1], [last, part]] if IS_PAIRS else [*before, {"role": "assistant", "content": part}]
                yield ended

        message.submit(ask, [message, history], [message, history], queue=False).then(reply, history, history)
    return blocks


def remembering() -> gr.Blocks:
    """A text and a State in, a text and the State out."""
    with gr.Blocks() as blocks:
        memory, message, answer = gr.State([]), gr.Textbox(label="Message"), gr.Textbox(label="Réponse")

        def reply(text, before):
            return f"{text} ; avant : {', '.join(before) or 'rien'}", [*before, text]

        message.submit(reply, [message, memory], [answer, memory], api_name="parler")
    return blocks


def painter() -> gr.Blocks:
    """A picture comes back, and is sent again with the history."""
    with gr.Blocks() as blocks:
        history, message = gr.Chatbot(label="Tableau", **HISTORY), gr.Textbox(label="Message")

        def answer(text, before):
            picture = (save_picture(),) if IS_PAIRS else gr.Image(square("teal"))
            return "", add(before, f"{text} ({count_questions(before)})", picture)

        message.submit(answer, [message, history], [message, history], api_name="peindre")
    return blocks


def reasoner() -> gr.Blocks:
    """Thoughts and a tool call before the answer, and proposed replies after it; in Gradio 5 and 6."""

    def answer(message, history):
        thought = {"role": "assistant", "content": "Je pèse", "metadata": {"title": "Réflexion", "status": "pending"}}
        yield [thought]
        ended = {"title": "Réflexion", "status": "done", "duration": 1.5}
        thought = thought | {"content": f"Je pèse « {message} ».", "metadata": ended}
        called = {"title": "Outil : calculatrice", "log": "2 + 2", "status": "done"}
        tool = {"role": "assistant", "content": "`4`", "metadata": called}
        yield [thought, tool]
        replies = [{"value": "Et 3 + 3 ?"}, {"value": "Merci", "label": "Dire merci"}]
        yield [thought, tool, {"role": "assistant", "content": "Cela fait **quatre**.", "options": replies}]

    return gr.ChatInterface(answer, **HISTORY)


def translator() -> gr.Blocks:
    """One text for another: no conversation."""
    return gr.Interface(lambda text: text.upper(), gr.Textbox(label="Texte"), gr.Textbox(label="Majuscules"))
