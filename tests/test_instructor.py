"""The instructor's place: who gets in, how slowly others try, and what only the instructor sees."""

import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from hfcourse import instructors
from hfcourse.instructors import ATTEMPTS, OF_EVERYBODY, WITHIN_SECONDS, Attempts
from hfcourse.lessons import library, search
from tests.posting import Student, read
from tests.test_french import mistakes_in

PASSWORD = "craie et tableau noir"
DOOR = "/enseignant/"
LESSON = "/lecons/3-2-compte-et-jeton"
NOTE = "supprimez ce jeton devant la classe"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def taught(app: Flask, clock: Clock) -> Flask:
    """A site with a password, whose attempts are counted by a clock of ours."""
    app.config["INSTRUCTOR_PASSWORD"] = PASSWORD
    app.extensions["attempts"] = Attempts(clock)
    return app


def knock(client: FlaskClient, password: str, address: str = "10.0.0.1"):
    """Send the form of the door."""
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


class TestSlowness:
    def test_after_some_attempts_one_waits(self, taught: Flask, client: FlaskClient, clock: Clock) -> None:
        for _ in range(ATTEMPTS):
            assert knock(client, "faux").status_code == 400
            clock.seconds += 1
        refused = knock(client, PASSWORD)
        assert refused.status_code == 429
        assert re.search(rf"dans {WITHIN_SECONDS - ATTEMPTS}\ss\.", error_of(read(refused)))
        assert not inside(client)
        clock.seconds += WITHIN_SECONDS - ATTEMPTS
        assert knock(client, PASSWORD).status_code == 303

    def test_another_address_does_not(self, taught: Flask, client: FlaskClient) -> None:
        for _ in range(ATTEMPTS):
            knock(client, "faux")
        assert knock(client, PASSWORD, "10.0.0.2").status_code == 303

    def test_many_addresses_together_do(self, clock: Clock) -> None:
        attempts = Attempts(clock)
        for number in range(OF_EVERYBODY):
            assert attempts.seconds_left(f"10.0.1.{number}") == 0
            attempts.fail(f"10.0.1.{number}")
        assert attempts.seconds_left("10.0.2.1") == WITHIN_SECONDS
        clock.seconds += WITHIN_SECONDS
        assert attempts.seconds_left("10.0.2.1") == 0

    def test_what_is_remembered_is_bounded(self, clock: Clock) -> None:
        attempts = Attempts(clock)
        for number in range(10 * OF_EVERYBODY):
            attempts.fail(str(number))
        assert len(attempts._failed) == OF_EVERYBODY


class TestTheCookie:
    def test_it_does_not_hold_the_password(self, taught: Flask, client: FlaskClient) -> None:
        knock(client, PASSWORD)
        with client.session_transaction() as session:
            assert PASSWORD not in repr(dict(session))

    def test_it_ends_after_a_day_of_class(
        self, taught: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        knock(client, PASSWORD)
        now = instructors.time.time()
        monkeypatch.setattr(instructors.time, "time", lambda: now + instructors.HOURS * 3600 - 5)
        assert inside(client)
        monkeypatch.setattr(instructors.time, "time", lambda: now + instructors.HOURS * 3600 + 5)
        assert not inside(client)

    @pytest.mark.parametrize("password", ["une autre phrase", ""])
    def test_another_password_ends_it(self, taught: Flask, client: FlaskClient, password: str) -> None:
        knock(client, PASSWORD)
        taught.config["INSTRUCTOR_PASSWORD"] = password
        assert not inside(client)

    def test_a_forged_one_is_worth_nothing(self, taught: Flask, client: FlaskClient) -> None:
        with client.session_transaction() as session:
            session[instructors.KEPT] = {"until": 10**11, "by": instructors.hmac.new(b"", b"", "sha256").hexdigest()}
        assert not inside(client)


class TestNotes:
    def test_the_instructor_alone_sees_them(self, taught: Flask, student: Student) -> None:
        assert NOTE not in student.open(LESSON).get_text()
        knock(student.client, PASSWORD)
        notes = student.open(LESSON).select(".callout.aside")
        assert any(NOTE in note.get_text() for note in notes)
        assert "5\u00a0min" in notes[0].get_text()

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
            assert not [each for each in search.search("devant la classe") if "supprimez" in each.passage]

    def test_the_times_of_a_lesson_add_up(self, taught: Flask, student: Student) -> None:
        knock(student.client, PASSWORD)
        with taught.app_context():
            lessons = {lesson.slug: lesson.front.minutes for lesson in library.lessons()}
        for slug, minutes in lessons.items():
            labels = [
                label.get_text() for label in student.open(f"/lecons/{slug}").select(".aside .callout-label small")
            ]
            assert sum(int(label.split()[0]) for label in labels) == minutes, slug
