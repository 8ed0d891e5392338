"""Parsers of Markdown are shared by the threads of a site."""

import subprocess
import sys

PROGRAM = """
import mdurl._decode, mdurl._encode
from hfcourse.lessons.syntax.parser import LESSON_PARSER
from hfcourse.runs.outputs.untrusted_markdown import render_untrusted_markdown
from hfcourse.spaces.schema.layout.introduction import MARKDOWN

def count_entries():
    return {cache: len(table) for tables in (mdurl._encode.encode_cache, mdurl._decode.decode_cache)
            for cache, table in tables.items()}

before = count_entries()
text = "[é](https://example.org/é?a=%C3%A9#b) ![i](https://example.org/%25.png) <https://example.org/%C3%A9>"
for render in (LESSON_PARSER.render, MARKDOWN.render, render_untrusted_markdown):
    assert "https://example.org/" in str(render(text)), render
assert count_entries() == before, (before, count_entries())
assert before and set(before.values()) == {128}, before
"""


def test_tables_of_addresses_are_complete_before_the_first_visitor() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    assert ended.returncode == 0
