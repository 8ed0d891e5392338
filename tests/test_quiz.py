"""The questions of a lesson: how they are written, answered without scripts, kept, and whose they are."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from hfcourse import database
from hfcourse.lessons.exercises import quiz
from hfcourse.lessons.exercises.progress_store import ProgressRecord
from hfcourse.lessons.exercises.quiz import Quiz
from tests.support.clients import Student, error_codes, read
from tests.support.plain_typography import untypeset
from tests.test_library import Course, course  # noqa: F401  (a course of ours)
from tests.test_markdown import FIRST_LINE, lesson, said

ONE = """::: quiz
Où vit un `jeton` ?

- [ ] Dans la page.
  > Tout le monde la lit.
- [x] Sur le serveur.
  > Lui seul le lit.
:::
"""
SEVERAL = """::: quiz
Que contient une fiche ?

- [x] La licence.
  > En haut.
- [ ] Les poids.
  > Ils sont dans les fichiers.
- [x] Les limites.
  > Si l'auteur est sérieux.
:::
"""
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
ADDRESS = "/lecons/un"


def question(source: str) -> Quiz:
    rendered = lesson(source)
    assert said(rendered) == []
    (found,) = (part for part in rendered.parts if isinstance(part, Quiz))
    return found


class TestWriting:
    def test_a_question_has_answers_with_an_explanation_each(self) -> None:
        found = question(ONE)
        assert found.question == "Où vit un <code>jeton</code>\u202f?"
        assert [answer.label for answer in found.answers] == ["Dans la page.", "Sur le serveur."]
        assert [answer.explanation for answer in found.answers] == [
            "<p>Tout le monde la lit.</p>\n",
            "<p>Lui seul le lit.</p>\n",
        ]
        assert found.right_letters == "b"

    def test_one_right_answer_makes_radio_buttons_several_make_boxes(self) -> None:
        assert lesson(ONE).html.count('type="radio"') == 2
        html = lesson(SEVERAL).html
        assert html.count('type="checkbox"') == 3
        assert "(plusieurs bonnes réponses)" in html

    def test_it_is_a_named_group_and_its_explanations_are_announced(self) -> None:
        html = lesson(ONE).html
        assert "<fieldset><legend>Où vit un" in html
        assert html.count('aria-live="polite"') == 2
        assert 'role="status"' in html

    def test_an_answer_may_be_code(self) -> None:
        found = question(LEAK)
        assert [answer.label for answer in found.answers] == ["Extrait A", "Extrait B"]
        assert 'data-lang="python"' in found.answers[0].body
        assert "hf_" in found.answers[0].body

    def test_questions_are_numbered_and_may_be_linked_to(self) -> None:
        rendered = lesson(ONE + "\n" + SEVERAL)
        assert {"quiz-1", "quiz-2"} <= rendered.anchors
        assert 'id="quiz-2"' in rendered.html

    def test_a_question_worded_anew_is_another_and_one_that_moves_is_the_same(self) -> None:
        assert question(ONE).key != question(ONE.replace("Où", "D'où")).key
        moved = [part for part in lesson(SEVERAL + "\n" + ONE).parts if isinstance(part, Quiz)][1]
        assert moved.key == question(ONE).key

    def test_an_exercise_folds_its_solution(self) -> None:
        rendered = lesson(":::: exercice Saluer\nSaluez Awa.\n\n::: solution\nVoici.\n:::\n::::\n")
        assert said(rendered) == []
        assert 'aria-labelledby="exercice-1"' in rendered.html
        assert '<details class="solution"><summary>' in rendered.html

    @pytest.mark.parametrize(
        ("source", "line", "what"),
        [
            (ONE.replace("[x]", "[ ]"), 0, "aucune réponse d'un quiz n'est juste."),
            (ONE.replace("  > Lui seul le lit.\n", ""), 5, "une réponse n'a pas d'explication."),
            (ONE.replace("[ ] ", ""), 3, "une réponse n'est pas marquée."),
            (
                ONE.replace("- [ ] Dans la page.\n  > Tout le monde la lit.\n", ""),
                0,
                "un quiz a moins de deux réponses.",
            ),
            (ONE.replace("Où vit un `jeton` ?\n", ""), 0, "un quiz ne contient pas une question, puis une liste."),
            ("::: quiz\nOù ?\n:::\n", 0, "un quiz ne contient pas une question, puis une liste."),
            (ONE.replace(":::\n", "\nAprès.\n:::\n"), 0, "un quiz ne se termine pas par la liste de ses réponses."),
            (ONE.replace("quiz", "quiz Un"), 0, "« Un », après ::: quiz, n'est pas affiché."),
            (ONE + "\n" + ONE, 9, "la même chose à faire est écrite deux fois."),
            ("::: exercice Saluer\nSaluez.\n:::\n", 0, "un exercice n'a pas de solution."),
            (":::: exercice\nA.\n\n::: solution\nB.\n:::\n::::\n", 0, "un exercice n'a pas de titre."),
        ],
    )
    def test_what_is_wrong_is_told_with_its_line_and_still_drawn(self, source: str, line: int, what: str) -> None:
        rendered = lesson(source)
        assert f"{FIRST_LINE + line}: {what}" in said(rendered)
        assert all(fault.advice for fault in rendered.lint_errors)
        assert "\0" not in rendered.html


class TestVerdict:
    def drawn(self, source: str, chosen: str) -> str:
        found = question(source)
        return found.render_html({found.key: chosen})

    def test_nothing_is_told_before_an_answer(self) -> None:
        html = question(ONE).render_html({})
        assert html.count('class="verdict" hidden') == 2
        assert html.count('aria-live="polite"><div hidden>') == 2
        assert ">Répondre</button>" in html

    def test_a_right_answer_is_kept_named_and_explained(self) -> None:
        html = self.drawn(ONE, "b")
        assert 'class="choice right"><input type="radio" name="choix" value="b" checked' in html
        assert html.count('class="verdict" hidden') == 1
        assert '<div class="why" aria-live="polite"><div><p>Lui seul le lit.' in html
        assert "Répondre à nouveau" in html

    def test_a_wrong_one_does_not_give_the_right_one_away(self) -> None:
        html = self.drawn(ONE, "a")
        assert 'class="choice wrong"' in html
        assert "choice right" not in html
        assert "<div hidden><p>Lui seul le lit." in html

    @pytest.mark.parametrize(
        ("chosen", "shown"), [("", ["none"]), ("a", ["incomplete"]), ("ac", []), ("ab", []), ("abc", [])]
    )
    def test_several_are_judged_together(self, chosen: str, shown: list[str]) -> None:
        html = self.drawn(SEVERAL, chosen)
        assert [name for name in ("none", "incomplete") if f'data-say="{name}">' in html] == shown

    def test_it_is_passed_with_all_that_is_right_and_nothing_else(self) -> None:
        found = question(SEVERAL)
        assert [quiz.is_quiz_passed(found, {found.key: chosen}) for chosen in ("ac", "a", "abc", "")] == [
            True, False, False, False,
        ]  # fmt: skip
        assert not quiz.is_quiz_passed(found, {})


@pytest.fixture
def short(course: Course) -> Course:  # noqa: F811
    """A lesson of two questions."""
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{ONE}\n{SEVERAL}")
    return course


def answer(student: Student, number: int, *chosen: str, **headers: str) -> str:
    """Answer a question as a browser without scripts does; where it leads."""
    form = student.open(ADDRESS).select("form.quiz")[number - 1]
    key = form.select_one("[name=quiz]")["value"]  # type: ignore[index]
    sent = student.client.post(ADDRESS, data={"quiz": key, "choix": list(chosen)}, headers=headers)
    assert sent.status_code == 303, sent.status_code
    return sent.headers["Location"]


def checked(student: Student) -> list[str]:
    return [str(each["value"]) for each in student.open(ADDRESS).select("[name=choix][checked]")]


def marks(app: Flask) -> list[ProgressRecord]:
    with app.app_context(), database.read_session() as session:
        return list(session.scalars(select(ProgressRecord)))


@pytest.mark.usefixtures("short")
class TestAnswering:
    def test_the_answer_leads_back_to_its_question_with_the_explanation(self, student: Student, app: Flask) -> None:
        assert answer(student, 2, "a", "c") == f"{ADDRESS}#quiz-2"
        shown = student.open(ADDRESS).select("#quiz-2 .why > div:not([hidden])")
        assert [each.get_text(strip=True) for each in shown] == ["En haut.", "Si l’auteur est sérieux."]
        assert checked(student) == ["a", "c"]
        (mark,) = marks(app)
        assert (mark.lesson, mark.value) == ("un", "ac")

    def test_one_may_try_again(self, student: Student, app: Flask) -> None:
        answer(student, 1, "a")
        answer(student, 1, "b")
        assert checked(student) == ["b"]
        assert len(marks(app)) == 1

    def test_nobody_else_sees_it(self, student: Student, stranger: Student) -> None:
        answer(student, 1, "b")
        assert checked(stranger) == []

    def test_reading_sets_no_cookie_answering_does(self, student: Student) -> None:
        assert "Set-Cookie" not in student.client.get(ADDRESS).headers
        form = student.open(ADDRESS).select_one("[name=quiz]")
        assert form is not None
        sent = student.client.post(ADDRESS, data={"quiz": form["value"], "choix": "b"})
        assert sent.headers["Set-Cookie"].startswith("hfcourse=")

    def test_what_is_no_answer_is_not_kept(self, student: Student, app: Flask) -> None:
        answer(student, 1, "z", "b" * 5_000)
        assert [mark.value for mark in marks(app)] == [""]

    def test_a_question_that_is_gone_keeps_nothing_and_sets_no_cookie(self, client: FlaskClient, app: Flask) -> None:
        sent = client.post(ADDRESS, data={"quiz": "00000000", "choix": "a"})
        assert (sent.status_code, sent.headers["Location"]) == (303, ADDRESS)
        assert "Set-Cookie" not in sent.headers
        assert marks(app) == []

    def test_no_lesson_no_answer(self, client: FlaskClient) -> None:
        assert client.post("/lecons/9-9-rien", data={"quiz": "x"}).status_code == 404

    def test_an_edited_question_is_asked_anew(self, student: Student, short: Course) -> None:
        answer(student, 1, "b")
        path = short.write("31.md", "3.1", "un", f"Un chapeau.\n\n{ONE.replace('Où', 'D’où')}")
        os.utime(path, ns=(1, 1))
        assert checked(student) == []

    def test_what_is_old_is_forgotten(self, student: Student, app: Flask) -> None:
        answer(student, 1, "b")
        with app.app_context(), database.write_session() as session:
            session.execute(
                update(ProgressRecord).values(at=database.utc_now() - timedelta(days=app.config["KEEP_DAYS"] + 1))
            )
        answer(student, 2, "a")
        assert [mark.value for mark in marks(app)] == ["a"]

    def test_so_it_is_by_the_command(self, student: Student, app: Flask) -> None:
        answer(student, 1, "b")
        with app.app_context():
            assert app.test_cli_runner().invoke(args=["prune"]).exit_code == 0
        assert len(marks(app)) == 1
        app.config["KEEP_DAYS"] = -1
        with app.app_context():
            assert app.test_cli_runner().invoke(args=["prune"]).exit_code == 0
        assert marks(app) == []

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
        key = read(client.get(ADDRESS)).select_one("[name=quiz]")["value"]  # type: ignore[index]
        sent = client.post(ADDRESS, data={"quiz": key, "choix": "b"}, headers=headers)
        assert (sent.status_code, error_codes(read(sent))) == (400, ["400"])
        assert "Set-Cookie" not in sent.headers
        assert marks(app) == []

    @pytest.mark.parametrize(
        "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}]
    )
    def test_the_page_itself_can(self, student: Student, headers: dict[str, str]) -> None:
        assert answer(student, 1, "b", **headers)
        assert checked(student) == ["b"]


def test_the_page_of_patterns_shows_a_question_that_nobody_keeps(student: Student) -> None:
    forms = student.open("/motifs").select("form.quiz")
    assert len(forms) == 2
    assert not any(form.has_attr("method") for form in forms)


def test_a_wrong_quiz_fails_the_check(app: Flask, course: Course, tmp_path: Path) -> None:  # noqa: F811
    course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{ONE.replace('[x]', '[ ]')}")
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 1
    assert "31.md:17: aucune réponse d'un quiz n'est juste. Marquez la bonne par [x]." in untypeset(result.output)
