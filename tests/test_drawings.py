"""The drawings of figures: each wide one has a narrow one that says the same, and both stand in a page."""

import re
from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.lessons import library
from hfcourse.lessons.syntax import svg_drawings
from hfcourse.lessons.syntax.svg_drawings import find_wrong_numbers, list_marker_numbers, minify_drawing, pair_drawings
from tests.support.clients import BrowserClient
from tests.support.lessons import CourseFolder, collect_lint_messages
from tests.support.plain_typography import untypeset

WIDE = sorted(
    path for path in library.FIGURES_FOLDER.glob("*.svg") if not path.name.endswith(svg_drawings.NARROW_SUFFIX)
)
SVG = "{http://www.w3.org/2000/svg}"
MIN_TEXT_UNITS, MAX_NARROW_UNITS = 12, 360


def draw(*numbers: int, name: str = "a") -> str:
    """A drawing with these numbers, and a text that is a number without being one of them."""
    markers = "".join(f'<text x="1" y="9">{number}</text>' for number in numbers)
    return (
        f'<svg viewBox="0 0 9 9" aria-labelledby="{name}"><title id="{name}">Un</title><text>42</text>'
        f'<g fill="var(--on-amber, #1c1d33)">{markers}</g></svg>'
    )


def narrow_of(path: Path) -> Path:
    return path.with_name(path.stem + svg_drawings.NARROW_SUFFIX)


def words_of(root: Element) -> list[str]:
    """The title and the description, by which somebody who does not see the drawing knows it."""
    return [root.findtext(SVG + name, "") for name in ("title", "desc")]


@pytest.mark.parametrize("path", WIDE, ids=lambda path: path.stem)
class TestDrawings:
    def test_a_narrow_drawing_says_what_the_wide_one_says(self, path: Path) -> None:
        wide, narrow = (fromstring(each.read_text("utf-8")) for each in (path, narrow_of(path)))
        assert words_of(narrow) == words_of(wide)
        assert all(words_of(narrow))
        numbers = list_marker_numbers(path.read_text("utf-8") + narrow_of(path).read_text("utf-8"))
        assert numbers[0] == numbers[1] != []

    def test_a_narrow_drawing_is_named_by_ids_of_its_own(self, path: Path) -> None:
        root = fromstring(narrow_of(path).read_text("utf-8"))
        own = [each.get("id") for each in root.iter() if each.get("id")]
        assert root.get("role") == "img"
        assert own == (root.get("aria-labelledby") or "").split()

    def test_a_narrow_drawing_fits_a_phone_in_letters_that_can_be_read(self, path: Path) -> None:
        root = fromstring(narrow_of(path).read_text("utf-8"))
        assert float((root.get("viewBox") or "").split()[2]) <= MAX_NARROW_UNITS
        sizes = [float(each.get("font-size", "12")) for each in root.iter()]
        assert min(sizes) >= MIN_TEXT_UNITS

    def test_colours_of_a_narrow_drawing_follow_the_theme(self, path: Path) -> None:
        paints = re.findall(r'\s(?:fill|stroke)="([^"]*)"', narrow_of(path).read_text("utf-8"))
        assert {paint for paint in paints if not re.fullmatch(r"var\(--[\w-]+, #[0-9a-f]{6}\)|none", paint)} == set()


def test_ids_are_unique_among_all_drawings() -> None:
    counts = Counter(
        name for path in library.FIGURES_FOLDER.glob("*.svg") for name in svg_drawings.SVG_ID.findall(path.read_text())
    )
    assert [name for name, times in counts.items() if times > 1] == []


def test_minifying_keeps_what_is_drawn() -> None:
    source = (
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" fill="var(--ink, #1c1d33)"'
        ' font-family="var(--sans, system-ui, sans-serif)">\n<text>a, b (c)\nd</text>\n<text> e</text>\n</svg>\n'
    )
    assert minify_drawing(source) == (
        '<svg fill="var(--ink)" font-family="var(--sans)"><text>a, b (c)\nd</text><text> e</text></svg>'
    )


@given(st.text(max_size=60))
def test_minifying_takes_any_text_and_is_done_after_once(text: str) -> None:
    assert minify_drawing(minify_drawing(text)) == minify_drawing(text)


class TestPairing:
    def test_a_narrow_drawing_stands_after_the_wide_one_with_its_class(self) -> None:
        narrow = draw(1, name="b").replace("<svg ", '<svg class="figure-small" ')
        paired, faults = pair_drawings({"A.svg": draw(1), "A.narrow.svg": narrow, "B.svg": draw(2)}, "figures")
        assert faults == []
        assert sorted(paired) == ["A.svg", "B.svg"]
        assert re.findall(r"<svg[^>]*>", paired["A.svg"]) == [
            '<svg viewBox="0 0 9 9" aria-labelledby="a">',
            '<svg class="figure-narrow" viewBox="0 0 9 9" aria-labelledby="b">',
        ]
        assert svg_drawings.has_narrow_drawing(paired["A.svg"])
        assert not svg_drawings.has_narrow_drawing(paired["B.svg"])

    @pytest.mark.parametrize(
        ("name", "mend"),
        [
            ("Jeton.narrow.svg", "Vouliez-vous écrire « Jetons.narrow.svg » ?"),
            ("x.narrow.svg", "Dessinez x.svg, ou"),
        ],
    )
    def test_a_narrow_drawing_without_a_wide_one_is_told(self, name: str, mend: str) -> None:
        paired, [fault] = pair_drawings({"Jetons.svg": draw(1), name: draw(1, name="b")}, "figures")
        wanted = f"figures/{name}:1: ce dessin étroit n'a pas de dessin large. {mend}"
        assert untypeset(str(fault)).startswith(wanted)
        assert list(paired) == ["Jetons.svg"]

    def test_an_id_of_both_is_told(self) -> None:
        _, [fault] = pair_drawings({"A.svg": draw(1), "A.narrow.svg": draw(1)}, "figures")
        assert untypeset(fault.problem) == "le dessin large a les mêmes id : a."


@pytest.mark.parametrize(
    ("wide", "narrow", "caption", "wrong"),
    [
        ((1, 2), (2, 1), ["1", "2"], None),
        ((1, 2), (1,), ["1", "2"], ["1"]),
        ((1,), (1,), ["1", "2"], ["1"]),
        ((1, 2), (1, 2), [], ["1", "2"]),
        ((1,), (), ["1"], []),
        ((), (), ["1"], None),
        ((*range(1, 11),), (*range(1, 11),), [str(number) for number in range(1, 11)], None),
    ],
)
def test_numbers_are_compared_with_those_of_the_caption(
    wide: tuple[int, ...], narrow: tuple[int, ...], caption: list[str], wrong: list[str] | None
) -> None:
    assert find_wrong_numbers(draw(*wide) + draw(*narrow, name="b"), caption) == wrong


def test_numbers_that_the_caption_does_not_explain_are_told(course: CourseFolder) -> None:
    (course.figures / "A.svg").write_text(draw(1, 2))
    (course.figures / "A.narrow.svg").write_text(draw(1, 2, name="b"))
    for caption, faults in (
        ("**1** Un. **2** Deux.", 0),
        ("Un (**1**), deux (**2**).", 0),
        ("**1** Un.", 1),
        ("Rien.", 1),
    ):
        course.write("31.md", "3.1", "un", f"Un chapeau.\n\n::: figure A.svg\n{caption}\n:::")
        [lesson] = course.library.get_lessons()
        assert (
            len([fault for fault in lesson.lint_errors if ": 1, 2 ; de sa légende" in untypeset(fault.problem)])
            == faults
        )


def test_the_course_has_nothing_to_mend(app: Flask) -> None:
    assert collect_lint_messages(app) == []


def test_a_page_of_the_course_holds_each_id_once(student: BrowserClient) -> None:
    page = student.open_page("/imprimer")
    ids = Counter(str(each["id"]) for each in page.select("figure [id]"))
    assert set(ids.values()) == {1}
    figures = page.select("figure.figure")
    assert [len(each.select("svg")) for each in figures] == [2] * len(figures)
    for drawn in page.select("figure svg"):
        named = [page.select_one(f"[id='{name}']") for name in str(drawn["aria-labelledby"]).split()]
        assert all(each in drawn.descendants for each in named)
