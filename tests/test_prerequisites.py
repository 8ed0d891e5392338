"""What is said of an endpoint before its form is filled: other steps, choices of the page, a private main function."""

import pytest

from tests.support.page_builder import PageBuilder, first_of


def notices(page: PageBuilder, name: str) -> list[tuple[str, tuple[str, ...]]]:
    found = page.describe().find_endpoint(name)
    assert found
    return [(notice.words, notice.endpoints) for notice in found.notices]


def gallery() -> PageBuilder:
    """A picture is drawn in the style on which somebody clicked."""
    page = PageBuilder()
    styles, chosen = page.add("gallery", "Styles"), page.add("state")
    prompt, picture = page.add("textbox", "Sujet"), page.add("image", "Dessin")
    page.on("choisir", styles, (), [chosen], "select", collects_event_data=True)
    page.on("dessiner", page.add("button", "Dessiner", variant="primary"), [prompt, chosen], [picture])
    return page


def test_state_of_a_selection_is_said_beforehand() -> None:
    [(words, endpoints)] = notices(gallery(), "/dessiner")
    assert "un choix fait dans la page du Space («\u00a0Styles\u00a0»), qu’on ne peut pas faire d’ici" in words
    assert endpoints == ()


def test_what_needs_a_selection_comes_after_what_does_not() -> None:
    page = gallery()
    assert first_of(page) == "/dessiner"
    page.on("compter", page.add("button", "Compter"), [3], [page.add("number", "Lettres")])
    assert first_of(page) == "/compter"


def test_selection_that_an_endpoint_replaces_leads_to_it() -> None:
    page = gallery()
    page.on("ajouter", address := page.add("textbox", "Adresse"), [address], [2], "input")
    [(words, endpoints)] = notices(page, "/dessiner")
    assert words.endswith("Pour vous en passer, appelez d’abord\u00a0:")
    assert endpoints == ("/ajouter",)


@pytest.mark.parametrize("writer", ["none", "itself", "load", "tab"])
def test_state_that_may_begin_as_it_is_needs_nothing(writer: str) -> None:
    page = PageBuilder()
    kept, asked, said = page.add("state"), page.add("textbox", "Question"), page.add("textbox", "Réponse")
    page.on("demander", page.add("button", "Demander"), [asked, kept], [said, kept] if writer == "itself" else [said])
    if writer == "load":
        page.on("charger", None, (), [kept], "load")
    if writer == "tab":
        page.on("montrer", page.add("tabitem", "Image"), (), [kept], "select")
    assert notices(page, "/demander") == []


def test_state_that_a_private_step_fills_is_said_beforehand() -> None:
    page = PageBuilder()
    kept, asked = page.add("state"), page.add("textbox", "Question")
    page.on("", page.add("button", "Préparer"), [asked], [kept], public=False)
    page.on("demander", page.add("button", "Demander"), [asked, kept], [page.add("textbox", "Réponse")])
    [(words, endpoints)] = notices(page, "/demander")
    assert "seule la page du Space remplit" in words
    assert endpoints == ()


@pytest.mark.parametrize("kind", ["state", "json", "chatbot"])
def test_step_that_takes_what_an_earlier_one_prepared_names_it(kind: str) -> None:
    page = PageBuilder()
    text, between, made = page.add("image", "Photo"), page.add(kind, "Entre-temps"), page.add("model3d", "Volume")
    step = page.on("preparer", page.add("button", "Modeler"), [text], [between])
    page.then(step, "modeler", [text, between], [made])
    assert [endpoints for _, endpoints in notices(page, "/modeler")] == [("/preparer",)]


def test_field_that_a_step_fills_and_a_person_can_fill_needs_nothing() -> None:
    page = PageBuilder()
    seed, made = page.add("slider", "Graine"), page.add("image", "Image")
    step = page.on("tirer", page.add("button", "Dessiner"), [seed], [seed])
    page.then(step, "dessiner", [seed], [made])
    assert notices(page, "/dessiner") == []


def test_choices_that_come_later_name_who_gives_them() -> None:
    page = PageBuilder()
    voice, text = page.add("dropdown", "Voix", choices=[]), page.add("textbox", "Texte")
    page.on("lire", page.add("button", "Lire"), [text, voice], [page.add("audio", "Son")])
    assert notices(page, "/lire") == []
    page.on("lister", page.add("button", "Actualiser"), (), [voice])
    [(words, endpoints)] = notices(page, "/lire")
    assert words.startswith("«\u00a0Voix\u00a0» n’a pas encore de choix")
    assert endpoints == ("/lister",)


class TestPrivateMain:
    def page(self, **main: object) -> PageBuilder:
        """A dice can be called; the main function is made as `main` says."""
        page = PageBuilder()
        prompt, seed = page.add("textbox", "Sujet"), page.add("number", "Graine")
        page.on("lancer", page.add("button", "🎲"), [seed], [seed])
        button = page.add("button", "Peindre", variant="primary", **{k: v for k, v in main.items() if k == "link"})
        if main.get("event"):
            page.on("peindre", button, [prompt, seed], [page.add("image", "Image")], public=bool(main.get("public")))
        return page

    @pytest.mark.parametrize(
        ("main", "expected"),
        [
            ({"event": True}, "Peindre"),
            ({"event": True, "public": True}, None),
            ({"event": False}, "Peindre"),
            ({"event": False, "link": "https://example.org"}, None),
        ],
    )
    def test_main_function_that_is_not_public_is_named(self, main: dict[str, object], expected: str | None) -> None:
        assert self.page(**main).describe().private_main_button == expected

    def test_private_twin_of_a_public_function_is_none(self) -> None:
        page = self.page(event=True)
        picture = next(each["id"] for each in page.components if each["type"] == "image")
        page.on("peindre", 1, [1, 2], [picture], "submit")
        assert page.describe().private_main_button is None

    def test_endpoint_made_for_callers_answers_for_the_page(self) -> None:
        page = self.page(event=True)
        page.on("api", None, [1], [1])
        assert page.describe().private_main_button is None

    def test_button_that_clears_the_page_is_no_main_function(self) -> None:
        page = PageBuilder()
        asked = page.add("textbox", "Question")
        page.on("demander", page.add("button", "Demander"), [asked], [page.add("textbox", "Réponse")])
        page.on("", page.add("button", "Effacer", variant="primary"), (), [asked], public=False, backend_fn=False)
        assert page.describe().private_main_button is None
