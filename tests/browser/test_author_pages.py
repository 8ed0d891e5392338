"""A student before a page whose one button does several things: the form of the main step, then a step of its chain."""

import re
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.spaces.served_apps import ServedApps, run_site_with_apps

POSTERS = "/espaces/essai/affiches"


@pytest.fixture(scope="module")
def served_apps(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApps]:
    with run_site_with_apps(
        tmp_path_factory.mktemp("author_pages"), sys.executable, "tests.spaces.serve_author_pages"
    ) as running:
        yield running


@pytest.fixture
def student_page(served_apps: ServedApps, open_student_page: OpenStudentPage) -> Page:
    return open_student_page(served_apps.site)


def test_student_composes_a_poster_then_looks_at_a_step(student_page: Page) -> None:
    student_page.goto(POSTERS)
    form = student_page.locator("form[data-endpoint='/compose']")
    expect(form.get_by_role("heading", name="Composer")).to_be_visible()
    form.get_by_label("Sujet").fill("La gare")
    form.get_by_role("button", name="Lancer l’essai").click()
    expect(student_page.locator("article[data-status='succeeded'] [data-component='Image'] img")).to_be_visible()

    student_page.goto(POSTERS)
    steps = student_page.locator(".endpoint-picker summary", has_text="fait avant")
    steps.click()
    student_page.get_by_role("link", name=re.compile("Draw number")).click()
    expect(student_page.locator("form[data-endpoint='/draw_number']")).to_be_visible()
    expect(student_page.get_by_text("c’est une étape de")).to_be_visible()
    expect(student_page.locator(".endpoint-picker [aria-current]")).to_be_visible()
    assert find_page_faults(student_page) == []


def test_student_reads_beforehand_that_a_selection_is_needed(student_page: Page) -> None:
    student_page.goto("/espaces/essai/styles?endpoint=/dessiner")
    expect(student_page.get_by_text("qu’on ne peut pas faire d’ici")).to_be_visible()
    assert find_page_faults(student_page) == []


def test_student_makes_first_the_file_that_the_main_step_takes(student_page: Page) -> None:
    student_page.set_viewport_size({"width": 360, "height": 800})
    student_page.goto("/espaces/essai/reliefs")
    expect(student_page.locator("form[data-endpoint='/sculpt']")).to_be_visible()
    student_page.locator(".message").get_by_role("link", name="/cut_out").click()
    form = student_page.locator("form[data-endpoint='/cut_out']")
    examples = form.locator(".examples a")
    tops = examples.evaluate_all("links => links.map(link => link.getBoundingClientRect().top)")
    assert (len(tops), len({*tops})) == (3, 1), "pictures alone stand side by side on a phone"
    assert find_page_faults(student_page) == []
    examples.first.click()
    expect(form.get_by_text("Déjà reçu").first).to_be_visible()
    form.get_by_role("button", name="Lancer l’essai").click()
    student_page.get_by_role("link", name="Continuer avec").click()
    form = student_page.locator("form[data-endpoint='/sculpt']")
    expect(form.get_by_text("Déjà reçu").first).to_be_visible()
    form.get_by_role("button", name="Lancer l’essai").click()
    expect(student_page.locator("article[data-status='succeeded'] [data-component='Image'] img").first).to_be_visible()
