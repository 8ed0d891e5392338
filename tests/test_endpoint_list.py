"""The list of a Space's endpoints on its page, and what is said above the form."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.description_limits import limit_description
from tests.spaces.fake_servers import FakeSpace
from tests.support.apps import open_app
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes
from tests.support.page_builder import PageBuilder
from tests.support.page_examples import (
    build_enter_and_button_page,
    build_gallery_page,
    build_painting_chain_page,
    build_tab_family_page,
)

Show = Callable[..., BeautifulSoup]


@pytest.fixture
def show(site: Flask, space: FakeSpace) -> Iterator[Show]:
    """`show(page, endpoint, status)`: what a student sees of a Space with that page."""

    def open_page(page: PageBuilder, endpoint: str = "", status: int = 200) -> BeautifulSoup:
        space.config = {**page.config, "protocol": "sse_v3"}
        space.info = page.info
        return BrowserClient(site.test_client()).open_page(
            "/espaces/a/b" + (f"?endpoint={endpoint}" if endpoint else ""), status
        )

    return open_page


def picker(page: BeautifulSoup) -> Tag:
    found = page.select_one("nav.endpoint-picker")
    assert found
    return found


def current(page: BeautifulSoup) -> str:
    """The endpoint that is marked as the one on show, which no closed part hides (a narrow page folds the list)."""
    [link] = picker(page).select("[aria-current]")
    assert all(
        "open" in each.attrs for each in link.find_parents("details") if each.parent and each.parent.name != "nav"
    )
    code = link.select_one("code")
    assert code
    return code.get_text()


def test_chain_has_one_line_with_its_steps_under_it(show: Show) -> None:
    page = show(build_painting_chain_page())
    line = picker(page).select_one("ul.endpoints > li")
    assert line
    assert [each.get_text() for each in line.select("a b")] == ["Peindre", "Ranger", "Tirer", "Remercier"]
    assert [each.get_text(strip=True) for each in line.select("summary")] == [
        "Étapes que la page du Space fait avant\u00a0:/ranger,/tirer",
        "Étape que la page du Space fait après\u00a0:/remercier",
    ]
    assert current(page) == "/peindre"
    assert page.select_one("form[data-endpoint='/peindre'] h2, form[data-endpoint='/peindre'] h1")


def test_words_are_large_and_identifiers_small(show: Show) -> None:
    for link in picker(show(build_painting_chain_page())).select("a"):
        assert [each.name for each in link.find_all(recursive=False)] == ["b", "small"]
        assert link.select_one("small code")


def test_step_that_is_opened_says_whose_it_is_and_its_part_of_the_list_is_open(show: Show) -> None:
    page = show(build_painting_chain_page(), "/tirer")
    assert current(page) == "/tirer"
    [hint] = page.select("form > .hint")
    assert hint.get_text(" ", strip=True) == "Sur la page du Space, c’est une étape de /peindre , la suite de /ranger ."


def test_twin_is_shown_only_where_it_is_open(show: Show) -> None:
    described = build_enter_and_button_page()
    assert "/dessiner_1" not in str(picker(show(described)))
    page = show(described, "/dessiner_1")
    assert current(page) == "/dessiner_1"
    assert "la même fonction que /dessiner" in page.select("form > .hint")[0].get_text()


def test_family_has_one_line_with_its_number_and_each_of_it_can_be_opened(show: Show) -> None:
    page = show(build_tab_family_page(100))
    lines = picker(page).select("nav > details > ul.endpoints > li")
    assert [line.select_one("b").get_text(" ", strip=True) for line in lines] == ["Prédire (Modèle 0) ×100"]  # type: ignore[union-attr]
    assert len(picker(page).select("a")) == 100
    assert current(show(build_tab_family_page(100), "/predire_42")) == "/predire_42"


def test_unknown_endpoint_is_answered_with_the_list(show: Show) -> None:
    page = show(build_enter_and_button_page(), "/rien", 404)
    assert list_error_codes(page) == ["endpoint-gone"]
    assert [each.get_text() for each in picker(page).select("a code")][:1] == ["/dessiner"]


def test_selection_of_the_page_is_said_above_the_form(show: Show) -> None:
    [said] = show(build_gallery_page()).select("form .message")
    assert "un choix fait dans la page du Space («\u00a0Styles\u00a0»)" in said.get_text()


def test_endpoint_to_call_first_is_a_link(show: Show) -> None:
    page = PageBuilder()
    kept, asked = page.add_component("state"), page.add_component("textbox", "Question")
    page.add_event(
        "preparer", page.add_component("button", "Préparer"), [page.add_component("file", "Document")], [kept]
    )
    page.add_event(
        "demander", page.add_component("button", "Demander"), [asked, kept], [page.add_component("textbox", "Réponse")]
    )
    [said] = show(page, "/demander").select("form .message")
    [link] = said.select("a")
    assert "Préparer (/preparer)." in said.get_text()
    assert (link.get_text(), link["href"]) == ("/preparer", "/espaces/a/b?endpoint=/preparer")


@pytest.mark.parametrize("words", ["Peindre", "<script>alert(1)</script>", ""])
def test_private_main_function_is_said_in_one_sentence(show: Show, words: str) -> None:
    page = PageBuilder()
    seed, picture = page.add_component("number", "Graine"), page.add_component("image", "Tableau")
    page.add_event("lancer", page.add_component("button", "Dé"), [seed], [seed])
    page.add_event("", page.add_component("button", words, variant="primary"), [seed], [picture], public=False)
    [said] = show(page).select("[data-private-main]")
    named = f" («\u00a0{words}\u00a0»)" if words else ""
    assert f"La fonction principale de ce Space{named} ne s’appelle pas d’ici\u00a0:" in said.get_text()
    assert not said.select("script")


def test_public_main_function_needs_no_sentence(show: Show) -> None:
    assert not show(build_painting_chain_page()).select("[data-private-main]")


HOSTILE = [None, True, -1, 0.5, "0", [0], {"id": 0}, 10**30]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_odd_ids_and_references_leave_the_others_callable(value: object) -> None:
    page = build_painting_chain_page()
    for key in ("trigger_after", "id"):
        config = json.loads(json.dumps(page.config))
        config["dependencies"][1][key] = value
        assert {each.name for each in build_description(config, page.info).endpoints} == set(
            page.info["named_endpoints"]
        )


@pytest.mark.parametrize("private", [{"api_name": "peindre"}, {"inputs": 5, "outputs": [[], {}, None]}, {"targets": 1}])
def test_odd_private_step_leaves_the_endpoints_as_they_are(private: dict[str, object]) -> None:
    page = build_painting_chain_page()
    before = page.describe()
    page.dependencies.insert(0, {"id": 99, "api_name": False, "inputs": [], "outputs": [], "targets": []} | private)
    assert page.describe() == before
    once = limit_description(page.config, page.info)
    assert limit_description(*once) == once


def test_page_of_a_space_of_the_hub_links_to_its_own_page(tmp_path: Path, empty_database: bytes) -> None:
    page = PageBuilder()
    page.add_event(
        "lancer", page.add_component("button", "Dé"), [seed := page.add_component("number", "Graine")], [seed]
    )
    page.add_event(
        "", page.add_component("button", "Peindre"), [seed], [page.add_component("image", "Tableau")], public=False
    )
    with open_app(tmp_path / "instance", empty_database) as app, app.test_request_context():
        from flask import render_template

        from hfcourse.spaces.catalogue import CatalogueEntry

        drawn = render_template(
            "spaces/_private_main_function.html", description=page.describe(), entry=CatalogueEntry("a/b", "a/b")
        )
    assert 'href="https://huggingface.co/spaces/a/b"' in drawn
