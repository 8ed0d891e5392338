"""Twins and families in the list of endpoints, and titles that differ."""

import pytest

from hfcourse.spaces.schema.page.endpoint_families import find_base_name, find_twins
from hfcourse.spaces.schema.page.endpoint_titles import disambiguate_titles, name_default_buttons
from tests.support.page_builder import PageBuilder, list_endpoint_names
from tests.support.page_examples import build_enter_and_button_page, build_tab_family_page


@pytest.mark.parametrize(
    ("name", "base"),
    [("/f_1", "/f"), ("/f_12", "/f"), ("/f", "/f"), ("/step_1", "/step_1"), ("/f_", "/f_"), ("/f_1_2", "/f_1")],
)
def test_base_name_is_that_of_a_function_of_the_page(name: str, base: str) -> None:
    assert find_base_name(name, {"/f", "/f_1", "/f_12"}) == base


def test_twins_are_of_one_function_on_the_same_components() -> None:
    signatures = [
        ("/f", 1, "Go"),
        ("/f_1", 1, ""),
        ("/f_2", 2, ""),
        ("/f_3", 1, "Go"),
        ("/f_4", 1, "Stop"),
        ("/g", None, ""),
    ]
    assert find_twins(signatures) == {"/f_1": "/f", "/f_3": "/f"}


def test_twin_is_not_listed_and_can_be_found() -> None:
    described = build_enter_and_button_page().describe()
    assert list_endpoint_names(described) == ["/dessiner"]
    assert described.main_lines[0].title == "Dessiner"
    assert [each.name for each in described.main_lines[0].before] == ["/tirer"]
    assert described.internal_lines == ()
    twin = described.find_endpoint("/dessiner_1")
    assert twin
    assert (twin.twin_name, twin.title, described.main_lines[0].contains_endpoint("/dessiner_1")) == (
        "/dessiner",
        "Dessiner",
        True,
    )


def test_fields_that_call_one_function_are_twins_of_the_button() -> None:
    page = PageBuilder()
    picture, made = page.add_component("image", "Photo"), page.add_component("image", "Annotée")
    colours = [page.add_component("colorpicker", f"Couleur {n}") for n in range(10)]
    for number, colour in enumerate(colours):
        page.add_event(f"annoter_{number + 1}", colour, [picture, *colours], [made], "change")
    page.add_event("annoter", page.add_component("button", "Annoter"), [picture, *colours], [made])
    assert list_endpoint_names(page.describe()) == ["/annoter"]
    assert len(page.describe().main_lines[0].twins) == 10


def test_functions_of_one_name_with_buttons_of_their_own_are_no_twins() -> None:
    page = PageBuilder()
    before, after = page.add_component("image", "Avant"), page.add_component("image", "Après")
    for number, words in enumerate(["×2", "×4"]):
        page.add_event(
            "agrandir" + (f"_{number}" if number else ""), page.add_component("button", words), [before], [after]
        )
    assert [line.title for line in page.describe().main_lines] == ["×2", "×4"]


def test_family_has_one_line_and_each_of_it_a_title_of_its_own() -> None:
    described = build_tab_family_page(100).describe()
    assert list_endpoint_names(described) == ["/predire"]
    assert len(described.main_lines[0].family) == 99
    assert {line.title for line in described.main_lines[0].family} == {f"Prédire (Modèle {n})" for n in range(1, 100)}
    assert described.main_lines[0].family_contains_endpoint("/predire_99")
    assert not described.main_lines[0].family_contains_endpoint("/predire")


def test_few_of_one_function_have_a_line_each() -> None:
    assert [line.title for line in build_tab_family_page(3).describe().main_lines] == [
        f"Prédire (Modèle {n})" for n in range(3)
    ]


def test_numbered_names_are_read_without_their_number() -> None:
    page = PageBuilder()
    for number in range(2):
        shown = [page.add_component("textbox", "Texte"), page.add_component("label", f"Émotion {number}")]
        page.add_event("predict_emotion" + (f"_{number}" if number else ""), None, shown[:1], shown[1:])
    assert [line.title for line in page.describe().main_lines] == [
        "Predict emotion (Émotion 0)",
        "Predict emotion (Émotion 1)",
    ]


@pytest.mark.parametrize(
    ("titles", "marks", "expected"),
    [
        (["a", "b"], [["x"], ["y"]], ["a", "b"]),
        (["a", "a"], [["x", "1"], ["y", "2"]], ["a (x)", "a (y)"]),
        (["a", "a"], [["x", "1"], ["x", "2"]], ["a (1)", "a (2)"]),
        (["a", "b", "a"], [["", "1"], ["", ""], ["", "1"]], ["a (1)", "b", "a (2)"]),
        (["a", "a"], [["x" * 99], ["y"]], [f"a ({'x' * 39}…)", "a (y)"]),
    ],
)
def test_titles_that_are_alike_are_told_apart(titles: list[str], marks: list[list[str]], expected: list[str]) -> None:
    assert disambiguate_titles(titles, marks) == expected


@pytest.mark.parametrize(
    ("titles", "tabs", "expected"),
    [
        (["Submit"], ["Résumer"], ["Submit"]),
        (["Submit", "Traduire"], ["Résumer", "Langues"], ["Submit (Résumer)", "Traduire"]),
        (["Traduire", "Submit"], ["", ""], ["Traduire", "Submit"]),
        (["Submit (Lire)", "Submit (Dire)"], ["Lire", "Dire"], ["Submit (Lire)", "Submit (Dire)"]),
        ([], [], []),
    ],
)
def test_word_of_gradio_for_any_button_is_told_by_its_tab(
    titles: list[str], tabs: list[str], expected: list[str]
) -> None:
    assert name_default_buttons(titles, tabs) == expected
