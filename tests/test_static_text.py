"""Style sheets and scripts are sent without comments, and mean the same."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.config import ROOT
from hfcourse.web.script_modules import add_import_fingerprints
from hfcourse.web.static_minifier import MINIFIERS, minify_script, minify_style_sheet

STATIC = ROOT / "static"
FILES = sorted([*STATIC.glob("css/*.css"), *STATIC.glob("js/**/*.js")])


@pytest.mark.parametrize(
    ("source", "minified"),
    [
        ("/* a */\na { color: red; }\n\n  b, c > d { }\n", "a{color:red}b,c > d{}"),
        ("a { & :is(b, c) { margin: calc(1px + 2px) -1px } }", "a{& :is(b,c){margin:calc(1px + 2px) -1px}}"),
        ("a::after { content: \"/* ; { */  \" / '  \\'; '; }", "a::after{content:\"/* ; { */  \" / '  \\'; '}"),
        ("a { background: url( data:image/png;base64,AA== ) }", "a{background:url( data:image/png;base64,AA== )}"),
        (
            'a { b: ";}"; --c-1: url(;}); ; } d { & :hover, e:hover { f: g } }',
            'a{b:";}";--c-1:url(;})}d{& :hover,e:hover{f:g}}',
        ),
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
        assert re.sub(r"\s", "", once) == re.sub(r"\s|;\s*(?=[;\s]*\})", "", source)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_each_file_is_sent_minified_and_is_asked_for_again_by_its_etag(client: FlaskClient, path: Path) -> None:
    address, source = f"/static/{path.relative_to(STATIC).as_posix()}", path.read_text("utf-8")
    answer = client.get(address)
    minified = MINIFIERS[address.split("/")[2]](source)
    assert answer.text == (add_import_fingerprints(minified, path) if path.suffix == ".js" else minified)
    assert not re.search(r"^\s*//|^\s*/\*", answer.text, re.MULTILINE)
    assert len(minified.encode()) < path.stat().st_size
    assert len(answer.data) == answer.content_length
    with client.get(address, headers={"If-None-Match": answer.headers["ETag"]}) as again:
        assert (again.status_code, again.data) == (304, b"")
    with client.head(address) as head:
        assert (head.status_code, head.data, head.content_length) == (200, b"", answer.content_length)


@pytest.mark.parametrize(
    ("source", "stripped"),
    [
        ("// a\nlet a = 1; // b\n  // c\nlet b;\n", "let a = 1; // b\nlet b;\n"),
        ("if (a) {\n  b();\n\n}\n", "if (a) {\nb();\n}\n"),
        ("  let a = `\n  kept\n\n`;\n  let b;\n", "let a = `\n  kept\n\n`;\nlet b;\n"),
        ("let a = `\n// kept ${b}\n`;\n// gone\n", "let a = `\n// kept ${b}\n`;\n"),
        ("let a = `//`;\n// gone\n", "let a = `//`;\n"),
        ("let a = '`';\n// kept\n", "let a = '`';\n// kept\n"),
        ("", ""),
    ],
)
def test_comment_lines_and_indentation_are_stripped_from_scripts(source: str, stripped: str) -> None:
    assert minify_script(source) == stripped


def test_no_other_file_is_changed(client: FlaskClient) -> None:
    with client.get("/static/favicon.svg") as answer:
        assert answer.data == (STATIC / "favicon.svg").read_bytes()
    assert client.get("/static/css/none.css").status_code == 404
