"""Which endpoint is offered first: chains, outputs, tabs, and what another button must prepare."""

import pytest

from hfcourse.spaces.schema.page import ranking
from tests.support.page_builder import PageBuilder, get_first_endpoint_name, list_endpoint_names, list_folded_endpoints
from tests.support.page_examples import build_painting_chain_page


@pytest.mark.parametrize("kind", ["image", "video", "audio", "litmodel3d", "textbox", "json"])
@pytest.mark.parametrize("event", ["click", "submit"])
def test_chain_is_led_by_the_step_that_makes_its_result(event: str, kind: str) -> None:
    described = build_painting_chain_page(event, kind).describe()
    line = described.main_lines[0]
    assert list_endpoint_names(described) == ["/peindre"]
    assert line.title == "Peindre"
    assert [each.name for each in line.before] == ["/ranger", "/tirer"]
    assert [each.name for each in line.after] == ["/remercier"]
    assert described.internal_lines == ()


def test_steps_of_a_chain_can_be_found_and_say_what_they_follow_through_private_ones() -> None:
    described = build_painting_chain_page().describe()
    found = {each.name: each for each in described.endpoints}
    assert {name: each.previous_name for name, each in found.items()} == {
        "/ranger": "",
        "/tirer": "/ranger",
        "/peindre": "/tirer",
        "/remercier": "/peindre",
    }
    assert {each.lead_name for each in found.values()} == {"", "/peindre"}


def test_chain_of_texts_is_led_by_the_step_of_most_fields_not_by_the_refresh_after_it() -> None:
    page = PageBuilder()
    name, link, said, shown = (page.add_component("textbox", label) for label in ("Nom", "Lien", "État", "Liste"))
    step = page.add_event("enregistrer", page.add_component("button", "Enregistrer"), [name, link], [said])
    page.add_next_step(step, "actualiser", [name], [shown])
    assert list_endpoint_names(page.describe()) == ["/enregistrer"]


def test_rich_output_comes_before_a_tool_with_a_docstring() -> None:
    page = PageBuilder()
    text, speed, sound = (
        page.add_component("textbox", "Texte"),
        page.add_component("slider", "Débit"),
        page.add_component("audio", "Voix"),
    )
    word, reading, said = (page.add_component("textbox", label) for label in ("Mot", "Lecture", "État"))
    page.add_event("ajouter", page.add_component("button", "Ajouter"), [word, reading], [said], help="Add a word.")
    page.add_event("lire", page.add_component("button", "Lire"), [text, speed], [sound])
    assert get_first_endpoint_name(page) == "/lire"


def test_primary_button_comes_first_among_equals() -> None:
    page = PageBuilder()
    text, count, other = (
        page.add_component("textbox", "Texte"),
        page.add_component("number", "Mots"),
        page.add_component("textbox", "Résumé"),
    )
    page.add_event("compter", page.add_component("button", "Compter"), [text], [count])
    page.add_event("resumer", page.add_component("button", "Résumer", variant="primary"), [text], [other])
    assert get_first_endpoint_name(page) == "/resumer"


def test_first_tab_comes_first_though_another_has_more_fields() -> None:
    page = PageBuilder()
    tabs = [page.add_component("tabitem", label) for label in ("Calculer", "Convertir")]
    asked, said = page.add_component("textbox", "Calcul", tabs[0]), page.add_component("textbox", "Résultat", tabs[0])
    fields = [
        page.add_component("number", "Longueur", tabs[1]),
        page.add_component("dropdown", "De", tabs[1], choices=[["m", "m"]]),
    ]
    page.add_event(
        "convertir",
        page.add_component("button", "Convertir", tabs[1]),
        fields,
        [page.add_component("textbox", "Soit", tabs[1])],
    )
    page.add_event("calculer", page.add_component("button", "Calculer", tabs[0]), [asked], [said])
    assert get_first_endpoint_name(page) == "/calculer"


def test_what_needs_the_state_of_another_button_comes_after_it() -> None:
    page = PageBuilder()
    film, words, kept = (
        page.add_component("video", "Film"),
        page.add_component("textbox", "Paroles"),
        page.add_component("state"),
    )
    page.add_event(
        "couper", page.add_component("button", "Couper"), [words, kept], [page.add_component("video", "Extrait")]
    )
    page.add_event("transcrire", page.add_component("button", "Transcrire"), [film], [words, kept])
    described = page.describe()
    assert list_endpoint_names(described) == ["/transcrire", "/couper"]
    assert [each.endpoints for each in described.endpoints[1].notices] == [("/transcrire",)]


def test_field_and_page_events_are_folded_where_a_button_exists() -> None:
    page = PageBuilder()
    text, said, kind = (
        page.add_component("textbox", "Texte"),
        page.add_component("textbox", "Réponse"),
        page.add_component("dropdown", "Genre"),
    )
    page.add_event("ouvrir", None, (), [said], "load")
    page.add_event("changer", kind, [kind], [said], "change")
    page.add_event("exemple", page.add_component("dataset", "Exemples"), [kind], [text])
    page.add_event("repondre", page.add_component("button", "Répondre"), [text], [said])
    described = page.describe()
    assert list_endpoint_names(described) == ["/repondre"]
    assert set(list_folded_endpoints(described)) == {"/ouvrir", "/changer", "/exemple"}
    assert list_folded_endpoints(described)["/changer"] == ranking.TRIGGERED_BY_PAGE


def test_field_events_are_offered_where_the_only_button_empties_the_page() -> None:
    page = PageBuilder()
    picture, names = page.add_component("image", "Photo"), page.add_component("label", "Classes")
    page.add_event("vider", page.add_component("button", "Vider"), (), [picture, names])
    page.add_event("classer", picture, [picture], [names], "upload")
    described = page.describe()
    assert list_endpoint_names(described) == ["/classer"]
    assert list_folded_endpoints(described) == {"/vider": ranking.ONLY_FILLS_FIELDS}


def test_button_without_fields_that_makes_something_is_offered() -> None:
    page = PageBuilder()
    page.add_event("tirer", page.add_component("button", "Tirer une carte"), (), [page.add_component("image", "Carte")])
    page.add_event("commencer", page.add_component("button", "Commencer"), (), [state := page.add_component("state")])
    page.add_event(
        "jouer",
        page.add_component("button", "Jouer"),
        [page.add_component("number", "Case"), state],
        [page.add_component("textbox", "Partie")],
    )
    assert sorted(list_endpoint_names(page.describe())) == ["/commencer", "/jouer", "/tirer"]


def test_underscore_does_not_fold_what_a_button_begins() -> None:
    page = PageBuilder()
    text = page.add_component("textbox", "Texte")
    page.add_event(
        "_submit", page.add_component("button", "Envoyer"), [text], [page.add_component("textbox", "Réponse")]
    )
    page.add_event("_prepare", None, [text], [text])
    described = page.describe()
    assert list_endpoint_names(described) == ["/_submit"]
    assert list_folded_endpoints(described) == {"/_prepare": ranking.PRIVATE_NAME}


def test_step_of_a_private_function_is_folded() -> None:
    page = PageBuilder()
    text, said, made = (
        page.add_component("textbox", "Texte"),
        page.add_component("textbox", "État"),
        page.add_component("video", "Film"),
    )
    step = page.add_event("verifier", page.add_component("button", "Filmer"), [text], [said])
    page.add_next_step(step, "", [text], [made], public=False)
    page.add_event("relire", page.add_component("button", "Relire"), [text], [said])
    assert list_endpoint_names(page.describe()) == ["/relire"]
    assert list_folded_endpoints(page.describe()) == {"/verifier": ranking.PRIVATE_CHAIN_STEP}


def test_button_that_only_fills_the_page_is_offered_where_there_is_no_other() -> None:
    page = PageBuilder()
    field = page.add_component("textbox", "Texte")
    page.add_event("remplir", page.add_component("button", "Remplir"), (), [field])
    page.add_event("lambda", field, [field], [field], "change")
    assert list_endpoint_names(page.describe()) == ["/remplir"]
    assert list_folded_endpoints(page.describe()) == {"/lambda": ranking.NO_AUTHOR_NAME}
