"""Pages as people make them, in Gradio 4, 5 and 6: which endpoint is offered first, and what its list folds."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description
from tests.spaces.served_apps import run_apps
from tests.support.optional_tools import require_gradio_python
from tests.support.page_builder import list_endpoint_names, list_folded_endpoints

Spaces = dict[str, Description]

PROGRAM = "tests.spaces.serve_author_pages"


@pytest.fixture(scope="module", params=[4, 5, 6])
def described(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Description]]:
    """What each app says of itself in one version."""
    with run_apps(tmp_path_factory.mktemp("author_pages"), require_gradio_python(request.param), PROGRAM) as found:
        prefix = "" if found["gradio"].startswith("4.") else "/gradio_api"
        yield {
            name: build_description(ask(url, "/config"), ask(url, f"{prefix}/info"))
            for name, url in found["addresses"].items()
        }


def ask(url: str, path: str) -> Any:
    return httpx.get(url + path, trust_env=False, verify=False).raise_for_status().json()


def test_chain_is_led_by_its_picture_in_every_gradio(described: Spaces) -> None:
    posters = described["affiches"]
    line = posters.main_lines[0]
    assert [*list_endpoint_names(posters), *list_folded_endpoints(posters)] == ["/compose", "/empty"]
    assert line.title == "Composer"
    assert [each.name for each in line.before] == ["/hide_hint", "/draw_number"]
    assert [each.name for each in line.after] == ["/count"]
    assert [each.name for each in line.twins] == ["/compose_1"]


def test_selection_of_the_page_is_known_in_every_gradio(described: Spaces) -> None:
    styles = described["styles"]
    assert list_endpoint_names(styles) == ["/compter", "/dessiner"]
    draw = styles.find_endpoint("/dessiner")
    assert draw
    assert ["« Styles »" in each.words.replace("\u00a0", " ") for each in draw.notices] == [True]


def test_prerequisites_and_families_are_known_in_every_gradio(described: Spaces) -> None:
    reader = described["liseuse"]
    assert list_endpoint_names(reader) == ["/prepare", "/ask", "/greet"]
    assert [line.title for line in reader.main_lines[2].family] == [f"Saluer (Langue {n})" for n in range(2, 6)]
    asked = reader.find_endpoint("/ask")
    assert asked
    assert [each.endpoints for each in asked.notices] == [("/prepare",), ("/voix",)]


def test_file_that_an_earlier_step_makes_is_known_in_every_gradio(described: Spaces) -> None:
    reliefs = described["reliefs"]
    first, softened = reliefs.endpoints[0], reliefs.find_endpoint("/adoucir")
    assert (first.name, first.title) == ("/sculpt", "Sculpter")
    assert [each.endpoints for each in first.notices] == [("/cut_out",)]
    assert softened
    assert softened.notices == ()


def test_private_main_function_is_known_in_every_gradio(described: Spaces) -> None:
    assert {name: each.private_main_button for name, each in described.items()} == {
        "affiches": None,
        "styles": None,
        "liseuse": None,
        "reliefs": None,
        "reserve": "Peindre",
    }
