"""A text that is typed or pasted into a form: its lines arrive, with JavaScript and without; Enter sends it."""

from playwright.sync_api import Page, expect

from tests.browser.run_page import open_run_page, submit_form
from tests.support.site_process import PRACTICE_PATH

LINES = "Awa\nZoé\nLéo"


def first_name_sent(page: Page) -> str:
    """What the run on show was sent."""
    open_run_page(page)
    return page.request.get(f"{page.url}.json").json()["inputs"]["prenom"]


def test_a_pasted_text_keeps_its_lines(reader_page: Page) -> None:
    reader_page.goto(f"{PRACTICE_PATH}?endpoint=/saluer")
    reader_page.get_by_label("Prénom").focus()
    reader_page.keyboard.insert_text(LINES)
    submit_form(reader_page)
    assert first_name_sent(reader_page) == LINES


def test_a_text_grows_with_its_lines(page: Page) -> None:
    page.goto(f"{PRACTICE_PATH}?endpoint=/saluer")
    field = page.get_by_label("Prénom")
    before = field.bounding_box()
    field.fill(LINES)
    after = field.bounding_box()
    assert before
    assert after
    assert after["height"] > 1.5 * before["height"]


def test_enter_sends_a_text_of_one_row_and_shift_enter_begins_a_line(page: Page) -> None:
    page.goto(f"{PRACTICE_PATH}?endpoint=/saluer")
    field = page.get_by_label("Prénom")
    field.press_sequentially("Awa")
    field.press("Shift+Enter")
    field.press_sequentially("Zoé")
    expect(field).to_have_value("Awa\nZoé")
    field.press("Enter")
    assert first_name_sent(page) == "Awa\nZoé"
