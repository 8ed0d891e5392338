"""The page of the practice Space: one tab per endpoint, with its fields and its examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import gradio as gr
from gradio.data_classes import ImageData

from hfcourse.practice.tutor.answers import TutorMemory
from hfcourse.practice.tutor.french_text import typeset as fr

from . import endpoints, pictures, tables
from .language_model import MAX_LENGTH_TOKENS, MAX_PROMPT_CHARACTERS, MAX_SEED, MAX_TEMPERATURE

DATA_FOLDER = Path(__file__).parent / "data"
MAX_COUNT, MAX_PAUSE_SECONDS = 20, 2.0
MAX_CONCURRENT_CALLS, MAX_CONCURRENT_ASYNC_CALLS, MAX_CONCURRENT_HEAVY_CALLS, MAX_QUEUED_CALLS = 10, 40, 2, 100
CONVERSATION_TTL_SECONDS = 3600
# Each call creates a session unless it names one; Gradio stores some 70 kB of each (LRU cache).
MAX_SESSIONS = 1000
# Uploads and results expire from the disk after the TTL; Gradio checks at each interval.
CACHE_CHECK_INTERVAL_SECONDS, CACHE_TTL_SECONDS = 60, 300
OPERATIONS = ["addition", "soustraction", "multiplication", "division"]
FRUIT = [["mangue", 12, 1.5], ["banane", 20, 0.8], ["ananas", 7, 2.25]]
VEGETABLES = [["gombo", 4, 2.1], ["igname", 31, 0.9], ["piment", 2, 6.4]]
WELCOME = """# Space d’entraînement

Une vraie application Gradio, sans Internet : essayez, trompez-vous, recommencez."""


def get_upload_path(payload: ImageData | None) -> str | None:
    """Return the path of an uploaded picture, unopened."""
    return payload.path if payload else None


def build_greeting_tab() -> None:
    prenom = gr.Textbox(
        label="Prénom", info="Obligatoire.", placeholder="Awa", max_length=endpoints.MAX_NAME_CHARACTERS
    )
    tutoyer = gr.Checkbox(True, label="Tutoyer", info=fr("Décochez pour un bonjour plus cérémonieux."))
    greeting = gr.Textbox(label="Salutation", interactive=False)
    add_endpoint(endpoints.saluer, "Saluer", [prenom, tutoyer], greeting)
    add_examples([["Awa", True], ["Madame Diallo", False]], [prenom, tutoyer])


def build_calculator_tab() -> None:
    a = gr.Number(12, label="Nombre a")
    operation = gr.Radio(OPERATIONS, value="division", label="Opération")
    b = gr.Number(4, label="Nombre b", info=fr("Essayez aussi une division par zéro."))
    add_endpoint(endpoints.calculer, "Calculer", [a, operation, b], gr.Number(label="Résultat", interactive=False))
    labels = ["Un partage", "Un produit", "Une erreur instructive"]
    add_examples([[12, "division", 5], [2.5, "multiplication", 8], [7, "division", 0]], [a, operation, b], labels)


def build_counter_tab() -> None:
    last = gr.Slider(1, MAX_COUNT, value=5, step=1, label="Jusqu’à")
    pause = gr.Slider(
        0.1, MAX_PAUSE_SECONDS, value=0.5, step=0.1, label="Pause", info="En secondes, entre deux nombres."
    )
    add_endpoint(
        endpoints.compter,
        "Compter",
        [last, pause],
        gr.Textbox(label="Compte", interactive=False),
        MAX_CONCURRENT_ASYNC_CALLS,
    )
    add_examples([[3, 0.2], [10, 0.8]], [last, pause])


def build_picture_tab() -> None:
    image = gr.Image(type="filepath", image_mode=None, sources=["upload", "clipboard"], label="Image (obligatoire)")
    # Gradio would open the file, of any format and size, and hide the errors; we validate it and
    # report them. Replaced on the instance: for a subclass, Gradio writes a file beside this one.
    image.preprocess = get_upload_path  # type: ignore[method-assign]
    choice = gr.Radio(list(pictures.FILTERS), value="sépia", label="Filtre")
    filtered = gr.Image(format="png", label="Image filtrée", interactive=False)
    add_endpoint(endpoints.filtrer, "Filtrer", [image, choice], filtered, MAX_CONCURRENT_HEAVY_CALLS)
    add_examples(
        [[str(DATA_FOLDER / "collines.jpg"), "sépia"], [str(DATA_FOLDER / "tissu.png"), "contours"]], [image, choice]
    )


def build_language_tab() -> None:
    known = endpoints.classifier.languages
    phrase = gr.Textbox(
        label="Phrase",
        lines=2,
        placeholder=fr("Il fait beau ce matin !"),
        info=fr("Obligatoire. Langues connues : ") + ", ".join(known) + ".",
    )
    language = gr.Label(num_top_classes=len(known), label="Langue")
    add_endpoint(endpoints.classer, "Deviner la langue", [phrase], language)
    sentences = ["Le marché ouvre à six heures.", "Where did you put my notebook?", "¿Cuándo sale el tren?"]
    add_examples([[fr(sentence)] for sentence in sentences], [phrase])


def build_table_tab() -> None:
    table = gr.Dataframe(
        FRUIT,
        headers=["fruit", "kilos", "prix"],
        datatype=["str", "number", "number"],
        label="Tableau",
        row_count=3,
    )
    summary = gr.Dataframe(headers=tables.SUMMARY_HEADERS, type="array", label="Résumé", interactive=False)
    add_endpoint(
        endpoints.resumer,
        "Résumer",
        [table],
        [summary, gr.Textbox(label="En une phrase", interactive=False)],
        MAX_CONCURRENT_HEAVY_CALLS,
    )
    add_examples([[FRUIT], [VEGETABLES]], [table], ["Des fruits", "Des légumes"])


def build_chat_tab() -> None:
    message = gr.Textbox(
        label="Votre question",
        lines=2,
        placeholder=fr("Qu'est-ce qu'un Space ?"),
        info=fr("Obligatoire. Puis : « et ensuite ? », ou « quelle était ma première question ? »"),
    )
    memory = gr.State(TutorMemory(), time_to_live=CONVERSATION_TTL_SECONDS)
    answer = gr.Textbox(label="Réponse", lines=8, interactive=False)
    add_endpoint(endpoints.discuter, "Discuter", [message, memory], [answer, memory], MAX_CONCURRENT_ASYNC_CALLS)
    questions = ["Qu'est-ce qu'un Space ?", "Où garder un jeton ?", "et ensuite ?"]
    add_examples([[fr(question)] for question in questions], [message])


def build_generation_tab() -> None:
    prompt = gr.Textbox(
        label="Consigne",
        lines=3,
        max_length=MAX_PROMPT_CHARACTERS,
        placeholder="What is Hugging Face?",
        info=fr("Obligatoire. Le modèle a surtout lu de l'anglais : comparez avec une consigne en français."),
    )
    temperature = gr.Slider(
        0, MAX_TEMPERATURE, value=0.7, step=0.1, label="Température", info=fr("0 : toujours la suite la plus probable.")
    )
    length = gr.Slider(
        1, MAX_LENGTH_TOKENS, value=60, step=1, label="Longueur", info="En morceaux de mots (tokens), au plus."
    )
    seed = gr.Number(
        1, label="Graine", precision=0, minimum=0, maximum=MAX_SEED, info="La même graine donne la même réponse."
    )
    answer = gr.Textbox(label="Texte généré", lines=8, interactive=False)
    # One generation at a time: others wait in Gradio's queue, which shows each its position.
    add_endpoint(endpoints.generer, "Générer", [prompt, temperature, length, seed], answer, calls_at_once=1)
    prompts = ["What is Hugging Face?", "Qu'est-ce que Hugging Face ?", "Translate into French: The train is late."]
    add_examples([[fr(text), 0.7, 60, 1] for text in prompts], [prompt, temperature, length, seed], prompts)


def add_examples(rows: list[list[Any]], inputs: list[Any], labels: list[str] | None = None) -> None:
    """Add examples under the fields; a click fills them in, and runs nothing."""
    gr.Examples(rows, inputs, label="Exemples", example_labels=labels, cache_examples=False)


def add_endpoint(
    function: Callable[..., Any],
    verb: str,
    inputs: list[Any],
    outputs: Any,
    calls_at_once: int = MAX_CONCURRENT_CALLS,
) -> None:
    """Add a button under the fields, and register the function as an endpoint of its own name."""
    gr.Button(verb, variant="primary").click(
        function, inputs, outputs, api_name=function.__name__, api_description=fr(function.__doc__ or ""),
        concurrency_limit=calls_at_once,
    )  # fmt: skip


TAB_BUILDERS = {
    "Saluer": build_greeting_tab,
    "Calculer": build_calculator_tab,
    "Compter": build_counter_tab,
    "Filtrer": build_picture_tab,
    "Deviner la langue": build_language_tab,
    "Résumer": build_table_tab,
    "Discuter": build_chat_tab,
    "Générer": build_generation_tab,
}


def build_page() -> gr.Blocks:
    """Build the page of the Space: one tab per endpoint."""
    with gr.Blocks(
        title="Space d’entraînement", delete_cache=(CACHE_CHECK_INTERVAL_SECONDS, CACHE_TTL_SECONDS)
    ) as page:
        gr.Markdown(fr(WELCOME))
        for title, fill in TAB_BUILDERS.items():
            with gr.Tab(title):
                fill()
    page.state_session_capacity = MAX_SESSIONS
    return cast(gr.Blocks, page.queue(max_size=MAX_QUEUED_CALLS))
