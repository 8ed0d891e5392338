"""The form of a Space and its answers on one page: in place with scripts, from page to page without."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import PHONE_VIEWPORT, find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.browser.run_page import RUN_URL, expect_run_status, submit_form
from tests.support.scripted_space import SCRIPTED_SPACE_PATH, ScriptedSpace
from tests.support.site_process import PRACTICE_PATH, SiteProcess

FORM = f"{PRACTICE_PATH}?endpoint=/saluer"
ANSWER = "#reponse [data-output='0']"
STRIP = "#derniers-essais li"
CODE = "[data-call-code] pre[data-lang=python]"
FOCUS_IN_ANSWER = "document.activeElement.closest('#reponse') !== null"
BREAK_REQUESTS = """() => {
  window.kept = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function () { this.onerror(); };
}"""
HOLD_UPLOAD = """() => {
  window.kept = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function () {
    window.sent = (window.sent ?? 0) + 1;
    this.upload.onprogress({loaded: 3e5, total: 1e6});
    this.abort = () => this.onabort();
  };
}"""


def greet(page: Page, name: str) -> None:
    page.get_by_label("Prénom").fill(name)
    submit_form(page)
    expect(page.locator(ANSWER)).to_contain_text(f"Bonjour {name}")


def test_answers_come_beside_the_form_and_the_back_button_shows_the_one_before(page: Page) -> None:
    page.goto(FORM)
    greet(page, "Awa")
    assert page.evaluate(FOCUS_IN_ANSWER)
    greet(page, "Noé")
    expect(page.locator(STRIP)).to_have_count(2)
    assert find_page_faults(page) == []
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Awa")
    page.go_forward()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Noé")
    page.reload()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Noé")
    expect(page.get_by_label("Prénom")).to_have_value("Noé")


def test_ten_values_are_tried_without_leaving_the_page(page: Page) -> None:
    page.set_viewport_size(PHONE_VIEWPORT)
    page.goto(FORM)
    page.evaluate("window.kept = true")
    for number in range(10):
        greet(page, f"Awa {number}")
        expect(page.locator(ANSWER)).to_be_in_viewport()
    assert page.evaluate("window.kept")
    expect(page.locator(STRIP)).to_have_count(6)
    expect(page.locator(STRIP).first).to_contain_text("Bonjour Awa 9")


def test_strip_leads_back_to_the_values_of_a_run_and_compares_two(page: Page) -> None:
    page.goto(FORM)
    greet(page, "Awa")
    greet(page, "Noé")
    page.evaluate("window.kept = true")
    page.locator(STRIP, has_text="Awa").get_by_role("link").first.click()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Awa")
    expect(page.get_by_label("Prénom")).to_have_value("Awa")
    expect(page.locator(CODE)).to_contain_text('"Awa"')
    assert page.evaluate("window.kept")
    page.locator(STRIP, has_text="Noé").get_by_role("link", name="Comparer").click()
    expect(page.locator("mark")).to_have_text(["Awa", "Noé"])


def test_code_follows_a_form_that_was_replaced(page: Page) -> None:
    page.goto(FORM)
    field = page.get_by_label("Prénom")
    greet(page, "Awa")
    field.fill("Léo")
    expect(page.locator(CODE)).to_contain_text('"Léo"')
    page.locator(STRIP, has_text="Awa").get_by_role("link").first.click()
    expect(field).to_have_value("Awa")
    expect(page.locator(CODE)).to_contain_text('"Awa"')
    field.fill("Léo")
    expect(page.locator(CODE)).to_contain_text('"Léo"')


def test_back_restores_what_was_typed_before_an_answer(page: Page) -> None:
    page.goto(FORM)
    greet(page, "Awa")
    page.get_by_label("Prénom").fill("Inès")
    page.locator(STRIP).get_by_role("link").first.click()
    expect(page.get_by_label("Prénom")).to_have_value("Awa")
    page.get_by_label("Prénom").fill("Zoé")
    submit_form(page)
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Zoé")
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Awa")
    expect(page.get_by_label("Prénom")).to_have_value("Zoé")


def test_forward_restores_what_was_typed_after_an_answer(page: Page) -> None:
    page.goto(FORM)
    greet(page, "Awa")
    page.reload()  # states of entries outlive it, drafts do not
    greet(page, "Noé")
    page.get_by_label("Prénom").fill("Inès")
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Awa")
    page.go_back()
    expect(page.locator("#reponse > *")).to_have_count(0)
    expect(page.get_by_label("Prénom")).to_have_value("")
    page.go_forward()
    page.go_forward()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Noé")
    expect(page.get_by_label("Prénom")).to_have_value("Inès")


def test_list_of_a_series_stays_while_runs_are_shown(page: Page) -> None:
    page.goto(FORM)
    greet(page, "Awa")
    greet(page, "Noé")
    page.get_by_text("Essayer plusieurs valeurs d’un paramètre").click()
    page.get_by_label("Ses valeurs").fill("Léo\nInès")
    page.locator(STRIP, has_text="Awa").get_by_role("link").first.click()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Awa")
    expect(page.get_by_label("Ses valeurs")).to_have_value("Léo\nInès")
    page.go_back()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Noé")
    expect(page.get_by_label("Ses valeurs")).to_be_visible()
    page.get_by_role("button", name="Lancer la série").click()
    page.get_by_role("link", name="Revenir au formulaire").click()
    expect(page.get_by_label("Ses valeurs")).to_have_value("Léo\nInès")


def test_link_of_the_strip_that_cannot_be_fetched_loses_nothing(page: Page) -> None:
    page.goto(FORM)
    greet(page, "Awa")
    greet(page, "Noé")
    page.get_by_label("Prénom").fill("Inès")
    page.evaluate("() => { window.kept = fetch; window.fetch = async () => { throw new TypeError(); }; }")
    page.locator(STRIP, has_text="Awa").get_by_role("link").first.click()
    expect(page.locator("[data-error='connection-lost']")).to_be_focused()
    expect(page.get_by_label("Prénom")).to_have_value("Inès")
    page.evaluate("() => { window.fetch = window.kept; }")
    page.locator(STRIP, has_text="Awa").get_by_role("link").first.click()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Awa")
    expect(page.locator("[data-error]")).to_have_count(0)


def test_run_deleted_in_another_tab_is_announced_and_the_form_stays(page: Page) -> None:
    page.goto(FORM)
    greet(page, "Awa")
    greet(page, "Noé")
    other = page.context.new_page()
    other.goto("/essais/?q=Awa")
    other.get_by_role("link", name="Supprimer l’essai Saluer").click()
    other.get_by_role("button", name="Supprimer l’essai").click()
    expect(other.get_by_role("status")).to_be_visible()
    other.close()
    page.locator(STRIP, has_text="Awa").get_by_role("link").first.click()
    expect(page.locator("#reponse")).to_contain_text("Cet essai n’existe plus")
    expect(page.locator(STRIP)).to_have_count(1)
    greet(page, "Zoé")


def test_refusal_is_explained_in_place_and_corrected(page: Page) -> None:
    page.goto(f"{PRACTICE_PATH}?endpoint=/calculer")
    title = page.title()
    page.evaluate("window.kept = true")
    page.get_by_label("Nombre a").fill("douze")
    submit_form(page)
    expect(page.locator("#alertes [data-error='invalid-input']")).to_be_focused()
    expect(page).to_have_title(re.compile("^À corriger"))
    page.get_by_label("Nombre a").fill("12")
    page.get_by_label("Nombre a").press("Control+Enter")
    expect_run_status(page, "succeeded")
    expect(page.locator("#alertes")).to_be_empty()
    expect(page).to_have_title(title)
    assert page.evaluate("window.kept")


def test_site_that_does_not_answer_loses_nothing(page: Page) -> None:
    page.goto(FORM)
    page.evaluate(BREAK_REQUESTS)
    page.get_by_label("Prénom").fill("Awa")
    submit_form(page)
    expect(page.locator("[data-error='connection-lost']")).to_be_focused()
    expect(page.get_by_label("Prénom")).to_have_value("Awa")
    page.evaluate("() => { XMLHttpRequest.prototype.send = window.kept; }")
    submit_form(page)
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Awa")
    expect(page.locator("[data-error]")).to_have_count(0)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Large enough to take a moment."""
    Image.effect_noise((400, 300), 90).convert("RGB").save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_upload_shows_its_progress_and_is_cancelled(page: Page, photo: Path) -> None:
    page.goto(f"{PRACTICE_PATH}?endpoint=/filtrer")
    page.locator("[name=arg-image]").set_input_files(photo)
    page.evaluate(HOLD_UPLOAD)
    submit_form(page)
    status = page.locator(".upload")
    expect(status).to_contain_text("Envoi\u00a0: 30\u00a0% de 1\u00a0Mo")
    submit_form(page)
    assert page.evaluate("window.sent") == 1
    assert find_page_faults(page) == []
    page.get_by_role("button", name="Annuler l’envoi").click()
    expect(status).to_contain_text("Envoi annulé")
    assert page.locator("[name=arg-image]").evaluate("field => field.files.length") == 1
    page.evaluate("() => { XMLHttpRequest.prototype.send = window.kept; }")
    submit_form(page)
    expect_run_status(page, "succeeded")


def test_upload_is_cancelled_by_a_run_that_is_shown_meanwhile(page: Page, photo: Path) -> None:
    page.goto(f"{PRACTICE_PATH}?endpoint=/filtrer")
    page.locator("[name=arg-image]").set_input_files(photo)
    submit_form(page)
    expect_run_status(page, "succeeded")
    first = page.url
    expect(page.locator("#formulaire").get_by_text("Déjà reçu")).to_be_visible()
    page.locator("[name=arg-image]").set_input_files(photo)
    page.evaluate(HOLD_UPLOAD)
    submit_form(page)
    expect(page.locator(".upload")).to_be_visible()
    page.evaluate("() => { XMLHttpRequest.prototype.send = window.kept; }")
    page.locator(STRIP).get_by_role("link").first.click()
    expect(page.locator(".upload")).to_have_count(0)
    expect(page.locator("#formulaire[aria-busy]")).to_have_count(0)
    submit_form(page)
    expect(page.locator(STRIP)).to_have_count(2)
    assert page.url != first


def test_file_that_was_sent_is_not_uploaded_again(page: Page, photo: Path) -> None:
    page.goto(f"{PRACTICE_PATH}?endpoint=/filtrer")
    page.locator("[name=arg-image]").set_input_files(photo)
    submit_form(page)
    expect_run_status(page, "succeeded")
    expect(page.locator("#formulaire").get_by_text("Déjà reçu")).to_contain_text("photo.png")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/essais")) as waited:
        page.get_by_role("radio", name="sépia").check()
        submit_form(page)
    assert int(waited.value.all_headers()["content-length"]) < 10_000
    expect(page.locator(STRIP)).to_have_count(2)
    expect_run_status(page, "succeeded")


def test_series_is_started_from_the_form_and_ends_in_one_table(page: Page) -> None:
    page.goto(f"{PRACTICE_PATH}?endpoint=/calculer")
    page.get_by_text("Essayer plusieurs valeurs d’un paramètre").click()
    page.get_by_label("Paramètre qui varie").select_option("b")
    page.get_by_label("Ses valeurs").fill("2\n3\n4")
    assert find_page_faults(page) == []
    page.get_by_label("Ses valeurs").press("Control+Enter")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_text("Tous les essais de la série ont fini.")).to_be_visible()
    assert find_page_faults(page) == []


def test_keyboard_alone_sends_reads_and_sends_again(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Prénom").focus()
    page.keyboard.type("Awa")
    page.keyboard.press("Control+Enter")
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Awa")
    assert page.evaluate(FOCUS_IN_ANSWER)
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.get_by_label("Prénom").evaluate("field => field === document.activeElement"):
            break
    page.keyboard.press("Control+A")
    page.keyboard.type("Noé")
    page.keyboard.press("Enter")
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Noé")


def test_without_scripts_the_same_links_and_forms_lead_from_page_to_page(
    site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    page = open_student_page(site, java_script_enabled=False)
    for name in ("Awa", "Noé"):
        page.goto(FORM)
        page.get_by_label("Prénom").fill(name)
        submit_form(page)
        expect(page).to_have_url(RUN_URL)
        expect_run_status(page, "succeeded")
    page.get_by_role("link", name="Refaire avec d’autres valeurs").click()
    expect(page.locator(ANSWER)).to_contain_text("Bonjour Noé")
    page.locator(STRIP, has_text="Awa").get_by_role("link").first.click()
    expect(page.get_by_label("Prénom")).to_have_value("Awa")
    page.locator(STRIP, has_text="Noé").get_by_role("link", name="Comparer").click()
    expect(page.locator("mark")).to_have_text(["Awa", "Noé"])


def test_address_of_an_answer_shows_a_stranger_nothing(
    page: Page, site: SiteProcess, open_student_page: OpenStudentPage
) -> None:
    page.goto(FORM)
    greet(page, "Séraphine")
    stranger = open_student_page(site)
    stranger.goto(page.url)
    expect(stranger.locator("#formulaire")).to_be_visible()
    expect(stranger.locator("#reponse")).to_contain_text("Cet essai n’existe plus, ou il n’est pas à vous")
    assert "Séraphine" not in stranger.content()


@pytest.fixture
def running_page(
    scripted_space: ScriptedSpace, scripted_site: SiteProcess, open_student_page: OpenStudentPage
) -> Iterator[Page]:
    """The page of a Space, whose call goes on until it is told to end."""
    page = open_student_page(scripted_site)
    begun = scripted_space.fetch_state()["begun"]
    page.goto(f"{SCRIPTED_SPACE_PATH}?endpoint=/mener")
    submit_form(page)
    scripted_space.wait_until(lambda state: state["begun"] > begun)
    expect_run_status(page, "running")
    yield page
    state = scripted_space.fetch_state()
    scripted_space.send_commands(*["finir"] * (state["begun"] - state["ended"]))
    scripted_space.wait_until_idle()


def test_answer_streams_in_place_and_the_strip_shows_its_end(running_page: Page, scripted_space: ScriptedSpace) -> None:
    scripted_space.send_commands("dire Il était")
    expect(running_page.locator(ANSWER)).to_contain_text("Il était")
    expect(running_page.locator(STRIP)).to_contain_text("En cours")
    scripted_space.send_commands("dire  une fois", "finir")
    expect_run_status(running_page, "succeeded")
    expect(running_page.locator(ANSWER)).to_contain_text("Il était une fois")
    expect(running_page.locator(STRIP)).to_contain_text("Réussi")


def refuse(route: Route) -> None:
    route.fulfill(status=204)


def test_running_answer_is_followed_after_a_reload_and_in_a_second_tab(
    running_page: Page, scripted_space: ScriptedSpace
) -> None:
    running_page.reload()
    second = running_page.context.new_page()
    second.route("**/flux*", refuse)
    second.goto(running_page.url)
    scripted_space.send_commands("dire Il était")
    for page in (running_page, second):
        page.bring_to_front()
        expect(page.locator(ANSWER)).to_contain_text("Il était")
    second.get_by_role("button", name="Arrêter l’essai").click()
    expect_run_status(second, "stopped")
    second.close()
    running_page.bring_to_front()
    expect_run_status(running_page, "stopped")
    expect(running_page.locator(ANSWER)).to_contain_text("Il était")


def test_answer_deleted_in_another_tab_is_missing_and_the_form_stays(
    running_page: Page, scripted_space: ScriptedSpace
) -> None:
    running_page.route("**/flux*", refuse)
    running_page.reload()
    other = running_page.context.new_page()
    other.goto(running_page.url)
    other.get_by_role("link", name="Ouvrir la page de cet essai").click()
    other.get_by_role("link", name="Supprimer l’essai").click()
    other.get_by_role("button", name="Supprimer l’essai").click()
    expect(other.get_by_role("status")).to_be_visible()
    other.close()
    running_page.bring_to_front()
    expect(running_page.locator("#reponse")).to_have_text("Cet essai n’existe plus.")
    expect(running_page.locator("#formulaire")).to_be_visible()


def test_running_answer_is_for_everybody(running_page: Page, scripted_space: ScriptedSpace) -> None:
    scripted_space.send_commands("dire **Bonjour**", "peindre red", "avancer 4")
    expect(running_page.locator("#reponse [data-output='1'] img")).to_be_visible()
    assert find_page_faults(running_page) == []


def test_heavy_photo_is_made_lighter_if_the_reader_asks(page: Page, tmp_path: Path) -> None:
    heavy = tmp_path / "vacances.jpeg"
    Image.effect_noise((2400, 1200), 90).convert("RGB").save(heavy, quality=95)
    page.goto(f"{PRACTICE_PATH}?endpoint=/filtrer")
    page.locator("[name=arg-image]").set_input_files(heavy)
    page.get_by_role("button", name="Alléger vacances.jpeg").click()
    expect(page.locator(".file-previews p").first).to_contain_text("vacances.jpg")
    expect(page.locator(".file-previews p").first).to_be_focused()
    submit_form(page)
    expect_run_status(page, "succeeded")
    expect(page.locator("#reponse [data-output='0'] img")).to_have_js_property("naturalWidth", 1600)
