"""Filling a form: files are seen before they go, tables are pasted into, a refusal leads to what is wrong."""

import io
import re
import wave
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, FloatRect, Locator, Page, expect

from tests.browser.accessibility import DESKTOP_VIEWPORT, PHONE_VIEWPORT, find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.browser.run_page import open_run_page, submit_form
from tests.spaces.served_apps import ServedApps, run_site_with_apps

FORM = "/espaces/essai/studio?endpoint=/monter"
LESSON = "/lecons/3-3-tester-un-space"
PASTE = """(cell, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  cell.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
}"""
IN_VIEW = """element => {
  const {top, bottom} = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""
GUESTS, ROWS = "arg-guests", 3  # Gradio shows three rows at least


@pytest.fixture(scope="module")
def served_apps(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApps]:
    with run_site_with_apps(tmp_path_factory.mktemp("studio"), program="tests.spaces.apps.studio") as running:
        yield running


@pytest.fixture
def student_page(served_apps: ServedApps, open_student_page: OpenStudentPage) -> Page:
    page = open_student_page(served_apps.site)
    page.goto(FORM)
    return page


@pytest.fixture
def bare(served_apps: ServedApps, open_student_page: OpenStudentPage) -> Page:
    """Somebody's page without scripts."""
    page = open_student_page(served_apps.site, java_script_enabled=False)
    page.goto(FORM)
    return page


def picture(name: str = "pochette.png", size: tuple[int, int] = (60, 40)) -> FilePayload:
    content = io.BytesIO()
    Image.new("RGB", size, "#2277cc").save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


def voice(seconds: int = 2) -> FilePayload:
    content = io.BytesIO()
    with wave.open(content, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(b"\0\0" * 8000 * seconds)
    return {"name": "voix d’Awa.wav", "mimeType": "audio/wav", "buffer": content.getvalue()}


def box(element: Locator) -> FloatRect:
    """Where it stands."""
    found = element.bounding_box()
    assert found is not None
    return found


def finished(page: Page) -> None:
    open_run_page(page)
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")


def cell(page: Page, line: int, column: int) -> Locator:
    return page.locator(f"[name='{GUESTS}-{line}-{column}']")


def cells(page: Page) -> list[list[str]]:
    """What stands in the table."""
    rows = page.locator("table.data-grid tbody tr")
    return rows.evaluate_all("rows => rows.map((row) => [...row.querySelectorAll('input')].map((each) => each.value))")


class TestFiles:
    def test_a_picture_and_a_sound_are_seen_before_they_go_and_beside_the_answer(self, student_page: Page):
        student_page.get_by_label("Pochette").set_input_files(picture())
        student_page.get_by_label("Voix").first.set_input_files(voice())
        shown = student_page.get_by_alt_text("Aperçu de pochette.png")
        expect(shown).to_be_visible()
        assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
        heard = student_page.get_by_label("Aperçu de voix d’Awa.wav")
        student_page.wait_for_function("heard => heard.duration === 2", arg=heard.element_handle())
        assert find_page_faults(student_page) == []
        student_page.set_viewport_size(DESKTOP_VIEWPORT)
        submit_form(student_page)
        finished(student_page)
        sent, came = student_page.locator("#valeurs img"), student_page.locator("[data-output='0'] img")
        expect(sent).to_be_visible()
        before, after = box(sent), box(came)
        assert before["x"] > after["x"] + after["width"]  # beside it
        assert abs(before["y"] - after["y"]) < 200
        expect(student_page.locator("#valeurs audio")).to_be_visible()
        assert find_page_faults(student_page) == []
        student_page.set_viewport_size(PHONE_VIEWPORT)
        before, after = box(sent), box(came)
        assert before["y"] > after["y"] + after["height"]
        for each in (sent, came):  # large, behind the picture
            address = each.locator("xpath=..").get_attribute("href")
            assert student_page.request.get(str(address)).headers["content-type"] == "image/png"

    def test_a_file_that_is_taken_out_is_not_sent(self, student_page: Page):
        student_page.get_by_label("Pochette").set_input_files(picture())
        student_page.get_by_role("button", name="Retirer pochette.png").click()
        expect(student_page.get_by_alt_text("Aperçu")).to_have_count(0)
        expect(student_page.get_by_label("Pochette")).to_be_focused()
        clips = [picture(f"{n}.png") for n in "abc"]
        student_page.get_by_label("Extraits").set_input_files(clips)
        expect(student_page.get_by_alt_text("Aperçu")).to_have_count(3)
        student_page.get_by_role("button", name="Retirer b.png").click()
        expect(student_page.get_by_alt_text("Aperçu")).to_have_count(2)
        submit_form(student_page)
        finished(student_page)
        expect(student_page.locator("[data-output='2']")).to_contain_text("a.png, c.png")
        expect(student_page.locator("#valeurs figure")).to_have_count(2)

    def test_another_file_takes_the_place_of_the_first(self, student_page: Page):
        student_page.get_by_label("Pochette").set_input_files(picture("une.png"))
        with student_page.expect_file_chooser() as chooser:
            student_page.get_by_role("button", name="Remplacer une.png").click()
        chooser.value.set_files(picture("deux.png", (20, 20)))
        expect(student_page.get_by_alt_text("Aperçu de deux.png")).to_be_visible()
        expect(student_page.get_by_alt_text("Aperçu de une.png")).to_have_count(0)

    def test_a_file_that_is_no_picture_keeps_its_name(self, student_page: Page):
        fake = {"name": "faux.png", "mimeType": "image/png", "buffer": b"no picture"}
        student_page.get_by_label("Pochette").set_input_files(fake)
        expect(student_page.get_by_alt_text("Aperçu")).to_have_count(0)
        expect(student_page.locator(".file-previews").first).to_contain_text("faux.png")

    def test_a_file_that_is_here_already_is_seen_without_scripts(self, bare: Page):
        bare.get_by_label("Pochette").set_input_files(picture())
        cell(bare, 0, 1).fill("beaucoup")
        submit_form(bare)
        shown = bare.get_by_alt_text("Déjà reçu\u00a0: pochette.png")
        expect(shown).to_be_visible()
        assert shown.evaluate("image => image.naturalWidth") == 60


class TestTables:
    def test_cells_of_a_spreadsheet_are_pasted_with_the_rows_that_they_need(self, student_page: Page):
        cell(student_page, 1, 0).evaluate(
            PASTE, 'Zoé\t1,5\toui\r\n"Li ""la"" Mei"\t1 200,25\tnon\r\n"deux\nlignes"\t3\t\r\n'
        )
        assert cells(student_page) == [
            ["Awa", "12", "oui"],
            ["Zoé", "1,5", "oui"],
            ['Li "la" Mei', "1 200,25", "non"],
            ["deux lignes", "3", ""],
        ]
        expect(student_page.locator("[data-said]")).to_contain_text("3 lignes collées")
        submit_form(student_page)
        finished(student_page)
        sent = student_page.request.get(student_page.url + ".json").json()["inputs"]["guests"]["data"]
        assert [row[1] for row in sent] == [12, 1.5, 1200.25, 3]
        expect(student_page.locator("#valeurs table tbody tr")).to_have_count(4)

    def test_one_cell_is_pasted_by_the_browser(self, student_page: Page):
        prevented = cell(student_page, 0, 0).evaluate(PASTE.replace("cell.dispatch", "return !cell.dispatch"), "Inès")
        assert prevented is False
        assert len(cells(student_page)) == ROWS

    def test_a_paste_stops_at_the_limit_and_says_so(self, student_page: Page):
        cell(student_page, 0, 1).evaluate(PASTE, "\n".join(f"{n}\toui\ttrop" for n in range(300)))
        most = int(student_page.locator("[data-table]").get_attribute("data-most") or 0)
        assert len(cells(student_page)) == most < 300
        expect(student_page.locator("[data-said]")).to_contain_text(f"{300 - most} lignes ne tiennent pas")
        expect(student_page.locator("[data-said]")).to_contain_text("Les colonnes de trop")
        expect(student_page.get_by_role("button", name="Ajouter une ligne")).to_be_hidden()

    def test_rows_are_removed_and_added_by_keyboard(self, student_page: Page):
        student_page.get_by_role("button", name="Ajouter une ligne").press("Enter")
        expect(cell(student_page, ROWS, 0)).to_be_focused()
        student_page.keyboard.type("Sana")
        student_page.keyboard.press("ArrowUp")
        expect(cell(student_page, ROWS - 1, 0)).to_be_focused()
        student_page.get_by_role("button", name="Supprimer la ligne 1").press("Enter")
        expect(cell(student_page, 0, 0)).to_be_focused()
        assert cells(student_page) == [["Noé", "7", "non"], ["", "", ""], ["Sana", "", ""]]
        assert student_page.url.endswith(FORM)
        for _ in range(ROWS + 1):
            student_page.get_by_role("button", name="Supprimer la ligne 1").click()
        assert cells(student_page) == [["", "", ""]]

    def test_rows_are_removed_without_scripts(self, bare: Page):
        cell(bare, 1, 0).fill("Sana")
        bare.get_by_role("button", name="Supprimer la ligne 1").click()
        expect(cell(bare, 0, 0)).to_have_value("Sana")
        expect(cell(bare, ROWS - 1, 0)).to_have_count(0)

    def test_wrong_cells_are_marked_until_they_are_corrected(self, student_page: Page):
        cell(student_page, 0, 1).fill("douze")
        cell(student_page, 1, 2).fill("peut-être")
        submit_form(student_page)
        for place in ((0, 1), (1, 2)):
            expect(cell(student_page, *place)).to_have_attribute("aria-invalid", "true")
        expect(cell(student_page, 0, 1)).to_have_accessible_description(re.compile("écrivez un nombre"))
        assert find_page_faults(student_page) == []
        student_page.set_viewport_size(DESKTOP_VIEWPORT)
        student_page.locator(".error-summary a").last.click()
        expect(cell(student_page, 1, 2)).to_be_focused()
        student_page.keyboard.type("oui")
        expect(cell(student_page, 1, 2)).not_to_have_attribute("aria-invalid", "true")
        student_page.get_by_role("button", name="Supprimer la ligne 1").click()
        expect(student_page.locator("[data-table] .error")).to_have_text(re.compile("Ligne 1"))


class TestRefusals:
    @pytest.mark.parametrize("size", [DESKTOP_VIEWPORT, PHONE_VIEWPORT], ids=["desk", "phone"])
    @pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
    def test_the_summary_has_the_focus_and_leads_to_each_field(
        self, served_apps: ServedApps, open_student_page: OpenStudentPage, size: dict, scripts: bool
    ):
        page = open_student_page(served_apps.site, viewport=size, java_script_enabled=scripts)
        page.goto(FORM)
        page.locator("[name=arg-fade]").fill("lent")
        page.locator("form details summary").filter(has_text="Paramètres").click()
        page.locator("[name=arg-seed]").fill("x")
        submit_form(page)
        expect(page).to_have_title(re.compile("^À corriger"))
        summary = page.locator("[data-error='invalid-input']")
        expect(summary).to_be_focused()
        expect(summary).to_be_in_viewport()
        links = page.locator(".error-summary a")
        expect(links).to_have_count(2)
        page.keyboard.press("Tab")
        expect(links.first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("[name=arg-fade]")).to_be_focused()
        assert page.locator("[name=arg-fade]").evaluate(IN_VIEW)
        links.last.click()
        expect(page.locator("[name=arg-seed]")).to_be_focused()
        expect(page.locator("[name=arg-seed]")).to_be_in_viewport()
        page.locator("[name=arg-seed]").fill("4")
        page.locator("[name=arg-fade]").fill("4")
        submit_form(page)
        finished(page)

    def test_a_link_opens_what_was_folded_again(self, student_page: Page):
        fold = student_page.locator("form details").filter(has_text="Paramètres")
        fold.locator("summary").click()
        student_page.locator("[name=arg-seed]").fill("x")
        submit_form(student_page)
        expect(fold).to_have_attribute("open", "")
        fold.locator("summary").click()
        student_page.locator(".error-summary a").click()
        expect(student_page.locator("[name=arg-seed]")).to_be_focused()

    def test_in_a_lesson_it_leads_to_the_field_of_its_block(self, page: Page):
        page.goto(LESSON)
        block = page.locator(".try-it").filter(has=page.locator("h3 code", has_text=re.compile("^/calculer$")))
        block.get_by_role("button", name="Essayer ici").click()
        for name in ("a", "b"):
            block.locator(f"[name=arg-{name}]").fill("douze")
        block.locator(".form-actions button.button--primary").last.click()
        expect(block.locator("[data-error='invalid-input']")).to_be_focused()
        block.locator(".error-summary a").last.click()
        expect(block.locator("[name=arg-b]")).to_be_focused()
        assert page.url.endswith(LESSON)
        assert find_page_faults(page) == []


class TestForm:
    def test_ctrl_enter_sends_it_from_a_field(self, student_page: Page):
        student_page.locator("[name=arg-fade]").press("Control+Enter")
        finished(student_page)

    def test_controls_side_by_side_stand_on_one_line(self, student_page: Page):
        first, second = (box(student_page.locator(f"[name=arg-{name}]")) for name in ("fade", "volume"))
        assert first["y"] == pytest.approx(second["y"], abs=1)
        assert first["x"] != second["x"]

    def test_bounds_are_readable_without_scripts(self, bare: Page):
        expect(bare.locator(".slider-limits").first).to_have_text("de 1 à 10")
        parts = bare.locator(".slider-limits").first.locator("span")
        left, right = box(parts.first), box(parts.last)
        assert right["x"] > left["x"] + left["width"] + 2

    def test_what_is_needed_is_said(self, student_page: Page):
        expect(student_page.locator("label[for=arg-voice]")).to_contain_text("obligatoire")
        expect(student_page.locator("label[for=arg-clips]")).to_contain_text("facultatif")
        expect(student_page.locator("label[for=arg-cover]")).not_to_contain_text("obligatoire")

    def test_a_checkbox_is_named_once(self, student_page: Page):
        field = student_page.locator(".field").filter(has=student_page.locator("[name=arg-signed]"))
        assert field.inner_text().count("Signer") == 1
        expect(student_page.get_by_role("checkbox", name="Signer", exact=True)).to_have_accessible_description(
            "Votre nom à la fin."
        )
