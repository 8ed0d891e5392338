"""Presenters of each kind of value: limited in size, ready for its template. Pure.

Omitted parts are counted, so that the page can report them; the output's download is complete.
"""

import base64
import binascii
import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.runs.outputs import chart_axes, charts, json_tree, untrusted_markdown
from hfcourse.runs.outputs.json_tree import JsonTree
from hfcourse.runs.outputs.table_presenters import MAX_ROWS, MAX_TABLE_CELL_CHARACTERS, TableExcerpt, cut_table
from hfcourse.runs.values.brief_text import MAX_BRIEF_CHARACTERS, charge_digits, format_brief_value
from hfcourse.runs.values.file_refs import OVER_LIMIT, FileEntry
from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.runs.values.value_types import is_drawable_number, is_file, is_plot_spec
from hfcourse.spaces.untrusted.json_nodes import has_too_many_nodes
from hfcourse.text.code_lexer import MAX_HIGHLIGHTED_CHARACTERS

MAX_SHOWN_TEXT_CHARACTERS = 100_000
MAX_LIVE_MARKDOWN_CHARACTERS = 8_000  # of a running run, whose text is parsed again each time it grows
MAX_SPANS, MAX_SHOWN_ITEMS, MAX_LEGEND_CLASSES = 2_000, 200, 24
MAX_CLASS_CHARACTERS, MAX_DATETIME_CHARACTERS = 60, 64
MAX_CAPTIONS_CHARACTERS = 20_000
MAX_MARKS, NEUTRAL_MARK = 6, 5  # number of class styles in the style sheet
COLOR_PATTERN = re.compile(r"#[0-9a-f]{3,8}|(rgb|hsl)a?\([\d., %]{5,60}\)", re.IGNORECASE | re.ASCII)
IMAGE_DATA_URL = re.compile(r"data:image/(png|webp|jpeg);base64,", re.ASCII)
IMAGE_SIGNATURE = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|RIFF....WEBP", re.DOTALL)


@dataclass(frozen=True)
class FormattedText:
    """Text, or the beginning of one (`is_cut`); `html` is its Markdown or highlighted form, None for none.

    `is_plain` means that it was too long to format.
    """

    text: str
    html: Markup | None = None
    is_cut: bool = False
    is_plain: bool = False


@dataclass(frozen=True)
class ParsedDatetime:
    """Date and time of the Space, in its own time zone."""

    at: datetime
    has_time: bool
    text: str


@dataclass(frozen=True)
class TruncatedList:
    """First items of a list, and the number omitted."""

    items: Sequence[Any]
    omitted_count: int = 0


@dataclass(frozen=True)
class SubtitledVideo:
    """Video and the file of its subtitles, None for none."""

    file: FileEntry
    subtitles: FileEntry | None


@dataclass(frozen=True)
class TextSpan:
    """Span of a text: `label` is its class or number, None for none; `mark` numbers the classes from 1."""

    text: str
    label: str | float | None
    mark: int = 0


@dataclass(frozen=True)
class HighlightedText:
    """Text as spans; `legend` has the name, the mark and the count of each class."""

    spans: Sequence[TextSpan]
    legend: Sequence[tuple[str, int, int]]
    omitted_count: int


@dataclass(frozen=True)
class PlotWithTable:
    """Native plot of Gradio: its chart, None if it cannot be drawn, and its data."""

    chart: charts.Chart | None
    table: TableExcerpt


@dataclass(frozen=True)
class PlotSpec:
    """Figure of a library that is not an image: the library's name and the JSON that its script would render."""

    library: str
    tree: JsonTree | None
    text: FormattedText


def present_text(text: str) -> FormattedText:
    """Prepare a plain text."""
    return FormattedText(text[:MAX_SHOWN_TEXT_CHARACTERS], is_cut=len(text) > MAX_SHOWN_TEXT_CHARACTERS)


def present_markdown(text: str, *, is_live: bool = False, cpu_budget: CpuBudget | None = None) -> FormattedText:
    """Render a Markdown text; plain if it is too long, or exceeds the time budget."""
    if len(text) > (MAX_LIVE_MARKDOWN_CHARACTERS if is_live else untrusted_markdown.MAX_MARKDOWN_CHARACTERS):
        return FormattedText(
            text[:MAX_SHOWN_TEXT_CHARACTERS], is_cut=len(text) > MAX_SHOWN_TEXT_CHARACTERS, is_plain=True
        )
    html = untrusted_markdown.render_untrusted_markdown(text, cpu_budget)
    return FormattedText(text, html, is_plain=html is None)


def present_code(text: str, language: str, *, is_live: bool = False) -> FormattedText:
    """Highlight a piece of code."""
    if len(text) > (MAX_LIVE_MARKDOWN_CHARACTERS if is_live else MAX_HIGHLIGHTED_CHARACTERS):
        return FormattedText(
            text[:MAX_SHOWN_TEXT_CHARACTERS], is_cut=len(text) > MAX_SHOWN_TEXT_CHARACTERS, is_plain=bool(language)
        )
    return FormattedText(text, untrusted_markdown.render_code(text, language))


def parse_datetime(text: str) -> ParsedDatetime | None:
    """Parse `2026-11-22 14:02:00` or `2026-11-22`, None if invalid."""
    try:
        return ParsedDatetime(
            datetime.fromisoformat(text), len(text) > len("2026-11-22"), text[:MAX_DATETIME_CHARACTERS]
        )
    except ValueError:
        return None


def present_list(value: Sequence[Any]) -> TruncatedList:
    """Prepare a list of texts; the parts of a path are joined."""
    allowance = TextAllowance(MAX_SHOWN_TEXT_CHARACTERS)
    words = [allowance.cut(format_list_item(each), MAX_TABLE_CELL_CHARACTERS) for each in value[:MAX_SHOWN_ITEMS]]
    return TruncatedList(words, len(value) - len(words))


def format_list_item(value: Any) -> str:
    """Format an item of a list; the parts of a path are joined."""
    if isinstance(value, list):
        return "/".join(map(str, value))
    return "rien" if value is None else format_brief_value(value, MAX_TABLE_CELL_CHARACTERS)


def present_files(value: Sequence[FileEntry]) -> TruncatedList:
    """Prepare a list of files; those beyond the limit of a run are only counted."""
    items = [each for each in value if each.missing_reason != OVER_LIMIT][:MAX_SHOWN_ITEMS]
    return TruncatedList(items, len(value) - len(items))


def present_gallery(value: Sequence[Mapping[str, Any]]) -> TruncatedList:
    """Prepare a gallery as pairs of file and caption; files beyond the limit of a run are only counted."""
    allowance = TextAllowance(MAX_CAPTIONS_CHARACTERS)
    pairs = ((each["image"] if is_file(each.get("image")) else each["video"], each.get("caption")) for each in value)
    items = [(file, caption) for file, caption in pairs if file.missing_reason != OVER_LIMIT][:MAX_SHOWN_ITEMS]
    captioned = [(file, allowance.cut(format_brief_value(caption), MAX_BRIEF_CHARACTERS)) for file, caption in items]
    return TruncatedList(captioned, len(value) - len(items))


def present_annotated_image(value: Mapping[str, Any]) -> TruncatedList:
    """Prepare an annotated image: the image, then label and mask of each annotation."""
    places = [each for each in value["annotations"][:MAX_SHOWN_ITEMS] if isinstance(each, dict)]
    allowance = TextAllowance(MAX_CAPTIONS_CHARACTERS)
    labels = [allowance.cut(format_brief_value(each.get("label")), MAX_BRIEF_CHARACTERS) for each in places]
    pairs = [
        (each["image"] if is_file(each.get("image")) else None, label)
        for each, label in zip(places, labels, strict=True)
    ]
    return TruncatedList([(value["image"], ""), *pairs], len(value["annotations"]) - len(places))


def present_video(value: Mapping[str, Any]) -> SubtitledVideo:
    """Prepare a video as Gradio 4 and 5 send it, with its subtitles (None for none)."""
    subtitles = value.get("subtitles")
    return SubtitledVideo(value["video"], subtitles if is_file(subtitles) else None)


def present_edited_image(value: Mapping[str, Any]) -> TruncatedList:
    """Prepare an image editor's value: the composite, else the background; then the layers."""
    whole = next((value[name] for name in ("composite", "background") if is_file(value[name])), None)
    layers = value["layers"] if isinstance(value["layers"], list) else []
    return TruncatedList([whole, *filter(is_file, layers[:MAX_SHOWN_ITEMS])])


def present_highlighted_text(value: Sequence[Mapping[str, Any]]) -> HighlightedText:
    """Prepare a text whose spans may have a class or a number."""
    marks: dict[str, int] = {}
    counts: Counter[str] = Counter()
    spans: list[TextSpan] = []
    allowance, shown_count = TextAllowance(MAX_SHOWN_TEXT_CHARACTERS), 0
    for piece in value[:MAX_SPANS]:
        if allowance.remaining <= 0:
            break
        text, shown_count = allowance.cut(piece["token"], MAX_SHOWN_TEXT_CHARACTERS), shown_count + 1
        label = piece["class_or_confidence"]
        if isinstance(label, str):
            label = label[:MAX_CLASS_CHARACTERS]
            counts[label] += 1
            spans.append(TextSpan(text, label, marks.setdefault(label, len(marks) % MAX_MARKS + 1)))
        elif label is None or not is_drawable_number(label):
            spans.append(TextSpan(text, None))
        else:
            charge_digits(label, allowance)
            spans.append(TextSpan(text, label, 1 if label > 0 else 2 if label < 0 else NEUTRAL_MARK))
    legend = [(name, marks[name], count) for name, count in counts.most_common(MAX_LEGEND_CLASSES)]
    return HighlightedText(merge_unlabelled_spans(spans), legend, len(value) - shown_count)


def merge_unlabelled_spans(spans: Sequence[TextSpan]) -> list[TextSpan]:
    """Merge adjacent spans without class."""
    merged: list[TextSpan] = []
    for is_plain, group in itertools.groupby(spans, key=lambda span: span.label is None):
        pieces = list(group)
        merged += [TextSpan("".join(span.text for span in pieces), None)] if is_plain else pieces
    return merged


def present_plot(value: Mapping[str, Any], hints: Mapping[str, str]) -> PlotWithTable:
    """Prepare a plot; in its table, times in milliseconds since 1970 are formatted as dates."""
    kinds = value.get("datatypes")
    kinds = kinds if isinstance(kinds, dict) else {}
    temporal = {place for place, name in enumerate(value["columns"]) if kinds.get(name) == "temporal"}
    rows = value["data"]
    if temporal:
        first = [
            [chart_axes.format_table_date(each) if at in temporal else each for at, each in enumerate(row)]
            for row in rows[:MAX_ROWS]
        ]
        rows = [*first, *rows[MAX_ROWS:]]
    return PlotWithTable(charts.build_chart(value, hints), cut_table(value["columns"], rows))


def present_plot_spec(value: Mapping[str, Any]) -> PlotSpec:
    """Prepare the JSON of plotly, bokeh or altair as a tree; anything else as text."""
    library, written = format_brief_value(value["type"]), value["plot"]
    try:
        if has_too_many_nodes(written.encode(errors="replace")):
            return PlotSpec(library, None, present_text(written))
        return PlotSpec(library, json_tree.build_json_tree(json.loads(written)), present_text(""))
    except (ValueError, RecursionError):
        return PlotSpec(library, None, present_text(written))


def decode_plot_image(value: Any) -> bytes | None:
    """Decode the image of a plot, None if it is none."""
    found = IMAGE_DATA_URL.match(value["plot"]) if isinstance(value, dict) and is_plot_spec(value) else None
    if found is None:
        return None
    try:
        content = base64.b64decode(value["plot"][found.end() :], validate=True)
    except binascii.Error:
        return None
    return content if IMAGE_SIGNATURE.match(content) else None


def present_dialogue(value: Sequence[Mapping[str, str]]) -> TruncatedList:
    """Prepare the lines of a dialogue: speaker and text."""
    allowance = TextAllowance(MAX_SHOWN_TEXT_CHARACTERS)
    lines = [
        (allowance.cut(each["speaker"], MAX_BRIEF_CHARACTERS), allowance.cut(each["text"], MAX_TABLE_CELL_CHARACTERS))
        for each in value[:MAX_SHOWN_ITEMS]
    ]
    return TruncatedList(lines, len(value) - len(lines))
