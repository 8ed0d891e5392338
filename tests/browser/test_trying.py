"""Trying a Space in a browser: it wakes, a form is filled and sent, the run is followed to its end, done again."""

import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import StudentAt
from tests.browser.test_every_page import faults
from tests.support.site_process import PRACTICE, WAKE_SECONDS, Site

WAKE_MS = WAKE_SECONDS * 1000
ADDRESS_OF_RUN = re.compile("/essais/[^/]+$")


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Does JavaScript run?"""
    return request.param


@pytest.fixture
def student(site: Site, student_at: StudentAt, scripts: bool) -> Page:
    """Somebody's page, with JavaScript and without."""
    return student_at(site, java_script_enabled=scripts)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A red PNG of 40 × 30."""
    Image.new("RGB", (40, 30), "#cc2233").save(tmp_path / "rouge.png")
    return tmp_path / "rouge.png"


def send(page: Page) -> None:
    """Press the button of the form."""
    page.locator("form[data-endpoint] .submit").get_by_role("button", name="Lancer l’essai").click()


def expect_status(page: Page, status: str) -> None:
    """Wait until the run on show has this status; nothing reloads the page but itself."""
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", status, timeout=WAKE_MS)


def mark(page: Page) -> None:
    """Leave a mark that a reload would remove."""
    page.evaluate("window.kept = true")


def is_marked(page: Page) -> bool:
    return page.evaluate("window.kept === true")


def test_a_sleeping_space_wakes_and_answers(sleeping_site: Site, student_at: StudentAt, scripts: bool):
    page = student_at(sleeping_site, java_script_enabled=scripts)
    page.goto("/espaces/")
    entry = page.get_by_role("link", name="Le Space d’entraînement")
    expect(entry).to_contain_text("Endormi")
    if scripts:
        assert faults(page) == []
    entry.click()
    expect(page.locator(".badge").first).to_have_text(re.compile("Il se réveille"))
    expect(page.locator("[data-error='space-sleeping']")).to_be_visible()
    mark(page)
    if scripts:
        form_that_comes = open_while_it_wakes(page)
        assert faults(page) == []
    expect(page.locator(".badge").first).to_have_text(re.compile("En marche"), timeout=WAKE_MS)
    assert is_marked(page) == scripts  # with scripts the page changed in place, without them it reloaded itself
    if scripts:
        check_form_that_came(form_that_comes)
    page.get_by_role("navigation", name="Points d’accès").get_by_role("link", name="/saluer").click()
    page.get_by_label("Prénom").fill("Zoé")
    page.get_by_role("checkbox", name="Tutoyer").uncheck()
    send(page)
    expect(page).to_have_url(ADDRESS_OF_RUN)
    expect_status(page, "succeeded")
    expect(page.locator("[data-output='0']")).to_contain_text("Bonjour Zoé\u202f! Comment allez-vous\u202f?")
    page.get_by_role("link", name="Refaire avec d’autres valeurs").click()
    expect(page.get_by_label("Prénom")).to_have_value("Zoé")
    expect(page.get_by_role("checkbox", name="Tutoyer")).not_to_be_checked()
    page.get_by_label("Prénom").fill("Awa")
    send(page)
    expect(page.locator("[data-output='0']")).to_contain_text("Bonjour Awa", timeout=WAKE_MS)
    page.get_by_role("link", name="Mes essais").first.click()
    expect(page.locator(".lines > li")).to_have_count(2)


def open_while_it_wakes(page: Page) -> Page:
    """Another page of the same visitor, at a form that is not there yet."""
    other = page.context.new_page()
    other.goto(f"{PRACTICE}?endpoint=/compter")
    mark(other)
    return other


def check_form_that_came(page: Page) -> None:
    """A form that took the place of another page without a reload works like any other."""
    expect(page.locator("form[data-endpoint='/compter']")).to_be_visible(timeout=WAKE_MS)
    assert is_marked(page)
    page.get_by_label("Jusqu’à, réglette").fill("3")
    expect(page.get_by_label("Jusqu’à jusqua")).to_have_value("3")
    page.close()


def test_a_run_is_followed_until_it_is_over(student: Page, scripts: bool):
    student.goto(f"{PRACTICE}?endpoint=/compter")
    student.locator("[name=arg-jusqua]").fill("12")
    student.locator("[name=arg-pause]").fill("0,4")
    send(student)
    expect_status(student, "running")
    mark(student)
    expect(student.locator("[data-output='0']")).to_contain_text("2…")
    expect(student.locator("article progress")).to_have_attribute("max", "12")
    expect_status(student, "succeeded")
    expect(student.locator("[data-output='0']")).to_contain_text("12\u202f!")
    assert is_marked(student) == scripts
    expect(student).to_have_title(re.compile("^Essai réussi, Compter"))
    expect(student.locator("article progress")).to_have_count(0)


def test_a_run_in_progress_can_be_stopped(student: Page):
    student.goto(f"{PRACTICE}?endpoint=/compter")
    student.locator("[name=arg-jusqua]").fill("20")
    student.locator("[name=arg-pause]").fill("2")
    send(student)
    expect(student.locator("[data-output='0']")).to_contain_text("1…")
    student.get_by_role("button", name="Arrêter").click()
    expect_status(student, "stopped")
    expect(student.locator("[data-output='0']")).to_contain_text("1…")
    student.get_by_role("link", name="Revenir au formulaire").click()
    expect(student.locator("[name=arg-jusqua]")).to_have_value("20")


def test_an_image_goes_and_an_image_comes_back(student: Page, picture: Path):
    student.goto(f"{PRACTICE}?endpoint=/filtrer")
    student.locator("[name=arg-image]").set_input_files(picture)
    student.get_by_role("radio", name="sépia").check()
    send(student)
    expect_status(student, "succeeded")
    result = student.locator("[data-output='0'] img")
    expect(result).to_be_visible()
    assert result.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    student.get_by_role("link", name="Refaire avec d’autres valeurs").click()
    expect(student.get_by_text("Déjà reçu")).to_contain_text("rouge.png")
    send(student)
    expect_status(student, "succeeded")
    expect(student.locator("[data-output='0'] img")).to_be_visible()


def test_a_division_by_zero_shows_the_author_s_words(student: Page):
    student.goto(f"{PRACTICE}?endpoint=/calculer")
    student.get_by_role("radio", name="division").check()
    student.get_by_label("Nombre b").fill("0")
    send(student)
    expect_status(student, "failed")
    error = student.locator("[data-error='space-error']")
    expect(error).to_contain_text("Le Space a refusé ces valeurs")
    expect(error.locator("code")).to_contain_text("On ne peut pas diviser par zéro")
    student.get_by_role("link", name="Revenir au formulaire").click()
    expect(student.get_by_label("Nombre b")).to_have_value("0")


def test_a_number_that_is_none_is_refused_beside_its_field(student: Page):
    student.goto(f"{PRACTICE}?endpoint=/calculer")
    student.get_by_label("Nombre a").fill("douze")
    student.get_by_role("radio", name="soustraction").check()
    send(student)
    expect(student.locator("[data-error]").first).to_have_attribute("data-error", "invalid-input")
    field = student.get_by_label("Nombre a")
    expect(field).to_have_value("douze")
    expect(field).to_have_attribute("aria-invalid", "true")
    error = student.locator(f"[id='{(field.get_attribute('aria-describedby') or '').split()[-1]}']")
    expect(error).to_be_visible()
    expect(student.get_by_role("radio", name="soustraction")).to_be_checked()
    field.fill("12")
    send(student)
    expect_status(student, "succeeded")
    expect(student.locator("[data-output='0']")).to_contain_text("8")


def test_a_row_is_added_to_a_table_and_counts(student: Page):
    student.goto(f"{PRACTICE}?endpoint=/resumer")
    rows = student.locator("table.grid tbody tr")
    expect(rows).to_have_count(3)
    student.get_by_label("Ligne 1, fruit").fill("litchi")
    student.get_by_role("button", name="Ajouter une ligne").click()
    expect(rows).to_have_count(4)
    expect(student.get_by_label("Ligne 1, fruit")).to_have_value("litchi")
    for column, text in (("fruit", "papaye"), ("kilos", "41"), ("prix", "3,5")):
        student.get_by_label(f"Ligne 4, {column}").fill(text)
    send(student)
    expect_status(student, "succeeded")
    expect(student.locator("[data-output='0'] table")).to_contain_text("41")


def test_a_phrase_gets_labels_and_a_question_an_answer(student: Page):
    student.goto(f"{PRACTICE}?endpoint=/classer")
    student.get_by_label("Phrase").fill("Il fait beau ce matin, allons nous promener.")
    send(student)
    expect_status(student, "succeeded")
    expect(student.locator("[data-component=Label] .bars li").first).to_contain_text("français")
    student.goto(f"{PRACTICE}?endpoint=/discuter")
    student.get_by_label("Votre question").fill("Qu’est-ce qu’un Space ?")
    send(student)
    expect_status(student, "succeeded")
    expect(student.locator("[data-output='0'] .said")).to_contain_text("Space")


def test_a_slider_and_its_field_stay_in_step(page: Page):
    page.goto(f"{PRACTICE}?endpoint=/compter")
    slider, field = page.get_by_label("Pause, réglette"), page.locator("[name=arg-pause]")
    slider.fill("1.2")
    expect(field).to_have_value("1,2")
    field.fill("0,3")
    expect(slider).to_have_value("0.3")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(field).to_have_value("0,4")


def test_the_keyboard_alone_fills_and_sends_a_form(page: Page):
    page.goto(f"{PRACTICE}?endpoint=/saluer")
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
    expect(page.locator("form[data-endpoint] .submit button")).to_be_focused()
    page.keyboard.press("Enter")
    expect_status(page, "succeeded")
    expect(page.locator("[data-output='0']")).to_contain_text("Bonjour Inès\u202f! Comment allez-vous")


def test_enter_in_a_table_sends_the_form_and_adds_no_row(page: Page):
    page.goto(f"{PRACTICE}?endpoint=/resumer")
    page.get_by_label("Ligne 1, fruit").press("Enter")
    expect(page).to_have_url(ADDRESS_OF_RUN)
    expect_status(page, "succeeded")


def test_a_run_is_not_shown_to_somebody_else(page: Page, site: Site, student_at: StudentAt):
    page.goto(f"{PRACTICE}?endpoint=/saluer")
    page.get_by_label("Prénom").fill("Awa")
    send(page)
    expect_status(page, "succeeded")
    stranger = student_at(site)
    answer = stranger.goto(page.url)
    assert answer is not None
    assert answer.status == 404
    assert "Awa" not in stranger.content()


def test_a_run_is_found_by_its_words_run_again_and_deleted(student: Page):
    for name in ("Zoé", "Awa"):
        student.goto(f"{PRACTICE}?endpoint=/saluer")
        student.get_by_label("Prénom").fill(name)
        send(student)
        expect_status(student, "succeeded")
    student.get_by_role("link", name="Mes essais").first.click()
    lines = student.locator(".lines > li")
    expect(lines).to_have_count(2)
    student.get_by_label("Mots que vous avez envoyés").fill("ZOE")
    student.get_by_role("button", name="Chercher").click()
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Zoé")
    expect(student.get_by_text("1 essai sur 2")).to_be_visible()
    lines.get_by_role("button", name="Refaire").click()
    expect_status(student, "succeeded")
    expect(student.locator("[data-output='0']")).to_contain_text("Bonjour Zoé")
    student.go_back()
    student.reload()
    expect(lines).to_have_count(2)
    student.get_by_role("link", name="Supprimer ces 2 essais").click()
    expect(student.get_by_role("heading", level=1)).to_contain_text("Supprimer ces 2 essais")
    student.get_by_role("button", name="Supprimer les 2 essais").click()
    expect(student.get_by_role("status")).to_have_text("2 essais sont supprimés.")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Awa")
    lines.get_by_role("link", name="Supprimer").click()
    student.get_by_role("button", name="Supprimer l’essai").click()
    expect(student.get_by_text("Aucun essai pour l’instant")).to_be_visible()


def test_what_is_taken_away_is_a_report_and_an_archive(student: Page, picture: Path):
    student.goto(f"{PRACTICE}?endpoint=/filtrer")
    student.locator("[name=arg-image]").set_input_files(picture)
    send(student)
    expect_status(student, "succeeded")
    with student.expect_download() as started:
        student.get_by_role("link", name="Télécharger le compte rendu").click()
    assert started.value.suggested_filename.endswith(".md")
    assert "# Essai réussi" in started.value.path().read_text(encoding="utf-8")
    student.goto("/essais/")
    with student.expect_download() as started:
        student.get_by_role("link", name="Tout télécharger").click()
    with zipfile.ZipFile(started.value.path()) as archive:
        assert archive.testzip() is None
        sent = next(name for name in archive.namelist() if name.endswith("/envoyes/0-rouge.png"))
        assert archive.read(sent) == picture.read_bytes()
