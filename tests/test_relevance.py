"""Which endpoint is offered first: chains, outputs, tabs, and what another button must prepare."""

import pytest

from hfcourse.spaces.schema.page import ranking
from tests.support.page_builder import PageBuilder, first_of, folded, listed


def chain_of_a_painter(event: str = "click", kind: str = "image") -> PageBuilder:
    """One button, four steps, one of which is private; the last but one makes the picture."""
    page = PageBuilder()
    tip, mood, draft = page.add("markdown", "Aide"), page.add("textbox", "Idée"), page.add("slider", "Graine")
    chance, made = page.add("checkbox", "Au hasard"), page.add(kind, "Tableau")
    button = page.add("button", "Peindre")
    step = page.on("ranger", button if event == "click" else mood, (), [tip], event)
    step = page.then(step, "", public=False)
    step = page.then(step, "tirer", [chance, draft], [draft])
    step = page.then(step, "peindre", [mood, draft], [made])
    page.then(step, "remercier", (), [tip])
    return page


@pytest.mark.parametrize("kind", ["image", "video", "audio", "litmodel3d", "textbox", "json"])
@pytest.mark.parametrize("event", ["click", "submit"])
def test_chain_is_led_by_the_step_that_makes_its_result(event: str, kind: str) -> None:
    described = chain_of_a_painter(event, kind).describe()
    line = described.main_lines[0]
    assert listed(described) == ["/peindre"]
    assert line.title == "Peindre"
    assert [each.name for each in line.before] == ["/ranger", "/tirer"]
    assert [each.name for each in line.after] == ["/remercier"]
    assert described.internal_lines == ()


def test_steps_of_a_chain_can_be_found_and_say_what_they_follow_through_private_ones() -> None:
    described = chain_of_a_painter().describe()
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
    name, link, said, shown = (page.add("textbox", label) for label in ("Nom", "Lien", "État", "Liste"))
    step = page.on("enregistrer", page.add("button", "Enregistrer"), [name, link], [said])
    page.then(step, "actualiser", [name], [shown])
    assert listed(page.describe()) == ["/enregistrer"]


def test_rich_output_comes_before_a_tool_with_a_docstring() -> None:
    page = PageBuilder()
    text, speed, sound = page.add("textbox", "Texte"), page.add("slider", "Débit"), page.add("audio", "Voix")
    word, reading, said = (page.add("textbox", label) for label in ("Mot", "Lecture", "État"))
    page.on("ajouter", page.add("button", "Ajouter"), [word, reading], [said], help="Add a word.")
    page.on("lire", page.add("button", "Lire"), [text, speed], [sound])
    assert first_of(page) == "/lire"


def test_primary_button_comes_first_among_equals() -> None:
    page = PageBuilder()
    text, count, other = page.add("textbox", "Texte"), page.add("number", "Mots"), page.add("textbox", "Résumé")
    page.on("compter", page.add("button", "Compter"), [text], [count])
    page.on("resumer", page.add("button", "Résumer", variant="primary"), [text], [other])
    assert first_of(page) == "/resumer"


def test_first_tab_comes_first_though_another_has_more_fields() -> None:
    page = PageBuilder()
    tabs = [page.add("tabitem", label) for label in ("Calculer", "Convertir")]
    asked, said = page.add("textbox", "Calcul", tabs[0]), page.add("textbox", "Résultat", tabs[0])
    fields = [page.add("number", "Longueur", tabs[1]), page.add("dropdown", "De", tabs[1], choices=[["m", "m"]])]
    page.on("convertir", page.add("button", "Convertir", tabs[1]), fields, [page.add("textbox", "Soit", tabs[1])])
    page.on("calculer", page.add("button", "Calculer", tabs[0]), [asked], [said])
    assert first_of(page) == "/calculer"


def test_what_needs_the_state_of_another_button_comes_after_it() -> None:
    page = PageBuilder()
    film, words, kept = page.add("video", "Film"), page.add("textbox", "Paroles"), page.add("state")
    page.on("couper", page.add("button", "Couper"), [words, kept], [page.add("video", "Extrait")])
    page.on("transcrire", page.add("button", "Transcrire"), [film], [words, kept])
    described = page.describe()
    assert listed(described) == ["/transcrire", "/couper"]
    assert [each.endpoints for each in described.endpoints[1].notices] == [("/transcrire",)]


def test_field_and_page_events_are_folded_where_a_button_exists() -> None:
    page = PageBuilder()
    text, said, kind = page.add("textbox", "Texte"), page.add("textbox", "Réponse"), page.add("dropdown", "Genre")
    page.on("ouvrir", None, (), [said], "load")
    page.on("changer", kind, [kind], [said], "change")
    page.on("exemple", page.add("dataset", "Exemples"), [kind], [text])
    page.on("repondre", page.add("button", "Répondre"), [text], [said])
    described = page.describe()
    assert listed(described) == ["/repondre"]
    assert set(folded(described)) == {"/ouvrir", "/changer", "/exemple"}
    assert folded(described)["/changer"] == ranking.TRIGGERED_BY_PAGE


def test_field_events_are_offered_where_the_only_button_empties_the_page() -> None:
    page = PageBuilder()
    picture, names = page.add("image", "Photo"), page.add("label", "Classes")
    page.on("vider", page.add("button", "Vider"), (), [picture, names])
    page.on("classer", picture, [picture], [names], "upload")
    described = page.describe()
    assert listed(described) == ["/classer"]
    assert folded(described) == {"/vider": ranking.ONLY_FILLS_FIELDS}


def test_button_without_fields_that_makes_something_is_offered() -> None:
    page = PageBuilder()
    page.on("tirer", page.add("button", "Tirer une carte"), (), [page.add("image", "Carte")])
    page.on("commencer", page.add("button", "Commencer"), (), [state := page.add("state")])
    page.on("jouer", page.add("button", "Jouer"), [page.add("number", "Case"), state], [page.add("textbox", "Partie")])
    assert sorted(listed(page.describe())) == ["/commencer", "/jouer", "/tirer"]


def test_underscore_does_not_fold_what_a_button_begins() -> None:
    page = PageBuilder()
    text = page.add("textbox", "Texte")
    page.on("_submit", page.add("button", "Envoyer"), [text], [page.add("textbox", "Réponse")])
    page.on("_prepare", None, [text], [text])
    described = page.describe()
    assert listed(described) == ["/_submit"]
    assert folded(described) == {"/_prepare": ranking.PRIVATE_NAME}


def test_step_of_a_private_function_is_folded() -> None:
    page = PageBuilder()
    text, said, made = page.add("textbox", "Texte"), page.add("textbox", "État"), page.add("video", "Film")
    step = page.on("verifier", page.add("button", "Filmer"), [text], [said])
    page.then(step, "", [text], [made], public=False)
    page.on("relire", page.add("button", "Relire"), [text], [said])
    assert listed(page.describe()) == ["/relire"]
    assert folded(page.describe()) == {"/verifier": ranking.PRIVATE_CHAIN_STEP}


def test_button_that_only_fills_the_page_is_offered_where_there_is_no_other() -> None:
    page = PageBuilder()
    field = page.add("textbox", "Texte")
    page.on("remplir", page.add("button", "Remplir"), (), [field])
    page.on("lambda", field, [field], [field], "change")
    assert listed(page.describe()) == ["/remplir"]
    assert folded(page.describe()) == {"/lambda": ranking.NO_AUTHOR_NAME}
