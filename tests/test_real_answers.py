"""Answers of real Spaces, in Gradio 4, 5 and 6, as their pages show them."""

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup, Tag

from tests.spaces.answer_samples import ADVICE, FILM
from tests.spaces.served_apps import ServedApps, run_site_with_apps
from tests.support.component_cases import ComponentCase
from tests.support.component_trials import submit_case
from tests.support.http_browser import HttpBrowser
from tests.support.optional_tools import require_gradio_python


@pytest.fixture(scope="module", params=[4, 5, 6])
def served_apps(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApps]:
    python = require_gradio_python(request.param)
    with run_site_with_apps(tmp_path_factory.mktemp("answers"), python, "tests.spaces.serve_answers") as running:
        assert running.gradio.startswith(f"{request.param}.")
        yield running


@pytest.fixture(scope="module")
def http_browser(served_apps: ServedApps) -> Iterator[HttpBrowser]:
    somebody = HttpBrowser(served_apps.site)
    yield somebody
    somebody.close()


def sections_of(visitor: HttpBrowser, endpoint: str, app: str = "reponses", status: str = "succeeded") -> list[Tag]:
    """The outputs of a run of this endpoint, on its page."""
    run = submit_case(visitor, ComponentCase(app, endpoint))
    assert run["status"] == status, run["error"]
    page = BeautifulSoup(visitor.get(f"/essais/{run['id']}").text, "html.parser")
    assert page.select(".json-tree") == []
    return page.select("[data-output]")


@pytest.mark.parametrize("endpoint", ["film", "film_change"])
def test_video_has_a_player(http_browser: HttpBrowser, endpoint: str) -> None:
    [section] = sections_of(http_browser, endpoint)
    [player] = section.select("video[controls]")
    assert http_browser.get(str(player["src"])).content == FILM
    assert section.select_one("a[download]")


def test_plot_and_video_of_a_conversation_are_shown(http_browser: HttpBrowser) -> None:
    [section] = sections_of(http_browser, "bavarder")
    bubbles = section.select(".chat-messages > li")
    picture = http_browser.get(str(bubbles[1].select_one("img")["src"]))
    assert picture.headers["content-type"].startswith("image/")
    assert http_browser.get(str(bubbles[2].select_one("video")["src"])).content == FILM


def test_answer_of_a_chat_is_prose(served_apps: ServedApps, http_browser: HttpBrowser) -> None:
    name = "advise" if served_apps.gradio.startswith("6.") else "chat"
    run = submit_case(http_browser, ComponentCase("conseils", name, {"message": "Un conseil ?"}))
    assert run["outputs"][0]["value"] == ADVICE
    [section] = BeautifulSoup(http_browser.get(f"/essais/{run['id']}").text, "html.parser").select("[data-output]")
    assert section.select_one(".markdown strong").get_text() == "Awa"
    assert [item.get_text() for item in section.select(".markdown li")] == ["dormir", "lire"]
    assert section.select_one(".markdown pre").get_text().strip() == "print(7)"


def test_messages_in_a_json_output_are_a_conversation(http_browser: HttpBrowser) -> None:
    [section] = sections_of(http_browser, "histoire")
    assert section.select_one(".chat-messages .chat-author").get_text() == "Vous"
    assert section.select_one(".chat-messages strong:not(.chat-author)").get_text() == "Qui"


@pytest.mark.parametrize(
    ("endpoint", "status"), [("tour_a_tour", "succeeded"), ("dictionnaires", "succeeded"), ("interrompu", "failed")]
)
def test_skipped_outputs_keep_their_values_and_files(http_browser: HttpBrowser, endpoint: str, status: str) -> None:
    words, picture, count = sections_of(http_browser, endpoint, status=status)
    assert "un deux" in words.get_text()
    assert count.select_one(".output-text").get_text() == "2"
    assert "inchangé" not in words.get_text() + picture.get_text() + count.get_text()
    if status == "succeeded":
        assert http_browser.get(str(picture.select_one("img")["src"])).headers["content-type"].startswith("image/")


def test_bars_are_means_and_sums_of_bins(http_browser: HttpBrowser) -> None:
    means, bins = sections_of(http_browser, "moyennes")[0], sections_of(http_browser, "tranches")[0]
    assert "note (moyenne) selon ville, 2 valeurs, de 3 à 21" in means.select_one("svg.chart")["aria-label"]
    assert "note (somme) selon note, 3 valeurs, de 6 à 30" in bins.select_one("svg.chart")["aria-label"]
    assert [text.get_text() for text in bins.select("svg.chart g[text-anchor=middle] text")] == [
        "0 à 10", "10 à 20", "30 à 40",
    ]  # fmt: skip


def test_numbers_scores_and_cells_are_whole(http_browser: HttpBrowser) -> None:
    [scores] = sections_of(http_browser, "scores")
    assert [each.get_text() for each in scores.select(".numeric")] == ["88,25", "-0,0000003"]
    assert scores.select(".bar") == []
    [prices] = sections_of(http_browser, "prix")
    assert [each.get_text() for each in prices.select("td.numeric")] == ["1.0 F", "12.0 F", "5.0 F", "30.0 F"]
    assert (
        sections_of(http_browser, "montant")[0].select_one(".output-text").get_text().replace("\u202f", " ")
        == "98 765 432 100,125"
    )
    assert sections_of(http_browser, "minuscule")[0].select_one(".output-text").get_text() == "0,0000000045"


def test_parameters_that_are_documented_are_a_table(http_browser: HttpBrowser) -> None:
    [section] = sections_of(http_browser, "parametres")
    assert [each.get_text() for each in section.select("td")] == ["pas", "int", "20", "Combien de pas."]
