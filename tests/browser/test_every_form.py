"""The form of every component, and what comes back: for everybody, in both themes, on a telephone and by keyboard."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import StudentAt
from tests.browser.test_every_page import AXE, DESK, OVERFLOW, PHONE, RUN_AXE, RUN_CONTRAST
from tests.component_cases import Case, cases_for, forms_for
from tests.spaces.serving import Served, serving
from tests.trials import result_of
from tests.visiting import Visitor

GRADIO = 6
FORMS = [*forms_for(GRADIO), Case("trente", "tout", sent=(None,) * 30)]
ANSWERS = list({(case.app, case.endpoint): case for case in cases_for(GRADIO)}.values())
# Where answers of one component look different; elsewhere one of each is enough.
EACH_LOOKS_DIFFERENT = ("images", "fichiers", "traces", "changements", "conversations")
MOST_TABS = 400
# Each control once: those of a group of radio buttons are one stop, boxes are one each.
REACHABLE = """() => [...new Set([...document.querySelectorAll("form[data-endpoint] [name^='arg-']")]
  .filter((each) => each.type !== "hidden" && !each.disabled)
  .map((each) => each.type === "checkbox" ? `${each.name}=${each.value}` : each.name))].sort()"""
HERE = """() => {
  const each = document.activeElement;
  if (!each.closest("form[data-endpoint]")) return {name: "", kind: each.tagName};
  const closed = each.tagName === "SUMMARY" && !each.parentElement.open;
  const name = each.type === "checkbox" ? `${each.name}=${each.value}` : each.name || "";
  return {name, kind: closed ? "closed" : each.type};
}"""


def by_app(cases: list[Case]) -> dict[str, list[Case]]:
    """They share a page: a new browser takes longer than a look."""
    return {name: list(them) for name, them in groupby(cases, lambda case: case.app)}


@pytest.fixture(scope="module")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("apps")) as running:
        yield running


@pytest.fixture
def reader(served: Served, student_at: StudentAt) -> Page:
    return student_at(served.site)


def faults(page: Page) -> list[str]:
    """What is wrong with the page: light on a telephone, in its colours dark on a desk; too wide on either."""
    found = []
    page.evaluate(AXE)
    for theme, size, look in (("light", PHONE, RUN_AXE), ("dark", DESK, RUN_CONTRAST)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size(size)
        found += [f"{theme}: {violation}" for violation in page.evaluate(look)]
        if (excess := page.evaluate(OVERFLOW)) > 0:
            found.append(f"{size['width']} px: the document is {excess} px wider than the window")
    return found


def reached_by_tab(page: Page) -> set[str]:
    """The controls that the key Tab comes to, from the beginning of the form to its button; it opens what is folded."""
    page.locator("form[data-endpoint]").evaluate("form => { form.tabIndex = -1; form.focus(); }")
    reached = set()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here["kind"] == "closed":
            page.keyboard.press("Enter")
        reached.add(here["name"])
        if here["name"] == "" and here["kind"] in ("submit", "BODY", "A"):
            break
    return reached - {""}


@pytest.mark.parametrize("app", by_app(FORMS))
def test_the_forms_are_for_everybody_and_for_the_keyboard(reader: Page, app: str) -> None:
    found = {}
    for case in by_app(FORMS)[app]:
        reader.goto(f"/espaces/essai/{app}?endpoint=/{case.endpoint}")
        expect(reader.locator("form[data-endpoint]")).to_be_visible()
        found[case.endpoint] = faults(reader)
        missed = set(reader.evaluate(REACHABLE)) - reached_by_tab(reader)
        found[case.endpoint] += [f"Tab never comes to {name}" for name in missed]
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def worth_a_look(served: Served, app: str) -> Iterable[Case]:
    """One case for each answer that looks like no other of its app."""
    looks = {}
    for case in by_app(ANSWERS)[app]:
        components = tuple(item["component"] for item in served.endpoints(app)[f"/{case.endpoint}"]["returns"])
        looks[case.endpoint if app in EACH_LOOKS_DIFFERENT else components] = case
    return looks.values()


@pytest.mark.parametrize("app", by_app(ANSWERS))
def test_the_answers_are_for_everybody(served: Served, reader: Page, app: str) -> None:
    visitor = Visitor(served.site)
    runs = {case.endpoint: result_of(visitor, case) for case in worth_a_look(served, app)}
    cookies = [{"name": each.name, "value": each.value, "url": served.site.url} for each in visitor.browser.cookies.jar]
    visitor.close()
    reader.context.add_cookies(cookies)
    found = {}
    for name, run in runs.items():
        reader.goto(f"/essais/{run['id']}")
        expect(reader.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")
        expect(reader.locator("section[data-output]")).to_have_count(len(run["outputs"]))
        found[name] = faults(reader)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_form_of_thirty_parameters_has_them_all(reader: Page) -> None:
    reader.set_viewport_size(PHONE)
    reader.goto("/espaces/essai/trente?endpoint=/tout")
    names = {name.split("=")[0].split("-")[1] for name in reader.evaluate(REACHABLE)}
    assert names == {f"param_{number}" for number in range(30)}
