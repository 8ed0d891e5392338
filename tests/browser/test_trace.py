"""The trace in a browser: folded, loaded when opened, for everybody; its HAR opens in Chromium's network panel."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.browser.run_page import call_space_and_wait, open_run_page
from tests.spaces.fake_servers import FakeSpace, make_completed
from tests.support.site_process import SiteProcess, run_site

MESSAGES = [
    {"msg": "process_starts"},
    {"msg": "log", "log": "<b>bonjour</b>", "level": "info"},
    make_completed(["<i>été</i>"]),
]


@pytest.fixture(scope="module")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    space, folder = FakeSpace(messages=MESSAGES), tmp_path_factory.mktemp("site")
    (folder / "instance").mkdir()
    (folder / "instance" / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\nurl = "{space.url}"\ntoken = true\n')
    with run_site(folder, HF_TOKEN="hf_" + "a1B2" * 8, HFCOURSE_SPACE_ORIGINS=space.url) as made:
        yield made
    space.close()


@pytest.fixture
def page(site: SiteProcess, open_student_page: OpenStudentPage) -> Page:
    """A student's page with a run that has ended."""
    opened = open_student_page(site)
    call_space_and_wait(opened, "a/b")
    open_run_page(opened)
    return opened


def open_trace(page: Page) -> None:
    """Open the folded trace with the keyboard, and wait until it is whole."""
    page.locator("details.run-trace > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-trace-state=stored]")).to_be_visible()


def test_trace_is_loaded_when_it_is_opened_and_is_for_everybody(page: Page) -> None:
    expect(page.locator(".flow-step")).to_have_count(0)
    open_trace(page)
    expect(page.locator(".flow-step--authenticated[data-lane=space]")).to_have_count(2)
    for folded in page.locator("details").all():
        folded.evaluate("folded => { folded.open = true }")
    expect(page.locator(".trace-events > li")).to_have_count(4)
    assert find_page_faults(page) == []


def test_trace_opened_before_the_script_has_arrived_is_loaded(page: Page) -> None:
    held: list[Route] = []
    page.route("**/live/folded.js*", lambda route: held.append(route))  # noqa: PLW0108 (Playwright wants a function)
    with page.expect_request("**/live/folded.js*"):
        page.reload(wait_until="commit")
    page.locator("details.run-trace > summary").click()
    expect(page.get_by_role("link", name="Voir chaque message échangé")).to_be_visible()
    held.pop().continue_()
    expect(page.locator("[data-trace-state=stored]")).to_be_visible()


def test_trace_page_works_without_scripts(site: SiteProcess, browser: Browser, page: Page) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    bare = context.new_page()
    bare.goto(page.url)
    bare.locator("details.run-trace > summary").click()
    bare.get_by_role("link", name="Voir chaque message échangé").click()
    expect(bare.locator("[data-trace-state=stored]")).to_be_visible()  # the page is loaded again until then
    expect(bare.locator("[data-token-check=absent]")).to_be_visible()
    bare.locator(".flow-step--authenticated summary").first.click()
    expect(bare.locator(".flow-step--authenticated .trace-pairs").first).to_contain_text("hf_••••")
    context.close()


def test_har_opens_in_the_network_panel_of_chromium(page: Page, browser: Browser) -> None:
    """Chromium's HAR replay reads it, and answers a request with the recorded response."""
    open_trace(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger en HAR").click()
    path = download.value.path()
    entries = json.loads(path.read_text(encoding="utf-8"))["log"]["entries"]
    stream = next(entry for entry in entries if "/queue/data" in entry["request"]["url"])
    context = browser.new_context()
    context.route_from_har(path, url=re.compile(r"https://space\.invalid/.*"))
    other = context.new_page()
    answer = other.goto(stream["request"]["url"])
    assert answer is not None
    assert answer.text() == stream["response"]["content"]["text"]
    context.close()
