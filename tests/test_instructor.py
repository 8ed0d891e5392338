"""The instructor's place: who gets in, how slowly others try, and what only the instructor sees."""

import json
import logging
import re
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from hfcourse import create_app, database, instructors
from hfcourse.classroom import login_links, login_queue
from hfcourse.classroom.login_queue import ABANDONED_TIMEOUT_SECONDS, MAX_DECISIONS, RESERVED_DECISIONS, WINDOW_SECONDS
from hfcourse.lessons import library, search
from tests.conftest import end
from tests.support.clients import Student, read
from tests.test_commands import invoke
from tests.test_french import mistakes_in

PASSWORD = "craie et tableau noir"
DOOR = "/enseignant/"
LESSON = "/lecons/3-2-compte-et-jeton"
NOTE = "supprimez ce jeton devant la classe"


class Clock:
    """The clock of the database, which stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = database.utc_now()

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(database, "utc_now", made)
    return made


@pytest.fixture
def taught(app: Flask, clock: Clock) -> Flask:
    """A site with a password, whose attempts are counted by a clock of ours."""
    app.config["INSTRUCTOR_PASSWORD"] = PASSWORD
    return app


def knock(client: FlaskClient, password: str, address: str = "10.0.0.1"):
    """Send the form of the door."""
    with client.session_transaction() as session:
        session.pop("login_attempt", None)
    field = read(client.get(DOOR)).select_one("[name=csrf_token]")
    assert field is not None
    data = {"csrf_token": field["value"], "mot-de-passe": password}
    return client.post(DOOR, data=data, environ_base={"REMOTE_ADDR": address})


def inside(client: FlaskClient) -> bool:
    return "notes" in client.get(DOOR).text


def notes_of(client: FlaskClient) -> list[BeautifulSoup]:
    """The notes of every lesson, each by itself."""
    index = read(client.get("/"))
    addresses = {str(link["href"]) for link in index.select("a[href^='/lecons/']")}
    found = [note for address in sorted(addresses) for note in read(client.get(address)).select(".callout.aside")]
    assert len(found) > 10
    return [BeautifulSoup(str(note), "html.parser") for note in found]


def error_of(page: BeautifulSoup) -> str:
    found = page.select_one("#mot-de-passe-e")
    return found.get_text(strip=True) if found else ""


def test_others_see_a_login_form_and_nothing_else(taught: Flask, client: FlaskClient) -> None:
    response = client.get(DOOR)
    page = read(response)
    assert response.status_code == 200
    (form,) = page.select("main form")
    assert [control.get("type") for control in form.select("input")] == ["hidden", "password"]
    assert len(page.select("main a, main button")) == 1


def test_who_knows_the_password_gets_in_and_out(taught: Flask, client: FlaskClient) -> None:
    response = knock(client, PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (303, DOOR)
    assert inside(client)
    assert mistakes_in(read(client.get(DOOR))) == []
    assert [fault for note in notes_of(client) for fault in mistakes_in(note)] == []
    field = read(client.get(DOOR)).select_one("[name=csrf_token]")
    assert field is not None
    assert client.post("/enseignant/sortir", data={"csrf_token": field["value"]}).status_code == 303
    assert not inside(client)


@pytest.mark.parametrize("wrong", ["", "craie", PASSWORD.upper(), PASSWORD + " ", "é" * 150, "x" * 10_000])
def test_who_does_not_know_it_is_told_and_stays_outside(taught: Flask, client: FlaskClient, wrong: str) -> None:
    response = knock(client, wrong)
    page = read(response)
    assert response.status_code == 400
    assert error_of(page).startswith("Ce n’est pas le mot de passe.")
    field = page.select_one("#mot-de-passe")
    assert field is not None
    assert (field.get("value"), field["aria-invalid"], field["aria-describedby"]) == (None, "true", "mot-de-passe-e")
    assert not inside(client)


def test_without_a_password_nobody_gets_in(app: Flask, client: FlaskClient) -> None:
    for password in ("", "x", "None"):
        response = knock(client, password)
        assert response.status_code == 400
        assert "HFCOURSE_INSTRUCTOR_PASSWORD" in error_of(read(response))
        assert not inside(client)


def test_a_form_of_another_site_opens_nothing(taught: Flask, client: FlaskClient) -> None:
    assert client.post(DOOR, data={"mot-de-passe": PASSWORD}).status_code == 400
    assert not inside(client)


def crowd(app: Flask, size: int, address: str = "10.0.0.1") -> list[FlaskClient]:
    """Browsers that each sent a wrong password."""
    browsers = [app.test_client() for _ in range(size)]
    for browser in browsers:
        knock(browser, "faux", address)
    return browsers


class TestQueue:
    def test_attempts_beyond_the_rate_wait_and_are_not_answered(self, taught: Flask, client: FlaskClient) -> None:
        crowd(taught, MAX_DECISIONS)
        waiting = knock(client, "faux")
        assert (waiting.status_code, waiting.headers["Refresh"]) == (202, "2; url=/enseignant/")
        assert mistakes_in(read(waiting)) == []
        assert client.get(DOOR, environ_base={"REMOTE_ADDR": "10.0.0.1"}).status_code == 202

    def test_no_more_guesses_than_the_rate_are_ever_answered(self, taught: Flask, clock: Clock) -> None:
        browsers, answered = crowd(taught, 3 * MAX_DECISIONS), MAX_DECISIONS
        for rounds in range(2, 4):
            clock.advance(WINDOW_SECONDS / 2)
            assert sum(each.get(DOOR).status_code == 400 for each in browsers) == 0
            clock.advance(WINDOW_SECONDS / 2)
            answered += sum(each.get(DOOR).status_code == 400 for each in browsers)
            assert answered <= rounds * MAX_DECISIONS

    def test_the_instructor_gets_in_from_a_fresh_browser_while_thirty_guess_at_one_address(
        self, taught: Flask, client: FlaskClient, clock: Clock
    ) -> None:
        browsers = crowd(taught, 30)
        assert knock(client, PASSWORD).status_code == 202
        for _ in range(20):
            clock.advance(WINDOW_SECONDS / 2)
            for each in browsers:
                if each.get(DOOR).status_code == 400:
                    knock(each, "faux")
            if client.get(DOOR).status_code == 303:
                break
        assert inside(client)

    def test_an_address_that_has_not_tried_does_not_wait(self, taught: Flask, client: FlaskClient) -> None:
        crowd(taught, 60)
        assert knock(client, PASSWORD, "10.0.0.2").status_code == 303

    def test_addresses_that_have_not_tried_share_what_is_reserved(
        self, taught: Flask, client: FlaskClient, clock: Clock
    ) -> None:
        addresses = [f"10.1.0.{number}" for number in range(40)]
        statuses = [knock(taught.test_client(), "faux", address).status_code for address in addresses]
        assert statuses.count(400) == MAX_DECISIONS
        assert knock(client, PASSWORD, "10.0.0.2").status_code == 202
        for _ in range(6):
            clock.advance(ABANDONED_TIMEOUT_SECONDS - 1)
            if client.get(DOOR, environ_base={"REMOTE_ADDR": "10.0.0.2"}).status_code == 303:
                break
        assert inside(client)

    def test_one_address_leaves_the_reserved_turns_to_others(self, taught: Flask) -> None:
        statuses = [knock(taught.test_client(), "faux").status_code for _ in range(MAX_DECISIONS)]
        assert statuses.count(400) == MAX_DECISIONS - RESERVED_DECISIONS
        others = [knock(taught.test_client(), "faux", f"10.2.0.{number}").status_code for number in range(5)]
        assert others.count(400) == RESERVED_DECISIONS

    def test_a_full_queue_has_a_place_for_an_address_that_does_not_wait_yet(
        self, taught: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login_queue, "MAX_WAITING", 3)
        for number in range(MAX_DECISIONS):
            knock(taught.test_client(), "faux", f"10.3.0.{number}")
        for _ in range(4):
            last = knock(taught.test_client(), "faux")
        assert last.status_code == 429
        assert knock(client, PASSWORD, "10.0.0.2").status_code == 202

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
    def test_the_machine_itself_waits_for_nobody(self, taught: Flask, client: FlaskClient, address: str) -> None:
        crowd(taught, 30)
        assert knock(client, PASSWORD, address).status_code == 303

    def test_a_browser_that_has_entered_before_waits_for_nobody(self, taught: Flask, client: FlaskClient) -> None:
        assert knock(client, PASSWORD).status_code == 303
        with client.session_transaction() as session:
            session.clear()
        crowd(taught, 30)
        assert knock(client, PASSWORD).status_code == 303

    def test_a_device_of_another_password_is_a_stranger(self, taught: Flask, client: FlaskClient) -> None:
        knock(client, PASSWORD)
        taught.config["INSTRUCTOR_PASSWORD"] = "une autre phrase"
        crowd(taught, 30)
        assert knock(client, "une autre phrase").status_code == 202

    def test_who_has_gone_away_delays_nobody(self, taught: Flask, client: FlaskClient, clock: Clock) -> None:
        crowd(taught, 90)
        clock.advance(max(WINDOW_SECONDS, ABANDONED_TIMEOUT_SECONDS) + 1)
        assert knock(client, PASSWORD).status_code == 303

    def test_attempts_are_counted_in_the_database(self, taught: Flask, client: FlaskClient) -> None:
        crowd(taught, MAX_DECISIONS)
        other = create_app({"INSTANCE": taught.instance_path, "TESTING": True, "INSTRUCTOR_PASSWORD": PASSWORD})
        assert knock(other.test_client(), PASSWORD).status_code == 202
        end(other)

    def test_a_full_queue_takes_no_more_of_one_address(
        self, taught: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login_queue, "MAX_WAITING_PER_SOURCE", 3)
        crowd(taught, MAX_DECISIONS + 3)
        refused = knock(client, PASSWORD)
        assert refused.status_code == 429
        assert error_of(read(refused)).startswith("Trop d’essais")
        assert "flask instructor-link" in error_of(read(refused))
        assert mistakes_in(read(refused)) == []
        assert knock(client, PASSWORD, "10.0.0.2").status_code == 303


def link_of(app: Flask, *words: str) -> str:
    """What `flask instructor-link` prints, as a path."""
    said = invoke(app, "instructor-link", *words)
    assert said.exit_code == 0, said.output
    return "/" + said.output.strip().split("/", 3)[3]


class TestLink:
    def test_it_opens_the_place_from_a_fresh_browser_during_a_flood(
        self, taught: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(login_queue, "MAX_WAITING_PER_SOURCE", 3)
        crowd(taught, MAX_DECISIONS + 3)
        assert knock(client, PASSWORD).status_code == 429
        response = client.get(link_of(taught), environ_base={"REMOTE_ADDR": "10.0.0.1"})
        assert (response.status_code, response.headers["Location"]) == (303, DOOR)
        assert response.headers["Cache-Control"] == "private, no-store"
        assert inside(client)

    def test_it_opens_once(self, taught: Flask, client: FlaskClient) -> None:
        link = link_of(taught)
        assert client.get(link).status_code == 303
        other = taught.test_client()
        refused = other.get(link)
        assert (refused.status_code, inside(other)) == (400, False)
        assert error_of(read(refused)).startswith("Ce lien ne sert plus")
        assert mistakes_in(read(refused)) == []
        assert client.get(link).headers["Location"] == DOOR

    def test_it_ends_after_ten_minutes(self, taught: Flask, client: FlaskClient, clock: Clock) -> None:
        link = link_of(taught)
        clock.advance(login_links.LINK_MAX_AGE_SECONDS + 1)
        assert client.get(link).status_code == 400
        link = link_of(taught)
        clock.advance(login_links.LINK_MAX_AGE_SECONDS - 1)
        assert client.get(link).status_code == 303

    def test_another_password_ends_it(self, taught: Flask, client: FlaskClient) -> None:
        link = link_of(taught)
        taught.config["INSTRUCTOR_PASSWORD"] = "une autre phrase"
        assert client.get(link).status_code == 400

    @pytest.mark.parametrize(
        "change", [lambda link: link[:-1], lambda link: link + "x", lambda link: link.replace("=", "=x", 1),
                   lambda _: "/enseignant/?code=", lambda _: "/enseignant/?code=" + "x" * 10_000,
                   lambda _: "/enseignant/?code=%ED%A0%80.a.b"]
    )  # fmt: skip
    def test_a_changed_one_opens_nothing(self, taught: Flask, client: FlaskClient, change) -> None:
        link = link_of(taught)
        assert client.get(change(link)).status_code == 400
        assert not inside(client)
        assert client.get(link).status_code == 303

    def test_its_code_is_not_the_token_of_a_session(self, taught: Flask, client: FlaskClient) -> None:
        with taught.app_context():
            token = login_links.get_link_serializer().loads(login_links.create_code())
        with client.session_transaction() as session:
            session[instructors.SESSION_KEY] = token
        assert not inside(client)

    def test_what_loads_it_in_advance_does_not_use_it(self, taught: Flask, client: FlaskClient) -> None:
        link = link_of(taught)
        client.head(link)
        client.get(link, headers={"Sec-Purpose": "prefetch;prerender"})
        assert not inside(client)
        assert client.get(link).status_code == 303

    def test_leaving_everywhere_ends_it(self, taught: Flask, client: FlaskClient) -> None:
        link = link_of(taught)
        knock(client, PASSWORD)
        field = read(client.get(DOOR)).select_one("[name=csrf_token]")
        assert field is not None
        client.post("/enseignant/sortir-partout", data={"csrf_token": field["value"]})
        assert taught.test_client().get(link).status_code == 400

    def test_the_log_does_not_tell_its_code(
        self, taught: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        link = link_of(taught)
        with caplog.at_level(logging.DEBUG):
            client.get(link)
            client.get(link, headers={"Cookie": ""})
            taught.test_client().get(link)
        events = [json.loads(each.getMessage())["event"] for each in caplog.records if each.name == "hfcourse.security"]
        assert events[0] == "login_link_used"
        assert events[-1] == "login_link_refused"
        assert link.partition("code=")[2] not in caplog.text

    def test_the_address_of_the_site_is_its_name_or_what_is_said(self, taught: Flask) -> None:
        def printed(*words: str) -> str:
            return invoke(taught, "instructor-link", *words).output

        assert printed("--site", "https://cours.example.org/hf/").startswith(
            "https://cours.example.org/hf/enseignant/?"
        )
        taught.config["HOSTS"] = (".example.org", "cours.example.org")
        assert printed().startswith("https://cours.example.org/enseignant/?code=")

    def test_without_a_password_there_is_none(self, app: Flask) -> None:
        said = invoke(app, "instructor-link")
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
        field = read(client.get(DOOR)).select_one("[name=csrf_token]")
        assert field is not None
        assert client.post(path, data={"csrf_token": field["value"]}).status_code == 303

    def test_leaving_ends_it_for_a_copied_cookie_too(self, taught: Flask, client: FlaskClient) -> None:
        knock(client, PASSWORD)
        copied = self.copy_of(taught, client)
        assert inside(copied)
        self.press(client, "/enseignant/sortir")
        assert not inside(copied)

    def test_leaving_everywhere_ends_those_of_other_browsers(self, taught: Flask, client: FlaskClient) -> None:
        other = taught.test_client()
        knock(other, PASSWORD)
        knock(client, PASSWORD)
        self.press(client, "/enseignant/sortir")
        assert inside(other)
        knock(client, PASSWORD)
        self.press(client, "/enseignant/sortir-partout")
        assert not inside(other)

    def test_a_stranger_ends_nobodys(self, taught: Flask, client: FlaskClient) -> None:
        knock(client, PASSWORD)
        self.press(taught.test_client(), "/enseignant/sortir-partout")
        assert inside(client)

    def test_entering_makes_another_proof_for_forms(self, taught: Flask, client: FlaskClient) -> None:
        client.get(DOOR)
        with client.session_transaction() as session:
            before = session["csrf_token"]
        knock(client, PASSWORD)
        client.get(DOOR)
        with client.session_transaction() as session:
            assert session["csrf_token"] != before

    def test_the_log_tells_of_it_without_address_or_password(
        self, taught: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="hfcourse.security"):
            knock(client, "faux\nevent: login_succeeded")
            knock(client, PASSWORD)
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
        self, taught: Flask, client: FlaskClient, clock: Clock
    ) -> None:
        knock(client, "faux")
        knock(client, PASSWORD)
        link_of(taught)
        assert invoke(taught, "prune").exit_code == 0
        assert self.count_rows(taught) == (2, 2)
        clock.advance(login_queue.DECIDED_TTL_SECONDS + 1)
        assert invoke(taught, "prune").exit_code == 0
        assert self.count_rows(taught) == (1, 0)
        assert inside(client)
        clock.advance(instructors.SESSION_HOURS * 3600)
        with taught.app_context():
            for chore in taught.extensions["daily_chores"]:
                chore()
        assert self.count_rows(taught) == (0, 0)


class TestTheCookie:
    def test_it_does_not_hold_the_password(self, taught: Flask, client: FlaskClient) -> None:
        knock(client, PASSWORD)
        with client.session_transaction() as session:
            assert PASSWORD not in repr(dict(session))

    def test_it_ends_after_a_day_of_class(self, taught: Flask, client: FlaskClient, clock: Clock) -> None:
        knock(client, PASSWORD)
        clock.advance(instructors.SESSION_HOURS * 3600 - 5)
        assert inside(client)
        clock.advance(10)
        assert not inside(client)

    @pytest.mark.parametrize("password", ["une autre phrase", ""])
    def test_another_password_ends_it(self, taught: Flask, client: FlaskClient, password: str) -> None:
        knock(client, PASSWORD)
        taught.config["INSTRUCTOR_PASSWORD"] = password
        assert not inside(client)

    @pytest.mark.parametrize("forged", ["x", "", {"until": 10**11, "by": "x"}, 7])
    def test_a_forged_one_is_worth_nothing(self, taught: Flask, client: FlaskClient, forged: object) -> None:
        with client.session_transaction() as session:
            session[instructors.SESSION_KEY] = forged
        assert not inside(client)


class TestNotes:
    def test_the_instructor_alone_sees_them(self, taught: Flask, student: Student) -> None:
        assert NOTE not in student.open(LESSON).get_text()
        knock(student.client, PASSWORD)
        notes = student.open(LESSON).select(".callout.aside")
        assert any(NOTE in note.get_text() for note in notes)
        assert re.search(r"Pour qui enseigne \d+\u00a0min", notes[0].get_text())

    def test_a_browser_that_kept_the_page_asks_again(self, taught: Flask, client: FlaskClient) -> None:
        before = client.get(LESSON)
        knock(client, PASSWORD)
        again = client.get(LESSON, headers={"If-None-Match": before.headers["ETag"]})
        assert (again.status_code, NOTE in again.text) == (200, True)

    @pytest.mark.parametrize("path", ["/imprimer", f"{LESSON}/projeter", "/recherche?q=supprimez+devant+la+classe"])
    def test_no_other_page_shows_them_even_to_the_instructor(
        self, taught: Flask, client: FlaskClient, path: str
    ) -> None:
        knock(client, PASSWORD)
        assert NOTE not in read(client.get(path)).get_text()

    def test_the_search_does_not_find_them(self, taught: Flask) -> None:
        with taught.app_context():
            assert not [
                each for each in search.search_course("devant la classe").results if "supprimez" in each.passage
            ]

    def test_each_lesson_has_its_time_in_class_in_its_notes(self, taught: Flask, student: Student) -> None:
        knock(student.client, PASSWORD)
        with taught.app_context():
            lessons = {lesson.slug: lesson.front.minutes for lesson in library.get_lessons()}
        for slug, minutes in lessons.items():
            labels = [
                label.get_text() for label in student.open(f"/lecons/{slug}").select(".aside .callout-label small")
            ]
            assert 0 < sum(int(label.split()[0]) for label in labels) <= minutes, slug
