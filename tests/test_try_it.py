"""A try-it block of a lesson: what it is before anybody opens it, and the parts that are given to it."""

import re
from typing import Any
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hfcourse.lessons import library
from hfcourse.practice.server import PracticeServer
from tests.support.clients import PRACTICE_PATH, BrowserClient
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.practice_space import PRACTICE_ENDPOINTS

IN_A_LESSON = {"X-Fragment": "lecon"}
HEADINGS = "h1, h2, h3, h5, h6"


def asked(client: FlaskClient, address: str, **options: Any) -> TestResponse:
    """What the script of a lesson gets."""
    return client.get(address, headers=IN_A_LESSON, **options)


def form_in_a_lesson(client: FlaskClient, endpoint: str) -> BeautifulSoup:
    return parse_page(asked(client, f"{PRACTICE_PATH}?endpoint={endpoint}"))


def send(client: FlaskClient, page: BeautifulSoup, **changes: str | None) -> TestResponse:
    """Send the form of a block as its script does, and follow where that leads."""
    form = page.select_one("form[data-endpoint]")
    assert form is not None
    sent = collect_form_fields(form) | {f"arg-{name}": value for name, value in changes.items() if value is not None}
    for name, value in changes.items():
        if value is None:
            del sent[f"arg-{name}"]
    return client.post(str(form["action"]), data=sent, headers=IN_A_LESSON, follow_redirects=True)


def is_a_part(page: BeautifulSoup) -> bool:
    """Nothing of a page around it, and headings that stand under that of a block?"""
    return (
        not page.select(f"html, main, .breadcrumbs, .site-header, title, {HEADINGS}")
        and len(page.select("body > *, :root")) <= 1
    )


# --- before anybody opens it


@pytest.mark.usefixtures("app")
def test_a_lesson_sets_no_cookie_and_wakes_nobody(app: Flask, client: FlaskClient) -> None:
    page = client.get("/lecons/3-3-tester-un-space")
    assert "Set-Cookie" not in page.headers
    assert parse_page(page).select(".try-it [data-try]")
    assert app.extensions["practice"].state == "asleep"


def test_the_blocks_of_the_lessons_name_endpoints_that_the_practice_space_has(app: Flask) -> None:
    with app.app_context():
        named = {
            (lesson.number, link.address)
            for lesson in library.get_lessons()
            for link in lesson.links
            if "endpoint=" in link.address
        }
    known = {f"{PRACTICE_PATH}?endpoint={name}" for name in PRACTICE_ENDPOINTS}
    assert {address for _, address in named} <= known
    assert {number for number, _ in named} == {"3.1", "3.2", "3.3", "3.4"}


def test_each_block_is_a_button_where_scripts_run_and_a_link_where_not(student: BrowserClient) -> None:
    for block in student.open_page("/lecons/3-3-tester-un-space").select("section.try-it"):
        button, link = block.select_one("button[data-js][data-try]"), block.select_one("a[data-bare]")
        assert button is not None
        assert link is not None
        assert button.get_text(strip=True) == "Essayer ici"
        assert str(link["href"]).startswith(f"{PRACTICE_PATH}?endpoint=/")


def test_where_no_form_can_be_opened_in_place_there_are_links_alone(student: BrowserClient, app: Flask) -> None:
    from hfcourse.lessons import single_page

    with app.test_request_context():
        pages = [
            student.open_page("/imprimer"),
            BeautifulSoup(single_page.render_course_export("https://a.example"), "html.parser"),
        ]
    for page in pages:
        assert len(page.select(".try-it a[href*='/espaces/']:not([data-bare])")) == len(page.select(".try-it"))
        assert page.select(".try-it")
        assert not page.select(".try-it button")


def test_the_script_that_opens_it_comes_only_then(student: BrowserClient) -> None:
    for address in ("/lecons/3-1-presentation", "/lecons/3-1-presentation/projeter", "/motifs", "/motifs/lecons"):
        page = student.open_page(address)
        (script,) = page.select("script[data-try-styles]")
        for style_sheet in str(script["data-try-styles"]).split():
            with student.client.get(style_sheet) as style:
                assert style.status_code == 200
        with student.client.get(str(script["src"])) as entry:
            assert entry.status_code == 200
            (panels,) = set(re.findall(r'import\("([^"]+panels[^"]+)"\)', entry.text))
        with student.client.get(urljoin(str(script["src"]), panels)) as answer:
            assert "class TryPanel" not in entry.text
            assert "reopenPanels" in answer.text


# --- what is given to it


@pytest.mark.usefixtures("awake_practice")
class TestParts:
    def test_the_form_alone_with_what_proves_it(self, client: FlaskClient) -> None:
        page = form_in_a_lesson(client, "/saluer")
        assert is_a_part(page)
        assert page.select_one("form[data-endpoint='/saluer'] [name=csrf_token]") is not None
        scripts = page.select("[data-scripts]")[0]["data-scripts"]
        addresses = [re.sub(r"\?.*", "", each) for each in str(scripts).split()]
        assert addresses == ["/static/js/form/fields.js", "/static/js/form/examples.js"]

    def test_the_page_of_the_space_is_whole_for_everybody_else(self, student: BrowserClient) -> None:
        page = student.open_form("/saluer")
        assert page.select_one("html main h1") is not None
        assert page.select_one("[data-scripts]") is None

    def test_a_refused_form_comes_back_as_a_part_with_all_that_was_typed(self, client: FlaskClient) -> None:
        answer = send(client, form_in_a_lesson(client, "/calculer"), a="douze", b="3")
        assert answer.status_code == 400
        page = parse_page(answer)
        assert is_a_part(page)
        assert list_error_codes(page) == ["invalid-input"]
        assert page.select("[name=arg-a]")[0]["value"] == "douze"
        assert page.select("[name=arg-b]")[0]["value"] == "3"

    def test_an_endpoint_that_is_gone_says_so_alone(self, client: FlaskClient) -> None:
        answer = asked(client, f"{PRACTICE_PATH}?endpoint=/rien")
        assert answer.status_code == 404
        assert list_error_codes(parse_page(answer)) == ["endpoint-gone"]
        assert is_a_part(parse_page(answer))

    def test_the_run_follows_and_leads_to_its_own_page_and_to_the_form_again(self, client: FlaskClient) -> None:
        page = parse_page(send(client, form_in_a_lesson(client, "/compter"), jusqua="20", pause="2"))
        (article,) = page.select("article[data-run]")
        assert is_a_part(page)
        run = f"/essais/{article['data-run']}"
        assert page.select_one(f"a[href='{run}']") is not None
        for name, address in (("data-stream", f"{run}/flux"), ("data-poll", f"{run}/statut")):
            assert article[name] == f"{address}?dans=lecon"
        live = parse_page(client.get(f"{run}/statut?dans=lecon"))
        assert is_a_part(live)
        assert live.select_one("article [data-stop]") is not None
        client.post(f"{run}/arreter", data=collect_form_fields(live.select("form[data-stop]")[0]))
        assert BrowserClient(client).wait_for_end(run)["status"] == "stopped"
        ended = parse_page(asked(client, run))
        assert ended.select("article")[0]["data-status"] == "stopped"
        again = [
            str(link["href"]) for link in ended.select("a") if link.get_text(strip=True) == "Reprendre ces valeurs"
        ]
        assert again == [f"{PRACTICE_PATH}?endpoint=/compter&essai={article['data-run']}"]
        assert parse_page(asked(client, again[0])).select("[name=arg-jusqua]")[0]["value"] == "20"

    def test_the_code_and_the_trace_of_an_ended_run_are_parts_of_their_own(self, client: FlaskClient) -> None:
        page = parse_page(send(client, form_in_a_lesson(client, "/saluer"), prenom="Awa"))
        run = f"/essais/{page.select('article')[0]['data-run']}"
        BrowserClient(client).wait_for_end(run)
        ended = parse_page(asked(client, run))
        assert is_a_part(ended)
        folded = {str(each["data-fragment"]): each for each in ended.select("details[data-fragment]")}
        assert [str(each.select("a")[0]["href"]) for each in folded.values()] == [
            f"{run}#code-{page.select('article')[0]['data-run']}",
            f"{run}/echanges",
        ]
        for name, root in (("code", "[data-run-code] pre[data-lang=python]"), ("trace", "[data-trace-state]")):
            answer = client.get(str(folded[name]["data-address"]), headers={"X-Fragment": name})
            assert is_a_part(parse_page(answer))
            assert parse_page(answer).select_one(root) is not None
            assert "no-store" not in answer.headers["Cache-Control"]
            assert client.get(str(folded[name]["data-styles"])).status_code == 200
        (workshop,) = ended.select("a[data-leave]")
        assert str(workshop["href"]).endswith(f"?endpoint=/saluer&essai={page.select('article')[0]['data-run']}")

    def test_a_run_in_progress_has_no_code_and_no_trace_yet(self, client: FlaskClient) -> None:
        page = parse_page(send(client, form_in_a_lesson(client, "/compter"), jusqua="20", pause="2"))
        assert page.select("article [data-stop]")
        assert not page.select("[data-fragment], [data-leave]")
        client.post(
            f"/essais/{page.select('article')[0]['data-run']}/arreter",
            data=collect_form_fields(page.select("form[data-stop]")[0]),
        )

    def test_the_code_of_a_run_is_its_owners_and_without_a_script_on_its_page(
        self, client: FlaskClient, stranger: BrowserClient
    ) -> None:
        page = parse_page(send(client, form_in_a_lesson(client, "/saluer"), prenom="Awa"))
        run_id = page.select("article")[0]["data-run"]
        answer = client.get(f"/essais/{run_id}/code")
        assert (answer.status_code, answer.location) == (302, f"/essais/{run_id}#code-{run_id}")
        for headers in ({}, {"X-Fragment": "code"}):
            assert stranger.client.get(f"/essais/{run_id}/code", headers=headers).status_code == 404

    def test_a_stream_of_a_lesson_tells_parts(self, client: FlaskClient) -> None:
        page = parse_page(send(client, form_in_a_lesson(client, "/saluer"), prenom="Awa"))
        run = page.select("article")[0]["data-run"]
        server = {"wsgi.multithread": True, "SERVER_SOFTWARE": "Werkzeug"}
        told = client.get(f"/essais/{run}/flux?dans=lecon", environ_overrides=server).text
        last = told.split("\n\n")[-2]
        part = BeautifulSoup(last.replace("data: ", ""), "html.parser")
        assert is_a_part(part)
        assert "Essai réussi" in part.get_text()

    def test_a_strangers_run_is_nobodys_part(self, client: FlaskClient, stranger: BrowserClient) -> None:
        page = parse_page(send(client, form_in_a_lesson(client, "/saluer"), prenom="Awa"))
        answer = asked(stranger.client, f"/essais/{page.select('article')[0]['data-run']}")
        assert answer.status_code == 404
        assert "Awa" not in answer.text
        assert is_a_part(parse_page(answer))

    def test_a_form_without_its_csrf_token_comes_back(self, client: FlaskClient) -> None:
        page = form_in_a_lesson(client, "/saluer")
        page.select("[name=csrf_token]")[0]["value"] = "faux"
        answer = send(client, page, prenom="Awa")
        assert answer.status_code == 400
        assert parse_page(answer).select("[name=arg-prenom]")[0].get_text().strip() == "Awa"


def test_a_space_that_wakes_says_so_and_will_be_asked_again(client: FlaskClient) -> None:
    page = form_in_a_lesson(client, "/saluer")
    assert is_a_part(page)
    assert page.select_one("[data-waking] [data-error='space-sleeping']") is not None
    assert "Ce cadre se met à jour seul" in page.get_text()


def test_a_post_that_finds_the_space_asleep_keeps_what_was_typed(
    client: FlaskClient, awake_practice: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hfcourse.errors import SpaceUnavailable
    from hfcourse.spaces.registry import resolver

    page = form_in_a_lesson(client, "/saluer")

    def asleep(*_args: object) -> None:
        raise SpaceUnavailable("space-sleeping")

    monkeypatch.setattr(resolver, "connect_to_space", asleep)
    answer = send(client, page, prenom="Awa")
    assert answer.status_code == 503
    assert [each.get_text().strip() for each in parse_page(answer).select("textarea[name=arg-prenom]")] == ["Awa"]
    assert is_a_part(parse_page(answer))
