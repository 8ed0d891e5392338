"""What a Space says of itself at the top of its page: a title, and its first sentences as plain text. Pure.

Authors write it in Markdown or HTML (`gr.Markdown("# Title\\n…")`, `gr.Interface(description=…)`), among logos, badges
and links to papers. Only words are kept: no markup of a stranger gets onto a page of ours.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from math import inf
from typing import Any

from markdown_it import MarkdownIt

from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.spaces.schema.labels import TRANSLATION_MARKER, clean_label
from hfcourse.spaces.schema.layout.block_tree import Layout, Position
from hfcourse.text.typography import NARROW_NO_BREAK, NO_BREAK

TEXT_COMPONENTS = {"markdown", "html"}
# Components that a page does not draw, though endpoints read them.
INVISIBLE_COMPONENTS = {"state", "browserstate", "timer"}
# The title that Gradio gives to an app without one.
DEFAULT_TITLE = "Gradio"
MAX_TITLE_CHARACTERS, MAX_INTRODUCTION_CHARACTERS = 100, 320
# No paragraph is added beyond MIN_INTRODUCTION_CHARACTERS; one with fewer than MIN_PROSE_WORDS is a caption or links.
MIN_INTRODUCTION_CHARACTERS, MIN_PROSE_WORDS, MIN_HEADING_WORDS = 140, 5, 4
MAX_INTRODUCTION_SOURCE_CHARACTERS, MAX_TOP_TEXTS, MAX_PARAGRAPHS = 6_000, 20, 100
MIN_BADGE_LINKS = 2  # links in a heading: they are « paper » and « code », not words of the title
MAX_CPU_SECONDS = 0.2
HEADING_TAGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
TITLE_TAGS = {"h1", "h2", "h3"}
BLOCK_TAGS = HEADING_TAGS | {
    *("p", "div", "li", "ul", "ol", "dl", "dt", "dd", "td", "th", "tr", "table", "center", "section", "header"),
    *("article", "main", "footer", "nav", "blockquote", "hr", "details", "summary", "figure", "figcaption"),
}
# Their contents are no sentences.
SKIPPED_TAGS = {
    *("script", "style", "svg", "math", "button", "select", "textarea", "template", "noscript", "pre", "table", "nav"),
    *("iframe", "object", "video", "audio", "canvas", "footer", "title"),
}
# All but the no-break spaces, which are a part of French.
BREAKABLE_SPACES = re.compile(rf"[^\S{NO_BREAK}{NARROW_NO_BREAK}]+")
URL_PATTERN = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]?(?=\s|$)|[。！？]")
# Marks of Markdown that stand in HTML, where nothing reads them.
MARKDOWN_MARKS, MARKDOWN_LINK = re.compile(r"\*\*|__|^#+\s+"), re.compile(r"\[([^\[\]]*)\](?:\([^()]*\)|\(\S*$)")
PUNCTUATION = tuple(".!?…:;,。！？")
MARKDOWN = MarkdownIt("commonmark", {"html": True, "maxNesting": 20}).enable("table")


@dataclass(frozen=True)
class Introduction:
    """The title of a Space ('' if it has none) and its first sentences."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A block of text in an element `tag`; `link_characters` of it are words of links."""

    tag: str
    text: str
    link_characters: int = 0

    @property
    def word_count(self) -> int:
        return len(self.text.split())

    @property
    def is_prose(self) -> bool:
        """Is it a sentence, rather than a heading, a caption or a row of links?"""
        is_long = self.word_count >= MIN_PROSE_WORDS or (len(self.text) >= 20 and not self.text.isascii())
        return self.tag not in HEADING_TAGS and is_long and self.link_characters * 2 <= len(self.text)


def parse_introduction(config: Mapping[str, Any], layout: Layout) -> Introduction:
    """Read the title and the first sentences from the Markdown and HTML at the top of the page."""
    budget = CpuBudget(MAX_CPU_SECONDS)
    budget.start()
    given = clean_label(config.get("title"), "", MAX_TITLE_CHARACTERS)
    title, text, subtitle = "" if given == DEFAULT_TITLE else strip_author_text(given), "", ""
    for kind, source in collect_top_texts(config, layout):
        if budget.is_exhausted or (title and text):
            break
        paragraphs = read_paragraphs(kind, source)
        title = title or next((each.text for each in paragraphs if each.tag in TITLE_TAGS), "")[:MAX_TITLE_CHARACTERS]
        text = text or extract_first_sentences([each.text for each in paragraphs if each.is_prose])
        subtitles = (
            each.text for each in paragraphs if each.tag in HEADING_TAGS and each.word_count >= MIN_HEADING_WORDS
        )
        subtitle = subtitle or next((each for each in subtitles if not each.startswith(title)), "")
    return Introduction(title, text or cut_text(subtitle))


def collect_top_texts(config: Mapping[str, Any], layout: Layout) -> list[tuple[str, str]]:
    """Type and source of the texts above the first field, from the top; those in tabs and accordions last.

    What is below a field is about that field.
    """
    first_field = find_first_field_order(config, layout)
    above = [each for each in collect_page_texts(config, layout) if each[2].order < first_field]
    in_order = sorted(above, key=lambda each: each[2].is_in_section)
    return [(kind, source) for kind, source, _ in in_order[:MAX_TOP_TEXTS]]


def collect_page_texts(config: Mapping[str, Any], layout: Layout) -> list[tuple[str, str, Position]]:
    """Type, source and position of the Markdown and HTML that a reader sees, from the top.

    What an endpoint writes into (« Waiting… ») is an output and says nothing of the Space.
    """
    written = {
        number for each in config["dependencies"] for number in each.get("outputs", ()) if is_component_id(number)
    }
    found = []
    for component in config["components"]:
        props, number = component.get("props") or {}, component.get("id")
        source, position = props.get("value"), layout.find_position(number)
        is_seen = props.get("visible", True) is True and not position.is_hidden
        if component.get("type") in TEXT_COMPONENTS and isinstance(source, str) and is_seen and number not in written:
            found.append((component["type"], source[:MAX_INTRODUCTION_SOURCE_CHARACTERS], position))
    return sorted(found, key=lambda each: each[2].order)


def find_first_field_order(config: Mapping[str, Any], layout: Layout) -> float:
    """Where the first component is that an endpoint reads, buttons and texts aside."""
    read = {number for each in config["dependencies"] for number in each.get("inputs", ()) if is_component_id(number)}
    fields = (each["id"] for each in config["components"] if each["id"] in read and is_fillable_component(each))
    positions = (layout.find_position(number) for number in fields)
    return min((position.order for position in positions if not position.is_in_sidebar), default=inf)


def is_fillable_component(component: Mapping[str, Any]) -> bool:
    """Is it something that a reader fills in?"""
    kind, props = str(component.get("type")), component.get("props") or {}
    if kind in TEXT_COMPONENTS | INVISIBLE_COMPONENTS or kind.endswith("button") or component.get("skip_api"):
        return False
    return props.get("visible", True) is True


def is_component_id(number: Any) -> bool:
    return isinstance(number, int)


def read_paragraphs(kind: str, source: str) -> list[Paragraph]:
    """The blocks of text of a Markdown or HTML source, in order."""
    reader = ParagraphReader()
    reader.feed(MARKDOWN.render(source) if kind == "markdown" else source)
    reader.close()
    reader.flush_paragraph()
    return reader.paragraphs[:MAX_PARAGRAPHS]


class ParagraphReader(HTMLParser):
    """Collects the text of each block element, without the contents of SKIPPED_TAGS."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[Paragraph] = []
        self._tag, self._pieces, self._unlinked_pieces = "", list[str](), list[str]()
        self._link_characters = self._link_depth = self._link_count = 0
        self._skipped_tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SKIPPED_TAGS:
            self._skipped_tags.append(tag)
        if tag in BLOCK_TAGS:
            self.flush_paragraph(tag)
        elif tag == "br":
            self._pieces.append(" ")
        self._link_depth += tag == "a"
        self._link_count += tag == "a"

    def handle_endtag(self, tag: str) -> None:
        if self._skipped_tags and tag == self._skipped_tags[-1]:
            self._skipped_tags.pop()
        if tag in BLOCK_TAGS:
            self.flush_paragraph()
        self._link_depth -= tag == "a" and self._link_depth > 0

    def handle_data(self, data: str) -> None:
        if not self._skipped_tags:
            self._pieces.append(data)
            self._link_characters += len(data) if self._link_depth else 0
            self._unlinked_pieces += [] if self._link_depth else [data]

    def flush_paragraph(self, tag: str = "") -> None:
        """End the current block, and begin one in an element `tag`."""
        has_badges = self._tag in HEADING_TAGS and self._link_count >= MIN_BADGE_LINKS
        text = (has_badges and strip_author_text("".join(self._unlinked_pieces))) or strip_author_text(
            "".join(self._pieces)
        )
        if text:
            self.paragraphs.append(Paragraph(self._tag, text, self._link_characters))
        self._tag, self._pieces, self._unlinked_pieces = tag, [], []
        self._link_characters = self._link_count = 0


def strip_author_text(text: str) -> str:
    """The text on one line, without addresses, control characters and marks of Markdown."""
    text = MARKDOWN_LINK.sub(r"\1", BREAKABLE_SPACES.sub(" ", text).strip())
    text = MARKDOWN_MARKS.sub("", URL_PATTERN.sub("", text)).partition(TRANSLATION_MARKER)[0]
    return BREAKABLE_SPACES.sub(
        " ", "".join(each for each in text if each.isprintable() or each in (NO_BREAK, NARROW_NO_BREAK))
    ).strip()


def extract_first_sentences(paragraphs: list[str]) -> str:
    """The first paragraphs, until there is enough to read, as one text that ends with a sentence if it can."""
    return cut_text("".join(join_paragraphs(paragraphs)))


def join_paragraphs(paragraphs: list[str]) -> Iterator[str]:
    """Yield paragraphs and what separates them, until there are MIN_INTRODUCTION_CHARACTERS."""
    length = 0
    for place, text in enumerate(paragraphs):
        if length >= MIN_INTRODUCTION_CHARACTERS:
            return
        if place:
            yield " " if paragraphs[place - 1].endswith(PUNCTUATION) else " · "
        yield text
        length += len(text)


def cut_text(text: str) -> str:
    """The text up to its last whole sentence within the limit; where a sentence is longer, up to a word."""
    if len(text) <= MAX_INTRODUCTION_CHARACTERS:
        return text
    head = text[: MAX_INTRODUCTION_CHARACTERS - 1]
    ends = [found.end() for found in SENTENCE_END.finditer(head)]
    if ends and ends[-1] >= MIN_INTRODUCTION_CHARACTERS // 2:
        return head[: ends[-1]]
    return f"{head.rpartition(' ')[0] or head}…"
