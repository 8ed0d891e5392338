"""Export of a complete output, as a text to copy or a file to download. Pure."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from hfcourse.runs.outputs import chat_messages
from hfcourse.runs.outputs.chat_messages import ChatMessage
from hfcourse.runs.outputs.output_kinds import classify_output, get_output_value
from hfcourse.runs.outputs.rendered_outputs import EXPORT_FORMATS
from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.runs.values.value_types import is_drawable_number, is_file
from hfcourse.text.typography import NO_BREAK, expand_exponents

MEDIA_TYPES = {"txt": "text/plain", "json": "application/json", "csv": "text/csv"}
# A spreadsheet parses a cell that begins with one of these as a formula, and may send requests or run commands (OWASP,
# CSV Injection). A French one separates by `;`, others by a tab or a bar: the text after any of them begins a cell too,
# as does a line, whose quotes are text there. Blanks and quotation marks before the sign are skipped.
FORMULA_START = re.compile(
    r"""((?:^|[;,|\t\r\n\v\f\x85\u2028\u2029])[ \u00a0\u202f"'\ufeff\u200b]*)(?=[=+\-@＝＋－＠﹢﹣﹦﹫])"""
)
FOLLOWING_NUMBER = re.compile(r"[+-]\d+([.,]\d+)?(?=\s*([;,|\t\r\n]|$))", re.ASCII)
SEPARATOR = re.compile(r"[;,|\t\r\n\v\f\x85\u2028\u2029]")
LEADING_CONTROL = re.compile(r" *[\t\r\n]")
MAX_INDENTATION_FACTOR = 6  # limit of the length of indented JSON, relative to one line
PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def serialize_output(output: Mapping[str, Any], form: str) -> str | None:
    """Serialize the value of an output as `txt`, `csv` or `json`; None if its kind has no such format."""
    value, kind = get_output_value(output), classify_output(output)
    if form == "json":
        return value_to_json(value)
    return SERIALIZERS[kind](value) if EXPORT_FORMATS.get(kind) == form else None


def value_to_json(value: Any) -> str:
    """Serialize to indented JSON; to one line where indentation would dominate.

    200,000 numbers 200 levels deep would become 80 MB.
    """
    compact = json.dumps(value, ensure_ascii=False)
    remaining, pieces = MAX_INDENTATION_FACTOR * len(compact) + 1_000, []
    for piece in json.JSONEncoder(ensure_ascii=False, indent=2).iterencode(value):
        remaining -= len(piece)
        if remaining < 0:
            return compact
        pieces.append(piece)
    return "".join(pieces)


def list_to_text(value: Sequence[Any]) -> str:
    """Serialize a list, one item a line; the parts of a path are joined."""
    return "\n".join("/".join(map(str, each)) if isinstance(each, list) else value_to_text(each) for each in value)


def value_to_text(value: Any) -> str:
    """Return a text unchanged, else JSON with expanded exponents."""
    return value if isinstance(value, str) else expand_exponents(json.dumps(value, ensure_ascii=False))


def chat_to_text(value: Any) -> str:
    """Serialize a complete conversation as text."""
    messages = chat_messages.normalize_messages(value)
    rendered, _ = chat_messages.render_messages(
        messages, lambda part: part.effective_value, TextAllowance(0), most=len(messages)
    )
    return "\n\n".join(f"{message.speaker}{NO_BREAK}: " + "\n".join(iter_part_texts(message)) for message in rendered)


def iter_part_texts(message: ChatMessage) -> Iterator[str]:
    """Yield the parts of a message as text; of a file its name."""
    for part in message.parts:
        yield f"[{part['name']}]" if is_file(part) else value_to_text(part)


def dialogue_to_text(value: Sequence[Mapping[str, str]]) -> str:
    """Serialize a dialogue, one line for each of its lines, after its speaker."""
    return "\n".join(f"{line['speaker']}{NO_BREAK}: {line['text']}" for line in value)


def table_to_csv(headers: Sequence[Any], rows: Sequence[Sequence[Any]]) -> str:
    """Serialize a table as CSV (RFC 4180), separated by commas, with decimal points."""
    lines: list[str] = []
    csv.writer(SimpleNamespace(write=lines.append)).writerows(
        [format_csv_cell(each) for each in row] for row in (headers, *rows)
    )
    return "".join(lines)


def format_csv_cell(value: Any) -> str:
    """Format a cell, escaped so that no spreadsheet parses it as a formula."""
    if value is None or is_drawable_number(value):
        return "" if value is None else json.dumps(value)
    text = value_to_text(value).replace("\0", "")
    return text if PLAIN_NUMBER.fullmatch(text) else guard_formulas(text)


def guard_formulas(text: str) -> str:
    """Escape each formula sign with an apostrophe, whatever the separator of the spreadsheet.

    A number that follows a separator stays a number: `-3;-4` is no formula.
    """

    def guard(found: re.Match[str]) -> str:
        if FOLLOWING_NUMBER.match(text, found.end()):
            return found[0]
        is_first = not found.start() and not SEPARATOR.match(found[0])
        return "'" + found[0] if is_first else found[0] + "'"

    guarded = FORMULA_START.sub(guard, text)
    return "'" + guarded if LEADING_CONTROL.match(text) else guarded


Serializer = Callable[[Any], str]
SERIALIZERS: Mapping[str, Serializer] = {
    **dict.fromkeys(("text", "markdown", "code", "html", "datetime", "color", "scalar"), value_to_text),
    "list": list_to_text,
    "chat": chat_to_text,
    "dialogue": dialogue_to_text,
    "table": lambda value: table_to_csv(value["headers"], value["data"]),
    "native_plot": lambda value: table_to_csv(value["columns"], value["data"]),
}
