"""A run followed in a browser: it changes in place, whatever stands between, and leaves the reader alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.browser.run_page import open_run_page
from tests.support.scripted_space import SCRIPTED_SPACE_PATH, ScriptedSpace
from tests.support.site_process import SiteProcess
from tests.support.waiting import wait_until

HIDE = """isHidden => {
  Object.defineProperty(document, "hidden", {get: () => isHidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def reader_page(
    scripted_space: ScriptedSpace,
    scripted_site: SiteProcess,
    open_student_page: OpenStudentPage,
    request: pytest.FixtureRequest,
) -> Iterator[Page]:
    """Somebody's page, of a browser of its own if the test wants one; a run that it left behind ends."""
    page = open_student_page(scripted_site, is_alone=getattr(request, "param", False))
    yield page
    state = scripted_space.fetch_state()
    scripted_space.send_commands(*["finir"] * (state["begun"] - state["ended"]))
    scripted_space.wait_until_idle()


def start(page: Page, led: ScriptedSpace) -> None:
    """Create a run, wait until the Space works on it, open its page, leave a mark that a reload would remove."""
    begun = led.fetch_state()["begun"]
    page.goto(f"{SCRIPTED_SPACE_PATH}?endpoint=/mener")
    page.locator("form[data-endpoint] .form-actions button").click()
    led.wait_until(lambda state: state["begun"] > begun)
    open_run_page(page)
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", "running")
    page.evaluate("window.kept = true")


def is_kept(page: Page) -> bool:
    return page.evaluate("window.kept === true")


def expect_text(page: Page, words: str) -> None:
    expect(page.locator("[data-output='0']")).to_contain_text(words)


def expect_end(page: Page, status: str = "succeeded") -> None:
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", status)


def is_shown_elsewhere(page: Page, words: str) -> bool:
    """Does the site show these words to whoever asks now? The page itself is not looked at."""
    return words in page.context.request.get(page.url).text()


def test_everything_arrives_in_place_and_the_end_is_announced(reader_page: Page, scripted_space: ScriptedSpace):
    start(reader_page, scripted_space)
    asked: list[str] = []
    reader_page.on("request", lambda request: asked.append(request.url))
    scripted_space.send_commands("dire Il était", "avancer 3")
    expect_text(reader_page, "Il était")
    text = reader_page.locator("[data-output='0'] p").first.element_handle()
    expect(reader_page.locator("article progress")).to_have_attribute("value", "3")
    expect(reader_page.get_by_text("Je lis, 3 sur 10")).to_be_visible()
    scripted_space.send_commands("dire  une fois", "prévenir Attention", "peindre red")
    expect_text(reader_page, "Il était une fois")
    assert text.inner_text().strip() == "Il était une fois", "the paragraph itself has grown"
    expect(reader_page.get_by_text("Le Space prévient")).to_contain_text("Attention")
    picture = reader_page.locator("[data-output='1'] img")
    expect(picture).to_be_visible()
    first = picture.get_attribute("src") or ""
    shown = picture.element_handle()
    scripted_space.send_commands("peindre blue")
    expect(picture).not_to_have_attribute("src", first)
    shown.wait_for_element_state("visible")
    assert "/statut" not in " ".join(asked), "a page with a stream asks for nothing"
    live = reader_page.locator("[aria-live]")
    expect(live).to_contain_text("La réponse arrive")
    scripted_space.send_commands("finir")
    expect(live).to_contain_text("Essai réussi")
    expect(reader_page).to_have_title(re.compile("^Essai réussi"))
    expect_text(reader_page, "Fin.")
    expect(reader_page.get_by_role("link", name="Refaire avec d’autres valeurs")).to_be_visible()
    assert is_kept(reader_page)


@pytest.mark.parametrize("reader_page", [True], indirect=True, ids=["its own clock"])
def test_the_clock_of_a_run_goes_on_by_itself(scripted_space: ScriptedSpace, reader_page: Page):
    reader_page.clock.install()
    start(reader_page, scripted_space)
    scripted_space.send_commands("dire un")
    expect_text(reader_page, "un")  # the page's script has come, and the site has nothing more to say of the time
    reader_page.clock.fast_forward(75_000)
    expect(reader_page.locator("time[data-elapsed]")).to_have_text(re.compile(r"^1\smin [1-5]\d\ss$"))


def refuse(route: Route) -> None:
    route.fulfill(status=204)


def never_answer(route: Route) -> None:
    """A proxy that keeps what it is told until it is all there."""


@pytest.mark.parametrize("proxy", [refuse, never_answer])
def test_without_a_stream_the_page_asks_for_the_fragment(reader_page: Page, scripted_space: ScriptedSpace, proxy):
    reader_page.route("**/flux*", proxy)
    start(reader_page, scripted_space)
    scripted_space.send_commands("dire Il était")
    expect_text(reader_page, "Il était")
    text = reader_page.locator("[data-output='0'] p").first.element_handle()
    scripted_space.send_commands("dire  une fois")
    expect_text(reader_page, "Il était une fois")
    assert text.inner_text().strip() == "Il était une fois"
    scripted_space.send_commands("finir")
    expect_end(reader_page)
    expect(reader_page).to_have_title(re.compile("^Essai réussi"))
    assert is_kept(reader_page)


def test_without_our_script_the_page_is_followed_all_the_same(reader_page: Page, scripted_space: ScriptedSpace):
    reader_page.route("**/live/follow.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    start(reader_page, scripted_space)
    scripted_space.send_commands("dire Il était")
    expect_text(reader_page, "Il était")
    scripted_space.send_commands("finir")
    expect_end(reader_page)
    assert is_kept(reader_page)


@pytest.mark.parametrize("proxy", [None, refuse], ids=["stream", "fragment"])
def test_page_of_a_run_that_is_deleted_in_another_tab_says_so(
    reader_page: Page, scripted_space: ScriptedSpace, proxy
) -> None:
    if proxy:
        reader_page.route("**/flux*", proxy)
    start(reader_page, scripted_space)
    other = reader_page.context.new_page()
    other.goto(reader_page.url)
    other.get_by_role("link", name="Supprimer l’essai").click()
    other.get_by_role("button", name="Supprimer l’essai").click()
    expect(other.get_by_role("status")).to_be_visible()
    other.close()
    reader_page.bring_to_front()
    expect(reader_page.locator("[data-error='404']")).to_be_visible()


@pytest.mark.parametrize("reader_page", [True], indirect=True, ids=["its own clock"])
def test_a_page_that_nobody_looks_at_asks_for_nothing_and_catches_up(reader_page: Page, scripted_space: ScriptedSpace):
    reader_page.clock.install()
    start(reader_page, scripted_space)
    scripted_space.send_commands("dire un")
    expect_text(reader_page, "un")
    with reader_page.expect_event("requestfailed", lambda request: "/flux" in request.url):
        reader_page.evaluate(HIDE, True)
    asked: list[str] = []
    reader_page.on("request", lambda request: asked.append(request.url))
    scripted_space.send_commands("dire deux")
    assert wait_until(lambda: is_shown_elsewhere(reader_page, "undeux"))
    reader_page.clock.run_for(60_000)
    assert asked == []
    expect(reader_page.locator("[data-output='0']")).not_to_contain_text("undeux")
    reader_page.evaluate(HIDE, False)
    expect_text(reader_page, "undeux")
    assert is_kept(reader_page)


LONG = "".join(f"Paragraphe {n}. " + "mot " * 60 + "\n\n" for n in range(30))


@pytest.mark.parametrize("proxy", [None, refuse], ids=["stream", "fragment"])
def test_nothing_moves_under_the_eyes_of_a_reader(reader_page: Page, scripted_space: ScriptedSpace, proxy):
    if proxy:
        reader_page.route("**/flux*", proxy)
    start(reader_page, scripted_space)
    scripted_space.send_commands(*[f"informer Message {n}" for n in range(5)], f"dire {LONG}")
    expect_text(reader_page, "Paragraphe 29")
    folded = reader_page.locator("details#messages")
    folded.locator("summary").click()
    here = reader_page.get_by_text("Paragraphe 12.")
    here.scroll_into_view_if_needed()
    reader_page.get_by_role("link", name="Supprimer l’essai").evaluate("link => link.focus({preventScroll: true})")
    before = here.bounding_box()
    scripted_space.send_commands("informer Message 5", "avancer 4", "dire Plus bas.")
    expect_text(reader_page, "Plus bas.")
    expect(folded).to_contain_text("Message 2")
    scripted_space.send_commands("finir")
    expect_end(reader_page)
    after = here.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 2
    expect(reader_page.get_by_role("link", name="Supprimer l’essai")).to_be_focused()
    expect(folded).to_have_attribute("open", "")
    assert is_kept(reader_page)


def test_at_the_top_of_the_page_the_outputs_stay_where_they_are_at_the_end(
    reader_page: Page, scripted_space: ScriptedSpace
):
    start(reader_page, scripted_space)
    scripted_space.send_commands("dire Voici", "avancer 9")
    expect_text(reader_page, "Voici")
    place = reader_page.locator("[data-output='0']").bounding_box()
    scripted_space.send_commands("finir")
    expect_end(reader_page)
    assert reader_page.locator("[data-output='0']").bounding_box()["y"] == place["y"]


def test_a_stop_needs_no_reload_and_says_what_came_of_it(reader_page: Page, scripted_space: ScriptedSpace):
    start(reader_page, scripted_space)
    ended = scripted_space.fetch_state()["ended"]
    scripted_space.send_commands("dire assez")
    expect_text(reader_page, "assez")
    reader_page.get_by_role("button", name="Arrêter l’essai").press("Enter")
    expect_end(reader_page, "stopped")
    expect(reader_page.get_by_role("heading", name="Essai arrêté")).to_be_focused()
    expect_text(reader_page, "assez")
    scripted_space.wait_until(lambda state: state["ended"] == ended + 1)
    assert is_kept(reader_page)


def test_a_run_in_progress_is_for_everybody(reader_page: Page, scripted_space: ScriptedSpace):
    start(reader_page, scripted_space)
    scripted_space.send_commands(
        *[f"prévenir Message {n}" for n in range(5)], "dire **Bonjour**", "peindre red", "avancer 4"
    )
    expect(reader_page.locator("[data-output='1'] img")).to_be_visible()
    expect(reader_page.get_by_text("Je lis, 4 sur 10")).to_be_visible()
    assert find_page_faults(reader_page) == []
    scripted_space.send_commands("finir")
    expect_end(reader_page)
    assert find_page_faults(reader_page) == []


def test_a_page_left_and_come_back_to_goes_on(reader_page: Page, scripted_space: ScriptedSpace):
    start(reader_page, scripted_space)
    scripted_space.send_commands("dire un")
    expect_text(reader_page, "un")
    reader_page.get_by_role("link", name="Cours", exact=True).click()
    scripted_space.send_commands("dire deux")
    reader_page.go_back()
    expect_text(reader_page, "undeux")
    scripted_space.send_commands("finir")
    expect_end(reader_page)
