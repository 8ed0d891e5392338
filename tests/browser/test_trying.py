"""Trying a Space in a browser: it wakes, a form is filled and sent, the run is followed to its end, done again."""

import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.browser.run_page import WAKE_TIMEOUT_MS, expect_run_status, open_run_page, submit_form
from tests.support.site_process import PRACTICE_PATH, SiteProcess


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Does JavaScript run?"""
    return request.param


@pytest.fixture
def student_page(site: SiteProcess, open_student_page: OpenStudentPage, scripts: bool) -> Page:
    """Somebody's page, with JavaScript and without."""
    return open_student_page(site, java_script_enabled=scripts)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A red PNG of 40 × 30."""
    Image.new("RGB", (40, 30), "#cc2233").save(tmp_path / "rouge.png")
    return tmp_path / "rouge.png"


def mark(page: Page) -> None:
    """Leave a mark that a reload would remove."""
    page.evaluate("window.kept = true")


def is_marked(page: Page) -> bool:
    return page.evaluate("window.kept === true")


def test_a_sleeping_space_wakes_and_answers(
    sleeping_site: SiteProcess, open_student_page: OpenStudentPage, scripts: bool
):
    page = open_student_page(sleeping_site, java_script_enabled=scripts)
    page.goto("/espaces/")
    entry = page.get_by_role("link", name="Le Space d’entraînement")
    expect(entry).to_contain_text("Endormi")
    if scripts:
        assert find_page_faults(page) == []
    entry.click()
    expect(page.locator(".badge").first).to_have_text(re.compile("Il se réveille"))
    expect(page.locator("[data-error='space-sleeping']")).to_be_visible()
    mark(page)
    if scripts:
        form_that_comes = open_while_it_wakes(page)
        assert find_page_faults(page) == []
    expect(page.locator(".badge").first).to_have_text(re.compile("En marche"), timeout=WAKE_TIMEOUT_MS)
    assert is_marked(page) == scripts  # with scripts the page changed in place, without them it reloaded itself
    if scripts:
        check_form_that_came(form_that_comes)
    page.get_by_role("navigation", name="Points d’accès").get_by_role("link", name="/saluer").click()
    page.get_by_label("Prénom").fill("Zoé")
    page.get_by_role("checkbox", name="Tutoyer").uncheck()
    submit_form(page)
    open_run_page(page)
    expect_run_status(page, "succeeded")
    expect(page.locator("[data-output='0']")).to_contain_text("Bonjour Zoé\u202f! Comment allez-vous\u202f?")
    page.get_by_role("link", name="Refaire avec d’autres valeurs").click()
    expect(page.get_by_label("Prénom")).to_have_value("Zoé")
    expect(page.get_by_role("checkbox", name="Tutoyer")).not_to_be_checked()
    page.get_by_label("Prénom").fill("Awa")
    submit_form(page)
    expect(page.locator("[data-output='0']")).to_contain_text("Bonjour Awa", timeout=WAKE_TIMEOUT_MS)
    page.get_by_role("link", name="Mes essais").first.click()
    expect(page.locator(".ruled-list > li")).to_have_count(2)


def open_while_it_wakes(page: Page) -> Page:
    """Another page of the same visitor, at a form that is not there yet."""
    other = page.context.new_page()
    other.goto(f"{PRACTICE_PATH}?endpoint=/compter")
    mark(other)
    return other


def check_form_that_came(page: Page) -> None:
    """A form that took the place of another page without a reload works like any other."""
    expect(page.locator("form[data-endpoint='/compter']")).to_be_visible(timeout=WAKE_TIMEOUT_MS)
    assert is_marked(page)
    page.get_by_label("Jusqu’à, réglette").fill("3")
    expect(page.get_by_label("Jusqu’à jusqua")).to_have_value("3")
    page.close()


def test_a_run_is_followed_until_it_is_over(student_page: Page, scripts: bool):
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/compter")
    student_page.locator("[name=arg-jusqua]").fill("12")
    student_page.locator("[name=arg-pause]").fill("0,4")
    submit_form(student_page)
    open_run_page(student_page)
    expect_run_status(student_page, "running")
    mark(student_page)
    expect(student_page.locator("[data-output='0']")).to_contain_text("2…")
    expect(student_page.locator("article progress")).to_have_attribute("max", "12")
    expect_run_status(student_page, "succeeded")
    expect(student_page.locator("[data-output='0']")).to_contain_text("12\u202f!")
    assert is_marked(student_page) == scripts
    expect(student_page).to_have_title(re.compile("^Essai réussi, Compter"))
    expect(student_page.locator("article progress")).to_have_count(0)


def test_a_run_in_progress_can_be_stopped(student_page: Page):
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/compter")
    student_page.locator("[name=arg-jusqua]").fill("20")
    student_page.locator("[name=arg-pause]").fill("2")
    submit_form(student_page)
    open_run_page(student_page)
    expect(student_page.locator("[data-output='0']")).to_contain_text("1…")
    student_page.get_by_role("button", name="Arrêter").click()
    expect_run_status(student_page, "stopped")
    expect(student_page.locator("[data-output='0']")).to_contain_text("1…")
    student_page.get_by_role("link", name="Revenir au formulaire").click()
    expect(student_page.locator("[name=arg-jusqua]")).to_have_value("20")


def test_an_image_goes_and_an_image_comes_back(student_page: Page, picture: Path):
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/filtrer")
    student_page.locator("[name=arg-image]").set_input_files(picture)
    student_page.get_by_role("radio", name="sépia").check()
    submit_form(student_page)
    open_run_page(student_page)
    expect_run_status(student_page, "succeeded")
    result = student_page.locator("[data-output='0'] img")
    expect(result).to_be_visible()
    assert result.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    student_page.get_by_role("link", name="Refaire avec d’autres valeurs").click()
    expect(student_page.get_by_text("Déjà reçu")).to_contain_text("rouge.png")
    submit_form(student_page)
    expect_run_status(student_page, "succeeded")
    expect(student_page.locator("[data-output='0'] img")).to_be_visible()


def test_a_division_by_zero_shows_the_author_s_words(student_page: Page):
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/calculer")
    student_page.get_by_role("radio", name="division").check()
    student_page.get_by_label("Nombre b").fill("0")
    submit_form(student_page)
    open_run_page(student_page)
    expect_run_status(student_page, "failed")
    error = student_page.locator("[data-error='space-error']")
    expect(error).to_contain_text("Le Space a refusé ces valeurs")
    expect(error.locator("code")).to_contain_text("On ne peut pas diviser par zéro")
    student_page.get_by_role("link", name="Revenir au formulaire").click()
    expect(student_page.get_by_label("Nombre b")).to_have_value("0")


def test_a_number_that_is_none_is_refused_beside_its_field(student_page: Page):
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/calculer")
    student_page.get_by_label("Nombre a").fill("douze")
    student_page.get_by_role("radio", name="soustraction").check()
    submit_form(student_page)
    expect(student_page.locator("[data-error]").first).to_have_attribute("data-error", "invalid-input")
    field = student_page.get_by_label("Nombre a")
    expect(field).to_have_value("douze")
    expect(field).to_have_attribute("aria-invalid", "true")
    error = student_page.locator(f"[id='{(field.get_attribute('aria-describedby') or '').split()[-1]}']")
    expect(error).to_be_visible()
    expect(student_page.get_by_role("radio", name="soustraction")).to_be_checked()
    field.fill("12")
    submit_form(student_page)
    expect_run_status(student_page, "succeeded")
    expect(student_page.locator("[data-output='0']")).to_contain_text("8")


def test_a_row_is_added_to_a_table_and_counts(student_page: Page):
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/resumer")
    rows = student_page.locator("table.data-grid tbody tr")
    expect(rows).to_have_count(3)
    student_page.get_by_label("Ligne 1, fruit").fill("litchi")
    student_page.get_by_role("button", name="Ajouter une ligne").click()
    expect(rows).to_have_count(4)
    expect(student_page.get_by_label("Ligne 1, fruit")).to_have_value("litchi")
    for column, text in (("fruit", "papaye"), ("kilos", "41"), ("prix", "3,5")):
        student_page.get_by_label(f"Ligne 4, {column}").fill(text)
    submit_form(student_page)
    expect_run_status(student_page, "succeeded")
    expect(student_page.locator("[data-output='0'] table")).to_contain_text("41")


def test_a_phrase_gets_labels_and_a_question_an_answer(student_page: Page):
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/classer")
    student_page.get_by_label("Phrase").fill("Il fait beau ce matin, allons nous promener.")
    submit_form(student_page)
    expect_run_status(student_page, "succeeded")
    expect(student_page.locator("[data-component=Label] .bar-list li").first).to_contain_text("français")
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/discuter")
    student_page.get_by_label("Votre question").fill("Qu’est-ce qu’un Space ?")
    submit_form(student_page)
    expect_run_status(student_page, "succeeded")
    expect(student_page.locator("[data-output='0'] .output-text")).to_contain_text("Space")


def test_a_slider_and_its_field_stay_in_step(page: Page):
    page.goto(f"{PRACTICE_PATH}?endpoint=/compter")
    slider, field = page.get_by_label("Pause, réglette"), page.locator("[name=arg-pause]")
    slider.fill("1.2")
    expect(field).to_have_value("1,2")
    field.fill("0,3")
    expect(slider).to_have_value("0.3")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(field).to_have_value("0,4")


def test_the_keyboard_alone_fills_and_sends_a_form(page: Page):
    page.goto(f"{PRACTICE_PATH}?endpoint=/saluer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the skip link
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator("[name=arg-prenom]").evaluate("field => field === document.activeElement"):
            break
    page.keyboard.type("Inès")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # « Tutoyer » was checked
    page.keyboard.press("Tab")
    expect(page.locator("form[data-endpoint] .form-actions button")).to_be_focused()
    page.keyboard.press("Enter")
    expect_run_status(page, "succeeded")
    expect(page.locator("[data-output='0']")).to_contain_text("Bonjour Inès\u202f! Comment allez-vous")


def test_enter_in_a_table_sends_the_form_and_adds_no_row(page: Page):
    page.goto(f"{PRACTICE_PATH}?endpoint=/resumer")
    page.get_by_label("Ligne 1, fruit").press("Enter")
    expect_run_status(page, "succeeded")
    expect(page.locator("#derniers-essais li")).to_have_count(1)
    expect(page.locator("table.data-grid tbody tr")).to_have_count(3)


def test_a_run_is_not_shown_to_somebody_else(page: Page, site: SiteProcess, open_student_page: OpenStudentPage):
    page.goto(f"{PRACTICE_PATH}?endpoint=/saluer")
    page.get_by_label("Prénom").fill("Awa")
    submit_form(page)
    expect_run_status(page, "succeeded")
    open_run_page(page)
    stranger = open_student_page(site)
    answer = stranger.goto(page.url)
    assert answer is not None
    assert answer.status == 404
    assert "Awa" not in stranger.content()


def test_a_run_is_found_by_its_words_run_again_and_deleted(student_page: Page):
    for name in ("Zoé", "Awa"):
        student_page.goto(f"{PRACTICE_PATH}?endpoint=/saluer")
        student_page.get_by_label("Prénom").fill(name)
        submit_form(student_page)
        expect_run_status(student_page, "succeeded")
    student_page.get_by_role("link", name="Mes essais").first.click()
    lines = student_page.locator(".ruled-list > li")
    expect(lines).to_have_count(2)
    student_page.get_by_label("Mots que vous avez envoyés").fill("ZOE")
    student_page.get_by_role("button", name="Chercher").click()
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Zoé")
    expect(student_page.get_by_text("1 essai sur 2")).to_be_visible()
    lines.get_by_role("button", name="Refaire").click()
    expect_run_status(student_page, "succeeded")
    expect(student_page.locator("[data-output='0']")).to_contain_text("Bonjour Zoé")
    student_page.go_back()
    student_page.reload()
    expect(lines).to_have_count(2)
    student_page.get_by_role("link", name="Supprimer ces 2 essais").click()
    expect(student_page.get_by_role("heading", level=1)).to_contain_text("Supprimer ces 2 essais")
    student_page.get_by_role("button", name="Supprimer les 2 essais").click()
    expect(student_page.get_by_role("status")).to_have_text("2 essais sont supprimés.")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Awa")
    lines.get_by_role("link", name="Supprimer").click()
    student_page.get_by_role("button", name="Supprimer l’essai").click()
    expect(student_page.get_by_text("Aucun essai pour l’instant")).to_be_visible()


def test_what_is_taken_away_is_a_report_and_an_archive(student_page: Page, picture: Path):
    student_page.goto(f"{PRACTICE_PATH}?endpoint=/filtrer")
    student_page.locator("[name=arg-image]").set_input_files(picture)
    submit_form(student_page)
    expect_run_status(student_page, "succeeded")
    open_run_page(student_page)
    with student_page.expect_download() as started:
        student_page.get_by_role("link", name="Télécharger le compte rendu").click()
    assert started.value.suggested_filename.endswith(".md")
    assert "# Essai réussi" in started.value.path().read_text(encoding="utf-8")
    student_page.goto("/essais/")
    with student_page.expect_download() as started:
        student_page.get_by_role("link", name="Tout télécharger").click()
    with zipfile.ZipFile(started.value.path()) as archive:
        assert archive.testzip() is None
        sent = next(name for name in archive.namelist() if name.endswith("/envoyes/0-rouge.png"))
        assert archive.read(sent) == picture.read_bytes()
