"""The list to tick off at the end of a lesson: how it is written, kept, and printed."""

import pytest
from flask import Flask

from hfcourse.lessons.exercises.checklist import Checklist
from tests.support.clients import Student
from tests.test_library import Course, course  # noqa: F401  (a course of ours)
from tests.test_markdown import FIRST_LINE, lesson, said
from tests.test_quiz import ADDRESS, ONE, marks

REAL = "/lecons/3-1-presentation"
LIST = """::: checklist
- J'ai lu une *licence*.
- Je sais où est le jeton.
:::
"""


def read(source: str) -> Checklist:
    rendered = lesson(source)
    assert said(rendered) == []
    (found,) = (part for part in rendered.parts if isinstance(part, Checklist))
    return found


def test_each_line_is_a_box_of_its_own():
    found = read(LIST)
    assert found.title == "Avant de passer à la suite"
    assert [item.html for item in found.items] == ["J’ai lu une <em>licence</em>.", "Je sais où est le jeton."]
    html = found.render_html({found.items[1].key: "1"})
    assert html.count('type="checkbox"') == 2
    assert html.count(" checked") == 1
    assert 'aria-labelledby="liste-titre"' in html


def test_it_may_have_a_title_and_be_linked_to():
    rendered = lesson(LIST.replace("checklist", "checklist Avez-vous tout ?"))
    assert '<h3 id="liste-titre">Avez-vous tout\u202f?</h3>' in rendered.html
    assert "liste" in rendered.anchors


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("::: checklist\nDu texte.\n:::\n", 0, "une checklist contient autre chose qu'une liste."),
        (LIST.replace(":::\n", "\nAprès.\n:::\n"), 0, "une checklist contient autre chose qu'une liste."),
        (LIST + "\n" + LIST, 5, "cette leçon a deux checklists."),
        (
            LIST.replace("- Je", "- J'ai lu une *licence*.\n- Je"),
            2,
            "la même chose à faire est écrite deux fois.",
        ),
        (LIST.replace("jeton.", "jeton.\n  - Où ?"), 2, "une ligne de checklist n'est pas un seul paragraphe."),
    ],
)
def test_what_is_wrong_is_told_with_its_line(source: str, line: int, what: str):
    assert f"{FIRST_LINE + line}: {what}" in said(lesson(source))


@pytest.fixture
def short(course: Course) -> Course:  # noqa: F811
    """A lesson with a question and a list."""
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{ONE}\n{LIST}")
    return course


def tick(student: Student, *lines: int) -> str:
    """Tick these lines, and no other, without scripts; where it leads."""
    keys = [str(box["value"]) for box in student.open(ADDRESS).select("[name=coche]")]
    sent = student.client.post(ADDRESS, data={"liste": "1", "coche": [keys[line] for line in lines]})
    assert sent.status_code == 303
    return sent.headers["Location"]


def ticked(student: Student) -> list[bool]:
    return [box.has_attr("checked") for box in student.open(ADDRESS).select("[name=coche]")]


@pytest.mark.usefixtures("short")
class TestTicking:
    def test_ticks_are_kept_and_taken_back(self, student: Student, app: Flask) -> None:
        assert tick(student, 0, 1) == f"{ADDRESS}#liste"
        assert ticked(student) == [True, True]
        tick(student, 1)
        assert ticked(student) == [False, True]
        tick(student)
        assert ticked(student) == [False, False]
        assert marks(app) == []

    def test_they_are_the_visitors_own(self, student: Student, stranger: Student) -> None:
        tick(student, 0)
        assert ticked(stranger) == [False, False]

    def test_the_answers_to_questions_stay(self, student: Student) -> None:
        key = student.open(ADDRESS).select_one("[name=quiz]")
        assert key is not None
        student.client.post(ADDRESS, data={"quiz": key["value"], "choix": "b"})
        tick(student, 0)
        assert [str(box["value"]) for box in student.open(ADDRESS).select("[name=choix][checked]")] == ["b"]

    def test_what_is_no_line_of_it_is_not_kept(self, student: Student, app: Flask) -> None:
        student.client.post(ADDRESS, data={"liste": "1", "coche": ["zzz", "x" * 500]})
        assert marks(app) == []


def test_a_lesson_without_a_list_keeps_nothing(course: Course, student: Student, app: Flask):  # noqa: F811
    course.write("31.md", "3.1", "un")
    sent = student.client.post(ADDRESS, data={"liste": "1", "coche": "a"})
    assert (sent.status_code, sent.headers["Location"]) == (303, ADDRESS)
    assert marks(app) == []


def test_what_a_page_that_is_left_still_had_to_send_comes_together(student: Student) -> None:
    page = student.open(REAL)
    quizzes = [
        (form.select("[name=quiz]")[0]["value"], form.select("[name=choix]")[0]["value"])
        for form in page.select("form.quiz:not(.ordering)")
    ]
    ticks = [str(each["value"]) for each in page.select("[name=coche]")]
    left = ["quiz={}&choix={}".format(*quizzes[0]), f"liste=1&coche={ticks[0]}", "quiz={}&choix={}".format(*quizzes[1])]
    left.append(f"liste=1&coche={ticks[0]}&coche={ticks[2]}")
    assert student.client.post(REAL, data={"suite": left}).status_code == 303
    page = student.open(REAL)
    assert [each.has_attr("checked") for each in page.select("[name=coche]")][:3] == [True, False, True]
    assert len({str(each.find_parent("form")["id"]) for each in page.select("form.quiz [checked]")}) == 2  # type: ignore[index]
