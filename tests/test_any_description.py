"""Whatever JSON a description contains: a documented error, or a form that is drawn, escaped, and can be read back."""

import copy
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfcourse.errors import FormRejected
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.parameters.widgets import CONTROL_BY_COMPONENT, FILE_COMPONENTS
from tests.support.form_rendering import drawn, form_in, posted
from tests.support.recordings import FOLDER, NAMES

DOCUMENTED = (KeyError, TypeError, ValueError, AttributeError)
MARKUP = "<script>alert(1)</script>\"'&"
QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,  # the same cases in every run: a fault found is a fault to mend, not bad luck
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
KINDS = sorted({*CONTROL_BY_COMPONENT, *FILE_COMPONENTS, "api", "mine", "dataset"})
TEXTS = st.sampled_from([MARKUP, "", "1", "a", "now", "#ff0000", "__i18n__{", "user: x"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=8
)
SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"]) | JSON,
            "enum": JSON,
            "title": st.sampled_from(["FileData", "ImageData"]) | JSON,
            "$ref": st.sampled_from(["#/$defs/F", "#", 5]),
            "$defs": st.just({"F": {"title": "FileData", "properties": {"path": {}}}}) | JSON,
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
    JSON | st.lists(st.tuples(TEXTS, SCALARS).map(list), max_size=4),
    max_size=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One site for all: nothing is kept."""
    from hfcourse import create_app
    from tests.conftest import end

    made = create_app({"INSTANCE": str(tmp_path_factory.mktemp("site")), "TESTING": True})
    yield made
    end(made)


def check(site: Flask, config: Any, info: Any) -> None:
    """Describe, draw each endpoint, read its untouched form back."""
    try:
        description = build_description(config, info)
    except DOCUMENTED:
        return
    for endpoint in description.endpoints[:3]:
        html = drawn(site, endpoint)
        assert MARKUP not in html
        assert "<script>alert" not in html
        for example in endpoint.examples[:2]:
            drawn(site, endpoint, forms.bind_form(endpoint, example.values))
        with site.app_context():
            form = forms.read_form(endpoint, *posted(form_in(html)), "a visitor")
            try:
                values = forms.validate_form(form)
            except FormRejected:
                drawn(site, endpoint, form)
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


@QUICK
@given(kind=st.sampled_from(KINDS), props=PROPS, schema=SCHEMAS | JSON, default=JSON, example=JSON)
def test_any_component_has_a_form(
    site: Flask, *, kind: str, props: dict[str, Any], schema: Any, default: Any, example: Any
) -> None:
    check(site, *space_of(kind, props, schema, default, example))


@lru_cache
def recording(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


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


@QUICK
@given(st.sampled_from([name for name in NAMES if name != "change_vs_input"]), st.data())
def test_a_recorded_description_with_anything_anywhere_in_it(site: Flask, name: str, data: st.DataObject) -> None:
    described = {key: recording(name)[key] for key in ("config", "info")}
    place = data.draw(st.sampled_from([*places(described)]))
    changed = mutated(described, place, data.draw(JSON))
    check(site, changed["config"], changed["info"])


@settings(QUICK, max_examples=25)
@given(st.data())
def test_a_description_of_every_component_with_anything_anywhere_in_it(site: Flask, data: st.DataObject) -> None:
    described = {key: everything()[key] for key in ("config", "info")}
    place = data.draw(st.sampled_from([*places(described)]))
    changed = mutated(described, place, data.draw(JSON))
    check(site, changed["config"], changed["info"])


@pytest.mark.parametrize("targets", [[[]], [[1]], [None], ["ab"], [[1, None]], [[1, "click", 3]]])
def test_what_triggers_an_endpoint_may_be_anything(site: Flask, targets: list[Any]) -> None:
    described = mutated(recording("calculator"), ("config", "dependencies", 0, "targets"), targets)
    assert build_description(described["config"], described["info"]).find_endpoint("/predict")


@QUICK
@given(JSON, JSON)
def test_what_is_no_description_at_all(site: Flask, config: Any, info: Any) -> None:
    check(site, config, info)
