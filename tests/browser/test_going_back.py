"""The back button of a browser as people have it: Playwright starts Chromium without its back/forward cache."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import CHROMIUM_NAMES, launch_chromium
from tests.browser.run_page import expect_run_status, open_run_page, submit_form
from tests.support.site_process import SiteProcess

FORM = "/espaces/hfcourse/entrainement?endpoint=/saluer"
TYPED = "Kévin le Bâtisseur"


@pytest.fixture(scope="module")
def restoring(browser: Browser) -> Iterator[Browser]:
    """A Chromium with its back/forward cache."""
    launched = launch_chromium(
        browser.browser_type, CHROMIUM_NAMES, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield launched
    launched.close()


@pytest.fixture
def page(restoring: Browser, site: SiteProcess) -> Iterator[Page]:
    context = restoring.new_context(base_url=site.url)
    yield context.new_page()
    context.close()


def leave_form(page: Page) -> None:
    page.get_by_role("link", name="Cours", exact=True).click()
    expect(page).to_have_url(re.compile(r"/(#.*)?$"))


def test_what_was_typed_is_there_after_a_link_and_back(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Prénom").fill(TYPED)
    leave_form(page)
    page.go_back(wait_until="commit")
    expect(page.get_by_label("Prénom")).to_have_value(TYPED)


def test_what_was_typed_is_there_after_its_code_was_updated(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Prénom").fill(TYPED)
    expect(page.locator("[data-call-code] pre").first).to_contain_text(TYPED)
    leave_form(page)
    page.go_back(wait_until="commit")
    expect(page.get_by_label("Prénom")).to_have_value(TYPED)


def test_nothing_of_a_visitor_whose_cookie_is_gone_is_there_after_back(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Prénom").fill(TYPED)
    submit_form(page)
    expect_run_status(page, "succeeded")
    leave_form(page)
    page.context.clear_cookies()
    page.go_back(wait_until="commit")
    expect(page.locator("[data-run]")).to_have_count(0)
    assert TYPED not in page.content()


def test_a_run_that_comes_back_from_memory_is_asked_for_again(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Prénom").fill(TYPED)
    submit_form(page)
    expect_run_status(page, "succeeded")
    open_run_page(page)
    page.reload()  # a page that has followed a stream is not kept
    page.evaluate("document.documentElement.dataset.isFromMemory = ''")
    leave_form(page)
    page.go_back(wait_until="commit")
    expect(page.locator("html[data-is-from-memory]")).to_have_count(0)
    expect_run_status(page, "succeeded")


def test_what_a_visitor_typed_and_did_not_send_is_gone_with_their_cookie(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Prénom").fill(TYPED)
    leave_form(page)
    page.context.clear_cookies()
    page.go_back(wait_until="commit")
    expect(page.get_by_label("Prénom")).to_have_value("")
