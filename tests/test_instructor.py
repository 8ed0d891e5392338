"""The instructor's place: who gets in, how slowly others try, and what only the instructor sees."""

import json
import logging
import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from hfcourse import create_app, database, instructors
from hfcourse.classroom import login_links, login_queue
from hfcourse.classroom.login_queue import ABANDONED_TIMEOUT_SECONDS, MAX_DECISIONS, RESERVED_DECISIONS, WINDOW_SECONDS
from hfcourse.lessons import library, search
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.commands import invoke_command
from tests.support.form_parsing import parse_page
from tests.support.french_typography import find_language_errors
from tests.support.instructor_login import LOGIN_PATH, PASSWORD, submit_password

LESSON = "/lecons/3-2-compte-et-jeton"
NOTE = "supprimez ce jeton devant la classe"


def is_logged_in(client: FlaskClient) -> bool:
    return "notes" in client.get(LOGIN_PATH).text


def list_instructor_notes(client: FlaskClient) -> list[BeautifulSoup]:
    """The notes of every lesson, each by itself."""
    index = parse_page(client.get("/"))
    addresses = {str(link["href"]) for link in index.select("a[href^='/lecons/']")}
    found = [
        note for address in sorted(addresses) for note in parse_page(client.get(address)).select(".callout--aside")
    ]
    assert len(found) > 10
    return [BeautifulSoup(str(note), "html.parser") for note in found]


def get_login_error(page: BeautifulSoup) -> str:
    found = page.select_one("#mot-de-passe-e")
    return found.get_text(strip=True) if found else ""


def test_others_see_a_login_form_and_nothing_else(app_with_password: Flask, client: FlaskClient) -> None:
    response = client.get(LOGIN_PATH)
    page = parse_page(response)
    assert response.status_code == 200
    (form,) = page.select("main form")
    assert [control.get("type") for control in form.select("input")] == ["hidden", "password"]
    assert len(page.select("main a, main button")) == 1


def test_who_knows_the_password_gets_in_and_out(app_with_password: Flask, client: FlaskClient) -> None:
    response = submit_password(client, PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (303, LOGIN_PATH)
    assert is_logged_in(client)
    assert find_language_errors(parse_page(client.get(LOGIN_PATH))) == []
    assert [fault for note in list_instructor_notes(client) for fault in find_language_errors(note)] == []
    field = parse_page(client.get(LOGIN_PATH)).select_one("[name=csrf_token]")
    assert field is not None
    assert client.post("/enseignant/sortir", data={"csrf_token": field["value"]}).status_code == 303
    assert not is_logged_in(client)


@pytest.mark.parametrize("wrong", ["", "craie", PASSWORD.upper(), PASSWORD + " ", "é" * 150, "x" * 10_000])
def test_who_does_not_know_it_is_told_and_stays_outside(
    app_with_password: Flask, client: FlaskClient, wrong: str
) -> None:
    response = submit_password(client, wrong)
    page = parse_page(response)
    assert response.status_code == 400
    assert get_login_error(page).startswith("Ce n’est pas le mot de passe.")
    field = page.select_one("#mot-de-passe")
    assert field is not None
    assert (field.get("value"), field["aria-invalid"], field["aria-describedby"]) == (None, "true", "mot-de-passe-e")
    assert not is_logged_in(client)


def test_without_a_password_nobody_gets_in(app: Flask, client: FlaskClient) -> None:
    for password in ("", "x", "None"):
        response = submit_password(client, password)
        assert response.status_code == 400
        assert "HFCOURSE_INSTRUCTOR_PASSWORD" in get_login_error(parse_page(response))
        assert not is_logged_in(client)


def test_a_form_of_another_site_opens_nothing(app_with_password: Flask, client: FlaskClient) -> None:
    assert client.post(LOGIN_PATH, data={"mot-de-passe": PASSWORD}).status_code == 400
    assert not is_logged_in(client)


def send_wrong_passwords(app: Flask, size: int, address: str = "10.0.0.1") -> list[FlaskClient]:
    """Browsers that each sent a wrong password."""
    browsers = [app.test_client() for _ in range(size)]
    for browser in browsers:
        submit_password(browser, "faux", address)
    return browsers


class TestQueue:
    def test_attempts_beyond_the_rate_wait_and_are_not_answered(
        self, app_with_password: Flask, client: FlaskClient
    ) -> None:
        send_wrong_passwords(app_with_password, MAX_DECISIONS)
        waiting = submit_password(client, "faux")
        assert (waiting.status_code, waiting.headers["Refresh"]) == (202, "2; url=/enseignant/")
        assert find_language_errors(parse_page(waiting)) == []
        assert client.get(LOGIN_PATH, environ_base={"REMOTE_ADDR": "10.0.0.1"}).status_code == 202

    def test_no_more_guesses_than_the_rate_are_ever_answered(
        self, app_with_password: Flask, wall_clock: Traveller
    ) -> None:
        browsers, answered = send_wrong_passwords(app_with_password, 3 * MAX_DECISIONS), MAX_DECISIONS
        for rounds in range(2, 4):
            wall_clock.shift(WINDOW_SECONDS / 2)
            assert sum(each.get(LOGIN_PATH).status_code == 400 for each in browsers) == 0
            wall_clock.shift(WINDOW_SECONDS / 2)
            answered += sum(each.get(LOGIN_PATH).status_code == 400 for each in browsers)
            assert answered <= rounds * MAX_DECISIONS

    def test_the_instructor_gets_in_from_a_fresh_browser_while_thirty_guess_at_one_address(
        self, app_with_password: Flask, client: FlaskClient, wall_clock: Traveller
    ) -> None:
        browsers = send_wrong_passwords(app_with_password, 30)
        assert submit_password(client, PASSWORD).status_code == 202
        for _ in range(20):
            wall_clock.shift(WINDOW_SECONDS / 2)
            for each in browsers:
                if each.get(LOGIN_PATH).status_code == 400:
                    submit_password(each, "faux")
            if client.get(LOGIN_PATH).status_code == 303:
                break
        assert is_logged_in(client)

    def test_an_address_that_has_not_tried_does_not_wait(self, app_with_password: Flask, client: FlaskClient) -> None:
        send_wrong_passwords(app_with_password, 60)
        assert submit_password(client, PASSWORD, "10.0.0.2").status_code == 303

    def test_addresses_that_have_not_tried_share_what_is_reserved(
        self, app_with_password: Flask, client: FlaskClient, wall_clock: Traveller
    ) -> None:
        addresses = [f"10.1.0.{number}" for number in range(40)]
        statuses = [
            submit_password(app_with_password.test_client(), "faux", address).status_code for address in addresses
        ]
        assert statuses.count(400) == MAX_DECISIONS
        assert submit_password(client, PASSWORD, "10.0.0.2").status_code == 202
        for _ in range(6):
            wall_clock.shift(ABANDONED_TIMEOUT_SECONDS - 1)
            if client.get(LOGIN_PATH, environ_base={"REMOTE_ADDR": "10.0.0.2"}).status_code == 303:
                break
        assert is_logged_in(client)

    def test_one_address_leaves_the_reserved_turns_to_others(self, app_with_password: Flask) -> None:
        statuses = [submit_password(app_with_password.test_client(), "faux").status_code for _ in range(MAX_DECISIONS)]
        assert statuses.count(400) == MAX_DECISIONS - RESERVED_DECISIONS
        others = [
            submit_password(app_with_password.test_client(), "faux", f"10.2.0.{number}").status_code
            for number in range(5)
        ]
        assert others.count(400) == RESERVED_DECISIONS

    def test_a_full_queue_has_a_place_for_an_address_that_does_not_wait_yet(
        self, app_with_password: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login_queue, "MAX_WAITING", 3)
        for number in range(MAX_DECISIONS):
            submit_password(app_with_password.test_client(), "faux", f"10.3.0.{number}")
        for _ in range(4):
            last = submit_password(app_with_password.test_client(), "faux")
        assert last.status_code == 429
        assert submit_password(client, PASSWORD, "10.0.0.2").status_code == 202

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
    def test_the_machine_itself_waits_for_nobody(
        self, app_with_password: Flask, client: FlaskClient, address: str
    ) -> None:
        send_wrong_passwords(app_with_password, 30)
        assert submit_password(client, PASSWORD, address).status_code == 303

    def test_a_browser_that_has_entered_before_waits_for_nobody(
        self, app_with_password: Flask, client: FlaskClient
    ) -> None:
        assert submit_password(client, PASSWORD).status_code == 303
        with client.session_transaction() as session:
            session.clear()
        send_wrong_passwords(app_with_password, 30)
        assert submit_password(client, PASSWORD).status_code == 303

    def test_a_device_of_another_password_is_a_stranger(self, app_with_password: Flask, client: FlaskClient) -> None:
        submit_password(client, PASSWORD)
        app_with_password.config["INSTRUCTOR_PASSWORD"] = "une autre phrase"
        send_wrong_passwords(app_with_password, 30)
        assert submit_password(client, "une autre phrase").status_code == 202

    def test_who_has_gone_away_delays_nobody(
        self, app_with_password: Flask, client: FlaskClient, wall_clock: Traveller
    ) -> None:
        send_wrong_passwords(app_with_password, 90)
        wall_clock.shift(max(WINDOW_SECONDS, ABANDONED_TIMEOUT_SECONDS) + 1)
        assert submit_password(client, PASSWORD).status_code == 303

    def test_attempts_are_counted_in_the_database(self, app_with_password: Flask, client: FlaskClient) -> None:
        send_wrong_passwords(app_with_password, MAX_DECISIONS)
        other = create_app(
            {"INSTANCE": app_with_password.instance_path, "TESTING": True, "INSTRUCTOR_PASSWORD": PASSWORD}
        )
        assert submit_password(other.test_client(), PASSWORD).status_code == 202
        close_app(other)

    def test_a_full_queue_takes_no_more_of_one_address(
        self, app_with_password: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login_queue, "MAX_WAITING_PER_SOURCE", 3)
        send_wrong_passwords(app_with_password, MAX_DECISIONS + 3)
        refused = submit_password(client, PASSWORD)
        assert refused.status_code == 429
        assert get_login_error(parse_page(refused)).startswith("Trop d’essais")
        assert "flask instructor-link" in get_login_error(parse_page(refused))
        assert find_language_errors(parse_page(refused)) == []
        assert submit_password(client, PASSWORD, "10.0.0.2").status_code == 303


def link_of(app: Flask, *words: str) -> str:
    """What `flask instructor-link` prints, as a path."""
    said = invoke_command(app, "instructor-link", *words)
    assert said.exit_code == 0, said.output
    return "/" + said.output.strip().split("/", 3)[3]


class TestLink:
    def test_link_opens_the_place_from_a_fresh_browser_during_a_flood(
        self, app_with_password: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login_queue, "MAX_WAITING_PER_SOURCE", 3)
        send_wrong_passwords(app_with_password, MAX_DECISIONS + 3)
        assert submit_password(client, PASSWORD).status_code == 429
        response = client.get(link_of(app_with_password), environ_base={"REMOTE_ADDR": "10.0.0.1"})
        assert (response.status_code, response.headers["Location"]) == (303, LOGIN_PATH)
        assert response.headers["Cache-Control"] == "private, no-store"
        assert is_logged_in(client)

    def test_link_opens_once(self, app_with_password: Flask, client: FlaskClient) -> None:
        link = link_of(app_with_password)
        assert client.get(link).status_code == 303
        other = app_with_password.test_client()
        refused = other.get(link)
        assert (refused.status_code, is_logged_in(other)) == (400, False)
        assert get_login_error(parse_page(refused)).startswith("Ce lien ne sert plus")
        assert find_language_errors(parse_page(refused)) == []
        assert client.get(link).headers["Location"] == LOGIN_PATH

    def test_link_ends_after_ten_minutes(
        self, app_with_password: Flask, client: FlaskClient, wall_clock: Traveller
    ) -> None:
        link = link_of(app_with_password)
        wall_clock.shift(login_links.LINK_MAX_AGE_SECONDS + 1)
        assert client.get(link).status_code == 400
        link = link_of(app_with_password)
        wall_clock.shift(login_links.LINK_MAX_AGE_SECONDS - 1)
        assert client.get(link).status_code == 303

    def test_another_password_ends_it(self, app_with_password: Flask, client: FlaskClient) -> None:
        link = link_of(app_with_password)
        app_with_password.config["INSTRUCTOR_PASSWORD"] = "une autre phrase"
        assert client.get(link).status_code == 400

    @pytest.mark.parametrize(
        "change", [lambda link: link[:-1], lambda link: link + "x", lambda link: link.replace("=", "=x", 1),
                   lambda _: "/enseignant/?code=", lambda _: "/enseignant/?code=" + "x" * 10_000,
                   lambda _: "/enseignant/?code=%ED%A0%80.a.b"]
    )  # fmt: skip
    def test_a_changed_one_opens_nothing(self, app_with_password: Flask, client: FlaskClient, change) -> None:
        link = link_of(app_with_password)
        assert client.get(change(link)).status_code == 400
        assert not is_logged_in(client)
        assert client.get(link).status_code == 303

    def test_code_of_a_link_is_not_the_token_of_a_session(self, app_with_password: Flask, client: FlaskClient) -> None:
        with app_with_password.app_context():
            token = login_links.get_link_serializer().loads(login_links.create_code())
        with client.session_transaction() as session:
            session[instructors.SESSION_KEY] = token
        assert not is_logged_in(client)

    def test_what_loads_it_in_advance_does_not_use_it(self, app_with_password: Flask, client: FlaskClient) -> None:
        link = link_of(app_with_password)
        client.head(link)
        client.get(link, headers={"Sec-Purpose": "prefetch;prerender"})
        assert not is_logged_in(client)
        assert client.get(link).status_code == 303

    def test_leaving_everywhere_ends_it(self, app_with_password: Flask, client: FlaskClient) -> None:
        link = link_of(app_with_password)
        submit_password(client, PASSWORD)
        field = parse_page(client.get(LOGIN_PATH)).select_one("[name=csrf_token]")
        assert field is not None
        client.post("/enseignant/sortir-partout", data={"csrf_token": field["value"]})
        assert app_with_password.test_client().get(link).status_code == 400

    def test_the_log_does_not_tell_its_code(
        self, app_with_password: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        link = link_of(app_with_password)
        with caplog.at_level(logging.DEBUG):
            client.get(link)
            client.get(link, headers={"Cookie": ""})
            app_with_password.test_client().get(link)
        events = [json.loads(each.getMessage())["event"] for each in caplog.records if each.name == "hfcourse.security"]
        assert events[0] == "login_link_used"
        assert events[-1] == "login_link_refused"
        assert link.partition("code=")[2] not in caplog.text

    def test_the_address_of_the_site_is_its_name_or_what_is_said(self, app_with_password: Flask) -> None:
        def printed(*words: str) -> str:
            return invoke_command(app_with_password, "instructor-link", *words).output

        assert printed("--site", "https://cours.example.org/hf/").startswith(
            "https://cours.example.org/hf/enseignant/?"
        )
        app_with_password.config["HOSTS"] = (".example.org", "cours.example.org")
        assert printed().startswith("https://cours.example.org/enseignant/?code=")

    def test_without_a_password_there_is_none(self, app: Flask) -> None:
        said = invoke_command(app, "instructor-link")
        assert said.exit_code == 1
        assert "HFCOURSE_INSTRUCTOR_PASSWORD" in said.output


class TestSession:
    def copy_of(self, app: Flask, client: FlaskClient) -> FlaskClient:
        """Another browser with the same cookie."""
        copied = app.test_client()
        cookie = client.get_cookie("hfcourse")
        assert cookie
        copied.set_cookie("hfcourse", cookie.value)
        return copied

    def press(self, client: FlaskClient, path: str) -> None:
        field = parse_page(client.get(LOGIN_PATH)).select_one("[name=csrf_token]")
        assert field is not None
        assert client.post(path, data={"csrf_token": field["value"]}).status_code == 303

    def test_leaving_ends_it_for_a_copied_cookie_too(self, app_with_password: Flask, client: FlaskClient) -> None:
        submit_password(client, PASSWORD)
        copied = self.copy_of(app_with_password, client)
        assert is_logged_in(copied)
        self.press(client, "/enseignant/sortir")
        assert not is_logged_in(copied)

    def test_leaving_everywhere_ends_those_of_other_browsers(
        self, app_with_password: Flask, client: FlaskClient
    ) -> None:
        other = app_with_password.test_client()
        submit_password(other, PASSWORD)
        submit_password(client, PASSWORD)
        self.press(client, "/enseignant/sortir")
        assert is_logged_in(other)
        submit_password(client, PASSWORD)
        self.press(client, "/enseignant/sortir-partout")
        assert not is_logged_in(other)

    def test_a_stranger_ends_nobodys(self, app_with_password: Flask, client: FlaskClient) -> None:
        submit_password(client, PASSWORD)
        self.press(app_with_password.test_client(), "/enseignant/sortir-partout")
        assert is_logged_in(client)

    def test_entering_makes_another_csrf_token(self, app_with_password: Flask, client: FlaskClient) -> None:
        client.get(LOGIN_PATH)
        with client.session_transaction() as session:
            before = session["csrf_token"]
        submit_password(client, PASSWORD)
        client.get(LOGIN_PATH)
        with client.session_transaction() as session:
            assert session["csrf_token"] != before

    def test_the_log_tells_of_it_without_address_or_password(
        self, app_with_password: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="hfcourse.security"):
            submit_password(client, "faux\nevent: login_succeeded")
            submit_password(client, PASSWORD)
            self.press(client, "/enseignant/sortir")
        lines = [json.loads(each.getMessage()) for each in caplog.records if each.name == "hfcourse.security"]
        assert [line["event"] for line in lines] == ["login_refused", "login_succeeded", "logout"]
        assert "10.0.0.1" not in caplog.text
        assert PASSWORD not in caplog.text


class TestPruning:
    def count_rows(self, app: Flask) -> tuple[int, int]:
        with app.app_context(), database.read_session() as opened:
            kinds = (instructors.InstructorSession, login_queue.LoginAttempt)
            return tuple(len(opened.scalars(select(kind)).all()) for kind in kinds)

    def test_the_daily_chore_deletes_what_has_expired_and_nothing_else(
        self, app_with_password: Flask, client: FlaskClient, wall_clock: Traveller
    ) -> None:
        submit_password(client, "faux")
        submit_password(client, PASSWORD)
        link_of(app_with_password)
        assert invoke_command(app_with_password, "prune").exit_code == 0
        assert self.count_rows(app_with_password) == (2, 2)
        wall_clock.shift(login_queue.DECIDED_TTL_SECONDS + 1)
        assert invoke_command(app_with_password, "prune").exit_code == 0
        assert self.count_rows(app_with_password) == (1, 0)
        assert is_logged_in(client)
        wall_clock.shift(instructors.SESSION_HOURS * 3600)
        with app_with_password.app_context():
            for chore in app_with_password.extensions["daily_chores"]:
                chore()
        assert self.count_rows(app_with_password) == (0, 0)


class TestTheCookie:
    def test_cookie_does_not_hold_the_password(self, app_with_password: Flask, client: FlaskClient) -> None:
        submit_password(client, PASSWORD)
        with client.session_transaction() as session:
            assert PASSWORD not in repr(dict(session))

    def test_cookie_ends_after_a_day_of_class(
        self, app_with_password: Flask, client: FlaskClient, wall_clock: Traveller
    ) -> None:
        submit_password(client, PASSWORD)
        wall_clock.shift(instructors.SESSION_HOURS * 3600 - 5)
        assert is_logged_in(client)
        wall_clock.shift(10)
        assert not is_logged_in(client)

    @pytest.mark.parametrize("password", ["une autre phrase", ""])
    def test_another_password_ends_it(self, app_with_password: Flask, client: FlaskClient, password: str) -> None:
        submit_password(client, PASSWORD)
        app_with_password.config["INSTRUCTOR_PASSWORD"] = password
        assert not is_logged_in(client)

    @pytest.mark.parametrize("forged", ["x", "", {"until": 10**11, "by": "x"}, 7])
    def test_a_forged_one_is_worth_nothing(self, app_with_password: Flask, client: FlaskClient, forged: object) -> None:
        with client.session_transaction() as session:
            session[instructors.SESSION_KEY] = forged
        assert not is_logged_in(client)


class TestNotes:
    def test_the_instructor_alone_sees_them(self, app_with_password: Flask, student: BrowserClient) -> None:
        assert NOTE not in student.open_page(LESSON).get_text()
        submit_password(student.client, PASSWORD)
        notes = student.open_page(LESSON).select(".callout--aside")
        assert any(NOTE in note.get_text() for note in notes)
        assert re.search(r"Pour qui enseigne \d+\u00a0min", notes[0].get_text())

    def test_a_browser_that_kept_the_page_asks_again(self, app_with_password: Flask, client: FlaskClient) -> None:
        before = client.get(LESSON)
        submit_password(client, PASSWORD)
        again = client.get(LESSON, headers={"If-None-Match": before.headers["ETag"]})
        assert (again.status_code, NOTE in again.text) == (200, True)

    @pytest.mark.parametrize("path", ["/imprimer", f"{LESSON}/projeter", "/recherche?q=supprimez+devant+la+classe"])
    def test_no_other_page_shows_them_even_to_the_instructor(
        self, app_with_password: Flask, client: FlaskClient, path: str
    ) -> None:
        submit_password(client, PASSWORD)
        assert NOTE not in parse_page(client.get(path)).get_text()

    def test_the_search_does_not_find_them(self, app_with_password: Flask) -> None:
        with app_with_password.app_context():
            assert not [
                each for each in search.search_course("devant la classe").results if "supprimez" in each.passage
            ]

    def test_each_lesson_has_its_time_in_class_in_its_notes(
        self, app_with_password: Flask, student: BrowserClient
    ) -> None:
        submit_password(student.client, PASSWORD)
        with app_with_password.app_context():
            lessons = {lesson.slug: lesson.front.minutes for lesson in library.get_lessons()}
        for slug, minutes in lessons.items():
            labels = [
                label.get_text()
                for label in student.open_page(f"/lecons/{slug}").select(".callout--aside .callout-label small")
            ]
            assert 0 < sum(int(label.split()[0]) for label in labels) <= minutes, slug
