"""A student's way through a page that its author laid out: one field in sight, the rest in folds."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.accessibility import DESKTOP_VIEWPORT, PHONE_VIEWPORT, find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.browser.run_page import open_run_page
from tests.spaces.served_apps import ServedApps, run_site_with_apps

STUDIO, PORTRAITS = "/espaces/essai/atelier", "/espaces/essai/portraits"
TEN_DIGITS = "1994967667"


@pytest.fixture(scope="module")
def served_apps(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApps]:
    with run_site_with_apps(tmp_path_factory.mktemp("layouts"), program="tests.spaces.serve_layouts") as running:
        yield running


def fold(page: Page, words: str) -> Locator:
    return page.locator("details.field-group > summary", has_text=words)


def top_of(field: Locator) -> float:
    box = field.bounding_box()
    assert box
    return box["y"]


def test_advanced_setting_is_found_changed_sent_and_seen_again(apps_page: Page) -> None:
    apps_page.goto(STUDIO)
    expect(apps_page.get_by_role("heading", level=1)).to_contain_text("Pocket Painter")
    expect(apps_page.locator("[data-own-words]")).to_contain_text("Describe a picture in one sentence and press Paint.")
    steps, seed = apps_page.locator("[name=arg-steps]"), apps_page.locator("[name=arg-seed]")
    expect(apps_page.locator("[name=arg-prompt]")).to_be_visible()
    expect(steps).to_be_hidden()
    apps_page.locator("[name=arg-prompt]").fill("A fox")
    fold(apps_page, "Advanced Settings").click()
    steps.fill("douze")
    apps_page.get_by_role("button", name="Lancer l’essai").click()
    expect(steps).to_be_visible()
    expect(steps).to_have_attribute("aria-invalid", "true")
    steps.fill("12")
    apps_page.locator("[name=arg-randomize_seed]").uncheck()
    seed.fill("42")
    apps_page.get_by_role("button", name="Lancer l’essai").click()
    expect(apps_page.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")
    expect(apps_page.locator("[data-output='0']")).to_contain_text(
        "A fox without nothing: 12 steps, 3.5, seed 42, 0.8, 4"
    )
    open_run_page(apps_page)
    apps_page.goto(f"{STUDIO}?essai={apps_page.url.rstrip('/').rpartition('/')[2]}")
    expect(steps).to_have_value("12")
    expect(apps_page.locator("[name=arg-tiles]")).to_be_hidden()


def test_seed_is_whole_and_grey_while_its_box_is_ticked(apps_page: Page) -> None:
    apps_page.goto(STUDIO)
    fold(apps_page, "Advanced Settings").click()
    seed, box = apps_page.locator("[name=arg-seed]"), apps_page.locator("[name=arg-randomize_seed]")
    expect(seed).to_have_value(TEN_DIGITS)
    assert seed.evaluate("each => each.scrollWidth <= each.clientWidth")
    expect(seed).to_be_enabled()
    expect(seed).to_have_css("border-style", "dashed")
    box.uncheck()
    expect(seed).to_have_css("border-style", "solid")


def test_fields_of_a_row_are_beside_each_other_where_there_is_room(
    served_apps: ServedApps, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(served_apps.site)
    page.goto(STUDIO)
    fold(page, "Advanced Settings").click()
    steps, guidance = page.locator("[name=arg-steps]"), page.locator("[name=arg-guidance]")
    page.set_viewport_size(DESKTOP_VIEWPORT)
    assert abs(top_of(steps) - top_of(guidance)) < 2
    page.set_viewport_size(PHONE_VIEWPORT)
    assert top_of(guidance) > top_of(steps) + 40


@pytest.mark.parametrize("path", [STUDIO, PORTRAITS])
def test_open_form_is_for_everybody(served_apps: ServedApps, open_student_page: OpenStudentPage, path: str) -> None:
    page = open_student_page(served_apps.site)
    page.goto(path)
    page.locator("details.field-group").evaluate_all("folds => folds.forEach((each) => { each.open = true; })")
    assert find_page_faults(page) == []
