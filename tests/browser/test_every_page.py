"""Every kind of page, in both themes, on a telephone and on a desk: axe finds nothing, nothing overflows."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import AXE_SOURCE, FULL_AXE_JS, find_page_faults
from tests.browser.chromium import OpenStudentPage
from tests.support.form_filling import Upload, fill_form, post_form
from tests.support.http_browser import HttpBrowser
from tests.support.site_process import PRACTICE_PATH, SiteProcess

LESSONS = ("3-1-presentation", "3-2-compte-et-jeton", "3-3-tester-un-space", "3-4-mini-chatbot")
# A picture, bars, a table, a conversation; test_every_form.py looks at every control and every kind of output.
FORMS = ("filtrer", "resumer", "discuter", "generer")
RUNS = ("filtrer", "classer", "resumer", "discuter")
VALUES = {
    "filtrer": {"image": Upload("rouge.png")},
    "classer": {"phrase": "Il fait beau ce matin."},
    "discuter": {"message": "Qu’est-ce qu’un Space ?"},
}
LONG = {"jusqua": "20", "pause": "2"}

# A page is arrived at in the browser, by somebody who may have sent forms before, without one.
Arrive = Callable[[Page, HttpBrowser], object]


def at(path: str) -> Arrive:
    """Open this address."""
    return lambda page, visitor: page.goto(path)


def send(visitor: HttpBrowser, endpoint: str, status: str = "succeeded", **values: Any) -> str:
    """Fill the form of an endpoint, send it, wait for this status; the address of the run."""
    form = visitor.open_form(PRACTICE_PATH, endpoint=f"/{endpoint}")
    assert form is not None, visitor.record.outcome
    address = post_form(visitor, form, fill_form(form, values)).headers["location"]
    visitor.wait_for_status(address, [status])
    return address


def open_as(visitor: HttpBrowser, page: Page, address: str) -> None:
    """Open an address as somebody who has been at the site before."""
    page.context.add_cookies(visitor.export_cookies())
    page.goto(address)


def run(endpoint: str, status: str = "succeeded", **values: Any) -> Arrive:
    """A run with this status."""

    def arrive(page: Page, visitor: HttpBrowser) -> None:
        open_as(visitor, page, send(visitor, endpoint, status, **values))
        expect(page.locator("article[data-run]")).to_have_attribute("data-status", status)

    return arrive


def counting(page: Page, visitor: HttpBrowser) -> None:
    """A run that takes 40 seconds, with a first partial output."""
    run("compter", "running", **LONG)(page, visitor)
    expect(page.locator("[data-output]")).to_be_visible()


def waiting(page: Page, visitor: HttpBrowser) -> None:
    """A third run at once: it waits for one of the two others."""
    for _ in range(2):
        send(visitor, "compter", "running", **LONG)
    run("compter", "queued", **LONG)(page, visitor)


def stopped(page: Page, visitor: HttpBrowser) -> None:
    """A run that was stopped half-way."""
    counting(page, visitor)
    page.get_by_role("button", name="Arrêter").click()
    expect(page.locator("article[data-run]")).to_have_attribute("data-status", "stopped")


def refused(page: Page, visitor: HttpBrowser) -> None:
    """A form with two fields to correct."""
    page.goto(f"{PRACTICE_PATH}?endpoint=/calculer")
    for name, text in {"a": "douze", "b": "treize"}.items():
        page.locator(f"[name=arg-{name}]").fill(text)
    page.locator("form[data-endpoint] .form-actions button").click()
    expect(page.locator("[aria-invalid=true]")).to_have_count(2)


def longer_table(page: Page, visitor: HttpBrowser) -> None:
    """A table with a line more than the Space's own."""
    page.goto(f"{PRACTICE_PATH}?endpoint=/resumer")
    page.get_by_role("button", name="Ajouter une ligne").click()
    expect(page.locator("table.data-grid tbody tr")).to_have_count(4)


def my_runs_at(path: str) -> Arrive:
    """A page that there is for somebody who has runs: one succeeded, one failed."""

    def arrive(page: Page, visitor: HttpBrowser) -> None:
        send(visitor, "saluer", prenom="Awa")
        send(visitor, "calculer", "failed", b="0")
        open_as(visitor, page, path)

    return arrive


def my_runs(page: Page, visitor: HttpBrowser) -> None:
    """A list of runs that is not empty."""
    my_runs_at("/essais/")(page, visitor)
    expect(page.locator(".ruled-list > li")).to_have_count(2)


def deleting_one(page: Page, visitor: HttpBrowser) -> None:
    """The question before a run is deleted that goes on."""
    counting(page, visitor)
    page.get_by_role("link", name="Supprimer l’essai").click()


def deleted(page: Page, visitor: HttpBrowser) -> None:
    """The list after a run was deleted from it."""
    my_runs(page, visitor)
    page.get_by_role("link", name="Supprimer l’essai").first.click()
    page.get_by_role("button", name="Supprimer l’essai").click()
    expect(page.get_by_role("status")).to_be_visible()


def answered(page: Page, visitor: HttpBrowser) -> None:
    """A form with the answer of a run beside it, and another run before it."""
    send(visitor, "saluer", prenom="Zoé")
    address = send(visitor, "saluer", prenom="Awa")
    open_as(visitor, page, f"{PRACTICE_PATH}?endpoint=/saluer&essai={address.rpartition('/')[2]}")
    expect(page.locator("#reponse [data-output]")).to_be_visible()


def traced(page: Page, visitor: HttpBrowser) -> None:
    """The messages of a run on a page of their own."""
    open_as(visitor, page, f"{send(visitor, 'saluer', prenom='Awa')}/echanges")
    expect(page.locator("[data-trace-state=stored]")).to_be_visible()


def compared(page: Page, visitor: HttpBrowser) -> None:
    """Two runs side by side."""
    first, second = (send(visitor, "classer", phrase=words).rpartition("/")[2] for words in ("Bonjour", "Hello"))
    open_as(visitor, page, f"/essais/comparer?a={first}&b={second}")


def series(page: Page, visitor: HttpBrowser) -> None:
    """The table of a series, of which one run failed."""
    runs = [send(visitor, "calculer", status, b=b) for status, b in (("succeeded", "2"), ("failed", "0"))]
    query = "&".join(f"essai={each.rpartition('/')[2]}" for each in runs)
    open_as(visitor, page, f"/essais/serie?{query}&parametre=b")


def experiment(page: Page, visitor: HttpBrowser) -> None:
    """An experiment that was made, with a wrong prediction."""
    page.goto("/et-si/coupure")
    page.locator("input[value=a]").check()
    page.get_by_role("button", name="Lancer l’expérience").click()
    expect(page.locator("[data-verdict]")).to_be_visible()


def home_again(page: Page, visitor: HttpBrowser) -> None:
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
    "the experiments": at("/et-si/"),
    "an experiment": at("/et-si/jeton-invalide"),
    "an experiment, with a prediction": at("/et-si/jeton-invalide?choix=a"),
    "an experiment that was made": experiment,
    "the search": at("/recherche"),
    "the search, with results": at("/recherche?q=jeton"),
    "the search, without a result": at("/recherche?q=zzzz"),
    "the Spaces": at("/espaces/"),
    "the Spaces, a name that is none": at("/espaces/?nom=pas%20un%20nom"),
    "the Spaces that were found": at("/espaces/?q=traduire"),
    "no Space found": at("/espaces/?q=zzz"),
    "a search without an answer": at("/espaces/?q=panne"),
    **{f"the form of {name}": at(f"{PRACTICE_PATH}?endpoint=/{name}") for name in FORMS},
    "a form with an answer": answered,
    "an endpoint that is gone": at(f"{PRACTICE_PATH}?endpoint=/rien"),
    "a form with errors": refused,
    "a form with a line more": longer_table,
    "a Space that is being built": at("/espaces/etat/building"),
    "a Space on pause": at("/espaces/etat/paused"),
    "a Space that does not exist": at("/espaces/personne/rien"),
    "no run": at("/essais/"),
    "the messages of a run": traced,
    "two runs compared": compared,
    "a series": series,
    "a new conversation": at("/discussion/"),
    "a conversation with a Space that holds none": at("/discussion/?espace=personne/rien"),
    "my runs": my_runs,
    "my runs, narrowed": my_runs_at("/essais/?q=Awa&issue=reussi&espace=hfcourse/entrainement"),
    "my runs, a filter that does not exist": my_runs_at("/essais/?espace=personne/rien"),
    "my runs, nothing found": my_runs_at("/essais/?q=zzz&issue=echec"),
    "my runs, one deleted": deleted,
    "a run to be deleted": deleting_one,
    "runs to be deleted": my_runs_at("/essais/supprimer?q=Awa&issue=reussi"),
    "all runs to be deleted": my_runs_at("/essais/supprimer"),
    **{f"a run of {name}": run(name, **VALUES.get(name, {})) for name in RUNS},
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
    "an experiment, with a prediction": "an experiment",
    "a form with a line more": "the form of resumer",
    "a form with an answer": "the form of saluer",
    "a conversation with a Space that holds none": "a new conversation",
}


@pytest.fixture(scope="module")
def titles() -> dict[str, str]:
    """The titles seen so far, and the kind of page that had each."""
    return {}


@pytest.fixture
def shared_page(site: SiteProcess, open_student_page: OpenStudentPage) -> Page:
    """A new visitor's page, in the window of those before: a new one takes longer than a look."""
    return open_student_page(site, keeps_page=True)


@pytest.mark.parametrize("kind", PAGES)
def test_the_page_is_for_everybody(shared_page: Page, http_browser: HttpBrowser, titles: dict[str, str], kind: str):
    PAGES[kind](shared_page, http_browser)
    assert find_page_faults(shared_page) == []
    expect(shared_page.locator("html")).to_have_attribute("lang", "fr")
    expect(shared_page.locator("h1")).to_have_count(1)
    expect(shared_page.locator("main")).to_have_count(1)
    kept = SAME_TITLE.get(kind, kind)
    assert titles.setdefault(shared_page.title(), kept) == kept


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_as_readable_as_that_of_the_system(page: Page, site: SiteProcess, theme: str):
    page.context.add_cookies([{"name": "theme", "value": theme, "url": site.url}])
    page.goto("/lecons/3-3-tester-un-space")
    page.evaluate(AXE_SOURCE)
    page.emulate_media(color_scheme="dark" if theme == "light" else "light", reduced_motion="reduce")
    assert page.evaluate(FULL_AXE_JS) == []
