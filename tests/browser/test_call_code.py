"""The code of a call beside its form: it follows what is typed and is downloaded, with and without scripts."""

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.accessibility import MISPLACED_TABS_JS
from tests.browser.chromium import OpenStudentPage
from tests.support.site_process import PRACTICE_PATH, SiteProcess

FORM = f"{PRACTICE_PATH}?endpoint=/saluer"
PICTURE_FORM = f"{PRACTICE_PATH}?endpoint=/filtrer"
PYTHON = ".call-code pre[data-lang=python]"


@pytest.fixture
def student(site: SiteProcess, open_student_page: OpenStudentPage) -> Page:
    page = open_student_page(site)
    page.goto(FORM)
    return page


@pytest.fixture
def bare(site: SiteProcess, open_student_page: OpenStudentPage) -> Page:
    """The page without scripts."""
    page = open_student_page(site, java_script_enabled=False)
    page.goto(FORM)
    return page


def test_code_follows_what_is_typed_and_marks_the_line(student: Page) -> None:
    address = student.url
    field = student.locator("[name=arg-prenom]")
    field.fill("Zoé")
    expect(student.locator(f"{PYTHON} mark")).to_have_text(re.compile('prenom="Zoé",'))
    expect(student.locator("[data-code-status]")).to_contain_text("la ligne 6")
    field.blur()  # an event without a change
    student.locator("[name=arg-tutoyer]").first.uncheck()
    expect(student.locator(f"{PYTHON} mark")).to_have_text(re.compile("tutoyer=False,"))
    expect(field).to_have_value("Zoé")
    assert student.url == address
    expect(student.locator("[data-code-update]")).to_be_hidden()


def test_tab_and_scroll_position_stay_while_the_code_changes(
    site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(site, viewport={"width": 360, "height": 740})
    page.goto(FORM)
    page.locator(".call-code label", has_text="cURL").click()
    listing = page.locator(".call-code pre[data-lang=curl]")
    listing.evaluate("pre => { pre.scrollLeft = 60; }")
    page.locator("[name=arg-prenom]").fill("Zoé")
    expect(listing).to_contain_text("Zoé")
    expect(listing).to_be_visible()
    assert listing.evaluate("pre => pre.scrollLeft") == 60


def test_copied_code_is_without_the_words_of_its_marks(student: Page) -> None:
    student.locator("[name=arg-prenom]").fill("Zoé")
    expect(student.locator(f"{PYTHON} mark")).to_have_count(1)
    copied = student.locator(PYTHON).evaluate("pre => pre.innerText")
    assert '\n    prenom="Zoé",\n' in copied
    assert "modifié" not in copied


def test_download_has_the_values_that_are_typed(student: Page) -> None:
    student.locator("[name=arg-prenom]").fill("Zoé")
    with student.expect_download() as waited:
        student.locator("[data-download][formaction$='/python']").click()
    assert waited.value.suggested_filename == "appel.py"
    assert 'prenom="Zoé"' in waited.value.path().read_text(encoding="utf-8")


def test_chosen_file_is_named_in_the_code_and_is_not_sent_for_it(
    site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(site)
    page.goto(PICTURE_FORM)
    photo = FilePayload(name="ma photo.png", mimeType="image/png", buffer=b"\x89PNG" + b"x" * 300_000)
    with page.expect_response(lambda answer: answer.url.endswith("/code")) as waited:
        page.locator("form[data-endpoint] input[type=file]").first.set_input_files(photo)
    assert int(waited.value.request.all_headers()["content-length"]) < 20_000
    expect(page.locator(PYTHON)).to_contain_text('handle_file("ma photo.png")')


def test_without_scripts_a_button_updates_the_code_and_keeps_what_is_typed(bare: Page) -> None:
    bare.locator("[name=arg-prenom]").fill("Zoé")
    bare.locator("[data-code-update] button").click()
    bare.wait_for_url("**/code#code")
    expect(bare.locator(f"{PYTHON} mark")).to_have_text(re.compile('prenom="Zoé",'))
    expect(bare.locator("[name=arg-prenom]")).to_have_value("Zoé")
    with bare.expect_download() as waited:
        bare.locator("[data-download][formaction$='/python']").click()
    assert 'prenom="Zoé"' in waited.value.path().read_text(encoding="utf-8")


def test_enter_in_the_form_makes_a_run_and_downloads_nothing(bare: Page) -> None:
    bare.locator("[name=arg-prenom]").fill("Zoé")
    bare.locator(".form-actions [type=submit]").click()
    bare.wait_for_url(re.compile("/essais/[^/]+$"))


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_six_tabs_fit(site: SiteProcess, open_student_page: OpenStudentPage, width: int) -> None:
    page = open_student_page(site, viewport={"width": width, "height": 740})
    page.goto(FORM)
    assert page.locator(".code-header:has(.tabs)").evaluate_all(MISPLACED_TABS_JS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
