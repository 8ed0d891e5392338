"""Whatever JSON a description contains: a documented error, or a form that is drawn, escaped, and can be read back."""

import copy
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from hfcourse.errors import FormRejected
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.parameters.widgets import CONTROL_BY_COMPONENT, FILE_COMPONENTS
from tests.support.form_parsing import collect_posted_values, find_form
from tests.support.form_rendering import render_space_page
from tests.support.recordings import RECORDING_NAMES, RECORDINGS_FOLDER
from tests.support.strategies import JSON_SCALARS, JSON_VALUES, MARKUP_TEXT, QUICK_SETTINGS, TEXTS

DOCUMENTED = (KeyError, TypeError, ValueError, AttributeError)
KINDS = sorted({*CONTROL_BY_COMPONENT, *FILE_COMPONENTS, "api", "mine", "dataset"})
SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"])
            | JSON_VALUES,
            "enum": JSON_VALUES,
            "title": st.sampled_from(["FileData", "ImageData"]) | JSON_VALUES,
            "$ref": st.sampled_from(["#/$defs/F", "#", 5]),
            "$defs": st.just({"F": {"title": "FileData", "properties": {"path": {}}}}) | JSON_VALUES,
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["array", "object"])},
        optional={
            "items": inner,
            "anyOf": st.lists(inner, max_size=3),
            "properties": st.dictionaries(TEXTS, inner, max_size=2),
        },
    ),
    max_leaves=4,
)
PROPS = st.dictionaries(
    st.sampled_from(
        ["value", "choices", "minimum", "maximum", "step", "lines", "headers", "datatype", "row_count", "file_count",
         "file_types", "sources", "multiselect", "allow_custom_value", "max_choices", "type", "include_time", "visible",
         "info", "placeholder", "max_length", "language", "speakers", "component_ids", "samples", "sample_labels"]
    ),
    JSON_VALUES | st.lists(st.tuples(TEXTS, JSON_SCALARS).map(list), max_size=4),
    max_size=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One site for all: nothing is kept."""
    from hfcourse import create_app
    from tests.support.apps import close_app

    made = create_app({"INSTANCE": str(tmp_path_factory.mktemp("site")), "TESTING": True})
    yield made
    close_app(made)


def check(site: Flask, config: Any, info: Any) -> None:
    """Describe, draw each endpoint, read its untouched form back."""
    try:
        description = build_description(config, info)
    except DOCUMENTED:
        return
    for endpoint in description.endpoints[:3]:
        html = render_space_page(site, endpoint)
        assert MARKUP_TEXT not in html
        assert "<script>alert" not in html
        for example in endpoint.examples[:2]:
            render_space_page(site, endpoint, forms.bind_form(endpoint, example.values))
        with site.app_context():
            form = forms.read_form(endpoint, *collect_posted_values(find_form(html)), "a visitor")
            try:
                values = forms.validate_form(form)
            except FormRejected:
                render_space_page(site, endpoint, form)
            else:
                assert json.dumps(values)


def space_of(kind: str, props: dict[str, Any], schema: Any, default: Any, example: Any) -> tuple[Any, Any]:
    component = {"id": 1, "type": kind, "props": props}
    dependency = {"id": 0, "api_name": "f", "inputs": [1], "outputs": [], "targets": [[1, "change"]]}
    dataset = {"id": 2, "type": "dataset", "props": {"component_ids": [1], "samples": [[example]]}}
    entry = {
        "parameter_name": "x",
        "component": kind.title(),
        "type": schema,
        "parameter_default": default,
        "example_input": example,
        "label": default,
    }
    info = {"named_endpoints": {"/f": {"parameters": [entry], "returns": []}}}
    return {"components": [component, dataset], "dependencies": [dependency]}, info


@QUICK_SETTINGS
@given(kind=st.sampled_from(KINDS), props=PROPS, schema=SCHEMAS | JSON_VALUES, default=JSON_VALUES, example=JSON_VALUES)
def test_any_component_has_a_form(
    site: Flask, *, kind: str, props: dict[str, Any], schema: Any, default: Any, example: Any
) -> None:
    check(site, *space_of(kind, props, schema, default, example))


@lru_cache
def recording(name: str) -> dict[str, Any]:
    return json.loads((RECORDINGS_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@lru_cache
def everything() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "data" / "every_component.json").read_text(encoding="utf-8"))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def mutated(described: dict[str, Any], place: tuple[Any, ...], put: Any) -> dict[str, Any]:
    """The description with something else at one place of it."""
    changed = copy.deepcopy(described)
    *way, last = place
    inner: Any = changed
    for key in way:
        inner = inner[key]
    inner[last] = put
    return changed


@QUICK_SETTINGS
@given(st.sampled_from([name for name in RECORDING_NAMES if name != "change_vs_input"]), st.data())
def test_a_recorded_description_with_anything_anywhere_in_it(site: Flask, name: str, data: st.DataObject) -> None:
    described = {key: recording(name)[key] for key in ("config", "info")}
    place = data.draw(st.sampled_from([*places(described)]))
    changed = mutated(described, place, data.draw(JSON_VALUES))
    check(site, changed["config"], changed["info"])


@settings(QUICK_SETTINGS, max_examples=25)
@given(st.data())
def test_a_description_of_every_component_with_anything_anywhere_in_it(site: Flask, data: st.DataObject) -> None:
    described = {key: everything()[key] for key in ("config", "info")}
    place = data.draw(st.sampled_from([*places(described)]))
    changed = mutated(described, place, data.draw(JSON_VALUES))
    check(site, changed["config"], changed["info"])


@pytest.mark.parametrize("targets", [[[]], [[1]], [None], ["ab"], [[1, None]], [[1, "click", 3]]])
def test_what_triggers_an_endpoint_may_be_anything(site: Flask, targets: list[Any]) -> None:
    described = mutated(recording("calculator"), ("config", "dependencies", 0, "targets"), targets)
    assert build_description(described["config"], described["info"]).find_endpoint("/predict")


@QUICK_SETTINGS
@given(JSON_VALUES, JSON_VALUES)
def test_what_is_no_description_at_all(site: Flask, config: Any, info: Any) -> None:
    check(site, config, info)
