"""Quizzes, checklists and glossaries of test lessons, and how a student answers them."""

from flask import Flask
from sqlalchemy import select

from hfcourse import database
from hfcourse.lessons.exercises.progress_store import ProgressRecord
from hfcourse.lessons.exercises.quiz import Quiz
from tests.support.clients import BrowserClient
from tests.support.lessons import list_lint_messages, render_lesson_body

SINGLE_CHOICE_QUIZ = """::: quiz
Où vit un `jeton` ?

- [ ] Dans la page.
  > Tout le monde la lit.
- [x] Sur le serveur.
  > Lui seul le lit.
:::
"""


MULTIPLE_CHOICE_QUIZ = """::: quiz
Que contient une fiche ?

- [x] La licence.
  > En haut.
- [ ] Les poids.
  > Ils sont dans les fichiers.
- [x] Les limites.
  > Si l'auteur est sérieux.
:::
"""


LESSON_PATH = "/lecons/un"


def parse_quiz(source: str) -> Quiz:
    rendered = render_lesson_body(source)
    assert list_lint_messages(rendered) == []
    (found,) = (part for part in rendered.parts if isinstance(part, Quiz))
    return found


def submit_quiz_answer(student: BrowserClient, number: int, *chosen: str, **headers: str) -> str:
    """Answer a question as a browser without scripts does; where it leads."""
    form = student.open_page(LESSON_PATH).select("form.quiz")[number - 1]
    key = form.select_one("[name=quiz]")["value"]  # type: ignore[index]
    sent = student.client.post(LESSON_PATH, data={"quiz": key, "choix": list(chosen)}, headers=headers)
    assert sent.status_code == 303, sent.status_code
    return sent.headers["Location"]


def load_progress_records(app: Flask) -> list[ProgressRecord]:
    with app.app_context(), database.read_session() as session:
        return list(session.scalars(select(ProgressRecord)))


CHECKLIST = """::: checklist
- J'ai lu une *licence*.
- Je sais où est le jeton.
:::
"""


def submit_checklist(student: BrowserClient, *lines: int) -> str:
    """Tick these lines, and no other, without scripts; where it leads."""
    keys = [str(box["value"]) for box in student.open_page(LESSON_PATH).select("[name=coche]")]
    sent = student.client.post(LESSON_PATH, data={"liste": "1", "coche": [keys[line] for line in lines]})
    assert sent.status_code == 303
    return sent.headers["Location"]


GLOSSARY_TOML = """[[term]]
term = "jeton"
english = "Access Token"
forms = ["Access Token"]
definition = "Une clé : `hf_`, secrète."

[[term]]
term = "point d'accès"
forms = ["points d'accès", "endpoint"]
definition = "Une fonction."

[[term]]
term = "front-end"
lang = "en"
definition = "Ce qui tourne dans le navigateur."

[[term]]
term = "API"
definition = "Ce qui est fait pour les programmes."
"""
