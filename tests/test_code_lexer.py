"""Code that strangers wrote: in colours, escaped, and read in linear time whatever it is."""

import subprocess
import sys
from pathlib import Path
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.text import code_lexer
from hfcourse.text.code_lexer import (
    LANGUAGE_ALIASES,
    LEXERS,
    MAX_HIGHLIGHTED_CHARACTERS,
    TAG_LEXER,
    highlight_untrusted,
)
from tests.support.lexer_fragments import LEXER_FRAGMENTS

ROOT = Path(__file__).parents[1]
PAIRS_IN_CHILD = """
import itertools, sys
from hfcourse.text.code_lexer import LEXERS, highlight_untrusted
from tests.support.lexer_fragments import LEXER_FRAGMENTS
highlight = highlight_untrusted.__wrapped__
for language in LEXERS:
    for one, other in itertools.product(LEXER_FRAGMENTS, LEXER_FRAGMENTS):
        highlight(f"a{one * 700}b(){other * 700}x", language)
        highlight((one + other) * 350, language)
    for piece in LEXER_FRAGMENTS:
        highlight((piece * 20_000)[:20_000], language)
    print(language)
"""


def classes_of(source: str, language: str) -> dict[str, list[str]]:
    """The highlighted pieces, by the class of their colour."""
    found: dict[str, list[str]] = {}
    for span in BeautifulSoup(highlight_untrusted(source, language), "html.parser").select("span"):
        found.setdefault(str(span["class"][0]), []).append(span.get_text())
    return found


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("python", "def f(x):  # n\n    return f'a' + 1.5", {"k": ["def", "return"], "c": ["# n"], "s": ["f'a'"],
                                                            "m": ["1.5"], "nf": ["f"]}),
        ("py", "x = '''a\n'b'\n''' + \"c", {"s": ["'''a\n'b'\n'''", '"c']}),
        ("javascript", "const a = `b\n${c}`; // d", {"k": ["const"], "s": ["`b\n${c}`"], "c": ["// d"]}),
        ("c++", "#include <a>\nint f() { /* b\n */ }", {"nb": ["#include"], "k": ["int"], "c": ["/* b\n */"]}),
        ("bash", "echo \"$A\" $B ${C} a#b # c", {"nb": ["echo"], "s": ['"$A"'], "nv": ["$B", "${C}"], "c": ["# c"]}),
        ("sql-sqlite", "SELECT 'l''API' -- a", {"k": ["SELECT"], "s": ["'l''API'"], "c": ["-- a"]}),
        ("css", "a { color: #fff; --b: 1px }", {"nt": ["color"], "m": ["#fff", "1px"], "nv": ["--b"]}),
        ("html", "<!-- a --><p id='b' hidden>l'eau</p>", {"c": ["<!-- a -->"], "nt": ["<p", ">", "</p", ">"],
                                                         "na": ["id", "hidden"], "s": ["'b'"]}),
        ("jinja2", "{% if a %}{{ b }}", {"nv": ["{% if a %}", "{{ b }}"]}),
        ("json", '{"a": [-1.5e3, true, "b\\"c"]}', {"nt": ['"a"'], "m": ["-1.5e3"], "k": ["true"], "s": ['"b\\"c"']}),
        ("yaml", "a: true # b\nc: 'd'", {"nt": ["a", "c"], "k": ["true"], "c": ["# b"], "s": ["'d'"]}),
        ("r", "f <- function(x) TRUE # a", {"k": ["function", "TRUE"], "c": ["# a"]}),
        ("latex", "\\frac{a} % b", {"k": ["\\frac"], "c": ["% b"]}),
        ("markdown", "# Titre\n- `a`", {"nf": ["# Titre"], "k": ["-"], "s": ["`a`"]}),
        ("dockerfile", "FROM a # b", {"k": ["FROM"], "c": ["# b"]}),
    ],
)  # fmt: skip
def test_code_has_the_colours_of_its_language(language: str, source: str, expected: dict[str, list[str]]) -> None:
    assert classes_of(source, language) == expected


@pytest.mark.parametrize("language", ["pas-une-langue", "", "tads3", 'python" onload="x'])
def test_a_language_that_is_not_known_has_no_colours(language: str) -> None:
    assert highlight_untrusted("def <b>", language) == "def &lt;b&gt;"


def test_long_code_has_no_colours() -> None:
    assert "<span" in highlight_untrusted("1" * MAX_HIGHLIGHTED_CHARACTERS, "python")
    assert "<span" not in highlight_untrusted("1" * (MAX_HIGHLIGHTED_CHARACTERS + 1), "python")


SOURCES = st.lists(st.sampled_from([*LEXER_FRAGMENTS, "é", "def", "if", "\r", "\0"])).map("".join)


@given(st.sampled_from(sorted(LANGUAGE_ALIASES)), SOURCES)
def test_highlighting_loses_nothing_and_escapes_everything(language: str, source: str) -> None:
    tokens = [*LEXERS[LANGUAGE_ALIASES[language]].tokenize_source(source)]
    assert "".join(text for _, text in tokens) == source
    written = highlight_untrusted(source, language)
    opened = written.replace("</span>", "")
    for name in ("c", "s", "m", "k", "nb", "nv", "nt", "na", "nf"):
        opened = opened.replace(f'<span class="{name}">', "")
    assert not {"<", ">", '"', "'"} & set(opened)


def is_bounded(pattern: Any) -> bool:
    """Does no quantifier of this parsed expression give back what it took, beyond a few characters?"""
    for operation, argument in pattern:
        if operation in (constants.MAX_REPEAT, constants.MIN_REPEAT) and argument[1] > 9:
            return False
        parts = argument if isinstance(argument, tuple | list) else [argument]
        nested = [each for part in parts for each in (part if isinstance(part, list) else [part])]
        if not all(is_bounded(each) for each in nested if isinstance(each, parser.SubPattern)):
            return False
    return True


@pytest.mark.parametrize("lexer", [*LEXERS.values(), TAG_LEXER], ids=[*LEXERS, "attributes"])
def test_no_expression_of_a_lexer_backtracks(lexer: code_lexer.CodeLexer) -> None:
    assert is_bounded(parser.parse(lexer.pattern.pattern, lexer.pattern.flags & ~32))
    for slow in ("a*b", "(?:a|b*)c", "(?=a+)", "(a(b(?<!c)d*))"):
        assert not is_bounded(parser.parse(slow))


def test_every_language_reads_repeated_pieces_of_two_kinds_in_time() -> None:
    child = subprocess.run(
        [sys.executable, "-c", PAIRS_IN_CHILD], cwd=ROOT, timeout=240, capture_output=True, text=True, check=True
    )
    assert child.stdout.split() == [*LEXERS]
