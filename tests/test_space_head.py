"""The head of a Space's page: what the Space says of itself; and its form, as it is drawn."""

from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask

from hfcourse.limits.deadline import CancelScope
from hfcourse.playground import space_page
from hfcourse.spaces.client.single_flight_cache import SingleFlightCache
from hfcourse.spaces.form import forms
from hfcourse.spaces.hub import hub_api
from hfcourse.spaces.hub.space_card import SpaceCard
from hfcourse.spaces.schema.endpoints.space_description import Description
from tests.support.form_parsing import find_form
from tests.support.form_rendering import render_space_page
from tests.support.layout_descriptions import describe_layout_endpoint, make_block, make_field

MARKUP = "<script>alert(1)</script><b onclick=x>&amp;"


def page_of(app: Flask, description: Description | None, space_id: str = "a/b") -> BeautifulSoup:
    with app.test_request_context(f"/espaces/{space_id}"):
        body, _ = space_page.SpacePage(space_id=space_id, description=description).render()
    return BeautifulSoup(str(body), "html.parser")


def head_of(page: BeautifulSoup) -> Tag:
    found = page.select_one(".space-header")
    assert found is not None
    return found


def quoted(page: BeautifulSoup) -> list[str]:
    return [each.get_text() for each in head_of(page).select("[data-own-words]")]


def test_title_of_the_space_is_that_of_its_page(app: Flask) -> None:
    page = page_of(app, Description("Chants d’oiseaux", "6.31.0", ()))
    heading = head_of(page).h1
    assert heading is not None
    assert [*heading.stripped_strings] == ["a/b", "Chants d’oiseaux"]
    assert page.title is not None
    assert page.title.get_text().startswith("Chants d’oiseaux")


def test_space_without_title_is_called_by_its_name(app: Flask) -> None:
    heading = head_of(page_of(app, Description("", "6.31.0", ()))).h1
    assert heading is not None
    assert heading.get_text() == "a/b"


def test_title_of_the_catalogue_comes_first(app: Flask) -> None:
    page = page_of(app, Description("Autre titre", "6.31.0", ()), "hfcourse/entrainement")
    assert "Autre titre" not in page.get_text()


def test_sentences_are_quoted_as_text(app: Flask) -> None:
    description = Description("T", "6.31.0", (), f"Une phrase {MARKUP}.")
    assert quoted(page_of(app, description)) == [f"Le Space dit de lui-même\u00a0: «\u00a0Une phrase {MARKUP}.\u00a0»"]


def test_markup_in_a_title_is_text(app: Flask) -> None:
    page = page_of(app, Description(MARKUP, "6.31.0", (), MARKUP))
    assert not [each for each in page.select("script") if "alert" in each.get_text()]
    assert not page.select("[onclick]")


def remember_card(app: Flask, card: SpaceCard) -> None:
    memory: SingleFlightCache[Any] = app.extensions.setdefault("look_ups", SingleFlightCache(hub_api.get_status_ttl))
    memory.get_or_fetch("a/b", CancelScope(5), lambda: hub_api.SpaceStatus("https://a-b.hf.space", "", card))


@pytest.mark.parametrize("description", [None, Description("", "6.31.0", ())])
def test_card_of_the_hub_serves_without_a_request(app: Flask, description: Description | None) -> None:
    remember_card(app, SpaceCard("Oiseaux", "Nomme les oiseaux"))
    page = page_of(app, description)
    assert quoted(page) == ["Le Space dit de lui-même\u00a0: «\u00a0Nomme les oiseaux\u00a0»"]
    assert "Oiseaux" in head_of(page).get_text()


def test_same_words_of_card_and_page_are_said_once(app: Flask) -> None:
    remember_card(app, SpaceCard("", "Nomme les oiseaux de nos jardins."))
    page = page_of(app, Description("", "6.31.0", (), "Nomme les oiseaux de nos jardins."))
    assert len(quoted(page)) == 1


def test_short_description_is_read_from_the_answer_of_the_hub() -> None:
    answer = {"sdk": "gradio", "host": "https://a-b.hf.space", "runtime": {"stage": "SLEEPING"}}
    card = {"title": "Oiseaux", "short_description": "Nomme les oiseaux"}
    assert hub_api.parse_space_status(answer | {"cardData": card}).card == SpaceCard("Oiseaux", "Nomme les oiseaux")
    assert hub_api.parse_space_status(answer | {"cardData": ["?"]}).card == SpaceCard()


FOLD = make_block("accordion", make_field("steps", "slider", minimum=1, maximum=9, value=3), label="Avancé", open=False)


def folds_of(form: Tag) -> dict[str, bool]:
    """Is each fold of the fields open, by the first words of its summary; that of the series is the site's."""
    found = {}
    for fold in form.select("details.field-group:not(#serie)"):
        summary = fold.summary
        assert summary is not None
        found[next(summary.stripped_strings)] = fold.has_attr("open")
    return found


def test_drawn_form_folds_what_the_author_folds(app: Flask) -> None:
    form = find_form(
        render_space_page(
            app,
            describe_layout_endpoint(make_field("text"), FOLD, make_block("group", make_field("dark"), visible=False)),
        )
    )
    assert folds_of(form) == {"Avancé": False, "Paramètres cachés ou figés sur la page du Space": False}
    assert {each["name"] for each in form.select("[name^=arg-]")} == {"arg-text", "arg-steps", "arg-dark"}


def test_drawn_fold_with_a_fault_is_open(app: Flask) -> None:
    endpoint = describe_layout_endpoint(make_field("text"), FOLD)
    form = forms.bind_form(endpoint)
    form.fields[0].error = "Un nombre de 1 à 9."
    assert folds_of(find_form(render_space_page(app, endpoint, form))) == {"Avancé": True}


def test_faults_are_told_in_the_order_of_the_page() -> None:
    form = forms.bind_form(
        describe_layout_endpoint(make_block("group", make_field("hidden"), visible=False), make_field("a"), FOLD)
    )
    for each in form.fields:
        each.error = "Non."
    assert [each.parameter.name for each in form.invalid_fields] == ["a", "steps", "hidden"]


def test_labels_of_sections_are_text(app: Flask) -> None:
    tab = make_block("tabitem", make_field("x"), make_field("y"), label=MARKUP)
    form = find_form(
        render_space_page(
            app,
            describe_layout_endpoint(make_field("text"), tab, make_block("accordion", make_field("z"), label=MARKUP)),
        )
    )
    assert [each.get_text() for each in form.select("legend")] == [MARKUP]
    assert not form.select("script, b[onclick]")


def test_seed_is_never_disabled(app: Flask) -> None:
    seed = make_field("seed", "slider", minimum=0, maximum=9, value=5)
    form = find_form(
        render_space_page(
            app, describe_layout_endpoint(make_field("text"), seed, make_field("random_seed", "checkbox", value=True))
        )
    )
    (pair,) = form.select(".seed")
    assert [each["name"] for each in pair.select("[name^=arg-]")] == ["arg-seed", "arg-random_seed"]
    assert not pair.select("[disabled], [readonly]")
