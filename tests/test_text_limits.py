"""Texts of a form: how long they may be, that they come back, that reading them takes time in step with length."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict

from hfcourse.errors import FormRejected
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values import text_formats, text_limits
from hfcourse.spaces.schema.values.text_limits import (
    MAX_DATETIME_CHARACTERS,
    MAX_NUMBER_CHARACTERS,
    MAX_TEXT_CHARACTERS,
)
from hfcourse.spaces.schema.values.value_parsers import parse_value
from hfcourse.web.security import MAX_FORM_FIELDS, MAX_FORM_TEXT_BYTES
from tests.support.clients import BrowserClient
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.form_parsing import find_form
from tests.support.form_rendering import render_space_page
from tests.support.form_values import make_parameter, parse_invalid

TEXTUAL = ["textbox", "markdown", "code", "html", "chatbot", "dialogue", "fileexplorer", "label", "json", "colorpicker",
           "datetime", "number", "slider", "dropdown", "radio", "checkboxgroup", "highlightedtext", "mine"]  # fmt: skip
LONG = MAX_TEXT_CHARACTERS + 1


def read_posted_form(parameter: Parameter, *texts: tuple[str, str]) -> Form:
    asked = Endpoint("/f", "F", "", (parameter,), ())
    return forms.read_form(asked, MultiDict(texts), MultiDict[str, FileStorage](), "a visitor")


@pytest.mark.parametrize("kind", TEXTUAL)
def test_a_text_that_is_too_long_is_refused_in_every_control(kind: str) -> None:
    said = parse_invalid(make_parameter(kind), "user: " + "x" * LONG)
    assert said.startswith("Ce texte a 200\u202f007 caractères")
    assert "200\u202f000 au plus" in said


@pytest.mark.parametrize("component", ["textbox", "markdown", "code"])
def test_a_text_at_the_limit_is_sent(component: str) -> None:
    assert parse_value(make_parameter(component), ["x" * MAX_TEXT_CHARACTERS])


def test_a_component_that_takes_longer_texts_gets_them() -> None:
    long = make_parameter("textbox", max_length=300_000)
    assert parse_value(long, ["x" * 300_000])
    assert "300\u202f000 au plus" in parse_invalid(long, "x" * 300_001)
    assert parse_value(
        make_parameter("textbox", max_length=10), ["x" * 1_000]
    )  # gr.Textbox checks no max_length of its own


@pytest.mark.parametrize("text", ["x" * LONG, "é\n" * LONG, "\n" * LONG, '"<&' * LONG])
def test_a_text_that_is_refused_comes_back_whole(app: Flask, text: str) -> None:
    form = read_posted_form(make_parameter("textbox", lines=3), ("arg-x", text))
    with pytest.raises(FormRejected) as refused:
        forms.validate_form(form)
    assert (refused.value.code, [*refused.value.field_errors]) == ("invalid-input", ["x"])
    area = find_form(render_space_page(app, form.endpoint, form)).select_one('textarea[name="arg-x"]')
    assert area is not None
    assert area.text.removeprefix("\n").replace("\r\n", "\n") == text


def test_choices_typed_beside_boxes_come_back_whole_when_they_are_too_many(app: Flask) -> None:
    boxes = make_parameter("checkboxgroup", choices=(("a", "a"), ("b", "b")), allows_custom=True)
    typed = "\n".join(map(str, range(2_001)))
    form = read_posted_form(boxes, ("arg-x", "a"), ("arg-x-others", typed))
    assert "lignes" in form.fields[0].error
    html = find_form(render_space_page(app, form.endpoint, form))
    area = html.select_one('textarea[name="arg-x-others"]')
    assert area is not None
    assert area.text.strip("\n") == typed
    assert [box["value"] for box in html.select("input[checked]")] == ["a"]


def test_a_token_among_choices_that_are_too_many_is_masked() -> None:
    boxes = make_parameter("checkboxgroup", choices=(("a", "a"),), allows_custom=True)
    form = read_posted_form(boxes, ("arg-x-others", "\n" * 3_000 + "hf_" + "a" * 30))
    with pytest.raises(FormRejected) as refused:
        forms.validate_form(form)
    assert refused.value.code == "secret-in-input"
    assert "hf_" not in form.fields[0].other_choices_text


def test_a_cell_and_a_message_have_the_same_limit() -> None:
    table = read_posted_form(make_parameter("dataframe", headers=("a",)), ("arg-x-0-0", "x" * LONG))
    message = read_posted_form(make_parameter("multimodaltextbox"), ("arg-x-text", "x" * LONG), ("arg-x-files", ""))
    assert all("200\u202f000 au plus" in form.fields[0].error for form in (table, message))
    assert (len(table.fields[0].rows[0][0]), len(message.fields[0].text)) == (LONG, LONG)


@pytest.mark.parametrize("kind", ["chatbot", "dialogue", "fileexplorer"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_too_many_lines_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch, kind: str, end: str) -> None:
    for name in ("ROLE_LINE", "SPEAKER_LINE", "BRACKET_LINE"):
        monkeypatch.setattr(text_formats, name, None)
    assert "lignes" in parse_invalid(make_parameter(kind), "user: a" + end * 10_000)


def test_a_conversation_of_many_lines_is_read_in_step_with_their_number() -> None:
    chat = make_parameter("chatbot")

    def read(count: int) -> Callable[[], object]:
        return lambda: parse_value(chat, ["user: a\n" + "x" * 15 + "\n" + "mot\n" * count])

    parse_value(chat, ["user: a"])
    assert parse_value(chat, ["user: a\n b\nc\nassistant: d\n\n"])[0]["content"][0]["text"] == "a\n b\nc"
    small, large = (
        min(measure_cpu_seconds(read(900)) for _ in range(5)),
        min(measure_cpu_seconds(read(9_000)) for _ in range(5)),
    )
    assert large < 30 * small


def test_lines_of_a_message_are_joined_once() -> None:
    """Counts the characters that are joined: one text that grows by a line at a time has the square of them."""
    text = "user: " + "\n".join(["0123456789"] * 9_000)
    assert text_formats.parse_messages(text) == [("user", text.removeprefix("user: "))]


@pytest.mark.parametrize("kind", ["timestamp", "datetime"])
@pytest.mark.parametrize(
    "text", ["now" + " " * 100_000 + "x", "now -" + " " * 100_000 + "x", "now" + "\t \n" * 50_000 + "-"]
)
def test_a_moment_of_many_blanks_is_refused_at_once(kind: str, text: str) -> None:
    assert measure_cpu_seconds(lambda: parse_invalid(make_parameter("datetime", time=kind), text)) < 0.5


@pytest.mark.parametrize("text", ["now", " now ", "now - 5m", "now-5m", "now  -  12 h"])
def test_a_moment_from_now_is_still_one(text: str) -> None:
    assert parse_value(make_parameter("datetime", time="timestamp"), [text]) == text.strip()


def test_no_moment_is_longer_than_a_line() -> None:
    assert parse_invalid(make_parameter("datetime", time="datetime"), "now - " + "5" * MAX_DATETIME_CHARACTERS + "m")


@pytest.mark.parametrize(
    "text", ["9" * 199_999, "0" * 199_999, "0," + "1" * 150_000, "1e" + "9" * 150_000, " 9" * 90_000]
)
@pytest.mark.parametrize("kind", ["number", "slider", "timer"])
def test_a_number_of_many_digits_is_refused_at_once(kind: str, text: str) -> None:
    assert measure_cpu_seconds(lambda: parse_invalid(make_parameter(kind), text)) < 0.5


@pytest.mark.parametrize("text", ["1e" + "9" * 900, "-1e" + "9" * 900, "9" * 5_000])
def test_a_number_without_end_is_a_mistake_and_no_fault(text: str) -> None:
    assert parse_invalid(make_parameter("number"), text)
    assert parse_invalid(make_parameter("mine", schema={"type": "integer"}), text)
    assert len("9" * 5_000) > MAX_NUMBER_CHARACTERS


@pytest.mark.parametrize("text", ["1" * 5_000, "[" + "1" * 5_000 + "]", '{"a": 1e' + "9" * 5_000 + "}", "[" * 90_000])
def test_json_of_strange_numbers_is_a_mistake_and_no_fault(text: str) -> None:
    assert parse_invalid(make_parameter("json"), text)


def test_a_million_lines_are_counted_and_not_split() -> None:
    class Text(str):
        def split(self, *_args: Any) -> list[str]:  # type: ignore[override]
            raise AssertionError

        splitlines = split  # type: ignore[assignment]

    with pytest.raises(InvalidValue):
        text_limits.check_line_count(Text("\n" * 1_000_000))


def send_encoded(app: Flask, texts: dict[str, str]) -> tuple[int, int]:
    """The statuses of a form that is sent as each of the two types of a body."""
    parts = [
        f'--line\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in texts.items()
    ]
    bodies = {
        "application/x-www-form-urlencoded": urlencode(texts),
        "multipart/form-data; boundary=line": "".join([*parts, "--line--\r\n"]),
    }
    client = app.test_client()
    plain, multipart = (client.post("/essais", data=body, content_type=kind) for kind, body in bodies.items())
    return plain.status_code, multipart.status_code


class TestForm:
    def test_texts_that_are_too_long_together_are_refused_whatever_the_encoding(self, app: Flask) -> None:
        half = "x" * (MAX_FORM_TEXT_BYTES // 2 + 1)
        assert send_encoded(app, {"arg-a": half, "arg-b": half}) == (413, 413)
        assert 413 not in send_encoded(app, {"arg-a": half})

    def test_letters_beyond_ascii_take_no_more_room_in_either_encoding(self, app: Flask) -> None:
        assert 413 not in send_encoded(app, {"arg-a": "漢" * 300_000, "arg-b": "é" * 300_000})

    def test_fields_of_a_url_encoded_form_are_counted_before_they_are_built(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("werkzeug.formparser.parse_qsl", None)
        body = "&".join(["a"] * (MAX_FORM_FIELDS + 1))
        kind = "application/x-www-form-urlencoded"
        assert app.test_client().post("/essais", data=body, content_type=kind).status_code == 413


def test_a_long_text_is_answered_beside_its_field(student: BrowserClient) -> None:
    page = student.open_form("/saluer")
    answer = student.submit_form(page, prenom="é" * LONG)
    assert answer.status_code == 400
    assert 'data-error="invalid-input"' in answer.text
    assert "é" * LONG in answer.text
    assert "raccourcissez-le" in answer.text
