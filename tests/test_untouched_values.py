"""Values that nobody touched, or that were accepted once: they come back from a form as they were, to the byte."""

import json
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from hfcourse.playground.code.code_target import CodeTarget
from hfcourse.playground.code.form_code import build_form_call
from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.choice_list import normalize_label
from hfcourse.spaces.schema.endpoints.description_builder import build_description
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters import parameter_defaults
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.parameter_defaults import WholeDefaultBudget, encode_whole_default, limit_default
from hfcourse.spaces.schema.values import tables
from hfcourse.spaces.schema.values.value_parsers import format_value, parse_value
from hfcourse.text.line_endings import normalize_line_endings
from tests.support.form_parsing import collect_posted_values, find_form
from tests.support.form_rendering import render_space_page
from tests.support.form_values import make_parameter
from tests.support.oversized_descriptions import build_shared_component_space, build_single_parameter_space

LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r", "a", " ", "é", "1"])
# Half of a character and NUL stand in no page.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30) | st.lists(
    LINE_ENDS, max_size=8
).map("".join)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e299, max_value=1e299)
NUMBERS = st.integers(-(10**40), 10**40) | FLOATS
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3)
)
CHOICES = st.lists(st.tuples(TEXTS, SCALARS), min_size=1, max_size=6, unique_by=lambda pair: as_json(pair[1]))
WITH_CHOICES = ("radio", "dropdown", "checkboxgroup")


def as_json(value: Any) -> str:
    """1, 1.0, true and "1" are four values; 0.0 and -0.0 are two."""
    return json.dumps(value)


def listed(component: str, pairs: list[tuple[str, Any]], **parts: Any) -> Parameter:
    """A parameter with these choices, as Gradio lists them."""
    described = build_description(
        *build_single_parameter_space(component, {"choices": [[*pair] for pair in pairs], **parts})
    )
    return described.endpoints[0].parameters[0]


def as_browser_posts(texts: list[str]) -> list[str]:
    return [normalize_line_endings(text).replace("\n", "\r\n") for text in texts]


def sent_untouched(parameter: Parameter) -> Any:
    """What is sent of a form that was drawn with the default and posted by a browser."""
    return parse_value(parameter, as_browser_posts(format_value(parameter, parameter.default)))


def sent_again(parameter: Parameter, value: Any) -> Any:
    """What is sent again of a run that sent this value."""
    form = forms.rebind_form(Endpoint("/f", "F", "", (parameter,), ()), {"x": value})
    assert form.invalid_fields == [], [each.error for each in form.invalid_fields]
    return form.values["x"]


# Line ends


@given(TEXTS)
@pytest.mark.parametrize("component", ["textbox", "code", "markdown", "html"])
def test_a_text_default_comes_back_with_its_own_line_ends(component: str, text: str) -> None:
    assert sent_untouched(make_parameter(component, default=text)) == text


@given(TEXTS)
def test_a_typed_text_keeps_its_lines(text: str) -> None:
    assert parse_value(make_parameter("textbox"), as_browser_posts([text])) == normalize_line_endings(text)


@pytest.mark.parametrize(
    ("props", "tag"),
    [
        ({}, "textarea"),
        ({"lines": 1, "max_lines": 20}, "textarea"),
        ({"lines": 1, "max_lines": 1}, "input"),
        ({"max_lines": 1, "value": "un\ndeux"}, "textarea"),
        ({"type": "password"}, "input"),
        ({"type": "email"}, "input"),
        ({"lines": 4}, "textarea"),
    ],
)
def test_a_text_has_one_line_only_where_the_page_of_its_space_gives_it_one(
    app: Flask, props: dict[str, Any], tag: str
) -> None:
    first = build_description(*build_single_parameter_space("textbox", props)).endpoints[0]
    control = find_form(render_space_page(app, first)).select_one('[name^="arg-"]')
    assert control is not None
    assert control.name == tag


# Choices


@given(CHOICES, st.data())
@pytest.mark.parametrize("component", WITH_CHOICES)
@pytest.mark.parametrize("custom", [False, True])
def test_a_choice_comes_back_as_the_value_that_it_is(component: str, custom: bool, pairs: Any, data: Any) -> None:
    parameter = listed(component, pairs, allow_custom_value=custom)
    value = data.draw(st.sampled_from(pairs))[1]
    wanted = [value] if component == "checkboxgroup" else value
    if value is None and component != "checkboxgroup":
        return  # null is nothing chosen
    assert as_json(parse_value(parameter, as_browser_posts(format_value(parameter, wanted)))) == as_json(wanted)


@given(CHOICES, st.booleans())
@pytest.mark.parametrize("component", ["radio", "dropdown"])
def test_a_default_among_choices_comes_back(component: str, pairs: Any, custom: bool) -> None:
    parameter = listed(component, pairs, allow_custom_value=custom, value=pairs[-1][1])
    assert as_json(sent_untouched(parameter)) == as_json(pairs[-1][1])


@given(TEXTS)
def test_a_text_of_ones_own_keeps_its_lines_in_a_list(text: str) -> None:
    parameter = listed("dropdown", [("Un", "1\n2"), ("Deux", "3")], allow_custom_value=True)
    if text.strip() in ("", "Un", "Deux", "3"):
        return
    assert parse_value(parameter, as_browser_posts([text])) == normalize_line_endings(text)


@pytest.mark.parametrize("component", ["dropdown", "radio"])
@pytest.mark.parametrize("custom", [False, True])
def test_a_list_without_choices_sends_null_or_the_text_that_is_typed(component: str, custom: bool) -> None:
    parameter = listed(component, [], allow_custom_value=custom)
    assert parse_value(parameter, [""]) is None
    assert parse_value(parameter, ["plus tard"]) == "plus tard"


def test_a_long_label_is_cut_and_its_value_is_sent_whole() -> None:
    long = "mot " * 60
    parameter = listed("dropdown", [(long, long), ("court", "court")])
    label = parameter.choices[0][0]
    assert len(label) <= 100
    assert label.endswith("…")
    assert parse_value(parameter, [label]) == long
    assert parse_value(parameter, format_value(parameter, long)) == long


def test_of_a_list_that_is_too_long_any_text_is_sent() -> None:
    parameter = listed("dropdown", [(f"n {each}", f"n {each}") for each in range(20_001)])
    assert parse_value(parameter, ["n 20000"]) == "n 20000"


def test_a_text_that_is_no_choice_of_a_long_list_is_answered_with_those_that_resemble_it() -> None:
    parameter = listed("dropdown", [(f"Voix {each}", each) for each in range(2_000)])
    with pytest.raises(InvalidValue, match="Voix 1990"):
        parse_value(parameter, ["voix 199"])
    assert parse_value(parameter, ["Voix 1999"]) == 1999


@given(st.lists(st.text("abÉé ", max_size=6), max_size=8), st.text("abÉe", min_size=1, max_size=3))
def test_choices_are_found_by_a_part_of_their_label_whatever_its_case_and_accents(labels: Any, wanted: str) -> None:
    pairs = [(label, place) for place, label in enumerate(labels)]
    choices = listed("dropdown", pairs).choices
    matching = [place for place, (label, _) in enumerate(choices) if normalize_label(wanted) in normalize_label(label)]
    assert choices.find_similar_choices(wanted, 3) == matching[:3]
    assert choices.find_similar_choices("", 3) == []


# Numbers and other JSON


@given(NUMBERS)
@pytest.mark.parametrize("component", ["number", "html", "unknown"])
def test_a_number_comes_back_with_its_type_and_its_last_digit(component: str, value: float) -> None:
    parameter = make_parameter(component, default=value, schema={"type": "string"})
    assert as_json(sent_untouched(parameter)) == as_json(value)


@given(JSON)
@pytest.mark.parametrize("component", ["json", "html", "unknown"])
def test_a_default_of_any_json_type_comes_back(component: str, value: Any) -> None:
    parameter = make_parameter(component, default=value, schema={"type": "string"})
    if value is not None:
        assert as_json(sent_untouched(parameter)) == as_json(value)


def test_a_number_out_of_its_bounds_is_sent_if_nobody_touched_it_and_refused_if_typed() -> None:
    parameter = make_parameter("number", default=9, maximum=3)
    assert sent_untouched(parameter) == 9
    with pytest.raises(InvalidValue):
        parse_value(parameter, ["8"])


@pytest.mark.parametrize(
    ("component", "default", "posted_text"),
    [
        ("colorpicker", "#FF8800", "#ff8800"),
        ("datetime", "2024-02-29 05:20:00", "2024-02-29T05:20"),
        ("datetime", "2024-02-29T05:20", "2024-02-29T05:20:00"),
    ],
)
def test_what_a_browsers_own_field_rewrites_is_still_the_default(
    component: str, default: str, posted_text: str
) -> None:
    assert parse_value(make_parameter(component, default=default), [posted_text]) == default


# Tables

CELLS = st.lists(st.lists(SCALARS, min_size=3, max_size=3), max_size=5)
DATATYPES = st.lists(st.sampled_from(["str", "number", "bool", "date"]), min_size=3, max_size=3).map(tuple)


@given(CELLS, DATATYPES)
def test_a_table_comes_back_cell_by_cell(cells: list[list[Any]], datatypes: tuple[str, ...]) -> None:
    table = {"headers": ["a", 2, "c"], "data": cells, "metadata": None}
    parameter = make_parameter("dataframe", default=table, headers=("a", "2", "c"), datatypes=datatypes)
    rows = [as_browser_posts(row) for row in tables.format_table_rows(parameter, table)]
    assert as_json(tables.parse_table(parameter, rows)) == as_json(table)


@given(CELLS.filter(bool), st.data())
def test_an_edited_table_keeps_every_other_cell(cells: list[list[Any]], data: Any) -> None:
    table = {"headers": ["a", "b", "c"], "data": cells, "metadata": None}
    parameter = make_parameter("dataframe", default=table, headers=("a", "b", "c"))
    rows = [as_browser_posts(row) for row in tables.format_table_rows(parameter, table)]
    line = data.draw(st.integers(0, len(cells) - 1))
    rows[line][1] = "nouveau texte"
    edited = [row if place != line else [row[0], "nouveau texte", row[2]] for place, row in enumerate(cells)]
    wanted = [row for row in edited if any(cell != "" for cell in row)]  # rows of "" are those that Gradio 4 invents
    assert as_json(tables.parse_table(parameter, rows)["data"]) == as_json(wanted)


def test_a_row_that_is_taken_out_leaves_the_others_as_they_were() -> None:
    table = {"headers": ["a", "b"], "data": [["x", 1], ["y", None], ["z", 2.50]], "metadata": None}
    parameter = make_parameter("dataframe", default=table, headers=("a", "b"))
    rows = tables.format_table_rows(parameter, table)
    assert tables.parse_table(parameter, rows[1:])["data"] == table["data"][1:]
    assert tables.parse_table(parameter, [["", ""], *rows[1:]])["data"] == table["data"][1:]


def test_a_table_of_an_earlier_run_is_merged_with_what_is_typed() -> None:
    parameter = make_parameter(
        "dataframe", headers=("a",), default={"headers": ["a"], "data": [["default"]], "metadata": None}
    )
    sent = {"headers": ["a"], "data": [[line] for line in range(900)], "metadata": None}
    rows = tables.format_table_rows(parameter, sent)
    assert len(rows) < 900
    assert tables.parse_table(parameter, rows, sent) == sent
    rows[0] = ["premier"]
    assert tables.parse_table(parameter, rows, sent)["data"] == [["premier"], *sent["data"][1:]]


# Defaults that no form shows


@pytest.mark.parametrize(
    ("component", "value"),
    [
        ("textbox", "mot\r\n" * 50_000),
        ("json", {"n": [1.0, 2] * 60_000}),
        ("number", 10**320),
        ("dropdown", "x" * 150_000),
    ],
)
def test_a_default_that_no_form_shows_is_sent_while_nothing_is_typed(app: Flask, component: str, value: Any) -> None:
    first = build_description(*build_single_parameter_space(component, {"value": value})).endpoints[0]
    texts, files = collect_posted_values(find_form(render_space_page(app, first)))
    with app.app_context():
        assert as_json([*forms.read_form(first, texts, files, "v").values.values()]) == as_json([value])
        without = MultiDict((key, text) for key, text in texts.items(multi=True) if not key.endswith("-own"))
        assert next(iter(forms.read_form(first, without, files, "v").values.values())) in ("", None)


def test_a_default_that_no_form_shows_is_not_written_into_the_code(app: Flask) -> None:
    first = build_description(*build_single_parameter_space("textbox", {"value": "mot " * 50_000})).endpoints[0]
    call = build_form_call(CodeTarget("a/b", "https://a-b.hf.space"), forms.bind_form(first))
    assert (dict(call.arguments), call.omits_defaults) == ({}, True)


def test_a_default_that_no_form_shows_is_sent_again(app: Flask) -> None:
    parameter = (
        build_description(*build_single_parameter_space("textbox", {"value": "mot " * 50_000}))
        .endpoints[0]
        .parameters[0]
    )
    form = forms.rebind_form(Endpoint("/f", "F", "", (parameter,), ()), {parameter.name: "mot " * 50_000})
    assert (form.invalid_fields, [*form.values.values()]) == ([], ["mot " * 50_000])


FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize("value", [FILE, [FILE] * 2_000, {"data": [[FILE]], "headers": []}, "x" * 2_000_001, [1e999]])
def test_what_could_name_a_file_or_fill_the_memory_is_kept_nowhere(value: Any) -> None:
    assert encode_whole_default(value) is None
    assert limit_default({"headers": ["a"], "data": [[FILE]] * 900}, "dataframe", WholeDefaultBudget()).value is None


def test_defaults_that_no_form_shows_share_one_budget() -> None:
    budget = WholeDefaultBudget(bytes_left=250_000)
    kept = [budget.encode_within_budget([letter * 99_990]) for letter in "abc"]
    assert [each is not None for each in kept] == [True, True, False]


def test_one_default_named_by_many_parameters_is_sent_within_the_budget_of_a_form() -> None:
    value = ["x" * 90] * 10_000
    found = build_description(*build_shared_component_space("json", {"value": value}, endpoints=1, uses=20))
    whole = [each.whole_json for each in found.endpoints[0].parameters]
    assert sum(map(len, filter(None, whole))) <= parameter_defaults.MAX_WHOLE_DEFAULT_BYTES_PER_FORM


# What was accepted once


@given(TEXTS)
def test_a_text_is_accepted_again(text: str) -> None:
    assert sent_again(make_parameter("textbox"), text) == text
    assert sent_again(make_parameter("api", schema={"anyOf": [{"type": "string"}, {"type": "null"}]}), text) == text


@given(JSON)
def test_json_is_accepted_again(value: Any) -> None:
    assert as_json(sent_again(make_parameter("json"), value)) == as_json(value)


@given(NUMBERS | st.none())
def test_a_number_is_accepted_again(value: float | None) -> None:
    assert as_json(sent_again(make_parameter("number"), value)) == as_json(value)


@given(CHOICES, st.booleans())
@pytest.mark.parametrize("component", WITH_CHOICES)
def test_a_choice_and_no_choice_are_accepted_again(component: str, pairs: Any, custom: bool) -> None:
    parameter = listed(component, pairs, allow_custom_value=custom)
    name, several = parameter.name, component == "checkboxgroup"
    for value in ([], [pair[1] for pair in pairs]) if several else (None, pairs[0][1]):
        form = forms.rebind_form(Endpoint("/f", "F", "", (parameter,), ()), {name: value})
        assert (form.invalid_fields, as_json(form.values[name])) == ([], as_json(value))


@given(CELLS)
def test_a_table_is_accepted_again(cells: list[list[Any]]) -> None:
    table = {"headers": ["a", "b", "c"], "data": cells, "metadata": None}
    assert as_json(sent_again(make_parameter("dataframe", headers=("a", "b", "c")), table)) == as_json(table)


@pytest.mark.parametrize("component", ["textbox", "dropdown", "chatbot", "dialogue", "fileexplorer", "label", "number"])
@pytest.mark.parametrize("value", [5, "a", ["a"], {"a": 1}, [[None]], {"data": [[object()]]}])
def test_the_values_of_another_endpoint_do_no_harm(app: Flask, component: str, value: Any) -> None:
    endpoint = Endpoint("/f", "F", "", (make_parameter(component),), ())
    with app.app_context():
        form = forms.read_form(endpoint, MultiDict({"arg-x": ""}), MultiDict(), "v", given={"x": value})
    assert form.invalid_fields == []
