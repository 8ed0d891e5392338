"""The form of every component, and what comes back: for everybody, in both themes, on a telephone and by keyboard."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import PHONE_VIEWPORT, find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.spaces.served_apps import ServedApps, run_site_with_apps
from tests.support.component_cases import ComponentCase, select_cases, select_form_cases
from tests.support.component_trials import submit_case
from tests.support.http_browser import HttpBrowser

GRADIO = 6
MANY = 30
FORMS = [*select_form_cases(GRADIO), ComponentCase("trente", "tout", sent=(None,) * MANY)]
ANSWERS = list({(case.app, case.endpoint): case for case in select_cases(GRADIO)}.values())
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


Element = tuple[str, ...]  # its tag, type, classes and attributes


def by_app(cases: list[ComponentCase]) -> dict[str, list[ComponentCase]]:
    """They share a page: a new browser takes longer than a look."""
    return {name: list(them) for name, them in groupby(cases, lambda case: case.app)}


@pytest.fixture(scope="module")
def served_apps(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApps]:
    with run_site_with_apps(tmp_path_factory.mktemp("apps")) as running:
        yield running


@pytest.fixture
def reader_page(served_apps: ServedApps, open_student_page: OpenStudentPage) -> Page:
    return open_student_page(served_apps.site, keeps_page=True)


@pytest.fixture(scope="module")
def seen() -> set[Element]:
    """The elements of the forms and answers looked at so far."""
    return set()


def is_new(markup: str, selector: str, seen: set[Element]) -> bool:
    """Is there an element in this part of the page that none before has, words and values aside?"""
    elements = {
        (each.name, str(each.get("type")), *each.get_attribute_list("class"), *sorted(each.attrs))
        for part in BeautifulSoup(markup, "html.parser").select(selector)
        for each in part.find_all(True)
    }
    there_was = len(seen)
    seen |= elements
    return len(seen) > there_was


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
def test_the_forms_are_for_everybody_and_for_the_keyboard(
    served_apps: ServedApps, reader_page: Page, seen: set[Element], app: str
) -> None:
    found, visitor = {}, HttpBrowser(served_apps.site)
    for case in by_app(FORMS)[app]:
        address = f"/espaces/essai/{app}?endpoint=/{case.endpoint}"
        if not is_new(visitor.get(address).text, "form[data-endpoint]", seen) and len(case.sent) < MANY:
            continue
        reader_page.goto(address)
        expect(reader_page.locator("form[data-endpoint]")).to_be_visible()
        found[case.endpoint] = find_page_faults(reader_page)
        missed = set(reader_page.evaluate(REACHABLE)) - reached_by_tab(reader_page)
        found[case.endpoint] += [f"Tab never comes to {name}" for name in missed]
    visitor.close()
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def worth_a_look(served: ServedApps, app: str) -> Iterable[ComponentCase]:
    """One case for each answer that looks like no other of its app."""
    looks = {}
    for case in by_app(ANSWERS)[app]:
        components = tuple(item["component"] for item in served.fetch_endpoints(app)[f"/{case.endpoint}"]["returns"])
        looks[case.endpoint if app in EACH_LOOKS_DIFFERENT else components] = case
    return looks.values()


@pytest.mark.parametrize("app", by_app(ANSWERS))
def test_the_answers_are_for_everybody(
    served_apps: ServedApps, reader_page: Page, seen: set[Element], app: str
) -> None:
    visitor = HttpBrowser(served_apps.site)
    runs = {case.endpoint: submit_case(visitor, case) for case in worth_a_look(served_apps, app)}
    runs = {
        name: run
        for name, run in runs.items()
        if is_new(visitor.get(f"/essais/{run['id']}").text, "section[data-output]", seen)
    }
    visitor.close()
    reader_page.context.add_cookies(visitor.export_cookies())
    found = {}
    for name, run in runs.items():
        reader_page.goto(f"/essais/{run['id']}")
        expect(reader_page.locator("article[data-run]")).to_have_attribute("data-status", "succeeded")
        expect(reader_page.locator("section[data-output]")).to_have_count(len(run["outputs"]))
        found[name] = find_page_faults(reader_page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_form_of_thirty_parameters_has_them_all(reader_page: Page) -> None:
    reader_page.set_viewport_size(PHONE_VIEWPORT)
    reader_page.goto("/espaces/essai/trente?endpoint=/tout")
    names = {name.split("=")[0].split("-")[1] for name in reader_page.evaluate(REACHABLE)}
    assert names == {f"param_{number}" for number in range(30)}
