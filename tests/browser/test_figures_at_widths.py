"""Figures at the width of a phone and of a desk: one drawing of each is shown, whole, in letters that can be read."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import SiteProcess

COURSE = "/imprimer"
NARROW_PX, WIDE_PX = 360, 1280
MIN_LETTER_PX = 11
MIN_LETTER_PX_AT_ANY_WIDTH = 10  # where the wide drawing is about to give way, and on a screen of 320 px

# The boxes of all texts of each drawing that is displayed, in units of its viewBox, and the pixels of its letters.
MEASURE = """figures => figures.map(figure => {
  const shown = [...figure.querySelectorAll("svg")].filter(svg => svg.checkVisibility());
  const svg = shown[0], view = svg.viewBox.baseVal, scale = svg.getBoundingClientRect().width / view.width;
  const texts = [...svg.querySelectorAll("text")].map(text => {
    const box = text.getBBox();
    return { words: text.textContent, left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height };
  });
  const letters = [...svg.querySelectorAll("text, tspan")].map(each => parseFloat(getComputedStyle(each).fontSize));
  return {
    name: svg.querySelector("title").textContent, shown: shown.length, narrow: svg.matches(".figure-narrow"), texts,
    view: [view.x, view.y, view.x + view.width, view.y + view.height], letterPx: Math.min(...letters) * scale,
    overflow: figure.scrollWidth - figure.clientWidth, right: svg.getBoundingClientRect().right,
  };
})"""
# The box of a line of text is higher than its letters: leading above and below may meet.
LEADING_UNITS = 3


def measure(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.locator("figure.figure:visible").evaluate_all(MEASURE)
    return found


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return bool(across > 0 and down > 2 * LEADING_UNITS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_each_figure_is_whole_and_can_be_read(
    site: SiteProcess, open_student_page: OpenStudentPage, theme: str
):
    phone = open_student_page(site, viewport={"width": NARROW_PX, "height": 740}, color_scheme=theme)
    phone.goto(COURSE)
    figures = measure(phone)
    assert figures
    for figure in figures:
        name, (left, top, right, bottom) = figure["name"], figure["view"]
        assert (name, figure["shown"], figure["narrow"], figure["overflow"]) == (name, 1, True, 0)
        assert figure["right"] <= NARROW_PX, name
        assert figure["letterPx"] >= MIN_LETTER_PX, name
        outside = [
            text["words"]
            for text in figure["texts"]
            if text["left"] < left or text["right"] > right or text["top"] < top or text["bottom"] > bottom
        ]
        assert (name, outside) == (name, [])
        pairs = [
            (one["words"], other["words"])
            for number, one in enumerate(figure["texts"])
            for other in figure["texts"][number + 1 :]
            if overlap(one, other)
        ]
        assert (name, pairs) == (name, [])


def test_letters_stay_legible_at_every_width(site: SiteProcess, open_student_page: OpenStudentPage):
    page = open_student_page(site)
    page.goto("/lecons/3-1-presentation")
    for width in (320, 480, 640, 720, 768, 1024, 1040, 1100, 1160, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        figures = measure(page)
        assert {(figure["shown"], figure["overflow"]) for figure in figures} == {(1, 0)}, width
        assert min(figure["letterPx"] for figure in figures) >= MIN_LETTER_PX_AT_ANY_WIDTH, width


def test_a_wall_is_shown_the_wide_drawing(site: SiteProcess, open_student_page: OpenStudentPage):
    for size in ({"width": 1280, "height": 720}, {"width": 800, "height": 600}):
        wall = open_student_page(site, viewport=size, java_script_enabled=False)
        wall.goto("/lecons/3-4-mini-chatbot/projeter")
        anchor = wall.locator(".slides > section", has=wall.locator(".figure-narrow")).first.get_attribute("id")
        wall.goto(f"/lecons/3-4-mini-chatbot/projeter#{anchor}")
        expect(wall.locator("figure.figure:visible")).to_have_count(1)
        [figure] = measure(wall)
        assert (figure["shown"], figure["narrow"]) == (1, False)


def test_on_a_wide_page_and_on_paper_the_wide_drawing_is_shown(site: SiteProcess, open_student_page: OpenStudentPage):
    page = open_student_page(site, viewport={"width": WIDE_PX, "height": 900})
    page.goto(COURSE)
    assert {(figure["shown"], figure["narrow"]) for figure in measure(page)} == {(1, False)}
    page.emulate_media(media="print")
    page.set_viewport_size({"width": NARROW_PX, "height": 740})
    assert {(figure["shown"], figure["narrow"]) for figure in measure(page)} == {(1, False)}


def test_a_screen_reader_meets_each_figure_once(site: SiteProcess, open_student_page: OpenStudentPage):
    phone = open_student_page(site, viewport={"width": NARROW_PX, "height": 740})
    phone.goto("/lecons/3-4-mini-chatbot")
    name = "Qui parle à qui, et où est le jeton"
    expect(phone.get_by_role("img", name=name)).to_have_count(1)
    phone.set_viewport_size({"width": WIDE_PX, "height": 900})
    expect(phone.get_by_role("img", name=name)).to_have_count(1)


def test_a_projected_figure_is_legible_on_a_phone(site: SiteProcess, open_student_page: OpenStudentPage):
    # Without scripts a section is one view; with them, the figure may be in a later one.
    phone = open_student_page(site, viewport={"width": NARROW_PX, "height": 740}, java_script_enabled=False)
    phone.goto("/lecons/3-4-mini-chatbot/projeter")
    anchor = phone.locator(".slides > section", has=phone.locator(".figure-narrow")).first.get_attribute("id")
    phone.goto(f"/lecons/3-4-mini-chatbot/projeter#{anchor}")
    expect(phone.locator("figure.figure:visible")).to_have_count(1)
    [figure] = measure(phone)
    assert (figure["shown"], figure["narrow"]) == (1, True)
    assert figure["letterPx"] >= MIN_LETTER_PX
