"""The list to tick off at the end of a lesson: how it is written, kept, and printed."""

import pytest
from flask import Flask

from hfcourse.lessons.exercises.checklist import Checklist
from tests.support.clients import BrowserClient
from tests.support.lesson_parts import (
    CHECKLIST,
    LESSON_PATH,
    SINGLE_CHOICE_QUIZ,
    load_progress_records,
    submit_checklist,
)
from tests.support.lessons import BODY_FIRST_LINE, CourseFolder, list_lint_messages, render_lesson_body

REAL = "/lecons/3-1-presentation"


def parse_checklist(source: str) -> Checklist:
    rendered = render_lesson_body(source)
    assert list_lint_messages(rendered) == []
    (found,) = (part for part in rendered.parts if isinstance(part, Checklist))
    return found


def test_each_line_is_a_box_of_its_own():
    found = parse_checklist(CHECKLIST)
    assert found.title == "Avant de passer à la suite"
    assert [item.html for item in found.items] == ["J’ai lu une <em>licence</em>.", "Je sais où est le jeton."]
    html = found.render_html({found.items[1].key: "1"})
    assert html.count('type="checkbox"') == 2
    assert html.count(" checked") == 1
    assert 'aria-labelledby="liste-titre"' in html


def test_checklist_may_have_a_title_and_be_linked_to():
    rendered = render_lesson_body(CHECKLIST.replace("checklist", "checklist Avez-vous tout ?"))
    assert '<h3 id="liste-titre">Avez-vous tout\u202f?</h3>' in rendered.html
    assert "liste" in rendered.anchors


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("::: checklist\nDu texte.\n:::\n", 0, "une checklist contient autre chose qu'une liste."),
        (CHECKLIST.replace(":::\n", "\nAprès.\n:::\n"), 0, "une checklist contient autre chose qu'une liste."),
        (CHECKLIST + "\n" + CHECKLIST, 5, "cette leçon a deux checklists."),
        (
            CHECKLIST.replace("- Je", "- J'ai lu une *licence*.\n- Je"),
            2,
            "la même chose à faire est écrite deux fois.",
        ),
        (CHECKLIST.replace("jeton.", "jeton.\n  - Où ?"), 2, "une ligne de checklist n'est pas un seul paragraphe."),
    ],
)
def test_what_is_wrong_is_told_with_its_line(source: str, line: int, what: str):
    assert f"{BODY_FIRST_LINE + line}: {what}" in list_lint_messages(render_lesson_body(source))


@pytest.fixture
def short(course: CourseFolder) -> CourseFolder:
    """A lesson with a question and a list."""
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{SINGLE_CHOICE_QUIZ}\n{CHECKLIST}")
    return course


def ticked(student: BrowserClient) -> list[bool]:
    return [box.has_attr("checked") for box in student.open_page(LESSON_PATH).select("[name=coche]")]


@pytest.mark.usefixtures("short")
class TestTicking:
    def test_ticks_are_kept_and_taken_back(self, student: BrowserClient, app: Flask) -> None:
        assert submit_checklist(student, 0, 1) == f"{LESSON_PATH}#liste"
        assert ticked(student) == [True, True]
        submit_checklist(student, 1)
        assert ticked(student) == [False, True]
        submit_checklist(student)
        assert ticked(student) == [False, False]
        assert load_progress_records(app) == []

    def test_ticks_are_the_visitors_own(self, student: BrowserClient, stranger: BrowserClient) -> None:
        submit_checklist(student, 0)
        assert ticked(stranger) == [False, False]

    def test_the_answers_to_questions_stay(self, student: BrowserClient) -> None:
        key = student.open_page(LESSON_PATH).select_one("[name=quiz]")
        assert key is not None
        student.client.post(LESSON_PATH, data={"quiz": key["value"], "choix": "b"})
        submit_checklist(student, 0)
        assert [str(box["value"]) for box in student.open_page(LESSON_PATH).select("[name=choix][checked]")] == ["b"]

    def test_what_is_no_line_of_it_is_not_kept(self, student: BrowserClient, app: Flask) -> None:
        student.client.post(LESSON_PATH, data={"liste": "1", "coche": ["zzz", "x" * 500]})
        assert load_progress_records(app) == []


def test_a_lesson_without_a_list_keeps_nothing(course: CourseFolder, student: BrowserClient, app: Flask):
    course.write("31.md", "3.1", "un")
    sent = student.client.post(LESSON_PATH, data={"liste": "1", "coche": "a"})
    assert (sent.status_code, sent.headers["Location"]) == (303, LESSON_PATH)
    assert load_progress_records(app) == []


def test_what_a_page_that_is_left_still_had_to_send_comes_together(student: BrowserClient) -> None:
    page = student.open_page(REAL)
    quizzes = [
        (form.select("[name=quiz]")[0]["value"], form.select("[name=choix]")[0]["value"])
        for form in page.select("form.quiz:not(.ordering)")
    ]
    ticks = [str(each["value"]) for each in page.select("[name=coche]")]
    left = ["quiz={}&choix={}".format(*quizzes[0]), f"liste=1&coche={ticks[0]}", "quiz={}&choix={}".format(*quizzes[1])]
    left.append(f"liste=1&coche={ticks[0]}&coche={ticks[2]}")
    assert student.client.post(REAL, data={"suite": left}).status_code == 303
    page = student.open_page(REAL)
    assert [each.has_attr("checked") for each in page.select("[name=coche]")][:3] == [True, False, True]
    assert len({str(each.find_parent("form")["id"]) for each in page.select("form.quiz [checked]")}) == 2  # type: ignore[index]
