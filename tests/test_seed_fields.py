"""Seeds, and the box that has the Space draw them."""

from typing import Any

import pytest

from hfcourse.spaces.form import forms
from hfcourse.spaces.form.form_sections import arrange_form
from tests.support.layout_descriptions import (
    LayoutNode,
    describe_layout_endpoint,
    make_block,
    make_field,
    outline_fields,
)


def shown(*parts: LayoutNode) -> list[Any]:
    return outline_fields(arrange_form(forms.bind_form(describe_layout_endpoint(*parts))).shown_group)


def seed(name: str = "seed", kind: str = "slider", label: str = "Seed") -> LayoutNode:
    return make_field(name, kind, label=label)


def box(name: str = "randomize_seed", label: str = "Randomize seed") -> LayoutNode:
    return make_field(name, "checkbox", label=label)


PAIR = ("seed", "", True, ["seed", "randomize_seed"])


@pytest.mark.parametrize("kind", ["slider", "number"])
def test_seed_and_its_box_are_side_by_side(kind: str) -> None:
    assert shown(make_field("a"), seed(kind=kind), box()) == ["a", PAIR]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((box(), seed()), [PAIR]),
        ((make_block("row", seed(), box()),), [PAIR]),
        ((make_block("row", seed()), make_block("row", box())), [PAIR]),
        ((make_block("row", box(), make_field("width")), seed()), ["width", PAIR]),
        ((seed(), make_field("steps"), box()), [PAIR, "steps"]),
    ],
)
def test_pair_is_found_near_the_seed(parts: tuple[LayoutNode, ...], expected: list[Any]) -> None:
    assert shown(*parts) == expected


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("use_random_seed", "Use random seed"),
        ("rand", "🎲 Random"),
        ("param_3", "Graine aléatoire"),
        ("seed_randomise", "Randomise"),
        ("shuffle_seed", "Shuffle"),
    ],
)
def test_box_is_known_by_its_words(name: str, label: str) -> None:
    assert shown(make_field("a"), seed(), box(name, label)) == ["a", ("seed", "", True, ["seed", name])]


@pytest.mark.parametrize(
    ("name", "label"), [("fixed_seed", "Fixed seed"), ("brand", "Brand"), ("randomness", "Speed"), ("hd", "HD")]
)
def test_box_that_speaks_of_something_else_is_left(name: str, label: str) -> None:
    assert shown(seed(), box(name, label)) == ["seed", name]


def test_number_that_is_no_seed_is_left() -> None:
    assert shown(make_field("seedling", "number", label="Seedlings"), box()) == ["seedling", "randomize_seed"]


def test_seed_of_another_part_of_the_page_is_left() -> None:
    parts = (seed(), make_field("a"), make_block("accordion", box(), make_field("b"), label="Autre"))
    assert shown(*parts) == ["seed", "a", ("accordion", "Autre", True, ["randomize_seed", "b"])]


def test_each_of_two_seeds_has_its_own_box() -> None:
    parts = (seed(), box(), seed("seed_2", label="Seed 2"), box("random_2", "Random seed 2"))
    assert shown(*parts) == [PAIR, ("seed", "", True, ["seed_2", "random_2"])]


def test_pair_in_a_fold_stays_in_it() -> None:
    assert shown(make_field("a"), make_block("accordion", seed(), box(), label="Advanced", open=False)) == [
        "a",
        ("accordion", "Advanced", False, [PAIR]),
    ]
