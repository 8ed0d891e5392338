"""What a description may cost: counted parts, shared budgets, and a child process with a deadline for the worst."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.errors import CallError, SpaceUnavailable
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.rendering_budget import RenderingBudget
from hfcourse.spaces.registry import space_registry
from hfcourse.spaces.registry.description_cache import RawDescription
from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.description_limits import limit_description
from hfcourse.spaces.schema.examples import example_values
from hfcourse.spaces.schema.page import ranking
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.form_budget import MAX_FORM_CHARACTERS, share_fairly
from hfcourse.spaces.untrusted.json_size import exceeds_json_size, measure_json_size
from hfcourse.web.security import MAX_FORM_FIELDS
from tests.support.form_parsing import collect_posted_values, find_form
from tests.support.form_rendering import render_space_page
from tests.support.oversized_descriptions import (
    MANY_CHOICES,
    OVERSIZED_DESCRIPTIONS,
    build_shared_component_space,
    build_single_parameter_space,
    build_space,
    build_table_props,
)
from tests.support.recordings import RECORDED_ENDPOINTS, RECORDING_NAMES, RECORDINGS_FOLDER

SECONDS, DEADLINE_SECONDS, PAGE_BYTES = 4, 240, 1_000_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)


def test_every_oversized_description_is_drawn_in_seconds_and_in_bounded_memory(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.render_oversized", str(tmp_path), *OVERSIZED_DESCRIPTIONS]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, cwd=Path(__file__).parents[1], check=False
    )
    measured = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [name for name, _, _ in measured] == [*OVERSIZED_DESCRIPTIONS], ended.stderr
    assert [(name, seconds) for name, seconds, _ in measured if seconds > SECONDS] == []
    assert [(name, size) for name, _, size in measured if size > PAGE_BYTES] == []


@pytest.mark.parametrize("name", [name for name in OVERSIZED_DESCRIPTIONS if name != "long names"])
def test_a_form_that_is_offered_can_be_sent_as_it_is_drawn(app: Flask, name: str) -> None:
    first = build_description(*OVERSIZED_DESCRIPTIONS[name]()).endpoints[0]
    if first.blocked_reason:
        assert first.blocked_reason == ranking.TOO_LARGE_FOR_FORM
        return
    texts, files = collect_posted_values(find_form(render_space_page(app, first)))
    assert len([*texts.items(multi=True), *files.items(multi=True)]) <= MAX_FORM_FIELDS
    with app.app_context():
        form = forms.read_form(first, texts, files, "a visitor")
        assert {each.error for each in form.fields} <= {"", "Choisissez l’une des réponses proposées."}


@pytest.mark.parametrize("name", RECORDING_NAMES)
def test_recorded_descriptions_lose_nothing(name: str) -> None:
    found = json.loads((RECORDINGS_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    _, info = limit_description(found["config"], found["info"])
    assert info["named_endpoints"] == found["info"]["named_endpoints"]


def test_recorded_forms_are_within_the_budget() -> None:
    for _, endpoint in RECORDED_ENDPOINTS:
        assert endpoint.blocked_reason != ranking.TOO_LARGE_FOR_FORM
        for each in endpoint.parameters:
            assert (each.default_is_cut, each.max_shown_choices) == (False, None), each.name


def test_bounding_a_description_twice_changes_nothing() -> None:
    once = limit_description(*OVERSIZED_DESCRIPTIONS["7,000 endpoints, 7,000 data sets"]())
    assert limit_description(*once) == once


def test_of_too_many_endpoints_those_with_a_button_are_kept() -> None:
    config, info = build_space(*[[("textbox", {}, {})]] * 700)
    config["dependencies"][650]["targets"] = [[650, "click"]]
    assert build_description(config, info).endpoints[0].name == "/f650"


def test_of_too_many_parameters_those_of_the_endpoint_with_a_button_are_kept() -> None:
    config, info = OVERSIZED_DESCRIPTIONS["30,000 parameters"]()
    config["dependencies"][59]["targets"] = [[1, "click"]]
    found = build_description(config, info)
    assert (found.endpoints[0].name, found.endpoints[0].blocked_reason) == ("/f59", "")
    assert sum(len(each.parameters) for each in found.endpoints) <= 20_000
    assert {each.blocked_reason for each in found.endpoints} == {"", ranking.TOO_LARGE_FOR_FORM}


def test_a_closed_endpoint_says_why_and_leaves_the_others(app: Flask) -> None:
    found = build_description(*build_space([("textbox", {}, {})], [("textbox", {}, {})] * 501))
    assert [bool(each.blocked_reason) for each in found.endpoints] == [False, True]
    assert ranking.TOO_LARGE_FOR_FORM in render_space_page(app, found.endpoints[1])


def test_one_component_is_read_once_however_often_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from hfcourse.spaces.schema.parameters import component_props

    read: list[Any] = []
    present = component_props.parse_component_props
    monkeypatch.setattr(component_props, "parse_component_props", lambda *args: read.append(args) or present(*args))
    build_description(*build_shared_component_space("dropdown", MANY_CHOICES, endpoints=20, uses=100))
    assert len(read) == 1


def test_samples_are_read_within_one_budget_for_all_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []
    of_sample = example_values.build_example
    monkeypatch.setattr(example_values, "build_example", lambda *args: read.append(args) or of_sample(*args))
    sets = [{"id": 1, "type": "dataset", "props": {"component_ids": [0], "samples": [["x" * 9_980]] * 30}}]
    found = build_description(*build_shared_component_space("textbox", {}, endpoints=500, uses=1, components=sets))
    assert found.endpoints[0].examples
    assert len(read) * 10_000 <= example_values.MAX_EXAMPLE_CHARACTERS


def test_a_table_without_titles_has_as_many_columns_as_a_form_can_hold() -> None:
    table = (
        build_description(
            *build_single_parameter_space("dataframe", {"value": {"headers": [], "data": [[""] * 20_000]}})
        )
        .endpoints[0]
        .parameters[0]
    )
    assert len(table.column_titles) == 500
    assert table.column_titles is table.column_titles
    assert len(table.default["data"][0]) == 500


def test_the_titles_of_a_table_are_read_once_per_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    titles = forms.Field.titles
    monkeypatch.setattr(forms.Field, "titles", property(lambda each: asked.append(1) or titles.fget(each)))
    render_space_page(
        app, build_description(*build_single_parameter_space("dataframe", build_table_props(20, 10))).endpoints[0]
    )
    assert len(asked) == 1


@pytest.mark.parametrize("kind", ["textbox", "json", "code", "number"])
def test_a_default_that_no_form_shows_is_left_out_and_the_field_says_so(app: Flask, kind: str) -> None:
    first = build_description(*build_single_parameter_space(kind, {"value": "x" * 100_001})).endpoints[0]
    assert (first.parameters[0].default, first.parameters[0].default_is_cut) == (None, True)
    assert "envoyer la valeur du Space, trop longue pour être montrée" in render_space_page(app, first)


def test_a_long_table_is_shown_in_part_and_says_so(app: Flask) -> None:
    first = build_description(*build_single_parameter_space("dataframe", build_table_props(10, 300))).endpoints[0]
    assert len(first.parameters[0].default["data"]) == 80
    assert "ce que vous n’en voyez pas part tel quel" in render_space_page(app, first)


def test_small_parameters_keep_all_that_they_have_beside_large_ones() -> None:
    few = {"choices": [["un", 1], ["deux", 2]], "value": 1}
    parameters = (
        build_description(*build_space([("radio", MANY_CHOICES, {})] * 20 + [("radio", few, {})]))
        .endpoints[0]
        .parameters
    )
    assert [each.max_shown_choices for each in parameters[-1:]] == [None]
    assert all(each.max_shown_choices < 2_000 for each in parameters[:-1])


def test_a_choice_that_is_not_drawn_can_be_typed(app: Flask) -> None:
    first = build_description(*build_space([("radio", MANY_CHOICES | {"value": "v1999"}, {})] * 20)).endpoints[0]
    form = find_form(render_space_page(app, first))
    assert form.select('[name="arg-p0"]')[0]["value"] == "Choix 1999"
    texts, files = collect_posted_values(form)
    texts["arg-p1"] = "Choix 1500"
    with app.app_context():
        read = forms.read_form(first, texts, files, "a visitor")
    assert (read.values["p0"], read.values["p1"]) == ("v1999", "v1500")


def test_tables_of_one_form_share_the_fields_that_it_can_send(app: Flask) -> None:
    first = build_description(*build_space([("dataframe", build_table_props(10, 80), {})] * 3)).endpoints[0]
    form = forms.bind_form(first)
    for _ in range(200):
        for each in first.parameters:
            form.add_row(each.name)
    assert 800 <= sum(len(row) for each in form.fields for row in each.rows) <= 900


def test_cells_that_nobody_drew_are_not_made(app: Flask) -> None:
    first = build_description(*build_space([("dataframe", {"headers": ["a"] * 100}, {})] * 8)).endpoints[0]
    texts, files = collect_posted_values(find_form(render_space_page(app, first)))
    for n in range(8):
        texts[f"arg-p{n}-199-0"] = "x"
    with app.app_context():
        form = forms.read_form(first, texts, files, "a visitor")
    assert sum(len(row) for each in form.fields for row in each.rows) <= 900


class TestSchema:
    def test_one_of_too_many_alternatives_says_nothing(self) -> None:
        for count, shape in ((100, {"type": "string"}), (101, {})):
            nulls = [{"type": "null"}] * (count - 1)
            assert json_schema.resolve_schema({"anyOf": [{"type": "string"}, *nulls]}) == shape

    def test_references_look_at_so_many_alternatives_all_together(self) -> None:
        nulls = [{"type": "null"}] * 40
        definitions = {
            "A": {"anyOf": [{"$ref": "#/$defs/B"}, *nulls]},
            "B": {"anyOf": [{"$ref": "#/$defs/C"}, *nulls]},
            "C": {"anyOf": [{"type": "string"}, *nulls]},
        }
        assert json_schema.resolve_schema({"$ref": "#/$defs/B", "$defs": definitions}) == {"type": "string"}
        assert json_schema.resolve_schema({"$ref": "#/$defs/A", "$defs": definitions}) == {}

    def test_schema_is_read_once_per_parameter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[Any] = []
        plain = json_schema.resolve_schema
        monkeypatch.setattr(json_schema, "resolve_schema", lambda *args: asked.append(args) or plain(*args))
        each = Parameter("x", "X", "mine", schema={"type": "string"})
        for _ in range(5):
            assert (each.control, each.resolved_schema, each.is_nullable) == ("text", {"type": "string"}, False)
        assert len(asked) <= 3


class TestSize:
    @given(JSON)
    def test_a_value_counts_about_its_json(self, value: Any) -> None:
        written = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        escapes = written - len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("\\", ""))
        assert measure_json_size(value, 10**6) <= written * 2 + 10
        assert measure_json_size(value, 10**6) >= (written - 6 * escapes) / 3

    @given(JSON, st.integers(0, 200))
    def test_a_budget_tells_the_same_as_the_whole(self, value: Any, budget: int) -> None:
        assert exceeds_json_size(value, budget) == (measure_json_size(value, 10**9) > budget)

    def test_the_walk_ends_with_the_budget(self) -> None:
        class Watched(list):
            walked = 0

            def __iter__(self) -> Any:
                Watched.walked += 1
                return super().__iter__()

        assert exceeds_json_size([Watched([1])] * 10_000, 1_000)
        assert Watched.walked == 0


class TestShare:
    @given(st.lists(st.integers(0, 1_000), min_size=1, max_size=30), st.integers(0, 10_000))
    def test_nobody_gets_more_than_asked_nor_all_more_than_there_is(self, demands: list[int], total: int) -> None:
        shares = share_fairly(demands, total)
        assert all(0 <= share <= demand for share, demand in zip(shares, demands, strict=True))
        assert sum(shares) <= total

    @given(st.lists(st.integers(0, 1_000), min_size=1, max_size=30), st.integers(0, 10_000))
    def test_whoever_gets_less_than_asked_gets_as_much_as_anybody(self, demands: list[int], total: int) -> None:
        shares = share_fairly(demands, total)
        cut = [share for share, demand in zip(shares, demands, strict=True) if share < demand]
        assert all(share >= max(shares) - len(demands) for share in cut)


class TestClock:
    def test_what_is_drawn_after_its_time_is_plain_and_loses_nothing(self, app: Flask) -> None:
        first = build_description(
            *build_space([("radio", {"choices": [["un", 1], ["deux", 2]], "value": 2}, {})] * 3)
        ).endpoints[0]
        form = forms.bind_form(first)
        fields = list(RenderingBudget(-1).iter_fields(form.fields))
        assert [each.is_plain for each in fields] == [True] * 3
        html = find_form(render_space_page(app, first, form))
        assert [each["value"] for each in html.select('input[type="text"][name^="arg-"]')] == ["deux"] * 3
        with app.app_context():
            assert forms.read_form(first, *collect_posted_values(html), "a visitor").values == {
                "p0": 2,
                "p1": 2,
                "p2": 2,
            }

    def test_a_plain_table_has_the_rows_that_are_filled(self, app: Flask) -> None:
        first = build_description(
            *build_single_parameter_space("dataframe", {"headers": ["a", "b"], "row_count": [5, "dynamic"]})
        ).endpoints[0]
        form = forms.bind_form(first)
        form.fields[0].rows[3][1] = "typed"
        form.fields[0].is_plain = True
        rows = find_form(render_space_page(app, first, form)).select("tbody tr")
        assert [[cell["value"] for cell in row.select("input")] for row in rows] == [["", ""], ["", "typed"]]

    def test_a_form_of_a_class_is_drawn_in_time(self, app: Flask) -> None:
        form = forms.bind_form(RECORDED_ENDPOINTS[0][1])
        render_space_page(app, RECORDED_ENDPOINTS[0][1], form)
        assert not any(each.is_plain for each in form.fields)


def test_describing_ends_at_its_deadline() -> None:
    config, info = build_space(*[[("textbox", {}, {})]] * 20)
    said = RawDescription(config | {"protocol": "sse_v3"}, info)
    with pytest.raises(CallError) as failed:
        space_registry.parse_description("https://a-b.hf.space", said, None, None, CancelScope(0))  # type: ignore[arg-type]
    assert failed.value.code == "timeout"
    looked: list[int] = []
    build_description(config, info, lambda: looked.append(1))
    assert len(looked) >= 20


def test_a_description_without_sense_is_still_a_bad_answer() -> None:
    with pytest.raises(SpaceUnavailable) as failed:
        space_registry.parse_description(
            "https://a-b.hf.space",
            RawDescription({"components": [5], "dependencies": [], "protocol": "sse_v3"}, {"named_endpoints": {}}),
            None,  # type: ignore[arg-type]
            None,
            CancelScope(5),
        )
    assert failed.value.code == "bad-answer"


def test_a_form_within_the_budget_is_about_as_large_as_counted(app: Flask) -> None:
    first = build_description(*OVERSIZED_DESCRIPTIONS["ticked boxes in 10,000 parameters"]()).endpoints[0]
    assert len(render_space_page(app, first)) <= 1.2 * MAX_FORM_CHARACTERS
