"""What the templates draw of each kind of value: bounded, and ready to be written. Pure.

What is left out is counted, so that the page can say so; the whole is behind the output's download.
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
from hfcourse.runs.outputs.json_tree import Tree
from hfcourse.runs.outputs.table_presenters import CELL_CHARACTERS, MAX_ROWS, Table, table
from hfcourse.runs.values.brief_text import WORD_CHARACTERS, charge_digits, word
from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.runs.values.value_types import SURPLUS, FileEntry, is_file, is_number, is_plot
from hfcourse.spaces.untrusted.json_nodes import has_too_many_nodes
from hfcourse.text.code_lexer import MAX_HIGHLIGHTED_CHARACTERS

MOST_CHARACTERS = 100_000
MOST_LIVE_PROSE = 8_000  # while a run goes on, a text is read anew each time that it has grown
MOST_SPANS, MOST_ITEMS, MOST_CLASSES = 2_000, 200, 24
CLASS_CHARACTERS, MOMENT_CHARACTERS = 60, 64
MAX_CAPTIONS_CHARACTERS = 20_000
MOST_MARKS, NEUTRAL_MARK = 6, 5  # ways to mark a class that the style sheet has
COLOUR = re.compile(r"#[0-9a-f]{3,8}|(rgb|hsl)a?\([\d., %]{5,60}\)", re.IGNORECASE | re.ASCII)
PICTURE = re.compile(r"data:image/(png|webp|jpeg);base64,", re.ASCII)
PICTURE_HEAD = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|RIFF....WEBP", re.DOTALL)


@dataclass(frozen=True)
class Text:
    """A text, or the beginning of one (`is_cut`); `html` is its form in Markdown or in colours, None for none.

    `is_plain` says that it would have had one and is too long for it.
    """

    text: str
    html: Markup | None = None
    is_cut: bool = False
    is_plain: bool = False


@dataclass(frozen=True)
class Moment:
    """A moment of the Space, in its own time zone."""

    at: datetime
    has_time: bool
    text: str


@dataclass(frozen=True)
class Items:
    """The first items of a list, and how many there are besides."""

    items: Sequence[Any]
    left: int = 0


@dataclass(frozen=True)
class Video:
    """A film and the file of its subtitles, None for none."""

    file: FileEntry
    subtitles: FileEntry | None


@dataclass(frozen=True)
class Span:
    """A piece of a text: `label` is its class or its number, None for none; `mark` tells classes apart, from 1."""

    text: str
    label: str | float | None
    mark: int = 0


@dataclass(frozen=True)
class Spans:
    """A text in pieces; `legend` has the name, the mark and the count of each class."""

    spans: Sequence[Span]
    legend: Sequence[tuple[str, int, int]]
    left: int


@dataclass(frozen=True)
class Plot:
    """A plot of Gradio: its drawing, None where it cannot be drawn, and its data."""

    chart: charts.Chart | None
    table: Table


@dataclass(frozen=True)
class Figure:
    """The figure of a library that is not a picture: whose it is, and the JSON that its script would draw."""

    library: str
    tree: Tree | None
    text: Text


def plain(text: str) -> Text:
    """The text as it is."""
    return Text(text[:MOST_CHARACTERS], is_cut=len(text) > MOST_CHARACTERS)


def prosaic(text: str, is_live: bool = False, cpu_budget: CpuBudget | None = None) -> Text:
    """A text in Markdown; as it is where it is too long, or takes too long."""
    if len(text) > (MOST_LIVE_PROSE if is_live else untrusted_markdown.MOST_PROSE):
        return Text(text[:MOST_CHARACTERS], is_cut=len(text) > MOST_CHARACTERS, is_plain=True)
    html = untrusted_markdown.prose(text, cpu_budget)
    return Text(text, html, is_plain=html is None)


def coloured(text: str, language: str, is_live: bool = False) -> Text:
    """A piece of code."""
    if len(text) > (MOST_LIVE_PROSE if is_live else MAX_HIGHLIGHTED_CHARACTERS):
        return Text(text[:MOST_CHARACTERS], is_cut=len(text) > MOST_CHARACTERS, is_plain=bool(language))
    return Text(text, untrusted_markdown.code(text, language))


def moment(text: str) -> Moment | None:
    """The moment that `2026-11-22 14:02:00` or `2026-11-22` writes, None if it writes none."""
    try:
        return Moment(datetime.fromisoformat(text), len(text) > len("2026-11-22"), text[:MOMENT_CHARACTERS])
    except ValueError:
        return None


def listed(value: Sequence[Any]) -> Items:
    """A list of words; the parts of a path make one."""
    allowance = TextAllowance(MOST_CHARACTERS)
    words = [allowance.cut(listed_word(each), CELL_CHARACTERS) for each in value[:MOST_ITEMS]]
    return Items(words, len(value) - len(words))


def listed_word(value: Any) -> str:
    if isinstance(value, list):
        return "/".join(map(str, value))
    return "rien" if value is None else word(value, CELL_CHARACTERS)


def kept(value: Sequence[FileEntry]) -> Items:
    """The files of a list, those beyond a run's share counted only."""
    items = [each for each in value if each.why != SURPLUS][:MOST_ITEMS]
    return Items(items, len(value) - len(items))


def pictured(value: Sequence[Mapping[str, Any]]) -> Items:
    """The pictures of a gallery, each with its caption ('' for none), those beyond a run's share counted only."""
    allowance = TextAllowance(MAX_CAPTIONS_CHARACTERS)
    pairs = ((each["image"] if is_file(each.get("image")) else each["video"], each.get("caption")) for each in value)
    items = [(file, caption) for file, caption in pairs if file.why != SURPLUS][:MOST_ITEMS]
    drawn = [(file, allowance.cut(word(caption), WORD_CHARACTERS)) for file, caption in items]
    return Items(drawn, len(value) - len(items))


def annotated(value: Mapping[str, Any]) -> Items:
    """An image, then what it shows: the word for each place, and the picture of the place."""
    places = [each for each in value["annotations"][:MOST_ITEMS] if isinstance(each, dict)]
    allowance = TextAllowance(MAX_CAPTIONS_CHARACTERS)
    labels = [allowance.cut(word(each.get("label")), WORD_CHARACTERS) for each in places]
    pairs = [
        (each["image"] if is_file(each.get("image")) else None, label)
        for each, label in zip(places, labels, strict=True)
    ]
    return Items([(value["image"], ""), *pairs], len(value["annotations"]) - len(places))


def video(value: Mapping[str, Any]) -> Video:
    """A film as Gradio 4 and 5 send it, with its subtitles (None where there are none)."""
    subtitles = value.get("subtitles")
    return Video(value["video"], subtitles if is_file(subtitles) else None)


def edited(value: Mapping[str, Any]) -> Items:
    """What an image editor shows: all together, else the background; then the layers."""
    whole = next((value[name] for name in ("composite", "background") if is_file(value[name])), None)
    layers = value["layers"] if isinstance(value["layers"], list) else []
    return Items([whole, *filter(is_file, layers[:MOST_ITEMS])])


def highlighted(value: Sequence[Mapping[str, Any]]) -> Spans:
    """A text of which some pieces have a class, or a number."""
    marks: dict[str, int] = {}
    counts: Counter[str] = Counter()
    spans: list[Span] = []
    allowance, drawn = TextAllowance(MOST_CHARACTERS), 0
    for piece in value[:MOST_SPANS]:
        if allowance.remaining <= 0:
            break
        text, drawn = allowance.cut(piece["token"], MOST_CHARACTERS), drawn + 1
        label = piece["class_or_confidence"]
        if isinstance(label, str):
            label = label[:CLASS_CHARACTERS]
            counts[label] += 1
            spans.append(Span(text, label, marks.setdefault(label, len(marks) % MOST_MARKS + 1)))
        elif label is None or not is_number(label):
            spans.append(Span(text, None))
        else:
            charge_digits(label, allowance)
            spans.append(Span(text, label, 1 if label > 0 else 2 if label < 0 else NEUTRAL_MARK))
    legend = [(name, marks[name], count) for name, count in counts.most_common(MOST_CLASSES)]
    return Spans(joined(spans), legend, len(value) - drawn)


def joined(spans: Sequence[Span]) -> list[Span]:
    """The pieces without class that follow each other, as one."""
    made: list[Span] = []
    for is_plain, group in itertools.groupby(spans, key=lambda span: span.label is None):
        pieces = list(group)
        made += [Span("".join(span.text for span in pieces), None)] if is_plain else pieces
    return made


def plotted(value: Mapping[str, Any], hints: Mapping[str, str]) -> Plot:
    """A plot; in its table, the moments that Gradio writes in milliseconds since 1970 are dates."""
    kinds = value.get("datatypes")
    kinds = kinds if isinstance(kinds, dict) else {}
    temporal = {place for place, name in enumerate(value["columns"]) if kinds.get(name) == "temporal"}
    rows = value["data"]
    if temporal:
        first = [
            [chart_axes.dated(each) if at in temporal else each for at, each in enumerate(row)]
            for row in rows[:MAX_ROWS]
        ]
        rows = [*first, *rows[MAX_ROWS:]]
    return Plot(charts.chart(value, hints), table(value["columns"], rows))


def figure(value: Mapping[str, Any]) -> Figure:
    """The JSON of plotly, bokeh or altair, to be unfolded; whatever else it is, as text."""
    library, written = word(value["type"]), value["plot"]
    try:
        if has_too_many_nodes(written.encode(errors="replace")):
            return Figure(library, None, plain(written))
        return Figure(library, json_tree.tree(json.loads(written)), plain(""))
    except (ValueError, RecursionError):
        return Figure(library, None, plain(written))


def picture_of(value: Any) -> bytes | None:
    """The picture that a plot is, None if it is none."""
    found = PICTURE.match(value["plot"]) if isinstance(value, dict) and is_plot(value) else None
    if found is None:
        return None
    try:
        content = base64.b64decode(value["plot"][found.end() :], validate=True)
    except binascii.Error:
        return None
    return content if PICTURE_HEAD.match(content) else None


def spoken(value: Sequence[Mapping[str, str]]) -> Items:
    """The lines of a dialogue: who speaks, what they say."""
    allowance = TextAllowance(MOST_CHARACTERS)
    lines = [
        (allowance.cut(each["speaker"], WORD_CHARACTERS), allowance.cut(each["text"], CELL_CHARACTERS))
        for each in value[:MOST_ITEMS]
    ]
    return Items(lines, len(value) - len(lines))
