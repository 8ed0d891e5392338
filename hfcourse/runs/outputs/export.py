"""An output as a whole, as a text to copy or a file to download. Pure."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from hfcourse.runs.outputs import chat_messages
from hfcourse.runs.outputs.chat_messages import Bubble
from hfcourse.runs.outputs.output_kinds import kind_of_output, value_of
from hfcourse.runs.outputs.rendered_outputs import WHOLE
from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.runs.values.value_types import is_file, is_number
from hfcourse.text.typography import NO_BREAK, expand_exponents

MEDIA_TYPES = {"txt": "text/plain", "json": "application/json", "csv": "text/csv"}
# A spreadsheet takes a cell that begins with one of these for a formula, and may fetch or run what it says (OWASP, CSV
# Injection). In French it separates by `;`, others by a tab or a bar: what follows one of them begins a cell too, as
# does a line, whose quotes are text there. Blanks and quotation marks before the sign do not stop a spreadsheet.
FORMULA = re.compile(
    r"""((?:^|[;,|\t\r\n\v\f\x85\u2028\u2029])[ \u00a0\u202f"'\ufeff\u200b]*)(?=[=+\-@＝＋－＠﹢﹣﹦﹫])"""
)
FOLLOWING_NUMBER = re.compile(r"[+-]\d+([.,]\d+)?(?=\s*([;,|\t\r\n]|$))", re.ASCII)
SEPARATOR = re.compile(r"[;,|\t\r\n\v\f\x85\u2028\u2029]")
LEADING_CONTROL = re.compile(r" *[\t\r\n]")
MAX_INDENTATION = 6  # indented JSON is at most so many times as long as on one line
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def whole(output: Mapping[str, Any], form: str) -> str | None:
    """The value of an output as `txt`, `csv` or `json`; None where it cannot be had so."""
    value, kind = value_of(output), kind_of_output(output)
    if form == "json":
        return indented(value)
    return WRITERS[kind](value) if WHOLE.get(kind) == form else None


def indented(value: Any) -> str:
    """JSON to read; on one line where its indentation would be most of it (200,000 numbers 200 levels deep: 80 MB)."""
    compact = json.dumps(value, ensure_ascii=False)
    most, pieces = MAX_INDENTATION * len(compact) + 1_000, []
    for piece in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value):
        most -= len(piece)
        if most < 0:
            return compact
        pieces.append(piece)
    return "".join(pieces)


def in_lines(value: Sequence[Any]) -> str:
    return "\n".join("/".join(map(str, each)) if isinstance(each, list) else in_words(each) for each in value)


def in_words(value: Any) -> str:
    """A text as it is, else JSON, whose numbers a person can read."""
    return value if isinstance(value, str) else expand_exponents(json.dumps(value, ensure_ascii=False))


def transcript(value: Any) -> str:
    """A conversation from its first word to its last."""
    messages = chat_messages.messages_of(value)
    said, _ = chat_messages.bubbles(messages, lambda part: part.shown_value, TextAllowance(0), most=len(messages))
    return "\n\n".join(f"{bubble.who}{NO_BREAK}: " + "\n".join(parts_of(bubble)) for bubble in said)


def parts_of(bubble: Bubble) -> Iterator[str]:
    for part in bubble.parts:
        yield f"[{part['name']}]" if is_file(part) else in_words(part)


def spoken(value: Sequence[Mapping[str, str]]) -> str:
    return "\n".join(f"{line['speaker']}{NO_BREAK}: {line['text']}" for line in value)


def separated(headers: Sequence[Any], rows: Sequence[Sequence[Any]]) -> str:
    """A table as RFC 4180 has it, separated by commas, its numbers with a point."""
    lines: list[str] = []
    csv.writer(SimpleNamespace(write=lines.append)).writerows([cell(each) for each in row] for row in (headers, *rows))
    return "".join(lines)


def cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if value is None or is_number(value):
        return "" if value is None else json.dumps(value)
    text = in_words(value).replace("\0", "")
    return text if NUMBER.fullmatch(text) else guard_formulas(text)


def guard_formulas(text: str) -> str:
    """Put an apostrophe before each sign that would begin a formula, whatever the separator of the spreadsheet.

    A number that follows a separator stays a number: `-3;-4` is no formula.
    """

    def guard(found: re.Match[str]) -> str:
        if FOLLOWING_NUMBER.match(text, found.end()):
            return found[0]
        is_first = not found.start() and not SEPARATOR.match(found[0])
        return "'" + found[0] if is_first else found[0] + "'"

    guarded = FORMULA.sub(guard, text)
    return "'" + guarded if LEADING_CONTROL.match(text) else guarded


Writer = Callable[[Any], str]
WRITERS: Mapping[str, Writer] = {
    **dict.fromkeys(("text", "prose", "code", "html", "moment", "colour", "scalar"), in_words),
    "list": in_lines,
    "chat": transcript,
    "dialogue": spoken,
    "table": lambda value: separated(value["headers"], value["data"]),
    "plot": lambda value: separated(value["columns"], value["data"]),
}
