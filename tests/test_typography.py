"""French typography: the rules, then the lessons as they are served."""

import json
import re
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.lessons import library
from hfcourse.text.typography import (
    expand_exponent,
    expand_exponents,
    format_duration,
    format_number,
    format_size,
    typeset_french,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Quoi ? Non ! Si ;", "Quoi\u202f? Non\u202f! Si\u202f;"),
        ("Attention : oui", "Attention\u00a0: oui"),
        ("à 14:02 précises", "à 14:02 précises"),
        ("« mot »", "«\u00a0mot\u00a0»"),
        ("«mot»", "«\u00a0mot\u00a0»"),
        ("l'essai d'hier", "l’essai d’hier"),
        ("attendez...", "attendez…"),
        ("93,1 % et 20 Mo", "93,1\u00a0% et 20\u00a0Mo"),
        ("3 000 000 de modèles", "3\u202f000\u202f000 de modèles"),
    ],
)
def test_text_typed_with_plain_spaces_is_printed_in_french(typed: str, printed: str):
    assert typeset_french(typed) == printed
    assert typeset_french(printed) == printed


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1234, "1 234"),
        (3.5, "3,5"),
        (0, "0"),
        (1.0, "1"),
        (-1234567.125, "-1 234 567,125"),
        (123456789.01, "123 456 789,01"),
        (12345678901.25, "12 345 678 901,25"),
        (1234567890123456789, "1 234 567 890 123 456 789"),
        (3e-07, "0,0000003"),
        (1e-11, "0,00000000001"),
        (1e22, "10 000 000 000 000 000 000 000"),
        (0.1 + 0.2, "0,30000000000000004"),
        (10**400, "10" + " 000" * 133),
        (float("inf"), "∞"),
        (float("nan"), "indéfini"),
    ],
)
def test_a_number_has_a_comma_and_narrow_spaces(value: float, written: str):
    assert format_number(value) == written.replace(" ", "\u202f")


@given(FINITE | st.integers())
def test_a_number_is_written_to_its_last_digit_without_exponent(value: float):
    written = format_number(value)
    assert re.fullmatch(r"-?\d{1,3}(\u202f\d{3})*(,\d*[1-9])?", written)
    read = written.replace("\u202f", "").replace(",", ".")
    assert (float(read) if isinstance(value, float) else int(read)) == value
    assert expand_exponent(value) == read


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.sampled_from([None, 1]))
def test_json_without_exponents_has_the_same_values(value: object, indent: int | None):
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    written = expand_exponents(text)
    assert json.loads(written, parse_int=Decimal, parse_float=Decimal) == json.loads(
        text, parse_int=Decimal, parse_float=Decimal
    )
    assert not re.search(r"\d[eE][+-]?\d", re.sub(r'"(?:[^"\\]|\\.)*"', "", written))


@pytest.mark.parametrize(
    ("count", "written"),
    [(1, "1\u00a0octet"), (218_000, "218\u00a0ko"), (20_000_000, "20\u00a0Mo"), (1_500_000, "1,5\u00a0Mo")],
)
def test_a_size_is_in_french_units(count: int, written: str):
    assert format_size(count) == written


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.42, "0,4\u00a0s"), (12, "12\u00a0s"), (200, "3\u00a0min 20\u00a0s")]
)
def test_a_duration_is_in_french_units(seconds: float, written: str):
    assert format_duration(seconds) == written


class Words(HTMLParser):
    """The words of a page that a person reads or hears, those of machines left out."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"code", "pre", "script", "style", "svg"}:
            self.silent.append(tag)
        self.texts += [value for name, value in attrs if name in {"aria-label", "title", "content", "alt"} and value]

    def handle_endtag(self, tag: str) -> None:
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()
            self.texts.append("x")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


PLAIN_SPACE = re.compile(r"\w[ \n][;!?»]|\w[ \n]:\s|«[ \n]|\w'\w")


def misprints(html: str) -> list[str]:
    reader = Words()
    reader.feed(html)
    text = "".join(reader.texts)
    return [text[max(0, found.start() - 30) : found.end() + 10] for found in PLAIN_SPACE.finditer(text)]


def test_a_plain_space_is_found_across_marks_but_not_in_code():
    assert misprints("<p>Un <b>mot</b> : deux</p>") == ["Un mot : deux"]
    assert misprints("<p>Un <code>a : b</code>, deux</p>") == []


def test_the_lessons_are_printed_in_french(app: Flask):
    with app.app_context():
        lessons = library.get_lessons()
    assert lessons
    for lesson in lessons:
        assert misprints(lesson.html) == [], lesson.path
        assert misprints(f"<p>{lesson.title}</p><p>{lesson.front.summary}</p>") == [], lesson.path


@pytest.mark.parametrize("address", ["/", "/confidentialite", "/motifs", "/lecons/3-1-presentation"])
def test_the_pages_are_printed_in_french(client: FlaskClient, address: str):
    page = client.get(address).text
    assert misprints(page[page.index("<main") : page.index("</main>")]) == []
