"""A student's way through an app in several steps: choose a picture, run, continue with what came back, run."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.browser.run_page import submit_form
from tests.spaces.served_apps import ServedApps, run_site_with_apps

POSTERS = "/espaces/essai/affiches?endpoint=/preparer"


@pytest.fixture(scope="module")
def served_apps(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApps]:
    """The apps of workshop.py, and a site in front of them."""
    with run_site_with_apps(tmp_path_factory.mktemp("workshop"), program="tests.spaces.serve_workshop") as made:
        yield made


def run(page: Page) -> None:
    """Press the button of the form and wait for the end."""
    submit_form(page)
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")


def test_a_picture_is_chosen_prepared_and_printed(apps_page: Page):
    apps_page.goto(POSTERS)
    pictures = apps_page.locator(".examples img")
    expect(pictures).to_have_count(2)
    pictures.nth(1).scroll_into_view_if_needed()
    expect(pictures.nth(1)).to_have_js_property("naturalWidth", 64)
    apps_page.get_by_role("link", name="bleuet.png").click()
    expect(apps_page.locator(".uploaded-file")).to_contain_text("bleuet.png")
    run(apps_page)
    apps_page.get_by_role("link", name="Continuer avec").click()
    expect(apps_page.get_by_role("heading", name="Imprimer")).to_be_visible()
    expect(apps_page.locator(".uploaded-file")).to_have_count(1)
    apps_page.get_by_label("Titre de l’affiche").fill("Nuit")
    run(apps_page)
    expect(apps_page.locator("[data-output='1']")).to_contain_text("Nuit, 40 × 64, graine 3, encre noire, feuille 1")
    expect(apps_page.locator("[data-output='0'] img")).to_have_js_property("naturalHeight", 64)


def test_an_example_leaves_what_was_typed_elsewhere(served_apps: ServedApps, open_student_page: OpenStudentPage):
    page = open_student_page(served_apps.site)
    page.goto("/espaces/essai/archive")
    page.get_by_label("Remarque").fill("à moi")
    page.get_by_role("link", name="Le marché").click()
    expect(page.locator(".uploaded-file")).to_have_count(3)
    expect(page.get_by_label("Remarque")).to_have_value("à moi")
    expect(page.get_by_role("link", name="Le marché")).to_be_focused()
    page.get_by_role("link", name="Plan fixe").click()
    expect(page.get_by_label("Remarque")).to_have_value("Plan fixe")
    expect(page.locator(".uploaded-file")).to_have_count(4)
    expect(page.locator(".examples [aria-current]")).to_have_count(2)
    run(page)
    expect(page.locator("[data-output='0']")).to_contain_text("film 524, notes ['bon', 'Porto-Novo'], Plan fixe")


@pytest.mark.parametrize("address", [POSTERS, "/espaces/essai/archive"])
def test_examples_with_files_have_no_fault(served_apps: ServedApps, open_student_page: OpenStudentPage, address: str):
    page = open_student_page(served_apps.site)
    page.goto(address)
    assert find_page_faults(page) == []
