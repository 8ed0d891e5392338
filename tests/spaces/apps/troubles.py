"""A Space whose author says what goes wrong, in words of theirs and in those of Hugging Face's graphics cards."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

JOIN = '<a style="white-space: nowrap" href="https://huggingface.co/join">Create a free account</a>'
# Title and message of `gr.Error`, as the package `spaces` and authors write them.
ERRORS = {
    "quota": ("ZeroGPU quota exceeded",
              f"You have exceeded your free ZeroGPU quota (75s requested vs. 8s left). Try again in 0:42:10. {JOIN}"),
    "card": ("ZeroGPU queue timeout", f"No GPU was available after 60s. {JOIN} to get a higher priority."),
    "card, under another title": ("ZeroGPU quota exceeded", "No GPU was available after 60s. Try re-running outside"),
    "worker": ("ZeroGPU worker error", "OutOfMemoryError"),
    "aborted": ("ZeroGPU worker error", "GPU task aborted"),
    "author": ("Error", "La carte ZeroGPU ne suffit pas à ce modèle : prenez le petit."),
    "author, with a title": ("Image trop grande", "Réduisez-la à <b>1024</b> pixels."),
}  # fmt: skip


def app(replica: str = "") -> gr.Blocks:
    """The Space; `replica` is the name of the process that it stands for."""

    def note(words: str, session: list[str] | None) -> tuple[str, list[str]]:
        notes = [*(session or []), words]
        return f"{replica}: {', '.join(notes)}", notes

    def write(words: str) -> str:
        path = Path(tempfile.mkdtemp()) / "notes.txt"
        path.write_text(f"{replica}: {words}")
        return str(path)

    def measure(path: str) -> str:
        return f"{replica}: {Path(path).read_text()}"

    with gr.Blocks(title="Ennuis") as blocks:
        words, seen, notes = gr.Textbox(label="Mots"), gr.Textbox(label="Vu"), gr.State([])
        upload, file = gr.File(label="Fichier"), gr.File(label="Notes")
        gr.Button("Échouer").click(fail, words, seen, api_name="echouer")
        gr.Button("Prévenir").click(inform, words, seen, api_name="prevenir")
        gr.Button("Saluer").click(greet, words, seen, api_name="saluer")
        gr.Button("Compter").click(count, words, seen, api_name="compter")
        gr.Button("Noter").click(note, [words, notes], [seen, notes], api_name="noter")
        gr.Button("Écrire").click(write, words, file, api_name="ecrire")
        gr.Button("Lire").click(measure, upload, seen, api_name="lire")
    return blocks


def fail(words: str) -> str:
    title, message = ERRORS[words]
    raise gr.Error(message, title=title, print_exception=False)


def inform(words: str) -> str:
    gr.Info(f"Une carte arrive. {JOIN}", title="File d’attente")
    gr.Info("pour le programme seul", visible=False)
    gr.Warning(words)
    return "fini"


def greet(words: str, request: gr.Request) -> str:
    return f"Bonjour {words}, de {request.headers['user-agent'].split('/')[0]}"


def count(words: str) -> Iterator[str]:
    yield from (words[:length] for length in range(1, len(words) + 1))
