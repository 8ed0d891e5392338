"""What is said of an endpoint before its form is filled: other steps, choices of the page, a private main function."""

import pytest

from tests.support.page_builder import PageBuilder, get_first_endpoint_name
from tests.support.page_examples import build_gallery_page


def notices(page: PageBuilder, name: str) -> list[tuple[str, tuple[str, ...]]]:
    found = page.describe().find_endpoint(name)
    assert found
    return [(notice.words, notice.endpoints) for notice in found.notices]


def test_state_of_a_selection_is_said_beforehand() -> None:
    [(words, endpoints)] = notices(build_gallery_page(), "/dessiner")
    assert "un choix fait dans la page du Space («\u00a0Styles\u00a0»), qu’on ne peut pas faire d’ici" in words
    assert endpoints == ()


def test_what_needs_a_selection_comes_after_what_does_not() -> None:
    page = build_gallery_page()
    assert get_first_endpoint_name(page) == "/dessiner"
    page.add_event("compter", page.add_component("button", "Compter"), [3], [page.add_component("number", "Lettres")])
    assert get_first_endpoint_name(page) == "/compter"


def test_selection_that_an_endpoint_replaces_leads_to_it() -> None:
    page = build_gallery_page()
    page.add_event("ajouter", address := page.add_component("textbox", "Adresse"), [address], [2], "input")
    [(words, endpoints)] = notices(page, "/dessiner")
    assert words.endswith("Pour vous en passer, appelez d’abord\u00a0:")
    assert endpoints == ("/ajouter",)


@pytest.mark.parametrize("writer", ["none", "itself", "load", "tab"])
def test_state_that_may_begin_as_it_is_needs_nothing(writer: str) -> None:
    page = PageBuilder()
    kept, asked, said = (
        page.add_component("state"),
        page.add_component("textbox", "Question"),
        page.add_component("textbox", "Réponse"),
    )
    page.add_event(
        "demander",
        page.add_component("button", "Demander"),
        [asked, kept],
        [said, kept] if writer == "itself" else [said],
    )
    if writer == "load":
        page.add_event("charger", None, (), [kept], "load")
    if writer == "tab":
        page.add_event("montrer", page.add_component("tabitem", "Image"), (), [kept], "select")
    assert notices(page, "/demander") == []


def test_state_that_a_private_step_fills_is_said_beforehand() -> None:
    page = PageBuilder()
    kept, asked = page.add_component("state"), page.add_component("textbox", "Question")
    page.add_event("", page.add_component("button", "Préparer"), [asked], [kept], public=False)
    page.add_event(
        "demander", page.add_component("button", "Demander"), [asked, kept], [page.add_component("textbox", "Réponse")]
    )
    [(words, endpoints)] = notices(page, "/demander")
    assert "seule la page du Space remplit" in words
    assert endpoints == ()


@pytest.mark.parametrize("kind", ["state", "json", "chatbot"])
def test_step_that_takes_what_an_earlier_one_prepared_names_it(kind: str) -> None:
    page = PageBuilder()
    text, between, made = (
        page.add_component("image", "Photo"),
        page.add_component(kind, "Entre-temps"),
        page.add_component("model3d", "Volume"),
    )
    step = page.add_event("preparer", page.add_component("button", "Modeler"), [text], [between])
    page.add_next_step(step, "modeler", [text, between], [made])
    assert [endpoints for _, endpoints in notices(page, "/modeler")] == [("/preparer",)]


def test_field_that_a_step_fills_and_a_person_can_fill_needs_nothing() -> None:
    page = PageBuilder()
    seed, made = page.add_component("slider", "Graine"), page.add_component("image", "Image")
    step = page.add_event("tirer", page.add_component("button", "Dessiner"), [seed], [seed])
    page.add_next_step(step, "dessiner", [seed], [made])
    assert notices(page, "/dessiner") == []


def test_choices_that_come_later_name_who_gives_them() -> None:
    page = PageBuilder()
    voice, text = page.add_component("dropdown", "Voix", choices=[]), page.add_component("textbox", "Texte")
    page.add_event("lire", page.add_component("button", "Lire"), [text, voice], [page.add_component("audio", "Son")])
    assert notices(page, "/lire") == []
    page.add_event("lister", page.add_component("button", "Actualiser"), (), [voice])
    [(words, endpoints)] = notices(page, "/lire")
    assert words.startswith("«\u00a0Voix\u00a0» n’a pas encore de choix")
    assert endpoints == ("/lister",)


class TestPrivateMain:
    def page(self, **main: object) -> PageBuilder:
        """A dice can be called; the main function is made as `main` says."""
        page = PageBuilder()
        prompt, seed = page.add_component("textbox", "Sujet"), page.add_component("number", "Graine")
        page.add_event("lancer", page.add_component("button", "🎲"), [seed], [seed])
        button = page.add_component(
            "button", "Peindre", variant="primary", **{k: v for k, v in main.items() if k == "link"}
        )
        if main.get("event"):
            page.add_event(
                "peindre",
                button,
                [prompt, seed],
                [page.add_component("image", "Image")],
                public=bool(main.get("public")),
            )
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
        page.add_event("peindre", 1, [1, 2], [picture], "submit")
        assert page.describe().private_main_button is None

    def test_endpoint_made_for_callers_answers_for_the_page(self) -> None:
        page = self.page(event=True)
        page.add_event("api", None, [1], [1])
        assert page.describe().private_main_button is None

    def test_button_that_clears_the_page_is_no_main_function(self) -> None:
        page = PageBuilder()
        asked = page.add_component("textbox", "Question")
        page.add_event(
            "demander", page.add_component("button", "Demander"), [asked], [page.add_component("textbox", "Réponse")]
        )
        page.add_event(
            "", page.add_component("button", "Effacer", variant="primary"), (), [asked], public=False, backend_fn=False
        )
        assert page.describe().private_main_button is None
