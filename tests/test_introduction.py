"""What a Space says of itself, as plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.hub.space_card import NO_CARD, SpaceCard, read_card
from hfcourse.spaces.schema.endpoints.space_description import Description
from hfcourse.spaces.schema.layout.introduction import (
    MAX_INTRODUCTION_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    read_paragraphs,
)
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.layout_descriptions import LayoutNode, describe_layout, make_block, make_field

SENTENCE = "Envoyez une photo et la machine nomme les oiseaux."


def markdown(text: str, **props: object) -> LayoutNode:
    return make_block("markdown", value=text, **props)


def html(text: str) -> LayoutNode:
    return make_block("html", value=text)


def said(*parts: LayoutNode, title: object = "Gradio") -> Description:
    return describe_layout(*parts, make_field("image", "image"), title=title)


@pytest.mark.parametrize(
    ("parts", "title", "expected"),
    [
        ([markdown("# Oiseaux")], "Chants d’oiseaux", "Chants d’oiseaux"),
        ([markdown("# **Oiseaux** du [jardin](https://a.example)")], "Gradio", "Oiseaux du jardin"),
        (
            [markdown("# Oiseaux du jardin [Article](https://a.example) [Code](https://b.example)")],
            "",
            "Oiseaux du jardin",
        ),
        ([html("<center><h1 style='color:red'>Oiseaux</h1></center>")], "Gradio", "Oiseaux"),
        ([markdown("![](logo.png)"), markdown("## Oiseaux")], "Gradio", "Oiseaux"),
        ([markdown("Rien qu’une phrase, sans aucun titre.")], "Gradio", ""),
        ([], None, ""),
        ([], 5, ""),
        ([], "é" * 500, "é" * MAX_TITLE_CHARACTERS),
    ],
)
def test_title_is_that_of_the_app_or_its_first_heading(parts: list[LayoutNode], title: object, expected: str) -> None:
    assert said(*parts, title=title).title == expected


@pytest.mark.parametrize(
    "unseen",
    [
        make_block("state"),
        make_field("memory", "browserstate"),
        make_field("clock", "timer"),
        make_field("folded", "textbox", visible=False),
        make_field("absent", "textbox", visible="hidden"),
    ],
)
def test_introduction_stands_above_the_first_field_that_is_seen(unseen: LayoutNode) -> None:
    assert said(unseen, markdown(SENTENCE)).introduction == SENTENCE
    assert said(make_field("seen"), unseen, markdown(SENTENCE)).introduction == ""


@pytest.mark.parametrize(
    "source",
    [
        SENTENCE,
        f"# Titre\n{SENTENCE}",
        f"# Titre\n\n[Article](https://a.example) | [Code](https://b.example)\n\n{SENTENCE}",
        f"[![badge](https://img.example/a.svg)](https://a.example)\n\n{SENTENCE}",
        f"* {SENTENCE}",
        f"<script>alert(1)</script><style>p {{}}</style>\n\n{SENTENCE}",
        f"```\nCode de dix lignes que personne ne lit ici\n```\n{SENTENCE}",
        f"| a | b |\n|---|---|\n| un tableau de beaucoup de mots | b |\n\n{SENTENCE}",
        SENTENCE.replace("photo", "**photo**").replace("machine", "[machine](https://a.example)"),
        f"<div><p>{SENTENCE}</p></div>",
    ],
)
def test_first_sentences_are_words_alone(source: str) -> None:
    assert said(markdown(source)).introduction == SENTENCE


def test_html_is_read_as_text() -> None:
    source = f"<div class='hero'><h1>Oiseaux</h1><svg><text>Un dessin de cinq mots</text></svg><p>{SENTENCE}</p></div>"
    assert said(html(source)).introduction == SENTENCE


def test_paragraphs_are_joined_until_there_is_enough() -> None:
    found = said(markdown(f"{SENTENCE}\n\n- {SENTENCE[:-1]}\n- {SENTENCE}\n- {SENTENCE}")).introduction
    assert found == f"{SENTENCE} {SENTENCE[:-1]} · {SENTENCE}"


def test_long_text_ends_with_a_sentence() -> None:
    found = said(markdown(" ".join([SENTENCE] * 20))).introduction
    assert found == " ".join([SENTENCE] * 6)
    assert len(found) <= MAX_INTRODUCTION_CHARACTERS


def test_long_sentence_ends_with_a_word() -> None:
    found = said(markdown("mot " * 500)).introduction
    assert found.endswith("mot…")
    assert len(found) <= MAX_INTRODUCTION_CHARACTERS


def test_heading_serves_where_there_is_no_sentence() -> None:
    found = said(markdown("# Oiseaux\n## Nommer les oiseaux de votre jardin"))
    assert (found.title, found.introduction) == ("Oiseaux", "Nommer les oiseaux de votre jardin")


@pytest.mark.parametrize(
    "parts",
    [
        [markdown(SENTENCE, visible=False)],
        [make_block("group", markdown(SENTENCE), visible=False)],
        [markdown(None)],
        [make_field("first"), markdown(f"# Titre\n{SENTENCE}")],
        [markdown("Gradio 6")],
    ],
)
def test_text_that_says_nothing_of_the_space_is_left(parts: list[LayoutNode]) -> None:
    found = said(*parts)
    assert (found.title, found.introduction) == ("", "")


def test_text_beside_a_sidebar_is_at_the_top() -> None:
    sidebar = make_block("sidebar", markdown("### Réglages"), make_field("heat", "slider"))
    assert said(sidebar, markdown(SENTENCE)).introduction == SENTENCE


def test_text_above_comes_before_that_of_a_tab() -> None:
    tab = make_block("tabs", make_block("tabitem", markdown("Dans un onglet, la phrase est une aide."), label="A"))
    assert said(tab, markdown(SENTENCE)).introduction == SENTENCE


def test_address_and_marks_of_direction_are_left_out() -> None:
    found = said(markdown("Lisez \u202ehttps://a.example/x?y=1\u202c tout ce que le projet raconte.")).introduction
    assert found == "Lisez tout ce que le projet raconte."


@pytest.mark.parametrize("link", ["[du jardin](https://a.example/x_y)", "**du jardin**", "[du jardin](https://a.exam"])
def test_markdown_in_html_is_read_as_the_author_meant_it(link: str) -> None:
    assert said(html(f"<p>Nommez tous les oiseaux {link}</p>")).introduction == "Nommez tous les oiseaux du jardin"


@given(st.text(alphabet="<>/[]()!*_#`|- \nabcdiv=\"'&;", max_size=400))
def test_any_source_is_read(source: str) -> None:
    for kind in ("markdown", "html"):
        assert all(each.text for each in read_paragraphs(kind, source))


@pytest.mark.parametrize("piece", ["<div>", "[a](", "![", "<a ", "**", "> ", "- ", "<!--", "&lt", "__i18n__{", "`"])
def test_hostile_source_is_read_within_the_budget(piece: str) -> None:
    parts = [markdown(piece * 200_000), html(piece * 200_000)] * 20
    assert measure_cpu_seconds(lambda: said(*parts)) < 3


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (
            {"title": "Oiseaux", "short_description": " Nomme les\noiseaux "},
            SpaceCard("Oiseaux", "Nomme les oiseaux"),
        ),
        ({"title": 5, "short_description": ["x"]}, NO_CARD),
        (None, NO_CARD),
        ("card", NO_CARD),
    ],
)
def test_card_is_read_as_text(card: object, expected: SpaceCard) -> None:
    assert read_card(card) == expected
