"""A lesson on the wall of a classroom: keys turn its sections, with scripts; links do without."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import SiteProcess

ADDRESS = "/lecons/3-2-compte-et-jeton/projeter"


@pytest.fixture
def page(site: SiteProcess, open_student_page: OpenStudentPage) -> Page:
    made = open_student_page(site, viewport={"width": 1280, "height": 720})
    made.goto(ADDRESS)
    return made


def expect_shown(page: Page, number: int) -> None:
    """This section, and no other."""
    expect(page.locator(f"#vue-{number}")).to_be_visible()
    expect(page.locator(".slides > section:visible")).to_have_count(1)


def view_of(page: Page) -> str:
    """« vue 2 sur 4 », or nothing where the section is one view."""
    return page.locator(".slides > section:visible [data-view]").inner_text()


def turn_all(page: Page, key: str) -> list[str]:
    """Press a key until the section changes; the views that were shown."""
    section = page.locator(".slides > section:visible").get_attribute("id")
    views = []
    while page.locator(".slides > section:visible").get_attribute("id") == section:
        views.append(view_of(page))
        page.keyboard.press(key)
    return views


def test_arrows_turn_the_views_and_sections_and_escape_leaves(page: Page) -> None:
    expect_shown(page, 1)
    page.keyboard.press("ArrowLeft")
    expect_shown(page, 1)
    turn_all(page, "ArrowRight")
    expect_shown(page, 2)
    views = turn_all(page, "ArrowRight")
    expect_shown(page, 3)
    expect(page.locator("#vue-3")).to_be_focused()
    assert len(views) > 1
    page.keyboard.press("ArrowLeft")
    expect_shown(page, 2)
    assert view_of(page) == views[-1], "a section is entered from behind at its last view"
    page.go_back()
    expect_shown(page, 3)
    page.keyboard.press("Escape")
    page.wait_for_url("**/lecons/3-2-compte-et-jeton")


OVERFLOW = "() => document.documentElement.scrollHeight - innerHeight"
BLOCKS = (
    "() => [...document.querySelectorAll('.slides > section .prose > *')].filter((e) => e.checkVisibility()).length"
)
# No further view: neither in this section nor after it.
IS_LAST = """() => {
    const section = [...document.querySelectorAll(".slides > section")].find((each) => each.checkVisibility());
    const [, view, views] = section.querySelector("[data-view]").textContent.match(/(\\d+) sur (\\d+)/) ?? [];
    return !section.nextElementSibling && view === views;
}"""
HAS_TURNED = """(before) => {
    const section = [...document.querySelectorAll(".slides > section")].find((each) => each.checkVisibility());
    return section.querySelector(".slide-nav").innerText !== before;
}"""
ALL_BLOCKS = "() => document.querySelectorAll('.slides .prose > *').length"


@pytest.mark.parametrize("key", ["PageDown", "Space"])
def test_a_remote_control_shows_the_whole_lesson_in_views_that_fit(page: Page, key: str) -> None:
    shown, is_last = page.evaluate(BLOCKS), False
    while not is_last:
        place = page.locator(".slides > section:visible .slide-nav").inner_text()
        page.evaluate("dispatchEvent(new Event('wheel')); scrollTo(0, document.documentElement.scrollHeight)")
        page.keyboard.press(key)
        page.wait_for_function(HAS_TURNED, arg=place)
        blocks = page.evaluate(BLOCKS)
        assert page.evaluate(OVERFLOW) < 3 or blocks <= 3, "only what belongs together is higher than the window"
        shown += blocks
        is_last = page.evaluate(IS_LAST)
    assert shown == page.evaluate(ALL_BLOCKS)


def test_page_up_leads_back_from_the_top_of_a_view(page: Page) -> None:
    page.goto(f"{ADDRESS}#vue-3")
    expect(page.locator("#vue-3")).to_be_focused()
    page.keyboard.press("PageUp")
    expect_shown(page, 2)


# How far down the page is once those who listen have had their say about a scroll.
SCROLLED = """() => new Promise((then) => {
    document.body.style.minBlockSize = "200vh"; // as a view that is higher than the window
    addEventListener("scroll", () => then(scrollY), {once: true});
    scrollTo(0, 40);
})"""


def test_a_section_begins_at_its_top_whatever_still_scrolls(
    site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(site, is_alone=True, viewport={"width": 1280, "height": 720})
    page.clock.install()
    page.goto(ADDRESS)
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    turn_to(page, 3)
    assert page.evaluate(SCROLLED) == 0, "what a key began to scroll goes on for as long as Chromium pleases"
    page.clock.run_for(200)
    assert page.evaluate(SCROLLED) == 0
    page.clock.run_for(1000)
    assert page.evaluate(SCROLLED) == 40
    turn_to(page, 2)
    assert page.evaluate(SCROLLED) == 0
    page.keyboard.press("Shift")
    assert page.evaluate(SCROLLED) == 40, "whoever does something scrolls by themselves"


def turn_to(page: Page, number: int) -> None:
    page.goto(f"{ADDRESS}#vue-{number}")
    expect(page.locator(f"#vue-{number}")).to_be_focused()


def test_in_the_choices_of_a_question_the_arrows_choose(page: Page) -> None:
    section = page.locator(".slides > section:has(> .prose > form.quiz)").last
    number, heading = int((section.get_attribute("id") or "")[4:]), section.get_attribute("aria-labelledby")
    page.goto(f"{ADDRESS}#{heading}")  # by its heading, as links from elsewhere name it
    expect_shown(page, number)
    question = section.locator("form.quiz").first
    while not question.is_visible():
        page.keyboard.press("ArrowRight")
    question.locator("[name=choix]").first.check()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(question).to_be_visible()
    question.get_by_role("button", name="Répondre").click()
    expect(question.locator(".verdict:visible")).to_have_count(1)
    expect_shown(page, number)


def test_links_turn_the_sections_without_scripts(site: SiteProcess, open_student_page: OpenStudentPage) -> None:
    page = open_student_page(site, java_script_enabled=False)
    page.goto(ADDRESS)
    expect_shown(page, 1)
    page.get_by_role("link", name="Suivante").click()
    expect_shown(page, 2)
    page.get_by_role("link", name="Précédente").click()
    expect_shown(page, 1)
    page.get_by_role("link", name="Quitter").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("3.2")


@pytest.mark.parametrize("section", [1, 3, 5])
def test_each_section_is_for_everybody(page: Page, section: int) -> None:
    page.goto(f"{ADDRESS}#vue-{section}")
    expect_shown(page, section)
    assert find_page_faults(page) == []


def test_the_type_is_large(page: Page) -> None:
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('#vue-1 p')).fontSize)") >= 24


def test_the_notes_of_a_second_window_follow_and_turn_the_views(site: SiteProcess, page: Page) -> None:
    site.log_in_instructor(page)
    page.goto(ADDRESS)
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Mes notes").click()
    notes = opening.value
    expect(notes.locator("section.current")).to_have_attribute("id", "vue-1")
    expect(notes.locator("[data-clock]")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    turn_all(page, "ArrowRight")
    expect(notes.locator("section.current")).to_have_attribute("id", "vue-2")
    notes.get_by_role("button", name="Vue suivante").click()
    expect(page.locator("#vue-2 [data-view]")).to_contain_text("vue 2")
    expect(notes.locator("section.current")).to_contain_text("Vue 2 sur")
    notes.keyboard.press("PageUp")
    expect(page.locator("#vue-2 [data-view]")).to_contain_text("vue 1")
    assert find_page_faults(notes) == []
    page.close()
    expect(notes.get_by_role("status")).to_have_text("La fenêtre projetée est fermée.")
