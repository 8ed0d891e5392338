"""A description at its limits is a page that a telephone can load."""

import json

import brotli
import pytest
from flask import Flask

from hfcourse.playground.space_page import SpacePage
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Description
from tests.support.large_descriptions import ENDPOINT_COUNT, LARGE_DESCRIPTIONS

MOST_PAGE_BYTES = 100_000


def render_first_endpoint(description: Description) -> str:
    """The page of a Space, with the form of its first endpoint."""
    form = forms.bind_form(description.endpoints[0])
    body, _ = SpacePage(space_id="a/b", description=description, form=form).render()
    return body


@pytest.mark.parametrize("which", [which for which in LARGE_DESCRIPTIONS if which != "500 endpoints"])
def test_the_descriptions_weigh_about_a_megabyte(which: str) -> None:
    assert 800_000 < len(json.dumps(LARGE_DESCRIPTIONS[which])) < 2_000_000


@pytest.mark.parametrize("which", LARGE_DESCRIPTIONS)
def test_the_page_is_light(app: Flask, which: str) -> None:
    description = build_description(*LARGE_DESCRIPTIONS[which])
    with app.test_request_context("/espaces/a/b"):
        page = render_first_endpoint(description)
    assert "<form" in page
    assert len(brotli.compress(page.encode(), quality=app.config["COMPRESS_BR_LEVEL"])) < MOST_PAGE_BYTES


def test_every_endpoint_of_a_long_list_can_be_opened(app: Flask) -> None:
    description = build_description(*LARGE_DESCRIPTIONS["500 endpoints"])
    with app.test_request_context("/espaces/a/b"):
        page = render_first_endpoint(description)
    assert all(
        f"endpoint=/fonction_{n}&#34;" in page or f'endpoint=/fonction_{n}"' in page for n in range(ENDPOINT_COUNT)
    )
