"""The forms of recorded apps: which controls, with which values in them."""

from typing import Any

import pytest
from flask import Flask

from hfcourse.spaces.form import forms
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from tests.support.form_parsing import collect_posted_values, describe_control, find_form
from tests.support.form_rendering import controls_of, render_space_page
from tests.support.recordings import RECORDED_ENDPOINTS, RECORDING_NAMES, describe_recording, get_recorded_endpoint

# Kind of control and what is in it, by parameter; « files » are empty at first.
FORMS: dict[tuple[str, str], dict[str, tuple[str, Any]]] = {
    ("hello_world", "/predict"): {"name": ("text", [""])},
    ("hello_login", "/lambda"): {"x": ("text", [""])},
    ("calculator", "/predict"): {"num1": ("number", ["0"]), "operation": ("radio", []), "num2": ("number", ["0"])},
    ("sentence_builder", "/predict"): {
        "quantity": ("slider", ["4"]),
        "animal": ("select", ["cat"]),
        "countries": ("checkbox_group", []),
        "place": ("radio", []),
        "activity_list": ("checkbox_group", ["swam", "slept"]),
        "morning": ("checkbox", []),
    },
    ("stock_forecast", "/predict"): {
        "final_year": ("radio", []),
        "companies": ("checkbox_group", []),
        "noise": ("slider", ["1"]),
        "show_legend": ("checkbox", []),
        "point_style": ("select", ["cross"]),
    },
    ("kitchen_sink", "/predict"): {
        "text1": ("text", ["Lorem ipsum"]),
        "text2": ("text", [""]),
        "num": ("number", ["42"]),
        "slider1": ("slider", ["15"]),
        "slider2": ("slider", ["0"]),
        "single_checkbox": ("checkbox", []),
        "checkboxes": ("checkbox_group", ["foo", "bar"]),
        "radio": ("radio", ["baz"]),
        "dropdown": ("select", ["foo"]),
        "multi_dropdown": ("checkbox_group", []),
        **{name: ("file", []) for name in ("im1", "im4", "video", "audio1", "audio2", "file")},
        "df1": ("table", [["", "", ""]] * 3),
        "time": ("datetime", [""]),
    },
    ("image_mod_default_image", "/predict"): {"image": ("file", [])},
    ("reverse_audio", "/predict"): {"audio": ("file", [])},
    ("zip_files", "/predict"): {"files": ("files", [])},
    ("matrix_transpose", "/predict"): {"matrix": ("table", [["", "", ""]] * 5)},
    ("chatinterface_echo_multimodal", "/chat"): {"message": ("multimodal", [""])},
    ("chatbot_streaming", "/user"): {"user_message": ("text", [""]), "history": ("chat", [""])},
    ("chatbot_streaming", "/bot"): {"history": ("chat", [""])},
    ("count_generator", "/count"): {"n": ("number", ["10"])},
    ("progress_simple", "/predict"): {"word": ("text", [""])},
    ("blocks_simple_squares", "/increase"): {},
    ("validator_simple", "/process_text"): {"age": ("number", ["0"]), "location": ("text", [""])},
    ("change_vs_input", "/lambda"): {},
    ("change_vs_input", "/lambda_7"): {"x": ("select", ["a"])},
    ("change_vs_input", "/lambda_8"): {"x": ("color", [""])},
}
SENT: dict[tuple[str, str], list[Any]] = {
    ("kitchen_sink", "/predict"): [
        "Lorem ipsum", "", 42, 15, 0, False, ["foo", "bar"], "baz", "foo", [], None, None, None, None, None, None,
        {"headers": ["Name", "Age", "Gender"], "data": [], "metadata": None}, None,
    ],
    ("sentence_builder", "/predict"): [4, "cat", [], None, ["swam", "slept"], False],
    ("stock_forecast", "/predict"): [None, [], 1, False, "cross"],
    ("chatinterface_echo_multimodal", "/chat"): [{"text": "", "files": []}],
    ("chatbot_streaming", "/user"): ["", []],
    ("matrix_transpose", "/predict"): [{"headers": ["1", "2", "3"], "data": [], "metadata": None}],
    ("zip_files", "/predict"): [None],
    ("count_generator", "/count"): [10],
}  # fmt: skip
IDS = [f"{name}{each.name}" for name, each in RECORDED_ENDPOINTS]


def test_every_recording_has_a_form_written_out_here() -> None:
    assert {name for name, _ in FORMS} == set(RECORDING_NAMES)


@pytest.mark.parametrize(("name", "asked"), RECORDED_ENDPOINTS, ids=IDS)
def test_each_parameter_has_a_labelled_control_and_the_form_can_be_sent(app: Flask, name: str, asked: Endpoint) -> None:
    form = find_form(render_space_page(app, asked))
    for parameter in asked.parameters:
        controls = controls_of(form, parameter.name)
        assert controls, parameter.name
        assert all(describe_control(control, form) for control in controls if control.get("type") != "hidden")
    with app.app_context():
        values = forms.validate_form(forms.read_form(asked, *collect_posted_values(form), "a visitor"))
    assert list(values) == [each.name for each in asked.parameters]


@pytest.mark.parametrize("which", FORMS, ids=map("".join, FORMS))
def test_the_controls_and_what_is_in_them(which: tuple[str, str]) -> None:
    fields = forms.bind_form(get_recorded_endpoint(*which)).fields
    holds_files = ("file", "files")
    assert {
        each.parameter.name: (each.control, [] if each.control in holds_files else each.rows or each.texts)
        for each in fields
    } == FORMS[which]


@pytest.mark.parametrize("which", SENT, ids=map("".join, SENT))
def test_what_is_sent_when_nobody_touches_the_form(app: Flask, which: tuple[str, str]) -> None:
    asked = get_recorded_endpoint(*which)
    with app.app_context():
        values = forms.validate_form(
            forms.read_form(asked, *collect_posted_values(find_form(render_space_page(app, asked))), "a visitor")
        )
    assert [*values.values()] == SENT[which]


@pytest.mark.parametrize(
    ("name", "first", "title"),
    [
        ("calculator", "/predict", "Submit"),
        ("change_vs_input", "/lambda", "Set Values"),
        ("chatbot_streaming", "/bot", "Bot"),
        ("chatinterface_echo_multimodal", "/chat", "Chat"),
        ("blocks_simple_squares", "/increase", "Next Square"),
        ("validator_simple", "/process_text", "Process with Validation"),
        ("hello_login", "/lambda", "Quand «\u00a0Texte\u00a0» change"),
    ],
)
def test_the_endpoint_that_its_author_meant_comes_first(name: str, first: str, title: str) -> None:
    described = describe_recording(name)
    assert (described.main_endpoints[0].name, described.main_endpoints[0].title) == (first, title)


def test_the_plumbing_is_folded_with_its_reason_and_can_be_opened(app: Flask) -> None:
    described = describe_recording("change_vs_input")
    assert [each.name for each in described.main_endpoints] == ["/lambda"]
    assert len(described.internal_endpoints) == 39
    assert all(each.internal_reason and not each.blocked_reason for each in described.internal_endpoints)


def test_where_there_is_nothing_but_plumbing_it_is_shown() -> None:
    described = describe_recording("hello_login")
    assert [each.name for each in described.main_endpoints] == ["/lambda"]
    assert described.internal_endpoints == ()


def test_a_step_says_after_which_it_comes() -> None:
    assert get_recorded_endpoint("chatbot_streaming", "/bot").previous_name == "/user"
    assert get_recorded_endpoint("chatbot_streaming", "/user").previous_name == ""
