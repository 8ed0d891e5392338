"""Answers in a browser: for everybody, sorted, copied, downloaded, listened to; a Space's page runs no script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.browser.run_page import call_space_and_wait
from tests.spaces import all_components as exhibits
from tests.spaces.all_components import ALL_OUTPUTS, CODE, EXHIBIT_FILES, make_all_components_space, make_long_wav
from tests.support.site_process import SiteProcess, run_site

QUIET = "<h1>Un rapport</h1><p>Du <b>HTML</b> écrit par le Space.</p>"
SECONDS = 1200


@pytest.fixture(scope="module")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    """A site with two Spaces that show everything: one behaves, the other's page would run scripts."""
    quiet = make_all_components_space(
        [(label, kind, QUIET if kind == "Html" else value, props) for label, kind, value, props in ALL_OUTPUTS]
    )
    wild = make_all_components_space([each for each in ALL_OUTPUTS if each[1] == "Html"])
    folder = tmp_path_factory.mktemp("site")
    (folder / "instance").mkdir()
    spaces = {"a/calme": quiet.url, "a/sauvage": wild.url}
    entries = [f'[[space]]\nid = "{name}"\nurl = "{url}"\n' for name, url in spaces.items()]
    (folder / "instance" / "spaces.toml").write_text("".join(entries))
    with run_site(folder) as made:
        yield made
    quiet.close()
    wild.close()


@pytest.fixture
def page(site: SiteProcess, open_student_page: OpenStudentPage) -> Page:
    """Somebody before the answer of the quiet Space."""
    opened = open_student_page(site)
    call_space_and_wait(opened, "a/calme")
    return opened


def section(page: Page, label: str):
    """The section of the output with this label."""
    return page.get_by_role("region", name=label)


def test_an_answer_of_every_kind_is_for_everybody(page: Page):
    for folded in page.locator("details").all():
        folded.evaluate("folded => { folded.open = true }")
    assert find_page_faults(page) == []


def test_a_table_is_sorted_by_its_titles(page: Page):
    page.reload()
    table = section(page, "Objets").locator("table")
    first = table.locator("tbody tr td:first-child")
    title = table.get_by_role("columnheader", name="part")
    title.get_by_role("button").click()
    expect(title).to_have_attribute("aria-sort", "ascending")
    expect(first).to_have_text(["étagère", "clavier", "chat", "10 tasses"])
    title.get_by_role("button").press("Enter")
    expect(title).to_have_attribute("aria-sort", "descending")
    expect(first).to_have_text(["10 tasses", "chat", "clavier", "étagère"])
    table.get_by_role("button", name="objet").click()
    expect(first).to_have_text(["10 tasses", "chat", "clavier", "étagère"])
    expect(title).not_to_have_attribute("aria-sort", "descending")
    table.get_by_role("button", name="vu").click()
    expect(table.locator("tbody tr td:nth-child(3)")).to_have_text(["faux", "vrai", "vrai", ""])


def test_a_table_that_comes_by_the_live_page_is_sorted_too(page: Page):
    section(page, "Objets").get_by_role("button", name="objet", exact=True).click()
    expect(section(page, "Objets").locator("[aria-sort=ascending]")).to_have_count(1)


def test_without_scripts_a_table_has_plain_titles_and_everything_can_be_downloaded(
    site: SiteProcess, open_student_page: OpenStudentPage
):
    page = open_student_page(site, java_script_enabled=False)
    call_space_and_wait(page, "a/calme")
    table = section(page, "Objets")
    expect(table.locator("th")).to_have_text(["objet", "part", "vu", "formule"])
    expect(table.get_by_role("button")).to_have_count(0)
    with page.expect_download() as started_download:
        table.get_by_role("link", name="CSV").click()
    kept = started_download.value
    assert kept.suggested_filename == f"sortie-{[each[0] for each in ALL_OUTPUTS].index('Objets') + 1}.csv"
    assert Path(kept.path()).read_text(encoding="utf-8").startswith("objet,part,vu,formule\n")


def test_an_output_is_copied_as_a_whole(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = section(page, "Programme").get_by_role("button", name="Copier")
    button.click()
    expect(button).to_have_text("Copié")
    assert page.evaluate("navigator.clipboard.readText()") == CODE
    expect(button).to_have_text("Copier")


def test_an_output_is_copied_where_a_browser_has_no_clipboard(site: SiteProcess, open_student_page: OpenStudentPage):
    page = open_student_page(site)
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    call_space_and_wait(page, "a/calme")
    page.evaluate("document.addEventListener('copy', () => { window.copied = getSelection().toString() })")
    button = section(page, "Programme").get_by_role("button", name="Copier")
    button.click()
    expect(button).to_have_text("Copié")
    assert page.evaluate("window.copied") == CODE


def test_what_is_said_when_nothing_could_be_copied(site: SiteProcess, browser: Browser):
    page = browser.new_context(base_url=site.url).new_page()  # the lost answer below is a complaint of the browser
    call_space_and_wait(page, "a/calme")
    page.route("**/sorties/*", lambda route: route.abort())
    button = section(page, "Programme").get_by_role("button", name="Copier")
    button.click()
    expect(button).to_have_text("Non copié")
    page.context.close()


def test_a_sound_can_be_sought(page: Page, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exhibits, "EXHIBIT_FILES", {**EXHIBIT_FILES, "voix.wav": make_long_wav(SECONDS)})
    call_space_and_wait(page, "a/calme")
    parts = []
    page.on("response", lambda response: parts.append((response.status, response.headers.get("content-range", ""))))
    player = section(page, "Lecture").locator("audio")
    place = player.evaluate(
        "(player, there) => new Promise((done) => {"
        "  player.addEventListener('seeked', () => done(player.currentTime));"
        "  const seek = () => { player.currentTime = there };"
        "  player.readyState ? seek() : player.addEventListener('loadedmetadata', seek); })",
        SECONDS - 10,
    )
    assert place == pytest.approx(SECONDS - 10, abs=1)
    later = [each for each in parts if each[0] == 206 and not each[1].startswith("bytes 0-")]
    assert later, parts


def test_the_page_of_a_space_runs_no_script_and_cannot_leave_its_frame(site: SiteProcess, browser: Browser):
    page = browser.new_context(base_url=site.url).new_page()  # what is blocked is a complaint of the browser
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    call_space_and_wait(page, "a/sauvage")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Un rapport")).to_be_visible()
    frame.get_by_role("heading", name="Un rapport").click()  # it has an onclick
    expect(page).not_to_have_title("pris")
    assert frame.locator("body").evaluate("() => document.title") == ""
    assert not [url for url in asked if not url.startswith(site.url)]
    source = page.locator("details", has_text="Le code HTML")
    source.locator("summary").click()
    expect(source.locator("pre")).to_contain_text("<script>document.title")
    page.context.close()


def test_json_is_unfolded_from_the_keyboard(page: Page):
    tree = section(page, "Réglages").locator(".json-tree")
    inner = tree.locator("details:not([open]) > summary").first
    inner.focus()
    page.keyboard.press("Enter")
    expect(tree.get_by_text("nom", exact=True).first).to_be_visible()
