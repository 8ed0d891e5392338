"""The headers of answers: who may keep a page, and the names and attributes of the cookie on http and on https."""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hfcourse.web import headers
from tests.support.apps import open_app
from tests.support.url_rules import fill_rule, list_rules

HTTPS = "https://localhost"
LESSON = "/lecons/3-1-presentation"
# Answers with nothing of the visitor in them, even of one who is known; all others are kept by nobody.
REVALIDATED, FOREVER = "private, no-cache", "public, max-age=31536000"
PUBLIC = {
    "static": FOREVER,
    "lessons.show": REVALIDATED,  # where the visitor has done nothing in it
    "lessons.project": REVALIDATED,
    "lessons.glossary": REVALIDATED,
    "experiments.index": REVALIDATED,
    "lessons.whole": REVALIDATED,
    "lessons.authoring_guide": REVALIDATED,
    "lessons.since_2025": REVALIDATED,
}
PARTS = {
    "<run_id:run_id>": "no-such-run",
    "<slug>": "3-1-presentation",
    "<path:filename>": "css/base.css",
    "<owner>/<name>": "hfcourse/entrainement",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, empty_database: bytes) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("headers")
    with open_app(folder, empty_database, INSTRUCTOR_PASSWORD="craie et tableau noir") as made:
        yield made


def cookies_of(response: TestResponse) -> SimpleCookie:
    """The cookies that an answer sets."""
    found: SimpleCookie = SimpleCookie()
    for line in response.headers.getlist("Set-Cookie"):
        found.load(line)
    return found


def visitor_of(client: FlaskClient, base_url: str) -> str | None:
    with client.session_transaction(base_url=base_url) as session:
        return session.get("visitor")


def known(client: FlaskClient, **more: object) -> FlaskClient:
    with client.session_transaction() as session:
        session.update({"visitor": "awa", **more})
    return client


class TestCookie:
    def test_on_https_it_has_the_prefix_and_what_that_requires(self, client: FlaskClient) -> None:
        (name, cookie), *others = cookies_of(client.get("/enseignant/", base_url=HTTPS)).items()
        assert (name, others) == ("__Host-hfcourse", [])
        assert (cookie["secure"], cookie["httponly"], cookie["path"]) == (True, True, "/")
        assert (cookie["domain"], cookie["samesite"]) == ("", "Lax")

    def test_on_plain_http_it_has_no_prefix_and_is_not_secure(self, client: FlaskClient) -> None:
        ((name, cookie),) = cookies_of(client.get("/enseignant/")).items()
        assert (name, cookie["secure"], cookie["httponly"]) == ("hfcourse", "", True)

    def test_a_visitor_of_the_old_cookie_stays_the_same_on_https_once(self, app: Flask, client: FlaskClient) -> None:
        known(client)
        moved = cookies_of(client.get("/enseignant/", base_url=HTTPS))
        assert moved["__Host-hfcourse"].value
        assert (moved["hfcourse"].value, moved["hfcourse"]["max-age"]) == ("", "0")
        assert visitor_of(client, HTTPS) == "awa"
        known(client, visitor="malick")  # as a page of a sibling domain could plant one
        client.get("/enseignant/", base_url=HTTPS)
        assert visitor_of(client, HTTPS) == "awa"

    def test_the_old_cookie_does_not_make_an_instructor_on_https(self, app: Flask, client: FlaskClient) -> None:
        link = app.test_cli_runner()
        with app.app_context():
            address = link.invoke(args=["instructor-link"]).output.strip()
        client.get("/" + address.split("/", 3)[3])
        assert "notes" in client.get("/enseignant/").text
        assert "notes" not in client.get("/enseignant/", base_url=HTTPS).text

    def test_a_forged_old_cookie_is_nobody(self, client: FlaskClient) -> None:
        client.set_cookie("hfcourse", "eyJ2aXNpdG9yIjoiYXdhIn0.aaaa.bbbb")
        client.get("/enseignant/", base_url=HTTPS)
        assert visitor_of(client, HTTPS) is None


class TestTransport:
    @pytest.mark.parametrize("path", ["/", LESSON, "/no-such-page", "/static/css/base.css", "/sante"])
    def test_hsts_is_on_https_alone(self, client: FlaskClient, path: str) -> None:
        with client.get(path, base_url=HTTPS, buffered=True) as secure, client.get(path, buffered=True) as plain:
            assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
            assert "Strict-Transport-Security" not in plain.headers


def policies(client: FlaskClient, app: Flask) -> dict[str, str]:
    """The Cache-Control of each view's answer to GET."""
    found = {}
    for rule in list_rules(app, "GET"):
        path = rule.rule
        for written, part in PARTS.items():
            path = path.replace(written, part)
        response = client.get(re.sub(r"<[^>]*>", "1", path), buffered=True)
        response.close()
        found[rule.endpoint] = response.headers.get("Cache-Control", "")
    return found


class TestCaching:
    def test_what_has_a_visitor_in_it_is_stored_nowhere(self, app: Flask, client: FlaskClient) -> None:
        found = policies(known(client), app)
        assert found == {endpoint: PUBLIC.get(endpoint, headers.NO_STORE) for endpoint in found}

    def test_readers_without_a_cookie_may_keep_the_course(self, app: Flask, client: FlaskClient) -> None:
        found = policies(client, app)
        assert {name: found[name] for name in PUBLIC} == PUBLIC
        for path in ("/", "/confidentialite", "/espaces/"):
            assert "Cache-Control" not in app.test_client().get(path).headers, path

    def test_a_lesson_in_which_something_was_done_is_stored_nowhere(self, client: FlaskClient) -> None:
        assert client.post(LESSON, data={"lue": "oui"}).status_code == 303
        assert client.get(LESSON).headers["Cache-Control"] == headers.NO_STORE
        assert client.get("/").headers["Cache-Control"] == headers.NO_STORE

    def test_a_form_filled_in_with_a_run_is_stored_nowhere(self, client: FlaskClient) -> None:
        page = known(client).get("/espaces/hfcourse/entrainement?essai=no-such-run")
        assert page.headers["Cache-Control"] == headers.NO_STORE

    def test_what_a_script_inserts_beside_a_form_keeps_its_page_for_the_back_button(self, client: FlaskClient) -> None:
        inserted = {"X-Fragment": "espace"}
        for path in ("/espaces/hfcourse/entrainement?essai=no-such-run", "/essais/derniers", "/essais/no-such-run"):
            answer = known(client).get(path, headers=inserted)
            assert (answer.headers["Cache-Control"], "X-Fragment" in answer.vary) == (headers.NO_CACHE, True), path
        assert client.post("/essais", headers=inserted).headers["Cache-Control"] == headers.NO_CACHE

    def test_a_page_that_makes_a_visitor_is_stored_nowhere(self, client: FlaskClient) -> None:
        response = client.get("/enseignant/")
        assert response.headers["Set-Cookie"]
        assert response.headers["Cache-Control"] == headers.NO_STORE

    def test_refused_forms_are_stored_nowhere(self, app: Flask, client: FlaskClient) -> None:
        for rule in list_rules(app, "POST"):
            response = client.post(fill_rule(rule, "nope"), data={"x": "y"})
            assert response.headers["Cache-Control"] == headers.NO_STORE, rule.rule
