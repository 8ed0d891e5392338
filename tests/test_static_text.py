"""Style sheets and scripts are sent without comments, and mean the same."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.config import ROOT
from hfcourse.web.static_minifier import MINIFIERS, minify_style_sheet, strip_script_comments

STATIC = ROOT / "static"
FILES = sorted([*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")])


@pytest.mark.parametrize(
    ("source", "minified"),
    [
        ("/* a */\na { color: red; }\n\n  b, c > d { }\n", "a{color: red;}b,c > d{}"),
        ("a { & :is(b, c) { margin: calc(1px + 2px) -1px } }", "a{& :is(b,c){margin: calc(1px + 2px) -1px}}"),
        ("a::after { content: \"/* ; { */  \" / '  \\'; '; }", "a::after{content: \"/* ; { */  \" / '  \\'; ';}"),
        ("a { background: url( data:image/png;base64,AA== ) }", "a{background: url( data:image/png;base64,AA== )}"),
        ("a /* b */ c{}/* d */", "a c{}"),
        (
            "@media (width > 1px) and (scripting: enabled) { a {} }",
            "@media (width > 1px) and (scripting: enabled){a{}}",
        ),
    ],
)
def test_minifying_removes_what_means_nothing(source: str, minified: str) -> None:
    assert minify_style_sheet(source) == minified


@given(st.text(alphabet="ab:;{},/*\"'\\ \n&>+()", max_size=40))
def test_minifying_is_done_after_once_where_no_string_is_left_open(source: str) -> None:
    once = minify_style_sheet(source)
    assert len(once) <= len(source)
    if not re.search(r"[\"'\\(/*]", source):
        assert minify_style_sheet(once) == once
        assert re.sub(r"\s", "", once) == re.sub(r"\s", "", source)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_sent_minified_and_is_asked_for_again_by_its_etag(client: FlaskClient, path: Path) -> None:
    address, source = f"/static/{path.relative_to(STATIC).as_posix()}", path.read_text("utf-8")
    answer = client.get(address)
    assert answer.text == MINIFIERS[path.parent.name](source)
    assert not re.search(r"^\s*//|^\s*/\*", answer.text, re.MULTILINE)
    assert len(answer.data) == answer.content_length < path.stat().st_size
    with client.get(address, headers={"If-None-Match": answer.headers["ETag"]}) as again:
        assert (again.status_code, again.data) == (304, b"")
    with client.head(address) as head:
        assert (head.status_code, head.data, head.content_length) == (200, b"", answer.content_length)


@pytest.mark.parametrize(
    ("source", "stripped"),
    [
        ("// a\nlet a = 1; // b\n  // c\nlet b;\n", "let a = 1; // b\nlet b;\n"),
        ("let a = `\n// kept ${b}\n`;\n// gone\n", "let a = `\n// kept ${b}\n`;\n"),
        ("let a = `//`;\n// gone\n", "let a = `//`;\n"),
        ("let a = '`';\n// kept\n", "let a = '`';\n// kept\n"),
        ("", ""),
    ],
)
def test_lines_that_are_a_comment_are_stripped_from_scripts(source: str, stripped: str) -> None:
    assert strip_script_comments(source) == stripped


def test_no_other_file_is_changed(client: FlaskClient) -> None:
    for path in (STATIC / "favicon.svg", *STATIC.glob("vendor/*.js")):
        with client.get(f"/static/{path.relative_to(STATIC).as_posix()}") as answer:
            assert answer.data == path.read_bytes()
    assert client.get("/static/css/none.css").status_code == 404
