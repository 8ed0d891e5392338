"""Pages that people lay out, in each Gradio: what the site reads of them."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hfcourse.spaces.form import forms
from hfcourse.spaces.form.form_sections import arrange_form
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description
from tests.spaces.served_apps import run_apps
from tests.support.layout_descriptions import outline_fields
from tests.support.optional_tools import require_gradio_python

SEEDS = ("seed", "", True, ["seed", "randomize_seed"])


@pytest.fixture(scope="module", params=[4, 5])
def spaces(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Description]]:
    """The descriptions of the apps, by name."""
    with run_apps(
        tmp_path_factory.mktemp("layouts"), require_gradio_python(request.param), "tests.spaces.serve_layouts"
    ) as found:
        yield {name: describe_at(url) for name, url in found["addresses"].items()}


def describe_at(url: str) -> Description:
    config = ask(f"{url}/config")
    return build_description(config, ask(f"{url}{config.get('api_prefix', '')}/info"))


def ask(url: str) -> Any:
    return json.loads(httpx.get(url, trust_env=False, verify=False).content)


def test_fold_row_and_seed_are_read(spaces: dict[str, Description]) -> None:
    arranged = arrange_form(forms.bind_form(spaces["atelier"].endpoints[0]))
    experts = ("accordion", "For experts", False, ["tiles"])
    fold = ["negative", SEEDS, ("row", "", True, ["steps", "guidance"]), experts]
    assert outline_fields(arranged.shown_group) == ["prompt", ("accordion", "Advanced Settings", False, fold)]
    assert outline_fields(arranged.hidden_group) == ["strength"]


def test_introduction_is_read(spaces: dict[str, Description]) -> None:
    found = spaces["atelier"]
    assert found.title == "Pocket Painter"
    assert found.introduction == "Describe a picture in one sentence and press Paint. It takes about ten seconds."
    assert spaces["portraits"].title == "Talking Portraits"


def test_tabs_name_what_has_no_label(spaces: dict[str, Description]) -> None:
    labels = [each.label for each in spaces["portraits"].endpoints[0].parameters]
    assert labels == ["Source picture", "Source film", "Driving film", "Driving sound", "Crop", "Scale", "Loudness"]


def test_words_are_french_where_gradio_has_translations(spaces: dict[str, Description]) -> None:
    if "langues" not in spaces:
        assert spaces["atelier"].gradio_version.startswith("4.")
        return
    found = spaces["langues"]
    assert found.title == "Bonjours"
    assert found.endpoints[0].title == "Saluer"
    assert [each.label for each in found.endpoints[0].parameters][:2] == ["Votre nom", "Ton"]
    assert found.endpoints[0].parameters[1].choices == (("Vouvoyer", "vous"), ("tu", "tu"))
