"""The practice Space: an offline Gradio app, run as a process (`python -m hfcourse.practice.app`).

One function per endpoint. Their docstrings are in French: Gradio shows them to students as the
endpoints' descriptions, and their parameters are the names that students write.
"""

import os

from hfcourse.practice import app_main

# Both must precede the import of gradio, which takes seconds: the parent watch and offline mode.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
if __name__ == "__main__":
    LISTENER = app_main.open_listener()

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import gradio as gr
import pandas as pd
import uvicorn
from fastapi import FastAPI
from gradio.data_classes import ImageData
from PIL import Image

from hfcourse.practice.tutor.answers import Conversation, Tutor
from hfcourse.practice.tutor.course_text import read_course
from hfcourse.practice.tutor.definitions import read_glossary
from hfcourse.practice.tutor.french_text import typeset as fr

from . import pictures, tables
from .body_limit import BodyLimitMiddleware
from .classifier import LanguageClassifier, read_sentences
from .language_model import (
    GENERATION_TIMEOUT_SECONDS,
    MAX_LENGTH_TOKENS,
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
    MAX_TEMPERATURE,
    FinishReason,
    GenerationSettings,
    LanguageModel,
    ModelError,
    ModelNotInstalledError,
    PromptTooLongError,
)

CONTENT_FOLDER = Path(__file__).parents[1] / "content"
DATA_FOLDER = Path(__file__).parent / "data"
MAX_MESSAGE_CHARACTERS = 2000
MAX_NAME_CHARACTERS = 80
MAX_TABLE_CELLS = 20_000
MAX_COUNT, MAX_PAUSE_SECONDS = 20, 2.0
MAX_CONCURRENT_CALLS, MAX_CONCURRENT_ASYNC_CALLS, MAX_CONCURRENT_HEAVY_CALLS, MAX_QUEUED_CALLS = 10, 40, 2, 100
CONVERSATION_TTL_SECONDS = 3600
# Each call creates a session unless it names one; Gradio stores some 70 kB of each until evicted
# (LRU).
MAX_SESSIONS = 1000
# Uploads and results expire from the disk after the TTL; Gradio checks at each interval.
CACHE_CHECK_INTERVAL_SECONDS, CACHE_TTL_SECONDS = 60, 300
OPERATIONS = ["addition", "soustraction", "multiplication", "division"]
FRUIT = [["mangue", 12, 1.5], ["banane", 20, 0.8], ["ananas", 7, 2.25]]
VEGETABLES = [["gombo", 4, 2.1], ["igname", 31, 0.9], ["piment", 2, 6.4]]
WELCOME = """# Space d’entraînement

Une vraie application Gradio, sans Internet : essayez, trompez-vous, recommencez."""
WORDS_PER_CHUNK, CHUNK_INTERVAL_SECONDS = 3, 0.03

classifier = LanguageClassifier(read_sentences())
tutor = Tutor(read_course(CONTENT_FOLDER), read_glossary(CONTENT_FOLDER / "glossary.toml"))
language_model = LanguageModel()


def make_user_error(sentence: str) -> gr.Error:
    """Return an error for students to read; it is expected, so the log gets no traceback."""
    return gr.Error(fr(sentence), title="Impossible", print_exception=False)


def saluer(prenom: str, tutoyer: bool) -> str:
    """Salue la personne dont on donne le prénom."""
    prenom = " ".join(prenom.split())
    if not prenom:
        raise make_user_error("Écrivez un prénom : je ne sais pas qui saluer.")
    if len(prenom) > MAX_NAME_CHARACTERS:
        raise make_user_error(f"Ce prénom est trop long : {MAX_NAME_CHARACTERS} caractères au plus.")
    return fr(f"Bonjour {prenom} ! Comment {'vas-tu' if tutoyer else 'allez-vous'} ?")


def calculer(a: float | None, operation: str | None, b: float | None) -> float:
    """Fait une opération sur deux nombres ; diviser par zéro est une erreur."""
    if a is None or b is None or operation is None:
        raise make_user_error("Il manque une valeur : il faut deux nombres et une opération.")
    if operation == "division" and b == 0:
        raise make_user_error("On ne peut pas diviser par zéro : choisissez un autre nombre b.")
    results = {"addition": a + b, "soustraction": a - b, "multiplication": a * b, "division": a / (b or 1)}
    if not math.isfinite(results[operation]):
        raise make_user_error("Le résultat est trop grand pour moi : essayez des nombres plus petits.")
    return tables.tidy_number(results[operation])


async def compter(jusqua: float, pause: float, progress=gr.Progress()) -> AsyncIterator[str]:  # noqa: B008
    """Compte lentement jusqu’à un nombre, en montrant l’avancée."""
    # The sliders' bounds, enforced by Gradio, limit this to 40 s; sleeping blocks no thread.
    last, counted = int(jusqua), ""
    for number in range(1, last + 1):
        progress((number - 1, last), desc="Je compte", unit="nombres")
        await asyncio.sleep(pause)
        counted += f"{number}… " if number < last else fr(f"{number} !")
        yield counted
    progress((last, last), desc="Fini", unit="nombres")


def filtrer(image: str | None, filtre: str | None) -> Image.Image:
    """Applique un filtre à une image et rend un PNG, réduit à 2048 pixels de côté s’il le faut."""
    if image is None or filtre is None:
        raise make_user_error("Envoyez une image et choisissez un filtre.")
    try:
        return pictures.apply_filter(pictures.open_picture(image), filtre)
    except pictures.PictureError as error:
        raise make_user_error(str(error)) from error


def classer(phrase: str) -> dict[str, float]:
    """Devine la langue d’une phrase, avec la confiance accordée à chaque langue."""
    confidences = classifier.compute_confidences(phrase[:MAX_MESSAGE_CHARACTERS])
    if not confidences:
        raise make_user_error("Écrivez une phrase : je n'y trouve aucune lettre que je connaisse.")
    return confidences


def resumer(table: pd.DataFrame) -> tuple[list[list], str]:
    """Résume chaque colonne de nombres d’un tableau : combien il y en a, minimum, maximum, moyenne et médiane."""
    if table.size > MAX_TABLE_CELLS:
        raise make_user_error("Ce tableau est trop grand : 20\u202f000 cases au plus.")
    rows = table.values.tolist()
    summary = tables.summarise_table(list(table.columns), rows)
    return summary, fr(tables.describe_table(len(rows), len(table.columns), len(summary)))


async def discuter(message: str, memory: Conversation) -> AsyncIterator[tuple[str, Conversation]]:
    """Répond à une question sur ce cours, avec les mots du cours, et se souvient de la conversation."""
    if not message.strip():
        raise make_user_error("Le message est vide : écrivez une question.")
    if len(message) > MAX_MESSAGE_CHARACTERS:
        raise make_user_error(f"Ce message est trop long : {MAX_MESSAGE_CHARACTERS} caractères au plus.")
    answer = tutor.answer_message(message.strip(), memory)
    spaces = [i for i, character in enumerate(answer) if character.isspace()]
    for end in [*spaces[WORDS_PER_CHUNK::WORDS_PER_CHUNK], len(answer)]:
        yield answer[:end], memory
        await asyncio.sleep(CHUNK_INTERVAL_SECONDS)


async def generer(prompt: str, temperature: float, longueur: float, graine: float | None) -> AsyncIterator[str]:
    """Répond à une consigne avec un petit modèle de langue, calculé sur cette machine, mot après mot."""
    if not prompt.strip():
        raise make_user_error("La consigne est vide : écrivez une question ou un début de texte.")
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise make_user_error(f"Cette consigne est trop longue : {MAX_PROMPT_CHARACTERS} caractères au plus.")
    if graine is None:
        raise make_user_error("Il manque une graine : n'importe quel nombre entier convient, par exemple 1.")
    generation = language_model.generate(prompt.strip(), GenerationSettings(temperature, int(longueur), int(graine)))
    try:
        async with aclosing(generation.stream_text()) as texts:
            async for text in texts:
                yield text
    except ModelError as error:
        raise make_user_error(explain_model_error(error)) from error
    if generation.finish_reason in FINISH_MESSAGES:
        gr.Info(fr(FINISH_MESSAGES[generation.finish_reason]), title="Réponse coupée")


FINISH_MESSAGES = {
    FinishReason.LENGTH: "La longueur demandée est atteinte : le modèle n'avait peut-être pas fini sa phrase.",
    FinishReason.DEADLINE: (
        f"Le temps est écoulé : une réponse s'arrête au bout de {GENERATION_TIMEOUT_SECONDS} secondes."
    ),
}


def explain_model_error(error: ModelError) -> str:
    """Return the message for students when the model does not answer."""
    if isinstance(error, ModelNotInstalledError):
        return (
            "Aucun modèle de langue n'est installé sur cette machine. La personne qui anime le cours peut l'ajouter "
            "par la commande « make model » ; en attendant, la leçon montre des réponses enregistrées."
        )
    if isinstance(error, PromptTooLongError):
        return "Cette consigne ne tient pas dans la mémoire du modèle : raccourcissez-la."
    return (
        "Le modèle de langue est installé, mais il ne démarre pas : prévenez la personne qui anime le cours, "
        "le journal du Space en donne la cause."
    )


def get_upload_path(payload: ImageData | None) -> str | None:
    """Return the path of an uploaded picture, unopened."""
    return payload.path if payload else None


def build_greeting_tab() -> None:
    prenom = gr.Textbox(label="Prénom", info="Obligatoire.", placeholder="Awa", max_length=MAX_NAME_CHARACTERS)
    tutoyer = gr.Checkbox(True, label="Tutoyer", info=fr("Décochez pour un bonjour plus cérémonieux."))
    greeting = gr.Textbox(label="Salutation", interactive=False)
    add_endpoint(saluer, "Saluer", [prenom, tutoyer], greeting)
    add_examples([["Awa", True], ["Madame Diallo", False]], [prenom, tutoyer])


def build_calculator_tab() -> None:
    a = gr.Number(12, label="Nombre a")
    operation = gr.Radio(OPERATIONS, value="division", label="Opération")
    b = gr.Number(4, label="Nombre b", info=fr("Essayez aussi une division par zéro."))
    add_endpoint(calculer, "Calculer", [a, operation, b], gr.Number(label="Résultat", interactive=False))
    labels = ["Un partage", "Un produit", "Une erreur instructive"]
    add_examples([[12, "division", 5], [2.5, "multiplication", 8], [7, "division", 0]], [a, operation, b], labels)


def build_counter_tab() -> None:
    last = gr.Slider(1, MAX_COUNT, value=5, step=1, label="Jusqu’à")
    pause = gr.Slider(
        0.1, MAX_PAUSE_SECONDS, value=0.5, step=0.1, label="Pause", info="En secondes, entre deux nombres."
    )
    add_endpoint(
        compter, "Compter", [last, pause], gr.Textbox(label="Compte", interactive=False), MAX_CONCURRENT_ASYNC_CALLS
    )
    add_examples([[3, 0.2], [10, 0.8]], [last, pause])


def build_picture_tab() -> None:
    image = gr.Image(type="filepath", image_mode=None, sources=["upload", "clipboard"], label="Image (obligatoire)")
    # Gradio would open the file, of any format and size, and hide the errors; we validate it and
    # report them. Replaced on the instance: for a subclass, Gradio writes a file beside this one.
    image.preprocess = get_upload_path  # type: ignore[method-assign]
    choice = gr.Radio(list(pictures.FILTERS), value="sépia", label="Filtre")
    filtered = gr.Image(format="png", label="Image filtrée", interactive=False)
    add_endpoint(filtrer, "Filtrer", [image, choice], filtered, MAX_CONCURRENT_HEAVY_CALLS)
    add_examples(
        [[str(DATA_FOLDER / "collines.jpg"), "sépia"], [str(DATA_FOLDER / "tissu.png"), "contours"]], [image, choice]
    )


def build_language_tab() -> None:
    known = classifier.languages
    phrase = gr.Textbox(
        label="Phrase",
        lines=2,
        placeholder=fr("Il fait beau ce matin !"),
        info=fr("Obligatoire. Langues connues : ") + ", ".join(known) + ".",
    )
    language = gr.Label(num_top_classes=len(known), label="Langue")
    add_endpoint(classer, "Deviner la langue", [phrase], language)
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
        resumer,
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
    memory = gr.State(Conversation(), time_to_live=CONVERSATION_TTL_SECONDS)
    answer = gr.Textbox(label="Réponse", lines=8, interactive=False)
    add_endpoint(discuter, "Discuter", [message, memory], [answer, memory], MAX_CONCURRENT_ASYNC_CALLS)
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
    add_endpoint(generer, "Générer", [prompt, temperature, length, seed], answer, calls_at_once=1)
    prompts = ["What is Hugging Face?", "Qu'est-ce que Hugging Face ?", "Translate into French: The train is late."]
    add_examples([[fr(text), 0.7, 60, 1] for text in prompts], [prompt, temperature, length, seed], prompts)


def add_examples(rows: list[list], inputs: list, labels: list[str] | None = None) -> None:
    """Add examples under the fields; a click fills them in, and runs nothing."""
    gr.Examples(rows, inputs, label="Exemples", example_labels=labels, cache_examples=False)


def add_endpoint(function, verb: str, inputs: list, outputs, calls_at_once: int = MAX_CONCURRENT_CALLS) -> None:
    """Add a button under the fields, and register the function as an endpoint of its own name."""
    gr.Button(verb, variant="primary").click(
        function, inputs, outputs, api_name=function.__name__, api_description=fr(function.__doc__),
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
    return page.queue(max_size=MAX_QUEUED_CALLS)


def build_app() -> BodyLimitMiddleware:
    """Build the ASGI app of the page and its API.

    `launch()` is not used: it would bind the port itself, and send a request through a proxy.
    """
    # System fonts: none is downloaded.
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    app = gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        build_page(),
        path="/",
        theme=theme,
        footer_links=["api", "gradio", "settings"],
        max_file_size="20mb",
        # Hide unexpected exceptions from callers, as nearly every Space of the Hub does.
        show_error=False,
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
    )
    return BodyLimitMiddleware(app)


if __name__ == "__main__":
    config = uvicorn.Config(build_app(), log_level="warning", timeout_graceful_shutdown=1, server_header=False)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[LISTENER])
