"""The questions of a lesson: how they are written, answered without scripts, kept, and whose they are."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from hfcourse import database
from hfcourse.lessons.exercises import quiz
from hfcourse.lessons.exercises.progress_store import ProgressRecord
from hfcourse.lessons.exercises.quiz import Quiz
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes, parse_page
from tests.support.lesson_parts import (
    LESSON_PATH,
    MULTIPLE_CHOICE_QUIZ,
    SINGLE_CHOICE_QUIZ,
    load_progress_records,
    parse_quiz,
    submit_quiz_answer,
)
from tests.support.lessons import BODY_FIRST_LINE, CourseFolder, list_lint_messages, render_lesson_body
from tests.support.plain_typography import untypeset

LEAK = """::: quiz
Quel extrait laisse fuir un jeton ?

- [x] Extrait A
  ```python
  token = "hf_••••••••"
  ```
  > La valeur est dans le code.
- [ ] Extrait B
  ```python
  token = os.environ["HF_TOKEN"]
  ```
  > Seul le nom y est.
:::
"""


class TestWriting:
    def test_a_question_has_answers_with_an_explanation_each(self) -> None:
        found = parse_quiz(SINGLE_CHOICE_QUIZ)
        assert found.question == "Où vit un <code>jeton</code>\u202f?"
        assert [answer.label for answer in found.answers] == ["Dans la page.", "Sur le serveur."]
        assert [answer.explanation for answer in found.answers] == [
            "<p>Tout le monde la lit.</p>\n",
            "<p>Lui seul le lit.</p>\n",
        ]
        assert found.right_letters == "b"

    def test_one_right_answer_makes_radio_buttons_several_make_boxes(self) -> None:
        assert render_lesson_body(SINGLE_CHOICE_QUIZ).html.count('type="radio"') == 2
        html = render_lesson_body(MULTIPLE_CHOICE_QUIZ).html
        assert html.count('type="checkbox"') == 3
        assert "(plusieurs bonnes réponses)" in html

    @pytest.mark.parametrize("source", [SINGLE_CHOICE_QUIZ, MULTIPLE_CHOICE_QUIZ])
    def test_group_is_named_and_announces_verdicts_and_messages_in_one_live_region(self, source: str) -> None:
        html = render_lesson_body(source).html
        assert "<fieldset><legend>" in html
        form = BeautifulSoup(html, "html.parser").select_one("form.quiz")
        (live,) = form.select("[aria-live], [role=status], [role=alert]")
        assert live["aria-live"] == "polite"
        assert len(live.select(".verdict, .explanation > div, [data-say]")) == len(
            form.select(".verdict, .explanation > div, [data-say]")
        )
        assert not live.select("[type=submit]"), "its label changes too"

    def test_an_answer_may_be_code(self) -> None:
        found = parse_quiz(LEAK)
        assert [answer.label for answer in found.answers] == ["Extrait A", "Extrait B"]
        assert 'data-lang="python"' in found.answers[0].body
        assert "hf_" in found.answers[0].body

    def test_questions_are_numbered_and_may_be_linked_to(self) -> None:
        rendered = render_lesson_body(SINGLE_CHOICE_QUIZ + "\n" + MULTIPLE_CHOICE_QUIZ)
        assert {"quiz-1", "quiz-2"} <= rendered.anchors
        assert 'id="quiz-2"' in rendered.html

    def test_a_question_worded_anew_is_another_and_one_that_moves_is_the_same(self) -> None:
        assert parse_quiz(SINGLE_CHOICE_QUIZ).key != parse_quiz(SINGLE_CHOICE_QUIZ.replace("Où", "D'où")).key
        moved = [
            part
            for part in render_lesson_body(MULTIPLE_CHOICE_QUIZ + "\n" + SINGLE_CHOICE_QUIZ).parts
            if isinstance(part, Quiz)
        ][1]
        assert moved.key == parse_quiz(SINGLE_CHOICE_QUIZ).key

    def test_an_exercise_folds_its_solution(self) -> None:
        rendered = render_lesson_body(":::: exercice Saluer\nSaluez Awa.\n\n::: solution\nVoici.\n:::\n::::\n")
        assert list_lint_messages(rendered) == []
        assert 'aria-labelledby="exercice-1"' in rendered.html
        assert '<details class="solution"><summary>' in rendered.html

    @pytest.mark.parametrize(
        ("source", "line", "what"),
        [
            (SINGLE_CHOICE_QUIZ.replace("[x]", "[ ]"), 0, "aucune réponse d'un quiz n'est juste."),
            (SINGLE_CHOICE_QUIZ.replace("  > Lui seul le lit.\n", ""), 5, "une réponse n'a pas d'explication."),
            (SINGLE_CHOICE_QUIZ.replace("[ ] ", ""), 3, "une réponse n'est pas marquée."),
            (
                SINGLE_CHOICE_QUIZ.replace("- [ ] Dans la page.\n  > Tout le monde la lit.\n", ""),
                0,
                "un quiz a moins de deux réponses.",
            ),
            (
                SINGLE_CHOICE_QUIZ.replace("Où vit un `jeton` ?\n", ""),
                0,
                "un quiz ne contient pas une question, puis une liste.",
            ),
            ("::: quiz\nOù ?\n:::\n", 0, "un quiz ne contient pas une question, puis une liste."),
            (
                SINGLE_CHOICE_QUIZ.replace(":::\n", "\nAprès.\n:::\n"),
                0,
                "un quiz ne se termine pas par la liste de ses réponses.",
            ),
            (SINGLE_CHOICE_QUIZ.replace("quiz", "quiz Un"), 0, "« Un », après ::: quiz, n'est pas affiché."),
            (SINGLE_CHOICE_QUIZ + "\n" + SINGLE_CHOICE_QUIZ, 9, "la même chose à faire est écrite deux fois."),
            ("::: exercice Saluer\nSaluez.\n:::\n", 0, "un exercice n'a pas de solution."),
            (":::: exercice\nA.\n\n::: solution\nB.\n:::\n::::\n", 0, "un exercice n'a pas de titre."),
        ],
    )
    def test_what_is_wrong_is_told_with_its_line_and_still_drawn(self, source: str, line: int, what: str) -> None:
        rendered = render_lesson_body(source)
        assert f"{BODY_FIRST_LINE + line}: {what}" in list_lint_messages(rendered)
        assert all(fault.advice for fault in rendered.lint_errors)
        assert "\0" not in rendered.html


class TestVerdict:
    def drawn(self, source: str, chosen: str) -> str:
        found = parse_quiz(source)
        return found.render_html({found.key: chosen})

    def test_nothing_is_told_before_an_answer(self) -> None:
        html = parse_quiz(SINGLE_CHOICE_QUIZ).render_html({})
        assert html.count('class="verdict" hidden') == 2
        assert html.count('<div class="explanation"><div hidden>') == 2
        assert ">Répondre</button>" in html

    def test_a_right_answer_is_kept_named_and_explained(self) -> None:
        html = self.drawn(SINGLE_CHOICE_QUIZ, "b")
        assert 'class="choice correct"><input type="radio" name="choix" value="b" checked' in html
        assert html.count('class="verdict" hidden') == 1
        assert '<div class="explanation"><div><p>Lui seul le lit.' in html
        assert "Répondre à nouveau" in html

    def test_a_wrong_one_does_not_give_the_right_one_away(self) -> None:
        html = self.drawn(SINGLE_CHOICE_QUIZ, "a")
        assert 'class="choice incorrect"' in html
        assert "choice right" not in html
        assert "<div hidden><p>Lui seul le lit." in html

    @pytest.mark.parametrize(
        ("chosen", "shown"), [("", ["none"]), ("a", ["incomplete"]), ("ac", []), ("ab", []), ("abc", [])]
    )
    def test_several_are_judged_together(self, chosen: str, shown: list[str]) -> None:
        html = self.drawn(MULTIPLE_CHOICE_QUIZ, chosen)
        assert [name for name in ("none", "incomplete") if f'data-say="{name}">' in html] == shown

    def test_question_is_passed_with_all_that_is_right_and_nothing_else(self) -> None:
        found = parse_quiz(MULTIPLE_CHOICE_QUIZ)
        assert [quiz.is_quiz_passed(found, {found.key: chosen}) for chosen in ("ac", "a", "abc", "")] == [
            True, False, False, False,
        ]  # fmt: skip
        assert not quiz.is_quiz_passed(found, {})


@pytest.fixture
def short(course: CourseFolder) -> CourseFolder:
    """A lesson of two questions."""
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{SINGLE_CHOICE_QUIZ}\n{MULTIPLE_CHOICE_QUIZ}")
    return course


def checked(student: BrowserClient) -> list[str]:
    return [str(each["value"]) for each in student.open_page(LESSON_PATH).select("[name=choix][checked]")]


@pytest.mark.usefixtures("short")
class TestAnswering:
    def test_the_answer_leads_back_to_its_question_with_the_explanation(
        self, student: BrowserClient, app: Flask
    ) -> None:
        assert submit_quiz_answer(student, 2, "a", "c") == f"{LESSON_PATH}#quiz-2"
        shown = student.open_page(LESSON_PATH).select("#quiz-2 .explanation > div:not([hidden])")
        assert [each.get_text(strip=True) for each in shown] == ["En haut.", "Si l’auteur est sérieux."]
        assert checked(student) == ["a", "c"]
        (mark,) = load_progress_records(app)
        assert (mark.lesson, mark.value) == ("un", "ac")

    def test_one_may_try_again(self, student: BrowserClient, app: Flask) -> None:
        submit_quiz_answer(student, 1, "a")
        submit_quiz_answer(student, 1, "b")
        assert checked(student) == ["b"]
        assert len(load_progress_records(app)) == 1

    def test_nobody_else_sees_it(self, student: BrowserClient, stranger: BrowserClient) -> None:
        submit_quiz_answer(student, 1, "b")
        assert checked(stranger) == []

    def test_reading_sets_no_cookie_answering_does(self, student: BrowserClient) -> None:
        assert "Set-Cookie" not in student.client.get(LESSON_PATH).headers
        form = student.open_page(LESSON_PATH).select_one("[name=quiz]")
        assert form is not None
        sent = student.client.post(LESSON_PATH, data={"quiz": form["value"], "choix": "b"})
        assert sent.headers["Set-Cookie"].startswith("hfcourse=")

    def test_what_is_no_answer_is_not_kept(self, student: BrowserClient, app: Flask) -> None:
        submit_quiz_answer(student, 1, "z", "b" * 5_000)
        assert [mark.value for mark in load_progress_records(app)] == [""]

    def test_a_question_that_is_gone_keeps_nothing_and_sets_no_cookie(self, client: FlaskClient, app: Flask) -> None:
        sent = client.post(LESSON_PATH, data={"quiz": "00000000", "choix": "a"})
        assert (sent.status_code, sent.headers["Location"]) == (303, LESSON_PATH)
        assert "Set-Cookie" not in sent.headers
        assert load_progress_records(app) == []

    def test_no_lesson_no_answer(self, client: FlaskClient) -> None:
        assert client.post("/lecons/9-9-rien", data={"quiz": "x"}).status_code == 404

    def test_an_edited_question_is_asked_anew(self, student: BrowserClient, short: CourseFolder) -> None:
        submit_quiz_answer(student, 1, "b")
        path = short.write("31.md", "3.1", "un", f"Un chapeau.\n\n{SINGLE_CHOICE_QUIZ.replace('Où', 'D’où')}")
        os.utime(path, ns=(1, 1))
        assert checked(student) == []

    def test_what_is_old_is_forgotten(self, student: BrowserClient, app: Flask) -> None:
        submit_quiz_answer(student, 1, "b")
        with app.app_context(), database.write_session() as session:
            session.execute(
                update(ProgressRecord).values(at=database.utc_now() - timedelta(days=app.config["KEEP_DAYS"] + 1))
            )
        submit_quiz_answer(student, 2, "a")
        assert [mark.value for mark in load_progress_records(app)] == ["a"]

    def test_what_is_old_is_forgotten_by_the_command(self, student: BrowserClient, app: Flask) -> None:
        submit_quiz_answer(student, 1, "b")
        with app.app_context():
            assert app.test_cli_runner().invoke(args=["prune"]).exit_code == 0
        assert len(load_progress_records(app)) == 1
        app.config["KEEP_DAYS"] = -1
        with app.app_context():
            assert app.test_cli_runner().invoke(args=["prune"]).exit_code == 0
        assert load_progress_records(app) == []

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
            {"Origin": "http://ailleurs.example"},
            {"Origin": "null"},
        ],
    )
    def test_another_site_cannot_answer_for_a_visitor(
        self, client: FlaskClient, app: Flask, headers: dict[str, str]
    ) -> None:
        key = parse_page(client.get(LESSON_PATH)).select_one("[name=quiz]")["value"]  # type: ignore[index]
        sent = client.post(LESSON_PATH, data={"quiz": key, "choix": "b"}, headers=headers)
        assert (sent.status_code, list_error_codes(parse_page(sent))) == (400, ["400"])
        assert "Set-Cookie" not in sent.headers
        assert load_progress_records(app) == []

    @pytest.mark.parametrize(
        "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}]
    )
    def test_the_page_itself_can(self, student: BrowserClient, headers: dict[str, str]) -> None:
        assert submit_quiz_answer(student, 1, "b", **headers)
        assert checked(student) == ["b"]


def test_the_page_of_patterns_shows_a_question_that_nobody_keeps(student: BrowserClient) -> None:
    forms = student.open_page("/motifs").select("form.quiz:not([data-experiment])")
    assert len(forms) == 2
    assert not any(form.has_attr("method") for form in forms)


def test_a_wrong_quiz_fails_the_check(app: Flask, course: CourseFolder, tmp_path: Path) -> None:
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{SINGLE_CHOICE_QUIZ.replace('[x]', '[ ]')}")
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 1
    assert "31.md:17: aucune réponse d'un quiz n'est juste. Marquez la bonne par [x]." in untypeset(result.output)
