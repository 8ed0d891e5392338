"""The endpoints of the practice Space: the functions that Gradio calls.

Their docstrings are in French: Gradio shows them to students as the endpoints' descriptions, and
their parameters are the names that students write.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd
from PIL import Image

from hfcourse.practice.tutor.answers import Tutor, TutorMemory
from hfcourse.practice.tutor.course_text import read_course
from hfcourse.practice.tutor.definitions import read_glossary
from hfcourse.practice.tutor.french_text import typeset as fr

from . import pictures, tables
from .classifier import LanguageClassifier, read_sentences
from .language_model import (
    GENERATION_TIMEOUT_SECONDS,
    MAX_PROMPT_CHARACTERS,
    FinishReason,
    GenerationSettings,
    LanguageModel,
    ModelError,
    ModelNotInstalledError,
    PromptTooLongError,
)

CONTENT_FOLDER = Path(__file__).parents[1] / "content"
MAX_MESSAGE_CHARACTERS = 2000
MAX_NAME_CHARACTERS = 80
MAX_TABLE_CELLS = 20_000
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


async def compter(jusqua: float, pause: float, progress: gr.Progress = gr.Progress()) -> AsyncIterator[str]:  # noqa: B008
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


def resumer(table: pd.DataFrame) -> tuple[list[list[Any]], str]:
    """Résume chaque colonne de nombres d’un tableau : combien il y en a, minimum, maximum, moyenne et médiane."""
    if table.size > MAX_TABLE_CELLS:
        raise make_user_error("Ce tableau est trop grand : 20\u202f000 cases au plus.")
    rows = table.values.tolist()
    summary = tables.summarise_table(list(table.columns), rows)
    return summary, fr(tables.describe_table(len(rows), len(table.columns), len(summary)))


async def discuter(message: str, memory: TutorMemory) -> AsyncIterator[tuple[str, TutorMemory]]:
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
