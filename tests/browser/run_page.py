"""Submit a form in a browser and wait for the status of its run."""

import re

from playwright.sync_api import Page, expect

from tests.support.site_process import WAKE_TIMEOUT_SECONDS

WAKE_TIMEOUT_MS = WAKE_TIMEOUT_SECONDS * 1000
RUN_URL = re.compile("/essais/[^/]+$")


def submit_form(page: Page) -> None:
    """Press the button of the form."""
    page.locator("form[data-endpoint] .form-actions").get_by_role("button", name="Lancer l’essai").click()


def open_run_page(page: Page) -> None:
    """Open the page of the run whose answer is beside its form; without scripts the form has led there."""
    expect(page.locator("article[data-run]")).to_be_visible()
    if not RUN_URL.search(page.url):
        page.get_by_role("link", name="Ouvrir la page de cet essai").click()
    expect(page).to_have_url(RUN_URL)


def expect_run_status(page: Page, status: str) -> None:
    """Wait until the run on show has this status; nothing reloads the page but itself."""
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", status, timeout=WAKE_TIMEOUT_MS)


def call_space_and_wait(page: Page, space: str) -> None:
    """Call the Space and wait for the end."""
    page.goto(f"/espaces/{space}")
    page.locator("[name=arg-words]").fill("bonjour")
    page.locator("form[data-endpoint] .form-actions button").click()
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")
