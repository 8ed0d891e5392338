"""The troubleshooting page in a browser: filtered while one types, and by its button where no script runs."""

import re

from playwright.sync_api import Page, expect

from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import SiteProcess

MESSAGE = "OSError: [Errno 98] adress alredy in use"


def test_entries_are_filtered_while_one_types(page: Page) -> None:
    page.goto("/depannage")
    count = page.locator(".troubleshooting-entry").count()
    page.get_by_label("Le message d’erreur").fill(MESSAGE)
    expect(page.locator(".troubleshooting-entry").first).to_have_id("port-occupe")
    expect(page).to_have_url(re.compile("q=OSError"))
    page.get_by_label("Le message d’erreur").fill("")
    expect(page.locator(".troubleshooting-entry")).to_have_count(count)


def test_the_button_filters_without_scripts(site: SiteProcess, open_student_page: OpenStudentPage) -> None:
    page = open_student_page(site, java_script_enabled=False)
    page.goto("/depannage")
    page.get_by_label("Le message d’erreur").fill(MESSAGE)
    page.get_by_role("button", name="Chercher").click()
    expect(page.locator(".troubleshooting-entry").first).to_have_id("port-occupe")
    expect(page.get_by_label("Le message d’erreur")).to_have_value(MESSAGE)
