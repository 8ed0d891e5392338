"""An experiment in a browser: predicted and made in a lesson, on its page, with the keyboard, without scripts."""

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import WAKE_TIMEOUT_SECONDS, SiteProcess

LESSON, SLUG = "/lecons/3-4-mini-chatbot", "coupure"
# The real exchange takes under a second; the app of a busy machine more.
EXCHANGE_MS, WAKE_MS = 20_000, WAKE_TIMEOUT_SECONDS * 1000
ALL_IDS = "() => [...document.querySelectorAll('[id]')].map(({id}) => id)"


def find_card(page: Page, slug: str = SLUG) -> Locator:
    """The experiment in the lesson on show."""
    return page.locator("section.experiment").filter(has=page.locator(f"#et-si-{slug}"))


def predict(card: Locator, letter: str = "b") -> None:
    card.locator(f"input[value={letter}]").check()
    card.get_by_role("button", name="Prédire, puis voir").click()


def expect_verdict(place: Locator | Page, verdict: str, timeout_ms: int = EXCHANGE_MS) -> None:
    expect(place.locator(f"[data-verdict={verdict}]")).to_be_visible(timeout=timeout_ms)


def test_experiment_of_a_lesson_is_made_in_place_and_is_for_everybody(page: Page) -> None:
    page.goto(LESSON)
    card = find_card(page)
    predict(card)
    expect_verdict(card, "right")
    expect(card.locator("[data-verdict]")).to_be_focused()
    expect(card.get_by_role("status").last).to_have_text("Les vrais messages sont là.")
    expect(card.locator(".trace-events > li")).to_have_count(2)
    assert page.url.endswith(LESSON)
    ids = page.evaluate(ALL_IDS)
    assert len(ids) == len(set(ids))
    assert find_page_faults(page) == []


def test_second_prediction_replaces_the_exchange_of_the_first(page: Page) -> None:
    page.goto(LESSON)
    card = find_card(page)
    predict(card, "a")
    expect_verdict(card, "wrong")
    expect(card.get_by_text("Ce qui s’est passé")).to_be_visible()
    predict(card, "b")
    expect_verdict(card, "right")
    expect(card.locator("[data-verdict]")).to_have_count(1)


def test_experiment_without_a_prediction_says_so_in_the_lesson(page: Page) -> None:
    page.goto(LESSON)
    card = find_card(page)
    card.get_by_role("button", name="Prédire, puis voir").click()
    expect(card.locator("[data-error=invalid-input]")).to_be_focused()


def test_lesson_waits_until_the_space_is_awake(sleeping_site: SiteProcess, open_student_page: OpenStudentPage) -> None:
    page = open_student_page(sleeping_site)
    page.goto(LESSON)
    card = find_card(page)
    predict(card)
    expect(card.locator("[data-error=space-sleeping]")).to_be_visible()
    expect_verdict(card, "right", WAKE_MS)


def test_experiment_is_made_while_projecting(page: Page) -> None:
    page.goto(f"{LESSON}/projeter#et-si-{SLUG}")
    card = find_card(page)
    predict(card)
    expect_verdict(card, "right")


def test_form_leads_to_its_page_if_the_script_gets_no_answer(page: Page) -> None:
    def fail_fragments(route: Route) -> None:
        if "x-fragment" in route.request.headers:
            route.fulfill(status=502, body="")
        else:
            route.continue_()

    page.route("**/et-si/**", fail_fragments)
    page.goto(LESSON)
    predict(find_card(page), "c")
    page.wait_for_url(f"**/et-si/{SLUG}?choix=c")
    expect(page.locator("input[value=c]")).to_be_checked()


def test_experiment_works_without_scripts_from_the_lesson_on(
    site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(site, java_script_enabled=False)
    page.goto(LESSON)
    predict(find_card(page), "a")
    page.wait_for_url(f"**/et-si/{SLUG}?choix=a")
    expect(page.locator("input[value=a]")).to_be_checked()
    page.get_by_role("button", name="Lancer l’expérience").click()
    expect_verdict(page, "wrong")
    page.get_by_role("link", name="Recommencer").click()
    expect(page.locator("input:checked")).to_have_count(0)


def test_sleeping_space_is_waited_for_without_scripts(
    sleeping_site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(sleeping_site, java_script_enabled=False)
    page.goto(f"/et-si/{SLUG}?choix=b")
    expect(page.locator("[data-error=space-sleeping]")).to_be_visible()
    expect(page.get_by_text("Votre prédiction est notée")).to_be_visible(timeout=WAKE_MS)
    expect(page.locator("input[value=b]")).to_be_checked()


def test_experiment_needs_a_keyboard_alone(page: Page) -> None:
    page.goto("/et-si/")
    page.get_by_role("link", name=re.compile("s’arrête au milieu")).focus()
    page.keyboard.press("Enter")
    page.locator("input[name=choix]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Lancer l’expérience")).to_be_focused()
    page.keyboard.press("Enter")
    expect_verdict(page, "right")


def test_trace_of_a_run_on_the_practice_space_leads_to_the_experiments(page: Page) -> None:
    page.goto("/espaces/hfcourse/entrainement?endpoint=/saluer")
    page.locator("[name=arg-prenom]").fill("Awa")
    page.get_by_role("button", name="Lancer l’essai").click()
    page.locator("a[href*='/essais/']").filter(has_text="page").first.click()
    page.locator("details.run-trace > summary").click()
    page.get_by_role("link", name="Un paramètre oublié").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Un paramètre oublié")
