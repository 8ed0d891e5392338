"""Write and render lessons of a test, and list what the linter reports."""

from pathlib import Path

import pytest
from flask import Flask

from hfcourse.lessons import content_checks
from hfcourse.lessons.library import LessonLibrary
from hfcourse.lessons.markup.markdown import RenderedLesson, render_lesson
from tests.support.plain_typography import untypeset

LESSON_TEMPLATE = """+++
number = "{number}"
slug = "{slug}"
title = "{title}"
summary = "Une phrase."
reading_minutes = 1
exercise_minutes = 5
objectives = ["Lire.", "Essayer.", "Choisir."]
prerequisites = ["Un navigateur."]
key_points = ["Un.", "Deux.", "Trois."]
reviewed = 2026-11-22
sources_dated = 2026-08-22
+++

{body}
"""


class CourseFolder:
    """Lessons of ours in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.content, self.figures = folder / "content", folder / "figures"
        self.content.mkdir()
        self.figures.mkdir()
        self.pictures = folder / "own"
        self.library = LessonLibrary(self.content, self.figures, self.pictures)

    def write(self, name: str, number: str, slug: str, body: str = "Un chapeau.") -> Path:
        path = self.content / name
        path.write_text(
            LESSON_TEMPLATE.format(number=number, slug=slug, title=f"Leçon {number}", body=body), encoding="utf-8"
        )
        return path


@pytest.fixture
def course(app: Flask, tmp_path: Path) -> CourseFolder:
    """A course that the application serves in place of the real one."""
    made = CourseFolder(tmp_path)
    app.extensions["lessons"] = made.library
    return made


def collect_lint_messages(app: Flask) -> list[str]:
    with app.app_context():
        return [
            f"{Path(fault.path).name}:{fault.line}: {untypeset(fault.problem)}"
            for fault in content_checks.collect_lint_errors()
        ]


FRONT_MATTER = LESSON_TEMPLATE.format(number="3.9", slug="3-9-essai", title="L'essai : un", body="Un chapeau.\n")


BODY_FIRST_LINE = FRONT_MATTER.count("\n") + 1


LESSON_FIGURES = {"Jetons.svg": '<svg viewBox="0 0 8 4"><title id="t">La page des jetons</title></svg>'}


LISTING_SOURCE = """import os

# >>> page
@app.get("/")
def page():
    # >>> corps
    return "oui"
    # <<< corps
# <<< page


# >>> envoi
def ask(): ...
# >>> jamais-fermé
"""


LESSON_LISTINGS = {"mini/app.py": LISTING_SOURCE, "mini/page.html": "{# >>> titre #}\n<h1>Oui</h1>\n{# <<< titre #}\n"}


def render_lesson_body(body: str) -> RenderedLesson:
    return render_lesson(FRONT_MATTER + body, LESSON_FIGURES, LESSON_LISTINGS)


def list_lint_messages(rendered: RenderedLesson) -> list[str]:
    return [f"{fault.line}: {untypeset(fault.problem)}" for fault in rendered.lint_errors]
