"""Every kind of page, in both themes, on a telephone and on a desk: axe finds nothing, nothing overflows."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import StudentAt
from tests.support.form_filling import Upload, filled, post
from tests.support.http_browser import Visitor
from tests.support.site_process import PRACTICE, Site

AXE = (Path(__file__).parent / "axe-4.14.1.min.js").read_text(encoding="utf-8")
TELL = """({violations}) => violations.map(({id, help, nodes}) =>
  `${id}: ${help}\\n` + nodes.map(({target, failureSummary}) => `  ${target}: ${failureSummary}`).join("\\n"))"""
# All the rules that are on by default, and those of WCAG 2.2 AA, of which some are not. Not in frames: those of the
# site are sealed, and the browser complains of a message to one of them.
RUN_AXE = f"""async () => {{
  const rules = Object.fromEntries(axe.getRules(["wcag22aa"]).map((rule) => [rule.ruleId, {{enabled: true}}]));
  return ({TELL})(await axe.run(document, {{rules, iframes: false, resultTypes: ["violations"]}}));
}}"""
# What a theme or a width can make different; the rest has been looked at.
LOOK_AGAIN = f"""async () => {{
  const runOnly = ["color-contrast", "target-size", "scrollable-region-focusable"];
  return ({TELL})(await axe.run(document, {{runOnly, iframes: false, resultTypes: ["violations"]}}));
}}"""
WIDTH_ALONE = "() => []"  # a chosen theme has been looked at on the telephone
OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
LESSONS = ("3-1-presentation", "3-2-compte-et-jeton", "3-3-tester-un-space", "3-4-mini-chatbot")
ENDPOINTS = ("saluer", "calculer", "compter", "filtrer", "classer", "resumer", "discuter")
VALUES = {
    "saluer": {"prenom": "Awa"},
    "compter": {"jusqua": "2", "pause": "0,1"},
    "filtrer": {"image": Upload("rouge.png")},
    "classer": {"phrase": "Il fait beau ce matin."},
    "discuter": {"message": "Qu’est-ce qu’un Space ?"},
}
LONG = {"jusqua": "20", "pause": "2"}

# A page is arrived at in the browser, by somebody who may have sent forms before, without one.
Arrive = Callable[[Page, Visitor], object]


def at(path: str) -> Arrive:
    """Open this address."""
    return lambda page, visitor: page.goto(path)


def send(visitor: Visitor, endpoint: str, status: str = "succeeded", **values: Any) -> str:
    """Fill the form of an endpoint, send it, wait for this status; the address of the run."""
    form = visitor.form_at(PRACTICE, endpoint=f"/{endpoint}")
    assert form is not None, visitor.visit.end
    address = post(visitor, form, filled(form, values)).headers["location"]
    visitor.wait_for(address, [status])
    return address


def open_as(visitor: Visitor, page: Page, address: str) -> None:
    """Open an address as somebody who has been at the site before."""
    page.context.add_cookies(visitor.cookies())
    page.goto(address)


def run(endpoint: str, status: str = "succeeded", **values: Any) -> Arrive:
    """A run with this status."""

    def arrive(page: Page, visitor: Visitor) -> None:
        open_as(visitor, page, send(visitor, endpoint, status, **values))
        expect(page.locator("article[data-run]")).to_have_attribute("data-status", status)

    return arrive


def counting(page: Page, visitor: Visitor) -> None:
    """A run that takes 40 seconds, with a first partial output."""
    run("compter", "running", **LONG)(page, visitor)
    expect(page.locator("[data-output]")).to_be_visible()


def waiting(page: Page, visitor: Visitor) -> None:
    """A third run at once: it waits for one of the two others."""
    for _ in range(2):
        send(visitor, "compter", "running", **LONG)
    run("compter", "queued", **LONG)(page, visitor)


def stopped(page: Page, visitor: Visitor) -> None:
    """A run that was stopped half-way."""
    counting(page, visitor)
    page.get_by_role("button", name="Arrêter").click()
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", "stopped")


def refused(page: Page, visitor: Visitor) -> None:
    """A form with two fields to correct."""
    page.goto(f"{PRACTICE}?endpoint=/calculer")
    for name, text in {"a": "douze", "b": "treize"}.items():
        page.locator(f"[name=arg-{name}]").fill(text)
    page.locator("form[data-endpoint] .submit button").click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(2)


def longer_table(page: Page, visitor: Visitor) -> None:
    """A table with a line more than the Space's own."""
    page.goto(f"{PRACTICE}?endpoint=/resumer")
    page.get_by_role("button", name="Ajouter une ligne").click()
    expect(page.locator("table.grid tbody tr")).to_have_count(4)


def my_runs_at(path: str) -> Arrive:
    """A page that there is for somebody who has runs: one succeeded, one failed."""

    def arrive(page: Page, visitor: Visitor) -> None:
        send(visitor, "saluer", prenom="Awa")
        send(visitor, "calculer", "failed", b="0")
        open_as(visitor, page, path)

    return arrive


def my_runs(page: Page, visitor: Visitor) -> None:
    """A list of runs that is not empty."""
    my_runs_at("/essais/")(page, visitor)
    expect(page.locator(".lines > li")).to_have_count(2)


def deleting_one(page: Page, visitor: Visitor) -> None:
    """The question before a run is deleted that goes on."""
    counting(page, visitor)
    page.get_by_role("link", name="Supprimer l’essai").click()


def deleted(page: Page, visitor: Visitor) -> None:
    """The list after a run was deleted from it."""
    my_runs(page, visitor)
    page.get_by_role("link", name="Supprimer l’essai").first.click()
    page.get_by_role("button", name="Supprimer l’essai").click()
    expect(page.get_by_role("status")).to_be_visible()


def home_again(page: Page, visitor: Visitor) -> None:
    """The front page of somebody who has tried something."""
    send(visitor, "saluer", prenom="Awa")
    open_as(visitor, page, "/")


PAGES: dict[str, Arrive] = {
    "the front page": at("/"),
    "the front page, with runs": home_again,
    **{f"the lesson {slug}": at(f"/lecons/{slug}") for slug in LESSONS},
    "the whole course": at("/imprimer"),
    "the glossary": at("/glossaire"),
    "the troubleshooting page": at("/depannage"),
    "the troubleshooting page, with results": at("/depannage?q=401"),
    "what changed since 2025": at("/lecons/depuis-2025"),
    "the search": at("/recherche"),
    "the search, with results": at("/recherche?q=jeton"),
    "the search, without a result": at("/recherche?q=zzzz"),
    "the Spaces": at("/espaces/"),
    "the Spaces, a name that is none": at("/espaces/?nom=pas%20un%20nom"),
    "the Spaces that were found": at("/espaces/?q=traduire"),
    "no Space found": at("/espaces/?q=zzz"),
    "a search without an answer": at("/espaces/?q=panne"),
    "the form of generer": at(f"{PRACTICE}?endpoint=/generer"),
    **{f"the form of {name}": at(f"{PRACTICE}?endpoint=/{name}") for name in ENDPOINTS},
    "an endpoint that is gone": at(f"{PRACTICE}?endpoint=/rien"),
    "a form with errors": refused,
    "a form with a line more": longer_table,
    "a Space that is being built": at("/espaces/etat/building"),
    "a Space on pause": at("/espaces/etat/paused"),
    "a Space that does not exist": at("/espaces/personne/rien"),
    "no run": at("/essais/"),
    "my runs": my_runs,
    "my runs, narrowed": my_runs_at("/essais/?q=Awa&issue=reussi&espace=hfcourse/entrainement"),
    "my runs, a filter that does not exist": my_runs_at("/essais/?espace=personne/rien"),
    "my runs, nothing found": my_runs_at("/essais/?q=zzz&issue=echec"),
    "my runs, one deleted": deleted,
    "a run to be deleted": deleting_one,
    "runs to be deleted": my_runs_at("/essais/supprimer?q=Awa&issue=reussi"),
    "all runs to be deleted": my_runs_at("/essais/supprimer"),
    **{f"a run of {name}": run(name, **VALUES.get(name, {})) for name in ENDPOINTS},
    "a run that failed": run("calculer", "failed", b="0"),
    "a run in progress": counting,
    "a run that waits": waiting,
    "a run that was stopped": stopped,
    "a page that does not exist": at("/rien"),
    "privacy": at("/confidentialite"),
    "the patterns": at("/motifs"),
    "the door of the instructor": at("/enseignant/"),
    "how to write a lesson": at("/motifs/lecons"),
}
# One title each, except where the page of a form shows it in another state.
SAME_TITLE = {
    "the front page, with runs": "the front page",
    "my runs": "no run",
    "my runs, a filter that does not exist": "no run",
    "my runs, one deleted": "no run",
    "my runs, nothing found": "my runs, narrowed",
    "all runs to be deleted": "runs to be deleted",
    "a form with a line more": "the form of resumer",
}


def faults(page: Page, has_own_theme: bool = False) -> list[str]:
    """What is wrong with the page on show: light on a telephone, dark on a desk; in its own theme if it has one."""
    found = []
    page.evaluate(AXE)
    # Without motion: a colour on its way from one theme to the other is nobody's contrast.
    for theme, size, look in (("light", PHONE, RUN_AXE), ("dark", DESK, WIDTH_ALONE if has_own_theme else LOOK_AGAIN)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size(size)
        where = f"{theme}, {size['width']} px"
        found += [f"{where}: {violation}" for violation in page.evaluate(look)]
        if (excess := page.evaluate(OVERFLOW)) > 0:
            found.append(f"{where}: the document is {excess} px wider than the window")
    return found


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    """The titles seen so far, and the kind of page that had each."""
    return {}


@pytest.fixture
def looking(site: Site, student_at: StudentAt) -> Page:
    """A new visitor's page, in the window of those before: a new one takes longer than a look."""
    return student_at(site, keeps_page=True)


@pytest.fixture
def visitor(site: Site) -> Iterator[Visitor]:
    somebody = Visitor(site)
    yield somebody
    somebody.close()


@pytest.mark.parametrize("kind", PAGES)
def test_the_page_is_for_everybody(looking: Page, visitor: Visitor, titles: dict[str, str], kind: str):
    PAGES[kind](looking, visitor)
    assert faults(looking) == []
    expect(looking.locator("html")).to_have_attribute("lang", "fr")
    expect(looking.locator("h1")).to_have_count(1)
    expect(looking.locator("main")).to_have_count(1)
    kept = SAME_TITLE.get(kind, kind)
    assert titles.setdefault(looking.title(), kept) == kept


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_as_readable_as_that_of_the_system(page: Page, site: Site, theme: str):
    page.context.add_cookies([{"name": "theme", "value": theme, "url": site.url}])
    page.goto("/lecons/3-3-tester-un-space")
    page.evaluate(AXE)
    page.emulate_media(color_scheme="dark" if theme == "light" else "light", reduced_motion="reduce")
    assert page.evaluate(RUN_AXE) == []
