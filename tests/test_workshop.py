"""Sample files, sessions that the page opens and steps that follow each other, in each Gradio from 4 to 6."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import httpx
import pytest
from bs4 import BeautifulSoup, Tag

from tests.spaces.served_apps import ServedApps, run_site_with_apps
from tests.support.form_parsing import collect_form_fields
from tests.support.http_browser import HttpBrowser
from tests.support.optional_tools import require_gradio_python

VERSIONS = (4, 5, 6)
POSTERS, ARCHIVE = "/espaces/essai/affiches", "/espaces/essai/archive"


@pytest.fixture(scope="module")
def serve_with_gradio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], ServedApps]]:
    """The apps in the Gradio of a version, and a site in front of them: started when first asked for."""
    with ExitStack() as until_the_end:

        @cache
        def serve(version: int) -> ServedApps:
            python = require_gradio_python(version)
            folder = tmp_path_factory.mktemp(f"workshop-{version}")
            return until_the_end.enter_context(run_site_with_apps(folder, python, "tests.spaces.serve_workshop"))

        yield serve


@pytest.fixture(params=VERSIONS, ids=lambda version: f"gradio-{version}")
def served_apps(request: pytest.FixtureRequest, serve_with_gradio: Callable[[int], ServedApps]) -> ServedApps:
    return serve_with_gradio(request.param)


def page_at(visitor: HttpBrowser, address: str) -> BeautifulSoup:
    answer = visitor.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return BeautifulSoup(answer.text, "html.parser")


def send(visitor: HttpBrowser, page: BeautifulSoup) -> dict:
    """Send the form of the page as it stands; the run as JSON, once it is over."""
    form = page.select_one("form[data-endpoint]")
    assert form is not None
    sent = collect_form_fields(form)
    fields = {name: values for name, values in sent.items() if not isinstance(values[0], tuple)}
    empty = [(name, ("", b"", "application/octet-stream")) for name in sent if name not in fields]
    answer = visitor.http.post(str(form["action"]), data=fields, files=empty or None)
    assert answer.status_code == 303, answer.text
    return visitor.wait_for_end(answer.headers["location"])


def links(page: BeautifulSoup) -> list[Tag]:
    return page.select(".examples a")


def fetched(visitor: HttpBrowser, address: str, **headers: str) -> httpx.Response:
    return visitor.http.get(address, headers=headers)


def test_examples_show_their_pictures_through_the_site(apps_browser: HttpBrowser) -> None:
    page = page_at(apps_browser, f"{POSTERS}?endpoint=/preparer")
    pictures = [str(image["src"]) for image in page.select(".examples img")]
    assert len(pictures) == 2
    assert all(re.fullmatch(r"/espaces/essai/affiches/exemples/[\d-]+", each) for each in pictures), pictures
    answers = [fetched(apps_browser, each) for each in pictures]
    assert [each.headers["content-type"] for each in answers] == ["image/png"] * 2
    assert len({each.content for each in answers}) == 2
    assert all(each.headers["cache-control"] == "private, max-age=600" for each in answers)
    assert "Photo" in links(page)[0].text
    assert "coquelicot.png" in links(page)[0].text


def test_a_student_goes_on_from_step_to_step_with_what_came_back(apps_browser: HttpBrowser) -> None:
    page = page_at(apps_browser, str(links(page_at(apps_browser, f"{POSTERS}?endpoint=/preparer"))[1]["href"]))
    assert "bleuet.png" in page.select_one(".uploaded-file").text
    prepared = send(apps_browser, page)
    assert prepared["status"] == "succeeded", prepared
    following = page_at(apps_browser, f"/essais/{prepared['id']}").select('#suite a[href*="suite="]')
    assert [each.text.split()[:2] for each in following] == [["Continuer", "avec"]]
    assert "endpoint=/imprimer" in str(following[0]["href"])
    form = page_at(apps_browser, str(following[0]["href"]))
    assert form.select_one('[name="arg-seed"]')["value"] == "3"
    form.select_one('[name="arg-title"]').string = "Nuit"
    printed = send(apps_browser, form)
    assert printed["status"] == "succeeded", printed
    assert printed["outputs"][1]["value"] == "Nuit, 40 × 64, graine 3, encre noire, feuille 1"


def test_a_continuation_is_of_its_visitor_alone(apps_browser: HttpBrowser, served_apps: ServedApps) -> None:
    page = page_at(apps_browser, str(links(page_at(apps_browser, f"{POSTERS}?endpoint=/preparer"))[0]["href"]))
    run = send(apps_browser, page)
    address = f"{POSTERS}?endpoint=/imprimer&suite={run['id']}"
    assert len(page_at(apps_browser, address).select(".uploaded-file")) == 1
    stranger = HttpBrowser(served_apps.site)
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{POSTERS}?endpoint=/imprimer&suite=rien").status_code == 404
    stranger.close()


def test_the_state_that_the_page_fills_is_there_once_for_each_visitor(
    apps_browser: HttpBrowser, served_apps: ServedApps
) -> None:
    first, second = (apps_browser, HttpBrowser(served_apps.site))
    chosen = str(links(page_at(first, f"{POSTERS}?endpoint=/preparer"))[0]["href"])
    sheets = []
    for somebody in (first, first, second):
        run = send(somebody, page_at(somebody, chosen))
        printed = send(somebody, page_at(somebody, f"{POSTERS}?endpoint=/imprimer&suite={run['id']}"))
        sheets.append(printed["outputs"][1]["value"].rpartition(" ")[2])
    assert sheets == ["1", "2", "1"]
    second.close()


def test_files_of_which_the_description_has_the_name_alone_are_asked_for(apps_browser: HttpBrowser) -> None:
    page = page_at(apps_browser, ARCHIVE)
    address = str(links(page)[0]["href"])
    run = send(apps_browser, page_at(apps_browser, address))
    assert run["outputs"][0]["value"] == "son 16044, film 0, notes ['bon', 'Porto-Novo'], "
    player = page.select_one(".examples audio")
    assert player["preload"] == "none"
    heard = fetched(apps_browser, str(player["src"]), Range="bytes=0-3")
    assert (heard.status_code, heard.content) == (206, b"RIFF")


def test_an_example_of_each_list_can_be_chosen(apps_browser: HttpBrowser) -> None:
    page = page_at(apps_browser, ARCHIVE)
    page = page_at(apps_browser, str(links(page)[1]["href"]))
    page = page_at(apps_browser, str(links(page)[2]["href"]))
    assert [str(each["href"]).count("exemple=") for each in links(page)] == [2, 2, 2]
    assert [each.get("aria-current") for each in links(page)] == [None, "true", "true"]
    run = send(apps_browser, page)
    assert run["outputs"][0]["value"] == "son 32044, film 524, notes ['Porto-Novo'], Plan fixe"


def test_labels_of_the_author_name_the_examples(apps_browser: HttpBrowser, served_apps: ServedApps) -> None:
    words = [" ".join(each.text.split()) for each in links(page_at(apps_browser, ARCHIVE))]
    assert ("Le marché" in words[0]) == (not served_apps.gradio.startswith("4."))
    assert "marché.wav" in words[0]
    assert "avis.txt" in words[0]


def test_an_example_that_is_chosen_again_is_kept_once(apps_browser: HttpBrowser) -> None:
    address = str(links(page_at(apps_browser, f"{POSTERS}?endpoint=/preparer"))[0]["href"])
    kept = [page_at(apps_browser, address).select_one("[name=arg-photo-kept]")["value"] for _ in range(2)]
    assert kept[0] == kept[1]


def test_a_page_of_another_site_has_no_file_kept(apps_browser: HttpBrowser) -> None:
    address = str(links(page_at(apps_browser, f"{POSTERS}?endpoint=/preparer"))[0]["href"])
    page = BeautifulSoup(fetched(apps_browser, address, **{"Sec-Fetch-Site": "cross-site"}).text, "html.parser")
    assert page.select(".uploaded-file") == []
    assert "Photo" in page.select_one("#fichier-perdu").text
    assert page.select_one("#e-arg-photo") is not None


@pytest.mark.parametrize("key", ["0-0-0-9", "9-9-9-9", "x", "%2e%2e%2fetc%2fpasswd", "0-0-1-0"])
def test_a_preview_is_of_a_place_that_the_description_names(apps_browser: HttpBrowser, key: str) -> None:
    assert fetched(apps_browser, f"{POSTERS}/exemples/{key}").status_code == 404
