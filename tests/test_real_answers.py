"""Answers of real Spaces, in Gradio 4, 5 and 6, as their pages show them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from tests.spaces.apps.answers import ADVICE, FILM
from tests.spaces.served_apps import Served, serving
from tests.support.component_cases import Case
from tests.support.component_trials import result_of
from tests.support.http_browser import Visitor
from tests.test_older_gradio import environment_of


@pytest.fixture(scope="module", params=[4, 5, 6])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    python = Path(sys.executable) if request.param == 6 else environment_of(request.param)
    with serving(tmp_path_factory.mktemp("answers"), python, "tests.spaces.serve_answers") as running:
        assert running.gradio.startswith(f"{request.param}.")
        yield running


@pytest.fixture(scope="module")
def visitor(served: Served) -> Iterator[Visitor]:
    somebody = Visitor(served.site)
    yield somebody
    somebody.close()


def sections_of(visitor: Visitor, endpoint: str, app: str = "reponses", status: str = "succeeded") -> list[Tag]:
    """The outputs of a run of this endpoint, on its page."""
    run = result_of(visitor, Case(app, endpoint))
    assert run["status"] == status, run["error"]
    page = BeautifulSoup(visitor.get(f"/essais/{run['id']}").text, "html.parser")
    assert page.select(".tree") == []
    return page.select("[data-output]")


@pytest.mark.parametrize("endpoint", ["film", "film_change"])
def test_video_has_a_player(visitor: Visitor, endpoint: str) -> None:
    [section] = sections_of(visitor, endpoint)
    [player] = section.select("video[controls]")
    assert visitor.get(str(player["src"])).content == FILM
    assert section.select_one("a[download]")


def test_plot_and_video_of_a_conversation_are_shown(visitor: Visitor) -> None:
    [section] = sections_of(visitor, "bavarder")
    bubbles = section.select(".bubbles > li")
    picture = visitor.get(str(bubbles[1].select_one("img")["src"]))
    assert picture.headers["content-type"].startswith("image/")
    assert visitor.get(str(bubbles[2].select_one("video")["src"])).content == FILM


def test_answer_of_a_chat_is_prose(served: Served, visitor: Visitor) -> None:
    name = "advise" if served.gradio.startswith("6.") else "chat"
    run = result_of(visitor, Case("conseils", name, {"message": "Un conseil ?"}))
    assert run["outputs"][0]["value"] == ADVICE
    [section] = BeautifulSoup(visitor.get(f"/essais/{run['id']}").text, "html.parser").select("[data-output]")
    assert section.select_one(".written strong").get_text() == "Awa"
    assert [item.get_text() for item in section.select(".written li")] == ["dormir", "lire"]
    assert section.select_one(".written pre").get_text().strip() == "print(7)"


def test_messages_in_a_json_output_are_a_conversation(visitor: Visitor) -> None:
    [section] = sections_of(visitor, "histoire")
    assert section.select_one(".bubbles .who").get_text() == "Vous"
    assert section.select_one(".bubbles strong:not(.who)").get_text() == "Qui"


@pytest.mark.parametrize(
    ("endpoint", "status"), [("tour_a_tour", "succeeded"), ("dictionnaires", "succeeded"), ("interrompu", "failed")]
)
def test_skipped_outputs_keep_their_values_and_files(visitor: Visitor, endpoint: str, status: str) -> None:
    words, picture, count = sections_of(visitor, endpoint, status=status)
    assert "un deux" in words.get_text()
    assert count.select_one(".said").get_text() == "2"
    assert "inchangé" not in words.get_text() + picture.get_text() + count.get_text()
    if status == "succeeded":
        assert visitor.get(str(picture.select_one("img")["src"])).headers["content-type"].startswith("image/")


def test_bars_are_means_and_sums_of_bins(visitor: Visitor) -> None:
    means, bins = sections_of(visitor, "moyennes")[0], sections_of(visitor, "tranches")[0]
    assert "note (moyenne) selon ville, 2 valeurs, de 3 à 21" in means.select_one("svg.chart")["aria-label"]
    assert "note (somme) selon note, 3 valeurs, de 6 à 30" in bins.select_one("svg.chart")["aria-label"]
    assert [text.get_text() for text in bins.select("svg.chart g[text-anchor=middle] text")] == [
        "0 à 10", "10 à 20", "30 à 40",
    ]  # fmt: skip


def test_numbers_scores_and_cells_are_whole(visitor: Visitor) -> None:
    [scores] = sections_of(visitor, "scores")
    assert [each.get_text() for each in scores.select(".num")] == ["88,25", "-0,0000003"]
    assert scores.select(".bar") == []
    [prices] = sections_of(visitor, "prix")
    assert [each.get_text() for each in prices.select("td.num")] == ["1.0 F", "12.0 F", "5.0 F", "30.0 F"]
    assert (
        sections_of(visitor, "montant")[0].select_one(".said").get_text().replace("\u202f", " ") == "98 765 432 100,125"
    )
    assert sections_of(visitor, "minuscule")[0].select_one(".said").get_text() == "0,0000000045"


def test_parameters_that_are_documented_are_a_table(visitor: Visitor) -> None:
    [section] = sections_of(visitor, "parametres")
    assert [each.get_text() for each in section.select("td")] == ["pas", "int", "20", "Combien de pas."]
