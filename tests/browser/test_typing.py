"""A text that is typed or pasted into a form: its lines arrive, with JavaScript and without; Enter sends it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import StudentAt
from tests.support.site_process import PRACTICE, Site

LINES = "Awa\nZoé\nLéo"
ADDRESS_OF_RUN = re.compile("/essais/[^/]+$")


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def student(site: Site, student_at: StudentAt, request: pytest.FixtureRequest) -> Page:
    """Somebody's page, with JavaScript and without."""
    return student_at(site, java_script_enabled=request.param)


def first_name_sent(page: Page) -> str:
    """What the run on show was sent."""
    page.wait_for_url(ADDRESS_OF_RUN)
    return page.request.get(f"{page.url}.json").json()["inputs"]["prenom"]


def test_a_pasted_text_keeps_its_lines(student: Page) -> None:
    student.goto(f"{PRACTICE}?endpoint=/saluer")
    student.get_by_label("Prénom").focus()
    student.keyboard.insert_text(LINES)
    student.locator("form[data-endpoint] .submit").get_by_role("button", name="Lancer l’essai").click()
    assert first_name_sent(student) == LINES


def test_a_text_grows_with_its_lines(page: Page) -> None:
    page.goto(f"{PRACTICE}?endpoint=/saluer")
    field = page.get_by_label("Prénom")
    before = field.bounding_box()
    field.fill(LINES)
    after = field.bounding_box()
    assert before
    assert after
    assert after["height"] > 1.5 * before["height"]


def test_enter_sends_a_text_of_one_row_and_shift_enter_begins_a_line(page: Page) -> None:
    page.goto(f"{PRACTICE}?endpoint=/saluer")
    field = page.get_by_label("Prénom")
    field.press_sequentially("Awa")
    field.press("Shift+Enter")
    field.press_sequentially("Zoé")
    expect(field).to_have_value("Awa\nZoé")
    field.press("Enter")
    assert first_name_sent(page) == "Awa\nZoé"
