"""The tutor of the practice Space and the glossary: what a word means, then where a lesson says it."""

from pathlib import Path

import pytest

from hfcourse.practice.tutor.answers import Tutor, TutorMemory
from hfcourse.practice.tutor.course_text import read_course
from hfcourse.practice.tutor.definitions import GlossaryIndex, find_subject, read_glossary
from hfcourse.practice.tutor.french_text import split_words
from tests.support.cpu_time import measure_cpu_seconds

MAX_CPU_SECONDS = 0.5
CONTENT = Path(__file__).parents[1] / "hfcourse" / "content"
GLOSSARY = read_glossary(CONTENT / "glossary.toml")
TUTOR = Tutor(read_course(CONTENT), GLOSSARY)
# Each question, and the word whose definition begins the answer.
QUESTIONS = {
    "Qu’est-ce que Gradio ?": "Gradio",
    "C’est quoi un chatbot ?": "Chatbot",
    "Qu’est-ce que ZeroGPU ?": "ZeroGPU",
    "C’est quoi MCP ?": "MCP",
    "qu'est ce qu'un space": "Space",
    "Qu’est-ce que c’est qu’un Space ?": "Space",
    "c quoi un space": "Space",
    "Un Space, c’est quoi ?": "Space",
    "Un Space, qu’est-ce que c’est ?": "Space",
    "Space, ça veut dire quoi ?": "Space",
    "Définis jeton": "Jeton",
    "définition de jeton": "Jeton",
    "C’est quoi les jetons ?": "Jeton",
    "C’est quoi les APIs ?": "API",
    "JETON": "Jeton",
    "un jeton ?": "Jeton",
    "Qu’est-ce qu’un jeton de Hugging Face ?": "Jeton",
    "Bonjour, c’est quoi un jeton s’il te plaît ?": "Jeton",
    "Qu’est-ce que les points d’accès ?": "Point d’accès",
    "Peux-tu m’expliquer ce qu’est un endpoint ?": "Point d’accès",
    "What is an endpoint?": "Point d’accès",
    "Qu’est-ce qu’on appelle un endpoint ?": "Point d’accès",
    "Que veut dire CORS ?": "CORS",
    "Que signifie SSE ?": "Streaming",
    "définis le streaming": "Streaming",
    "qu’est-ce qu’un stremaing": "Streaming",
    "c koi un spce": "Space",
    "Qu’est-ce que gradioo ?": "Gradio",
    "Que veut dire fine grained ?": "Fine-grained",
    "C’est quoi le backend ?": "Back-end",
    "Qu’entend-on par front end ?": "Front-end",
    "Qu’est-ce que zero GPU ?": "ZeroGPU",
    "À quoi sert cURL ?": "cURL",
    "Qu’est-ce qu’une carte graphique ?": "Carte graphique",
    "C’est quoi un GPU exactement ?": "Carte graphique",
    "Qu’est-ce qu’un en-tête ?": "En-tête",
    "C’est quoi le fichier .env ?": "Fichier .env",
    "Qu’est-ce qu’une hallucination ?": "Hallucination",
    "C’est quoi la température ?": "Température",
    "Qu’est-ce qu’un environement virtuel ?": "Environnement virtuel",
    "C’est quoi OAuth ?": "OAuth",
    "Qu’est-ce qu’un model card ?": "Fiche de modèle",
}


def ask(question: str, memory: TutorMemory | None = None) -> str:
    return TUTOR.answer_message(question, memory or TutorMemory())


@pytest.mark.parametrize("question", QUESTIONS)
def test_definition_comes_first_and_then_the_lesson(question: str) -> None:
    name = QUESTIONS[question]
    term = GLOSSARY.look_up_term(name)
    assert term
    definition, *rest = ask(question).split("\n\n")
    assert definition == term.sentence
    assert definition.startswith(name)
    if len(rest) == 1:
        assert rest == ["Aucune leçon n’en dit davantage."]
    else:
        assert rest[0].startswith("Une leçon en parle. Leçon 3.")
        forms = [" ".join(split_words(form)) for form in (term.name, *term.forms)]
        assert any(form in " ".join(split_words("\n".join(rest))) for form in forms)


@pytest.mark.parametrize(
    "question",
    [
        "Qu’est-ce que le pain ?",
        "C’est quoi un modem ?",
        "définis photosynthèse",
        "Que veut dire pression ?",
        "C’est quoi un gradient ?",
        "Qu’est-ce que la capitale de l’Italie ?",
        "xyz, c’est quoi ?",
        "C’est quoi " + "a" * 1900 + " ?",
    ],
)
def test_a_word_that_is_not_known_is_not_answered(question: str) -> None:
    assert ask(question).startswith("Je n’ai rien trouvé là-dessus")


@pytest.mark.parametrize(
    "question",
    ["Comment créer un jeton ?", "Explique-moi comment créer un jeton", "Où ranger le jeton ?",
     "Qu’est-ce qu’il faut pour appeler un Space ?", "Pourquoi ne pas mettre le jeton dans la page ?",
     "Qui a fondé Hugging Face ?"],
)  # fmt: skip
def test_another_question_about_a_word_is_no_question_for_its_meaning(question: str) -> None:
    assert GLOSSARY.find_term(question) is None
    assert ask(question).startswith("Leçon 3.")


def test_a_word_that_lessons_use_and_never_explain_is_answered_with_a_warning() -> None:
    assert ask("Qu’est-ce que BERT ?").startswith("Le glossaire n’a pas ce mot\u202f; une leçon l’emploie. Leçon 3.1")


def test_where_to_keep_a_token_is_answered_with_a_place() -> None:
    for question in ("Où ranger le jeton ?", "Où garder un jeton ?", "Où dois-je stocker mon token ?"):
        assert any(place in ask(question) for place in (".env", "gestionnaire", "variable d’environnement")), question


def test_two_words_are_told_apart() -> None:
    answer = ask("Quelle est la différence entre un modèle et un Space ?")
    assert [part.split()[0] for part in answer.split("\n\n")] == ["Modèle", "Space"]


def test_a_follow_up_continues_the_lesson_that_was_quoted() -> None:
    memory = TutorMemory()
    first = ask("Qu’est-ce qu’un Space ?", memory)
    second = ask("et ensuite ?", memory)
    assert second.startswith("Leçon 3.")
    assert second.split("\n\n")[1] not in first
    assert "Qu’est-ce qu’un Space" in ask("Quelle était ma première question ?", memory)


@pytest.mark.parametrize("words", ["c est quoi ", "difference entre ", "et ", "a quoi sert x c est quoi "])
def test_cost_of_a_long_question_is_bounded(words: str) -> None:
    question = (words * 2_000)[:2_000]
    assert ask(question)
    assert measure_cpu_seconds(lambda: ask(question)) < MAX_CPU_SECONDS


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("Qu’est-ce qu’un Space ?", "space"),
        ("ZeroGPU, c’est quoi ?", "zerogpu"),
        ("Dis-moi ce que c’est qu’un point d’accès", "point d acces"),
        ("Explique l’inférence", "inference"),
        ("Comment faire ?", ""),
        ("", ""),
    ],
)
def test_subject_of_a_question(question: str, subject: str) -> None:
    assert find_subject(question) == subject


def test_an_entry_without_a_definition_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "glossary.toml"
    path.write_text('[[term]]\nterm = "pain"\n[[term]]\nterm = "four"\ndefinition = "Un `four` chaud."\n', "utf-8")
    glossary = read_glossary(path)
    assert glossary.look_up_term("pain") is None
    assert glossary.look_up_term("fours").sentence == "Four\u00a0: un four chaud."
    assert read_glossary(tmp_path / "absent.toml").look_up_term("four") is None
    assert GlossaryIndex().find_term("Qu’est-ce qu’un four ?") is None
