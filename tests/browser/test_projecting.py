"""A lesson on the wall of a classroom: keys turn its sections, with scripts; links do without."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import StudentAt
from tests.browser.site import Site
from tests.browser.test_every_page import faults

ADDRESS = "/lecons/3-2-compte-et-jeton/projeter"


@pytest.fixture
def page(site: Site, student_at: StudentAt) -> Page:
    made = student_at(site, viewport={"width": 1280, "height": 720})
    made.goto(ADDRESS)
    return made


def expect_shown(page: Page, number: int) -> None:
    """This section, and no other."""
    expect(page.locator(f"#vue-{number}")).to_be_visible()
    expect(page.locator(".slides > section:visible")).to_have_count(1)


def test_arrows_turn_the_sections_and_escape_leaves(page: Page) -> None:
    expect_shown(page, 1)
    page.keyboard.press("ArrowLeft")
    expect_shown(page, 1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect_shown(page, 3)
    expect(page.locator("#vue-3")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect_shown(page, 2)
    page.go_back()
    expect_shown(page, 3)
    page.keyboard.press("Escape")
    page.wait_for_url("**/lecons/3-2-compte-et-jeton")


def test_a_remote_control_reads_a_section_to_its_end_before_it_turns(page: Page) -> None:
    page.goto(f"{ADDRESS}#vue-3")
    expect(page.locator("#vue-3")).to_be_focused()
    page.keyboard.press("PageDown")
    expect_shown(page, 3)
    page.wait_for_function("() => scrollY > 0")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.keyboard.press("PageDown")
    expect_shown(page, 4)
    page.wait_for_function("() => scrollY === 0")
    page.keyboard.press("PageUp")
    expect_shown(page, 3)


# How far down the page is once those who listen have had their say about a scroll.
SCROLLED = """() => new Promise((then) => {
    addEventListener("scroll", () => then(scrollY), {once: true});
    scrollTo(0, 40);
})"""


def test_a_section_begins_at_its_top_whatever_still_scrolls(site: Site, student_at: StudentAt) -> None:
    page = student_at(site, is_alone=True, viewport={"width": 1280, "height": 720})
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
    page.goto(f"{ADDRESS}#verifiez-vos-acquis")  # by its heading, as links from elsewhere name it
    expect_shown(page, 5)
    question = page.locator("#vue-5 form.quiz").first
    question.locator("[name=choix]").first.check()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect_shown(page, 5)
    question.get_by_role("button", name="Répondre").click()
    expect(question.locator(".verdict:visible")).to_have_count(1)
    expect_shown(page, 5)


def test_links_turn_the_sections_without_scripts(site: Site, student_at: StudentAt) -> None:
    page = student_at(site, java_script_enabled=False)
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
    assert faults(page) == []


def test_the_type_is_large(page: Page) -> None:
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('#vue-1 p')).fontSize)") >= 24
