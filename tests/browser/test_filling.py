"""Filling a form: files are seen before they go, tables are pasted into, a refusal leads to what is wrong."""

import io
import re
import wave
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, FloatRect, Locator, Page, expect

from tests.browser.conftest import StudentAt
from tests.browser.test_every_page import DESK, PHONE, faults
from tests.spaces.served_apps import Served, serving

FORM = "/espaces/essai/studio?endpoint=/monter"
LESSON = "/lecons/3-3-tester-un-space"
RUN = re.compile("/essais/[^/]+$")
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
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("studio"), program="tests.spaces.apps.studio") as running:
        yield running


@pytest.fixture
def student(served: Served, student_at: StudentAt) -> Page:
    page = student_at(served.site)
    page.goto(FORM)
    return page


@pytest.fixture
def bare(served: Served, student_at: StudentAt) -> Page:
    """Somebody's page without scripts."""
    page = student_at(served.site, java_script_enabled=False)
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


def send(page: Page) -> None:
    page.locator("form[data-endpoint] .submit").get_by_role("button", name="Lancer l’essai").click()


def box(element: Locator) -> FloatRect:
    """Where it stands."""
    found = element.bounding_box()
    assert found is not None
    return found


def finished(page: Page) -> None:
    expect(page).to_have_url(RUN)
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")


def cell(page: Page, line: int, column: int) -> Locator:
    return page.locator(f"[name='{GUESTS}-{line}-{column}']")


def cells(page: Page) -> list[list[str]]:
    """What stands in the table."""
    rows = page.locator("table.grid tbody tr")
    return rows.evaluate_all("rows => rows.map((row) => [...row.querySelectorAll('input')].map((each) => each.value))")


class TestFiles:
    def test_a_picture_and_a_sound_are_seen_before_they_go_and_beside_the_answer(self, student: Page):
        student.get_by_label("Pochette").set_input_files(picture())
        student.get_by_label("Voix").first.set_input_files(voice())
        shown = student.get_by_alt_text("Aperçu de pochette.png")
        expect(shown).to_be_visible()
        assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
        heard = student.get_by_label("Aperçu de voix d’Awa.wav")
        student.wait_for_function("heard => heard.duration === 2", arg=heard.element_handle())
        assert faults(student) == []
        student.set_viewport_size(DESK)
        send(student)
        finished(student)
        sent, came = student.locator("#valeurs img"), student.locator("[data-output='0'] img")
        expect(sent).to_be_visible()
        before, after = box(sent), box(came)
        assert before["x"] > after["x"] + after["width"]  # beside it
        assert abs(before["y"] - after["y"]) < 200
        expect(student.locator("#valeurs audio")).to_be_visible()
        assert faults(student) == []
        student.set_viewport_size(PHONE)
        before, after = box(sent), box(came)
        assert before["y"] > after["y"] + after["height"]
        for each in (sent, came):  # large, behind the picture
            address = each.locator("xpath=..").get_attribute("href")
            assert student.request.get(str(address)).headers["content-type"] == "image/png"

    def test_a_file_that_is_taken_out_is_not_sent(self, student: Page):
        student.get_by_label("Pochette").set_input_files(picture())
        student.get_by_role("button", name="Retirer pochette.png").click()
        expect(student.get_by_alt_text("Aperçu")).to_have_count(0)
        expect(student.get_by_label("Pochette")).to_be_focused()
        clips = [picture(f"{n}.png") for n in "abc"]
        student.get_by_label("Extraits").set_input_files(clips)
        expect(student.get_by_alt_text("Aperçu")).to_have_count(3)
        student.get_by_role("button", name="Retirer b.png").click()
        expect(student.get_by_alt_text("Aperçu")).to_have_count(2)
        send(student)
        finished(student)
        expect(student.locator("[data-output='2']")).to_contain_text("a.png, c.png")
        expect(student.locator("#valeurs figure")).to_have_count(2)

    def test_another_file_takes_the_place_of_the_first(self, student: Page):
        student.get_by_label("Pochette").set_input_files(picture("une.png"))
        with student.expect_file_chooser() as chooser:
            student.get_by_role("button", name="Remplacer une.png").click()
        chooser.value.set_files(picture("deux.png", (20, 20)))
        expect(student.get_by_alt_text("Aperçu de deux.png")).to_be_visible()
        expect(student.get_by_alt_text("Aperçu de une.png")).to_have_count(0)

    def test_a_file_that_is_no_picture_keeps_its_name(self, student: Page):
        fake = {"name": "faux.png", "mimeType": "image/png", "buffer": b"no picture"}
        student.get_by_label("Pochette").set_input_files(fake)
        expect(student.get_by_alt_text("Aperçu")).to_have_count(0)
        expect(student.locator(".previews").first).to_contain_text("faux.png")

    def test_a_file_that_is_here_already_is_seen_without_scripts(self, bare: Page):
        bare.get_by_label("Pochette").set_input_files(picture())
        cell(bare, 0, 1).fill("beaucoup")
        send(bare)
        shown = bare.get_by_alt_text("Déjà reçu\u00a0: pochette.png")
        expect(shown).to_be_visible()
        assert shown.evaluate("image => image.naturalWidth") == 60


class TestTables:
    def test_cells_of_a_spreadsheet_are_pasted_with_the_rows_that_they_need(self, student: Page):
        cell(student, 1, 0).evaluate(
            PASTE, 'Zoé\t1,5\toui\r\n"Li ""la"" Mei"\t1 200,25\tnon\r\n"deux\nlignes"\t3\t\r\n'
        )
        assert cells(student) == [
            ["Awa", "12", "oui"],
            ["Zoé", "1,5", "oui"],
            ['Li "la" Mei', "1 200,25", "non"],
            ["deux lignes", "3", ""],
        ]
        expect(student.locator("[data-said]")).to_contain_text("3 lignes collées")
        send(student)
        finished(student)
        sent = student.request.get(student.url + ".json").json()["inputs"]["guests"]["data"]
        assert [row[1] for row in sent] == [12, 1.5, 1200.25, 3]
        expect(student.locator("#valeurs table tbody tr")).to_have_count(4)

    def test_one_cell_is_pasted_by_the_browser(self, student: Page):
        prevented = cell(student, 0, 0).evaluate(PASTE.replace("cell.dispatch", "return !cell.dispatch"), "Inès")
        assert prevented is False
        assert len(cells(student)) == ROWS

    def test_a_paste_stops_at_the_limit_and_says_so(self, student: Page):
        cell(student, 0, 1).evaluate(PASTE, "\n".join(f"{n}\toui\ttrop" for n in range(300)))
        most = int(student.locator("[data-table]").get_attribute("data-most") or 0)
        assert len(cells(student)) == most < 300
        expect(student.locator("[data-said]")).to_contain_text(f"{300 - most} lignes ne tiennent pas")
        expect(student.locator("[data-said]")).to_contain_text("Les colonnes de trop")
        expect(student.get_by_role("button", name="Ajouter une ligne")).to_be_hidden()

    def test_rows_are_removed_and_added_by_keyboard(self, student: Page):
        student.get_by_role("button", name="Ajouter une ligne").press("Enter")
        expect(cell(student, ROWS, 0)).to_be_focused()
        student.keyboard.type("Sana")
        student.keyboard.press("ArrowUp")
        expect(cell(student, ROWS - 1, 0)).to_be_focused()
        student.get_by_role("button", name="Supprimer la ligne 1").press("Enter")
        expect(cell(student, 0, 0)).to_be_focused()
        assert cells(student) == [["Noé", "7", "non"], ["", "", ""], ["Sana", "", ""]]
        assert student.url.endswith(FORM)
        for _ in range(ROWS + 1):
            student.get_by_role("button", name="Supprimer la ligne 1").click()
        assert cells(student) == [["", "", ""]]

    def test_rows_are_removed_without_scripts(self, bare: Page):
        cell(bare, 1, 0).fill("Sana")
        bare.get_by_role("button", name="Supprimer la ligne 1").click()
        expect(cell(bare, 0, 0)).to_have_value("Sana")
        expect(cell(bare, ROWS - 1, 0)).to_have_count(0)

    def test_wrong_cells_are_marked_until_they_are_corrected(self, student: Page):
        cell(student, 0, 1).fill("douze")
        cell(student, 1, 2).fill("peut-être")
        send(student)
        for place in ((0, 1), (1, 2)):
            expect(cell(student, *place)).to_have_attribute("aria-invalid", "true")
        expect(cell(student, 0, 1)).to_have_accessible_description(re.compile("écrivez un nombre"))
        assert faults(student) == []
        student.set_viewport_size(DESK)
        student.locator(".faults a").last.click()
        expect(cell(student, 1, 2)).to_be_focused()
        student.keyboard.type("oui")
        expect(cell(student, 1, 2)).not_to_have_attribute("aria-invalid", "true")
        student.get_by_role("button", name="Supprimer la ligne 1").click()
        expect(student.locator("[data-table] .error")).to_have_text(re.compile("Ligne 1"))


class TestRefusals:
    @pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
    @pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
    def test_the_summary_has_the_focus_and_leads_to_each_field(
        self, served: Served, student_at: StudentAt, size: dict, scripts: bool
    ):
        page = student_at(served.site, viewport=size, java_script_enabled=scripts)
        page.goto(FORM)
        page.locator("[name=arg-fade]").fill("lent")
        page.locator("form details summary").filter(has_text="Paramètres").click()
        page.locator("[name=arg-seed]").fill("x")
        send(page)
        expect(page).to_have_title(re.compile("^À corriger"))
        summary = page.locator("[data-error='invalid-input']")
        expect(summary).to_be_focused()
        expect(summary).to_be_in_viewport()
        links = page.locator(".faults a")
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
        send(page)
        finished(page)

    def test_a_link_opens_what_was_folded_again(self, student: Page):
        fold = student.locator("form details").filter(has_text="Paramètres")
        fold.locator("summary").click()
        student.locator("[name=arg-seed]").fill("x")
        send(student)
        expect(fold).to_have_attribute("open", "")
        fold.locator("summary").click()
        student.locator(".faults a").click()
        expect(student.locator("[name=arg-seed]")).to_be_focused()

    def test_in_a_lesson_it_leads_to_the_field_of_its_block(self, page: Page):
        page.goto(LESSON)
        block = page.locator(".try").filter(has=page.locator("h3 code", has_text=re.compile("^/calculer$")))
        block.get_by_role("button", name="Essayer ici").click()
        for name in ("a", "b"):
            block.locator(f"[name=arg-{name}]").fill("douze")
        block.locator(".submit button.go").last.click()
        expect(block.locator("[data-error='invalid-input']")).to_be_focused()
        block.locator(".faults a").last.click()
        expect(block.locator("[name=arg-b]")).to_be_focused()
        assert page.url.endswith(LESSON)
        assert faults(page) == []


class TestForm:
    def test_ctrl_enter_sends_it_from_a_field(self, student: Page):
        student.locator("[name=arg-fade]").press("Control+Enter")
        finished(student)

    def test_controls_side_by_side_stand_on_one_line(self, student: Page):
        first, second = (box(student.locator(f"[name=arg-{name}]")) for name in ("fade", "volume"))
        assert first["y"] == pytest.approx(second["y"], abs=1)
        assert first["x"] != second["x"]

    def test_bounds_are_readable_without_scripts(self, bare: Page):
        expect(bare.locator(".ends").first).to_have_text("de 1 à 10")
        parts = bare.locator(".ends").first.locator("span")
        left, right = box(parts.first), box(parts.last)
        assert right["x"] > left["x"] + left["width"] + 2

    def test_what_is_needed_is_said(self, student: Page):
        expect(student.locator("label[for=arg-voice]")).to_contain_text("obligatoire")
        expect(student.locator("label[for=arg-clips]")).to_contain_text("facultatif")
        expect(student.locator("label[for=arg-cover]")).not_to_contain_text("obligatoire")

    def test_a_checkbox_is_named_once(self, student: Page):
        field = student.locator(".field").filter(has=student.locator("[name=arg-signed]"))
        assert field.inner_text().count("Signer") == 1
        expect(student.get_by_role("checkbox", name="Signer", exact=True)).to_have_accessible_description(
            "Votre nom à la fin."
        )
