"""Masking of the lent token in parsed answers: each spelling that a reader sees as the token, and nothing else."""

import html
import json
from collections.abc import Callable
from unicodedata import normalize
from urllib.parse import quote, unquote

import pytest

from hfcourse.token_masking import compile_spellings, mask_chunks, mask_json_value, mask_text
from hfcourse.tokens import MASK_TEXT, AccessToken
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.token_spellings import SECRET, SPELLINGS

TOKEN = AccessToken(SECRET)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_spelling_is_masked_in_a_text_in_a_key_and_deep_inside(spelling: str) -> None:
    value = {"a": [f"avant {spelling} après", {f"x{spelling}y": None}], "b": 1}
    assert mask_json_value(value, TOKEN) == {"a": [f"avant {MASK_TEXT} après", {f"x{MASK_TEXT}y": None}], "b": 1}
    assert mask_text(f"«{spelling}»", TOKEN) == f"«{MASK_TEXT}»"


@pytest.mark.parametrize(
    ("decode", "names"),
    [
        (lambda text: json.loads(f'"{text}"'), ["JSON", "JSON in capitals", "in part"]),
        (html.unescape, [name for name in SPELLINGS if "references" in name or name == "underscore by name"]),
        (unquote, ["percent", "percent in capitals"]),
        (lambda text: normalize("NFKC", text), ["full width", "mathematical"]),
    ],
)
def test_the_spellings_are_what_decoders_turn_into_the_token(decode: Callable[[str], str], names: list[str]) -> None:
    assert {decode(SPELLINGS[name]) for name in names} == {SECRET}


@pytest.mark.parametrize(
    "text", [SECRET[:-1], SECRET.upper(), quote("hf_é"), "hf_", "&#104;", "\\" * 50, "h\0f\0_", ""]
)
def test_what_is_not_the_token_is_left_alone(text: str) -> None:
    value = {text: [text, 1, None, True, 1.5]}
    assert mask_json_value(value, TOKEN) is value
    assert mask_text(text, TOKEN) == text


def test_nothing_is_walked_where_no_token_is_lent() -> None:
    value = {"a": SECRET, "b": object()}  # which could not even be written as JSON
    assert mask_json_value(value, None) is value
    assert mask_text(SECRET, None) == SECRET


@pytest.mark.parametrize("size", [1, 2, 7, len(SECRET) - 1, len(SECRET), len(SECRET) + 1, 1000])
def test_a_file_is_masked_wherever_it_is_cut(size: int) -> None:
    content = b"\x89PNG" + SECRET.encode() * 2 + b"\0hf_" + SECRET.encode() + b"end"
    cut = [content[start : start + size] for start in range(0, len(content), size)]
    assert b"".join(mask_chunks(cut, TOKEN)) == content.replace(SECRET.encode(), MASK_TEXT.encode())
    assert b"".join(mask_chunks(cut, None)) == content
    assert list(mask_chunks([], TOKEN)) == []


@pytest.mark.parametrize(
    "piece",
    [
        "x",
        "h",
        "hf_aB3c9Z",
        "\\",
        "h\\\\",
        "&#",
        "&#0",
        "h\0",
        "h\\u000",
        "%6",
        SECRET[:-1] + "\u200b",
        "h\u0301",
        "\\u0068",
    ],
)
def test_a_search_takes_time_in_proportion_to_the_text(piece: str) -> None:
    compile_spellings(SECRET)
    short, long = (
        measure_cpu_seconds(lambda n=n: mask_json_value([piece * (n // len(piece))], TOKEN)) for n in (100_000, 800_000)
    )
    assert long < 30 * max(short, 0.005)
