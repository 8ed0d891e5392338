"""Seeds, and the box that has the Space draw them."""

from typing import Any

import pytest

from hfcourse.spaces.form import forms
from hfcourse.spaces.form.form_sections import arrange_form
from tests.support.layout_descriptions import Part, block, endpoint_of, entry
from tests.test_sections import outline


def shown(*parts: Part) -> list[Any]:
    return outline(arrange_form(forms.bind_form(endpoint_of(*parts))).shown_group)


def seed(name: str = "seed", kind: str = "slider", label: str = "Seed") -> Part:
    return entry(name, kind, label=label)


def box(name: str = "randomize_seed", label: str = "Randomize seed") -> Part:
    return entry(name, "checkbox", label=label)


PAIR = ("seed", "", True, ["seed", "randomize_seed"])


@pytest.mark.parametrize("kind", ["slider", "number"])
def test_seed_and_its_box_are_side_by_side(kind: str) -> None:
    assert shown(entry("a"), seed(kind=kind), box()) == ["a", PAIR]


@pytest.mark.parametrize(
    "parts",
    [
        (box(), seed()),
        (block("row", seed(), box()),),
        (block("row", seed()), block("row", box())),
        (block("row", box(), entry("width")), seed()),
        (seed(), entry("steps"), box()),
    ],
)
def test_pair_is_found_near_the_seed(parts: tuple[Part, ...]) -> None:
    names = {"width", "steps"} & {each for part in shown(*parts) for each in (part if isinstance(part, str) else "")}
    assert PAIR in shown(*parts) or ("row", "", True, [PAIR, *names]) in shown(*parts)


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
    assert shown(entry("a"), seed(), box(name, label)) == ["a", ("seed", "", True, ["seed", name])]


@pytest.mark.parametrize(
    ("name", "label"), [("fixed_seed", "Fixed seed"), ("brand", "Brand"), ("randomness", "Speed"), ("hd", "HD")]
)
def test_box_that_speaks_of_something_else_is_left(name: str, label: str) -> None:
    assert shown(seed(), box(name, label)) == ["seed", name]


def test_number_that_is_no_seed_is_left() -> None:
    assert shown(entry("seedling", "number", label="Seedlings"), box()) == ["seedling", "randomize_seed"]


def test_seed_of_another_part_of_the_page_is_left() -> None:
    parts = (seed(), entry("a"), block("accordion", box(), entry("b"), label="Autre"))
    assert shown(*parts) == ["seed", "a", ("accordion", "Autre", True, ["randomize_seed", "b"])]


def test_each_of_two_seeds_has_its_own_box() -> None:
    parts = (seed(), box(), seed("seed_2", label="Seed 2"), box("random_2", "Random seed 2"))
    assert shown(*parts) == [PAIR, ("seed", "", True, ["seed_2", "random_2"])]


def test_pair_in_a_fold_stays_in_it() -> None:
    assert shown(entry("a"), block("accordion", seed(), box(), label="Advanced", open=False)) == [
        "a",
        ("accordion", "Advanced", False, [PAIR]),
    ]
