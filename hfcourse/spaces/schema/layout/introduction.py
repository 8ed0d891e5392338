"""Parser of the introduction at the top of a Space's page: a title and the first sentences as plain text. Pure.

Authors write it in Markdown or HTML (`gr.Markdown("# Title\\n…")`, `gr.Interface(description=…)`), among logos,
badges and links to papers. Only the text is extracted: untrusted markup is never rendered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from math import inf
from typing import Any

from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.spaces.schema.labels import TRANSLATION_MARKER, clean_label
from hfcourse.spaces.schema.layout.block_tree import Layout, Position
from hfcourse.text.commonmark import build_commonmark_parser
from hfcourse.text.typography import NARROW_NO_BREAK, NO_BREAK

TEXT_COMPONENTS = {"markdown", "html"}
# Components that a page does not render, though endpoints read them.
INVISIBLE_COMPONENTS = {"state", "browserstate", "timer"}
# Gradio's default title.
DEFAULT_TITLE = "Gradio"
MAX_TITLE_CHARACTERS, MAX_INTRODUCTION_CHARACTERS = 100, 320
# No paragraph is appended beyond MIN_INTRODUCTION_CHARACTERS; one below MIN_PROSE_WORDS is a caption or links.
MIN_INTRODUCTION_CHARACTERS, MIN_PROSE_WORDS, MIN_HEADING_WORDS = 140, 5, 4
MAX_INTRODUCTION_SOURCE_CHARACTERS, MAX_TOP_TEXTS, MAX_PARAGRAPHS = 6_000, 20, 100
MIN_BADGE_LINKS = 2  # links in a heading, which are badges (« paper », « code ») and not part of the title
MAX_CPU_SECONDS = 0.2
HEADING_TAGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
TITLE_TAGS = {"h1", "h2", "h3"}
BLOCK_TAGS = HEADING_TAGS | {
    *("p", "div", "li", "ul", "ol", "dl", "dt", "dd", "td", "th", "tr", "table", "center", "section", "header"),
    *("article", "main", "footer", "nav", "blockquote", "hr", "details", "summary", "figure", "figcaption"),
}
# Elements whose content is not prose.
SKIPPED_TAGS = {
    *("script", "style", "svg", "math", "button", "select", "textarea", "template", "noscript", "pre", "table", "nav"),
    *("iframe", "object", "video", "audio", "canvas", "footer", "title"),
}
# All whitespace except no-break spaces, which French typography requires.
BREAKABLE_SPACES = re.compile(rf"[^\S{NO_BREAK}{NARROW_NO_BREAK}]+")
URL_PATTERN = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]?(?=\s|$)|[。！？]")
# Markdown syntax inside HTML, which no parser renders.
MARKDOWN_MARKS, MARKDOWN_LINK = re.compile(r"\*\*|__|^#+\s+"), re.compile(r"\[([^\[\]]*)\](?:\([^()]*\)|\(\S*$)")
PUNCTUATION = tuple(".!?…:;,。！？")
MARKDOWN = build_commonmark_parser(html=True, maxNesting=20).enable("table")


@dataclass(frozen=True)
class Introduction:
    """Title of a Space ('' without one) and its first sentences."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Block of text in an element `tag`; `link_characters` counts the characters inside links."""

    tag: str
    text: str
    link_characters: int = 0

    @property
    def word_count(self) -> int:
        """Number of words, separated by whitespace."""
        return len(self.text.split())

    @property
    def is_prose(self) -> bool:
        """Is it prose, not a heading, a caption or a row of links?"""
        is_long = self.word_count >= MIN_PROSE_WORDS or (len(self.text) >= 20 and not self.text.isascii())
        return self.tag not in HEADING_TAGS and is_long and self.link_characters * 2 <= len(self.text)


def parse_introduction(config: Mapping[str, Any], layout: Layout) -> Introduction:
    """Parse title and first sentences from the Markdown and HTML at the top of the page, within a CPU budget."""
    budget = CpuBudget(MAX_CPU_SECONDS)
    budget.start()
    app_title = clean_label(config.get("title"), "", MAX_TITLE_CHARACTERS)
    title, text, subtitle = "" if app_title == DEFAULT_TITLE else strip_author_text(app_title), "", ""
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
    """Return component type and source of the texts above the first field, those in tabs and accordions last.

    A text below a field is about that field.
    """
    first_field = find_first_field_order(config, layout)
    above = [each for each in collect_page_texts(config, layout) if each[2].order < first_field]
    in_order = sorted(above, key=lambda each: each[2].is_in_section)
    return [(kind, source) for kind, source, _ in in_order[:MAX_TOP_TEXTS]]


def collect_page_texts(config: Mapping[str, Any], layout: Layout) -> list[tuple[str, str, Position]]:
    """Return component type, source and position of the visible Markdown and HTML, from the top.

    A component that an endpoint writes (« Waiting… ») is an output, and excluded.
    """
    written = {
        number for each in config["dependencies"] for number in each.get("outputs", ()) if is_component_id(number)
    }
    found = []
    for component in config["components"]:
        props, number = component.get("props") or {}, component.get("id")
        source, position = props.get("value"), layout.find_position(number)
        is_visible = props.get("visible", True) is True and not position.is_hidden
        is_text = component.get("type") in TEXT_COMPONENTS
        if is_text and isinstance(source, str) and is_visible and number not in written:
            found.append((component["type"], source[:MAX_INTRODUCTION_SOURCE_CHARACTERS], position))
    return sorted(found, key=lambda each: each[2].order)


def find_first_field_order(config: Mapping[str, Any], layout: Layout) -> float:
    """Return the order of the first field that an endpoint reads, infinity without one."""
    read = {number for each in config["dependencies"] for number in each.get("inputs", ()) if is_component_id(number)}
    fields = (each["id"] for each in config["components"] if each["id"] in read and is_fillable_component(each))
    positions = (layout.find_position(number) for number in fields)
    return min((position.order for position in positions if not position.is_in_sidebar), default=inf)


def is_fillable_component(component: Mapping[str, Any]) -> bool:
    """Is it a visible field that a reader fills in?"""
    kind, props = str(component.get("type")), component.get("props") or {}
    if kind in TEXT_COMPONENTS | INVISIBLE_COMPONENTS or kind.endswith("button") or component.get("skip_api"):
        return False
    return props.get("visible", True) is True


def is_component_id(number: Any) -> bool:
    """Is this untrusted value an id?"""
    return isinstance(number, int)


def read_paragraphs(kind: str, source: str) -> list[Paragraph]:
    """Parse a Markdown or HTML source to its paragraphs, at most MAX_PARAGRAPHS."""
    reader = ParagraphReader()
    reader.feed(MARKDOWN.render(source) if kind == "markdown" else source)
    reader.close()
    reader.flush_paragraph()
    return reader.paragraphs[:MAX_PARAGRAPHS]


class ParagraphReader(HTMLParser):
    """HTML parser that collects the text of each block element, without the content of SKIPPED_TAGS."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[Paragraph] = []
        self._tag, self._pieces, self._unlinked_pieces = "", list[str](), list[str]()
        self._link_characters = self._link_depth = self._link_count = 0
        self._skipped_tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Start a paragraph, a line, a link or a skipped element (callback of HTMLParser)."""
        if tag in SKIPPED_TAGS:
            self._skipped_tags.append(tag)
        if tag in BLOCK_TAGS:
            self.flush_paragraph(tag)
        elif tag == "br":
            self._pieces.append(" ")
        self._link_depth += tag == "a"
        self._link_count += tag == "a"

    def handle_endtag(self, tag: str) -> None:
        """End a paragraph, a link or a skipped element (callback of HTMLParser)."""
        if self._skipped_tags and tag == self._skipped_tags[-1]:
            self._skipped_tags.pop()
        if tag in BLOCK_TAGS:
            self.flush_paragraph()
        self._link_depth -= tag == "a" and self._link_depth > 0

    def handle_data(self, data: str) -> None:
        """Buffer the text outside of skipped elements (callback of HTMLParser)."""
        if not self._skipped_tags:
            self._pieces.append(data)
            self._link_characters += len(data) if self._link_depth else 0
            self._unlinked_pieces += [] if self._link_depth else [data]

    def flush_paragraph(self, tag: str = "") -> None:
        """Append the buffered paragraph, and start one in an element `tag`."""
        has_badges = self._tag in HEADING_TAGS and self._link_count >= MIN_BADGE_LINKS
        text = (has_badges and strip_author_text("".join(self._unlinked_pieces))) or strip_author_text(
            "".join(self._pieces)
        )
        if text:
            self.paragraphs.append(Paragraph(self._tag, text, self._link_characters))
        self._tag, self._pieces, self._unlinked_pieces = tag, [], []
        self._link_characters = self._link_count = 0


def strip_author_text(text: str) -> str:
    """Sanitize an author's text to one line, without URLs, control characters and Markdown syntax."""
    text = MARKDOWN_LINK.sub(r"\1", BREAKABLE_SPACES.sub(" ", text).strip())
    text = MARKDOWN_MARKS.sub("", URL_PATTERN.sub("", text)).partition(TRANSLATION_MARKER)[0]
    return BREAKABLE_SPACES.sub(
        " ", "".join(each for each in text if each.isprintable() or each in (NO_BREAK, NARROW_NO_BREAK))
    ).strip()


def extract_first_sentences(paragraphs: list[str]) -> str:
    """Join the first paragraphs and truncate them, at the end of a sentence if possible."""
    return cut_text("".join(join_paragraphs(paragraphs)))


def join_paragraphs(paragraphs: list[str]) -> Iterator[str]:
    """Yield paragraphs and their separators, until MIN_INTRODUCTION_CHARACTERS are reached."""
    length = 0
    for place, text in enumerate(paragraphs):
        if length >= MIN_INTRODUCTION_CHARACTERS:
            return
        if place:
            yield " " if paragraphs[place - 1].endswith(PUNCTUATION) else " · "
        yield text
        length += len(text)


def cut_text(text: str) -> str:
    """Truncate a text after the last complete sentence within the limit, else after a word."""
    if len(text) <= MAX_INTRODUCTION_CHARACTERS:
        return text
    head = text[: MAX_INTRODUCTION_CHARACTERS - 1]
    ends = [found.end() for found in SENTENCE_END.finditer(head)]
    if ends and ends[-1] >= MIN_INTRODUCTION_CHARACTERS // 2:
        return head[: ends[-1]]
    return f"{head.rpartition(' ')[0] or head}…"
