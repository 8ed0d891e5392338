"""The instructor's page: times, plans, Spaces, facts, misconceptions; nothing of it for others."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hfcourse.classroom import preparation
from hfcourse.errors import HubError, SpaceUnavailable
from hfcourse.lessons import library
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces import catalogue
from hfcourse.spaces.hub import hub_api
from hfcourse.spaces.registry import catalogue_states
from hfcourse.web import template_globals
from tests.support.clients import BrowserClient
from tests.support.form_parsing import parse_page
from tests.support.instructor_login import LOGIN_PATH, PASSWORD, submit_password
from tests.support.lessons import CourseFolder
from tests.support.plain_typography import untypeset

WHOLE_PLAN = """[[plan]]
title = "A"
advice = "B"
[[plan.session]]
step = [{ minutes = 5, what = "C" }]
"""

BELIEF = "::: enseignant idée fausse\nIls croient que tout est permis.\n:::\n"
TIMED = "::: enseignant 7 min\nUn.\n:::\n\n::: enseignant 5 min\nDeux.\n:::\n\n::: enseignant\nTrois.\n:::\n"


@pytest.fixture
def teacher(app_with_password: Flask, student: BrowserClient) -> BrowserClient:
    """Somebody who knows the password."""
    submit_password(student.client, PASSWORD)
    return student


class TestTimes:
    def test_notes_add_up_beside_reading_and_exercises(self, teacher: BrowserClient, course: CourseFolder) -> None:
        course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{TIMED}")
        course.write("32.md", "3.2", "deux", f"Un chapeau.\n\n{TIMED}")
        page = teacher.open_page(LOGIN_PATH)
        rows = [[cell.get_text() for cell in row.select(".numeric")] for row in page.select("tbody tr, tfoot tr")]
        assert rows == [["1\u00a0min", "5\u00a0min", "12\u00a0min"]] * 2 + [
            ["2\u00a0min", "10\u00a0min", "24\u00a0min"]
        ]
        assert page.select_one("a[href='/lecons/un/projeter']")

    def test_misconceptions_stand_with_their_lesson(self, teacher: BrowserClient, course: CourseFolder) -> None:
        course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{BELIEF}")
        section = teacher.open_page(LOGIN_PATH).select_one("section[aria-labelledby=idees]")
        assert section is not None
        assert "Ils croient que tout est permis." in section.get_text()
        assert "Idée fausse courante" in teacher.open_page("/lecons/un").get_text()

    @pytest.mark.usefixtures("app_with_password")
    def test_nobody_else_reads_them(self, student: BrowserClient, course: CourseFolder) -> None:
        course.write("31.md", "3.1", "un", f"Un chapeau.\n\n{BELIEF}")
        for path in ("/lecons/un", "/imprimer", "/lecons/un/projeter", "/recherche?q=permis", LOGIN_PATH):
            assert "tout est permis" not in student.open_page(path).get_text()


class TestPlans:
    def test_each_plan_lasts_as_long_as_its_title_says(self, app: Flask) -> None:
        with app.app_context():
            plans = {plan.title: plan for plan in preparation.read_plans()}
        assert [sum(step.minutes for step in each) for each in plans["Deux séances de 50\u00a0minutes"].sessions] == [
            50,
            50,
        ]
        assert plans["Une séance de 110\u00a0minutes"].minutes == 110
        assert 300 <= plans["Une journée"].minutes <= 360

    def test_each_step_names_a_lesson_that_is_there(self, app: Flask) -> None:
        steps = [
            step
            for plan in tomllib.loads(preparation.PLANS_PATH.read_text(encoding="utf-8"))["plan"]
            for session in plan["session"]
            for step in session["step"]
        ]
        with app.app_context():
            numbers = {lesson.number for lesson in library.get_lessons()}
        assert {step["lesson"] for step in steps if "lesson" in step} <= numbers

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("[[plan", "1: ce n'est pas du TOML : "),
            ("plan = " + "1" * 5_000, "1: ce n'est pas du TOML : un nombre est trop long"),
            ("x = 1", "1: ce fichier n'a aucun plan. "),
            ("# Mes plans\n[[plan]]\ntitle = 1", "2: il manque « session » à ce plan, ou à l'une de ses étapes. "),
            ('[[plan]]\ntitle = "A"\nadvice = "B"\nsession = 1', "1: un champ de ce plan est mal écrit. "),
            (WHOLE_PLAN + WHOLE_PLAN.replace("minutes", "minute"), "6: il manque « minutes » à ce plan"),
            (WHOLE_PLAN.replace("= 5", '= "cinq"'), "1: un champ de ce plan est mal écrit. "),
            (WHOLE_PLAN.replace('"A"', "1"), "1: un champ de ce plan est mal écrit. "),
            ("plan = [1]", "1: un champ de ce plan est mal écrit. "),
        ],
    )
    def test_a_wrong_file_is_told_by_the_check_and_on_the_page(
        self, teacher: BrowserClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, what: str
    ) -> None:
        path = tmp_path / "plans.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(preparation, "PLANS_PATH", path)
        assert "flask check" in teacher.open_page(LOGIN_PATH).get_text()
        app = teacher.client.application
        with app.app_context():
            said = app.test_cli_runner().invoke(args=["check"])
        assert said.exit_code == 1
        assert f"plans.toml:{what}" in untypeset(said.output)

    def test_the_page_shows_them(self, teacher: BrowserClient) -> None:
        summaries = [
            each.get_text(strip=True)
            for each in teacher.open_page(LOGIN_PATH).select("section[aria-labelledby=plans] summary")
        ]
        assert [re.sub(r"\d+\u00a0min$", "", each) for each in summaries] == [
            "Deux séances de 50\u00a0minutes", "Une séance de 110\u00a0minutes", "Une journée",
        ]  # fmt: skip


class TestSpaces:
    def ask(self, monkeypatch: pytest.MonkeyPatch, answers: dict[str, hub_api.SpaceStatus | Exception]) -> list[str]:
        """Have the Hub answer so; return the list of what is asked."""
        asked = []

        def answer(space_id: str, *_: object) -> hub_api.SpaceStatus:
            asked.append(space_id)
            found = answers.get(space_id, hub_api.SpaceStatus("https://x.hf.space", ""))
            if isinstance(found, Exception):
                raise found
            return found

        monkeypatch.setattr(hub_api, "fetch_space_status", answer)
        return asked

    def states(self, teacher: BrowserClient) -> dict[str, str]:
        found = teacher.open_page(LOGIN_PATH).select("section[aria-labelledby=espaces] li")
        return {line.code.get_text(): line.select_one(".text-muted").get_text() for line in found if line.code}  # type: ignore[union-attr]

    def test_the_page_asks_nothing(self, teacher: BrowserClient, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.ask(monkeypatch, {})
        states = self.states(teacher)
        assert asked == []
        assert states["gradio/calculator"] == "pas encore demandé au Hub"
        assert states[catalogue.PRACTICE_SPACE_ID].startswith("endormi")

    def refresh(self, teacher: BrowserClient) -> None:
        field = teacher.open_page(LOGIN_PATH).select_one("[name=csrf_token]")
        assert field is not None
        sent = teacher.client.post("/enseignant/espaces", data={"csrf_token": field["value"]})
        assert (sent.status_code, sent.headers["Location"]) == (303, "/enseignant/#espaces")

    def test_a_click_asks_the_hub_once_for_each(self, teacher: BrowserClient, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.ask(
            monkeypatch,
            {
                "gradio/calculator": SpaceUnavailable("space-paused"),
                "gradio/image_mod": hub_api.SpaceStatus("https://x.hf.space", "space-sleeping"),
            },
        )
        self.refresh(teacher)
        states = self.states(teacher)
        assert len(asked) == len(set(asked)) == len(states) - 1
        assert states["gradio/calculator"].startswith("en pause")
        assert states["gradio/image_mod"].startswith("endormi")
        assert states["gradio/hello_world"] == "en marche"

    def test_a_silent_hub_is_asked_once(self, teacher: BrowserClient, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.ask(monkeypatch, {"gradio/hello_world": HubError("hub-unreachable")})
        self.refresh(teacher)
        assert asked == ["gradio/hello_world"]
        assert self.states(teacher)["gradio/hello_world"].startswith("le Hub ne répond pas")

    def test_nothing_is_asked_when_the_time_is_up(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.ask(monkeypatch, {})
        monkeypatch.setattr(catalogue_states, "CancelScope", lambda _seconds: CancelScope(-1))
        with app.app_context():
            catalogue_states.refresh_states()
        assert asked == []

    @pytest.mark.usefixtures("app_with_password")
    def test_nobody_else_makes_the_site_ask(self, student: BrowserClient, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.ask(monkeypatch, {})
        field = student.open_page(LOGIN_PATH).select_one("[name=csrf_token]")
        assert field is not None
        student.client.post("/enseignant/espaces", data={"csrf_token": field["value"]})
        assert asked == []


class TestFacts:
    def test_those_that_are_due_are_listed(self, teacher: BrowserClient, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "Aucun fait n’attend" in teacher.open_page(LOGIN_PATH).get_text()
        monkeypatch.setattr(template_globals, "get_today", lambda: date(2040, 1, 1))
        with teacher.client.application.app_context():
            expected = [fact.id for fact in library.get_due_facts(date(2040, 1, 1))]
        assert expected
        assert [line["data-fact"] for line in teacher.open_page(LOGIN_PATH).select("[data-fact]")] == expected

    def test_the_edition_of_2025_is_one_link_away(self, teacher: BrowserClient) -> None:
        assert teacher.open_page(LOGIN_PATH).select_one("a[href='/lecons/depuis-2025']")


class TestHeader:
    @pytest.mark.parametrize("path", ["/", "/lecons/3-1-presentation", "/espaces/", "/glossaire", "/confidentialite"])
    def test_header_says_who_is_in_and_leads_there(self, teacher: BrowserClient, path: str) -> None:
        link = teacher.open_page(path).select_one("header.site-header .toolbar a[href='/enseignant/']")
        assert link is not None
        assert link.get_text() == "Enseigner"

    @pytest.mark.usefixtures("app_with_password")
    @pytest.mark.parametrize("path", ["/", "/lecons/3-1-presentation", "/espaces/"])
    def test_nobody_else_sees_it_and_no_cookie_is_set(self, client: FlaskClient, path: str) -> None:
        answer = client.get(path)
        assert parse_page(answer).select("header.site-header a[href='/enseignant/']") == []
        assert "Set-Cookie" not in answer.headers


class TestExport:
    def test_the_whole_course_is_one_file(self, teacher: BrowserClient) -> None:
        answer = teacher.client.get("/enseignant/cours.html")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="hfcourse.html"'
        page = parse_page(answer)
        assert len(page.select("article.chapter")) == 4
        assert page.select("link[rel=stylesheet], script[src]") == []

    @pytest.mark.usefixtures("app_with_password")
    def test_others_are_sent_to_the_door(self, client: FlaskClient) -> None:
        answer = client.get("/enseignant/cours.html")
        assert (answer.status_code, answer.headers["Location"]) == (303, LOGIN_PATH)
