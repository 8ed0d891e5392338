"""Examples selected by the query string, `?exemple=<n>`, and the links that select them.

An author may give a list of pictures and a list of films: one of each can be selected,
`?exemple=0&exemple=7`.
"""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, request, url_for

from hfcourse import visitors
from hfcourse.playground import example_files, sample_previews
from hfcourse.playground.example_files import list_file_parameters, save_example_files
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.examples.sample_files import SampleFile

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

MAX_CHOSEN_EXAMPLES = 5
PRESERVED_QUERY_PARAMS = ("essai", "suite")


def list_chosen_examples(endpoint: Endpoint) -> list[int]:
    """Return the indexes of the selected examples, the last one of each data set; ignore invalid ones."""
    numbers = [each for each in request.args.getlist("exemple") if re.fullmatch(r"[0-9]{1,3}", each, re.ASCII)]
    by_dataset: dict[int, int] = {}
    for number in map(int, numbers[:MAX_CHOSEN_EXAMPLES]):
        if number < len(endpoint.examples):
            by_dataset[endpoint.examples[number].dataset_index] = number
    return [*by_dataset.values()]


def has_chosen_files(endpoint: Endpoint) -> bool:
    """Does a selected example contain a file?"""
    return any(endpoint.examples[number].files for number in list_chosen_examples(endpoint))


def load_example_values(connection: "SpaceClient", endpoint: Endpoint) -> tuple[dict[str, Any], list[str]]:
    """Return the values of the selected examples, and the names of parameters without their files.

    No file is stored for a cross-site request: its links could fill a visitor's quota.
    """
    values: dict[str, Any] = {}
    lost: list[str] = []
    for number in list_chosen_examples(endpoint):
        example = endpoint.examples[number]
        if example.files and is_cross_site_request():
            missing = list_file_parameters(example)
            values |= {name: value for name, value in example.values.items() if name not in missing}
            lost += missing
            continue
        visitor = visitors.get_or_create_visitor() if example.files else ""
        example_values, missing = save_example_files(connection, endpoint, example, visitor)
        values |= example_values
        lost += missing
    return values, lost


def is_cross_site_request() -> bool:
    """Does the request originate from another site, by its Fetch Metadata header (W3C)?

    Clients other than browsers send no such header, and no cookie.
    """
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")


def build_example_url(space_id: str, endpoint: Endpoint, number: int) -> str:
    """Return the URL of the form with this example, and with those selected of other data sets."""
    dataset = endpoint.examples[number].dataset_index
    others = [each for each in list_chosen_examples(endpoint) if endpoint.examples[each].dataset_index != dataset]
    preserved = [(name, request.args[name]) for name in PRESERVED_QUERY_PARAMS if request.args.get(name)]
    owner, _, name = space_id.partition("/")
    chosen = [("exemple", str(each)) for each in [*others, number]]
    query = [("endpoint", endpoint.name), *preserved, *chosen]
    return f"{url_for('spaces.show', owner=owner, name=name)}?{urlencode(query, safe='/')}"


def build_sample_url(space_id: str, file: SampleFile) -> str:
    """Return the URL of the preview of an example file."""
    owner, _, name = space_id.partition("/")
    return url_for("spaces.sample", owner=owner, name=name, key=file.key)


def init_app(app: Flask) -> None:
    """Create the caches of example files and previews, and register the template globals."""
    example_files.init_app(app)
    sample_previews.init_app(app)
    app.jinja_env.globals |= {
        "example_url": build_example_url,
        "chosen_examples": list_chosen_examples,
        "sample_url": build_sample_url,
    }
