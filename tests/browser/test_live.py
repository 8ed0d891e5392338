"""A run followed in a browser: it changes in place, whatever stands between, and leaves the reader alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import StudentAt
from tests.browser.test_every_page import faults
from tests.support.practice_space import until
from tests.support.scripted_space import SPACE, Led, leading, sites_before
from tests.support.site_process import Site

PATIENCE_SECONDS = 30
HIDE = """isHidden => {
  Object.defineProperty(document, "hidden", {get: () => isHidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def led(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with leading(tmp_path_factory.mktemp("led")) as space:
        yield space


@pytest.fixture(scope="module")
def led_site(led: Led, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with sites_before(led, tmp_path_factory.mktemp("site")) as (made,):
        yield made


@pytest.fixture
def reader(led: Led, led_site: Site, student_at: StudentAt, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody's page, of a browser of its own if the test wants one; a run that it left behind ends."""
    page = student_at(led_site, is_alone=getattr(request, "param", False))
    yield page
    state = led.state()
    led.say(*["finir"] * (state["begun"] - state["ended"]))
    led.rest()


def start(page: Page, led: Led) -> None:
    """Create a run, wait until the Space works on it, leave a mark that a reload would remove."""
    begun = led.state()["begun"]
    page.goto(f"{SPACE}?endpoint=/mener")
    page.locator("form[data-endpoint] .submit button").click()
    led.wait_until(lambda state: state["begun"] > begun)
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


def test_everything_arrives_in_place_and_the_end_is_announced(reader: Page, led: Led):
    start(reader, led)
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    led.say("dire Il était", "avancer 3")
    expect_text(reader, "Il était")
    text = reader.locator("[data-output='0'] p").first.element_handle()
    expect(reader.locator("article progress")).to_have_attribute("value", "3")
    expect(reader.get_by_text("Je lis, 3 sur 10")).to_be_visible()
    led.say("dire  une fois", "prévenir Attention", "peindre red")
    expect_text(reader, "Il était une fois")
    assert text.inner_text().strip() == "Il était une fois", "the paragraph itself has grown"
    expect(reader.get_by_text("Le Space prévient")).to_contain_text("Attention")
    picture = reader.locator("[data-output='1'] img")
    expect(picture).to_be_visible()
    first = picture.get_attribute("src") or ""
    shown = picture.element_handle()
    led.say("peindre blue")
    expect(picture).not_to_have_attribute("src", first)
    shown.wait_for_element_state("visible")
    assert "/statut" not in " ".join(asked), "a page with a stream asks for nothing"
    live = reader.locator("[aria-live]")
    expect(live).to_contain_text("La réponse arrive")
    led.say("finir")
    expect(live).to_contain_text("Essai réussi")
    expect(reader).to_have_title(re.compile("^Essai réussi"))
    expect_text(reader, "Fin.")
    expect(reader.get_by_role("link", name="Refaire avec d’autres valeurs")).to_be_visible()
    assert is_kept(reader)


@pytest.mark.parametrize("reader", [True], indirect=True, ids=["its own clock"])
def test_the_clock_of_a_run_goes_on_by_itself(led: Led, reader: Page):
    reader.clock.install()
    start(reader, led)
    led.say("dire un")
    expect_text(reader, "un")  # the page's script has come, and the site has nothing more to say of the time
    reader.clock.fast_forward(75_000)
    expect(reader.locator("time[data-elapsed]")).to_have_text(re.compile(r"^1\smin [1-5]\d\ss$"))


def refuse(route: Route) -> None:
    route.fulfill(status=204)


def never_answer(route: Route) -> None:
    """A proxy that keeps what it is told until it is all there."""


@pytest.mark.parametrize("proxy", [refuse, never_answer])
def test_without_a_stream_the_page_asks_for_the_fragment(reader: Page, led: Led, proxy):
    reader.route("**/flux*", proxy)
    start(reader, led)
    led.say("dire Il était")
    expect_text(reader, "Il était")
    text = reader.locator("[data-output='0'] p").first.element_handle()
    led.say("dire  une fois")
    expect_text(reader, "Il était une fois")
    assert text.inner_text().strip() == "Il était une fois"
    led.say("finir")
    expect_end(reader)
    expect(reader).to_have_title(re.compile("^Essai réussi"))
    assert is_kept(reader)


def test_without_our_script_the_page_is_followed_all_the_same(reader: Page, led: Led):
    reader.route("**/live.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    start(reader, led)
    led.say("dire Il était")
    expect_text(reader, "Il était")
    led.say("finir")
    expect_end(reader)
    assert is_kept(reader)


@pytest.mark.parametrize("reader", [True], indirect=True, ids=["its own clock"])
def test_a_page_that_nobody_looks_at_asks_for_nothing_and_catches_up(reader: Page, led: Led):
    reader.clock.install()
    start(reader, led)
    led.say("dire un")
    expect_text(reader, "un")
    with reader.expect_event("requestfailed", lambda request: "/flux" in request.url):
        reader.evaluate(HIDE, True)
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    led.say("dire deux")
    assert until(lambda: is_shown_elsewhere(reader, "undeux"), PATIENCE_SECONDS)
    reader.clock.run_for(60_000)
    assert asked == []
    expect(reader.locator("[data-output='0']")).not_to_contain_text("undeux")
    reader.evaluate(HIDE, False)
    expect_text(reader, "undeux")
    assert is_kept(reader)


LONG = "".join(f"Paragraphe {n}. " + "mot " * 60 + "\n\n" for n in range(30))


@pytest.mark.parametrize("proxy", [None, refuse], ids=["stream", "fragment"])
def test_nothing_moves_under_the_eyes_of_a_reader(reader: Page, led: Led, proxy):
    if proxy:
        reader.route("**/flux*", proxy)
    start(reader, led)
    led.say(*[f"informer Message {n}" for n in range(5)], f"dire {LONG}")
    expect_text(reader, "Paragraphe 29")
    folded = reader.locator("details#messages")
    folded.locator("summary").click()
    here = reader.get_by_text("Paragraphe 12.")
    here.scroll_into_view_if_needed()
    reader.get_by_role("link", name="Supprimer l’essai").evaluate("link => link.focus({preventScroll: true})")
    before = here.bounding_box()
    led.say("informer Message 5", "avancer 4", "dire Plus bas.")
    expect_text(reader, "Plus bas.")
    expect(folded).to_contain_text("Message 2")
    led.say("finir")
    expect_end(reader)
    after = here.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 2
    expect(reader.get_by_role("link", name="Supprimer l’essai")).to_be_focused()
    expect(folded).to_have_attribute("open", "")
    assert is_kept(reader)


def test_at_the_top_of_the_page_the_outputs_stay_where_they_are_at_the_end(reader: Page, led: Led):
    start(reader, led)
    led.say("dire Voici", "avancer 9")
    expect_text(reader, "Voici")
    place = reader.locator("[data-output='0']").bounding_box()
    led.say("finir")
    expect_end(reader)
    assert reader.locator("[data-output='0']").bounding_box()["y"] == place["y"]


def test_a_stop_needs_no_reload_and_says_what_came_of_it(reader: Page, led: Led):
    start(reader, led)
    ended = led.state()["ended"]
    led.say("dire assez")
    expect_text(reader, "assez")
    reader.get_by_role("button", name="Arrêter l’essai").press("Enter")
    expect_end(reader, "stopped")
    expect(reader.get_by_role("heading", name="Essai arrêté")).to_be_focused()
    expect_text(reader, "assez")
    led.wait_until(lambda state: state["ended"] == ended + 1)
    assert is_kept(reader)


def test_a_run_in_progress_is_for_everybody(reader: Page, led: Led):
    start(reader, led)
    led.say(*[f"prévenir Message {n}" for n in range(5)], "dire **Bonjour**", "peindre red", "avancer 4")
    expect(reader.locator("[data-output='1'] img")).to_be_visible()
    expect(reader.get_by_text("Je lis, 4 sur 10")).to_be_visible()
    assert faults(reader) == []
    led.say("finir")
    expect_end(reader)
    assert faults(reader) == []


def test_a_page_left_and_come_back_to_goes_on(reader: Page, led: Led):
    start(reader, led)
    led.say("dire un")
    expect_text(reader, "un")
    reader.get_by_role("link", name="Cours", exact=True).click()
    led.say("dire deux")
    reader.go_back()
    expect_text(reader, "undeux")
    led.say("finir")
    expect_end(reader)
