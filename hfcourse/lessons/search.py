"""Full-text search in the lessons and the glossary: an in-memory SQLite index, rebuilt on changes.

Accents and case make no difference. The query is escaped: it never reaches SQLite's query syntax.
"""

import re
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple
from unicodedata import normalize

from flask import current_app
from markupsafe import Markup, escape

from hfcourse.lessons import library
from hfcourse.lessons.lesson_files import Lesson
from hfcourse.lessons.markup import glossary
from hfcourse.lessons.reference import troubleshooting
from hfcourse.lessons.reference.spelling import Vocabulary
from hfcourse.lessons.syntax.parser import LIGATURES

MAX_SEARCH_RESULTS = 20
MAX_QUERY_WORDS = 12
MAX_WORD_CHARACTERS = 40
PASSAGE_WORDS = 28
SECTION_HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
# Notes about an older edition answer no question of today.
EDITION_BLOCK = re.compile(r'<details class="edition-note".*?</details>', re.DOTALL)
# Delimiters of a match in a snippet; no text has these control characters.
MATCH_START, MATCH_END = "\x02", "\x03"
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f]")
CREATE_TABLE_SQL = """CREATE VIRTUAL TABLE passages
USING fts5(title, names, text, place UNINDEXED, address UNINDEXED, tokenize = 'unicode61 remove_diacritics 2')"""
SEARCH_SQL = """SELECT highlight(passages, 0, ?, ?), snippet(passages, 2, ?, ?, '…', ?), place, address
FROM passages WHERE passages MATCH ? ORDER BY bm25(passages, 8.0, 8.0, 1.0) LIMIT ?"""


@dataclass(frozen=True)
class PassageMatch:
    """A matching passage: its title and a snippet with the matches marked; `address` is a site path."""

    title: Markup
    passage: Markup
    place: str
    address: str


@dataclass(frozen=True)
class CourseSearchResults:
    """Search results, the best first; `corrected` is the query after spelling correction, else ''."""

    results: list[PassageMatch]
    corrected: str = ""


class Passage(NamedTuple):
    """An indexed passage; `names` are other words for the title."""

    title: str
    names: str
    text: str
    place: str
    address: str


class TextExtractor(HTMLParser):
    """A parser that extracts the text of a lesson fragment, without its drawings and buttons."""

    SILENT = frozenset({"svg", "button", "fieldset", "sup"})
    INLINE = frozenset({"a", "b", "code", "em", "span", "strong"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.silent_depth = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent_depth += tag in self.SILENT
        self.add_block_space(tag)

    def handle_endtag(self, tag: str) -> None:
        self.silent_depth -= tag in self.SILENT
        self.add_block_space(tag)

    def add_block_space(self, tag: str) -> None:
        """Separate the words of two block elements by a space."""
        if tag not in self.INLINE:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent_depth:
            self.pieces.append(data)

    @property
    def plain_text(self) -> str:
        """Return the text on one line; no-break spaces stay."""
        return re.sub(r"[ \t\n]+", " ", CONTROL_CHARACTERS.sub("", "".join(self.pieces))).strip()


def iterate_lesson_passages(lesson: Lesson) -> Iterator[Passage]:
    """Iterate over the sections of a lesson; exercises are not indexed."""
    html = EDITION_BLOCK.sub("", "".join(part for part in lesson.parts if isinstance(part, str)))
    address, place = f"{library.LESSONS_URL_PATH}{lesson.slug}", f"Leçon {lesson.number}"
    introduction, *sections = SECTION_HEADING.split(html)
    yield Passage(lesson.title, "", TextExtractor(introduction).plain_text, place, address)
    for anchor, title, body in zip(sections[::3], sections[1::3], sections[2::3], strict=True):
        heading = re.sub(r'<span class="margin-label">\d+</span> ', "", title)
        yield Passage(
            TextExtractor(heading).plain_text, "", TextExtractor(body).plain_text, place, f"{address}#{anchor}"
        )


def list_ligature_variants(word: str) -> list[str]:
    """Return a word with and without its ligatures: `coeur` may be written `cœur`."""
    plain = word.translate(LIGATURES)
    return sorted({plain, plain.replace("oe", "œ"), plain.replace("ae", "æ")})


def build_match_query(typed: str, joint: str) -> str:
    """Return the FTS query for what a visitor typed: each word quoted, as a prefix."""
    words = [word[:MAX_WORD_CHARACTERS] for word in re.findall(r"[^\W_]+", normalize("NFC", typed).lower())]
    longer = [word for word in words if len(word) > 1] or words  # the l of « l’API » finds nothing useful
    terms = []
    for word in longer[:MAX_QUERY_WORDS]:
        stem = word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word
        star = "*" if len(word) > 2 else ""
        terms.append("(" + " OR ".join(f'"{each}"{star}' for each in list_ligature_variants(stem)) + ")")
    return joint.join(terms)


def highlight_matches(snippet: str) -> Markup:
    """Escape a snippet and wrap its matches in <mark>."""
    html = str(escape(snippet)).replace(MATCH_START, "<mark>").replace(MATCH_END, "</mark>")
    return Markup(html)  # noqa: S704 (escaped just now)


class LessonSearchIndex:
    """The full-text index of the passages of one version of the course."""

    def __init__(self, passages: Iterator[Passage]) -> None:
        self.lock = threading.Lock()
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self.connection.close)
        self.connection.execute(CREATE_TABLE_SQL)
        rows = list(passages)
        self.connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?)", rows)
        self.vocabulary = Vocabulary(f"{each.title} {each.names} {each.text}" for each in rows)

    def search_passages(self, typed: str) -> CourseSearchResults:
        """Search for a query, with misspelt words replaced by the closest ones of the course."""
        corrected = self.vocabulary.correct_spelling(typed)
        results = self.find_best_matches(corrected) if corrected else []
        return (
            CourseSearchResults(results, corrected) if results else CourseSearchResults(self.find_best_matches(typed))
        )

    def find_best_matches(self, typed: str) -> list[PassageMatch]:
        """Return the best passages that have all these words, or else some of them."""
        return self.run_query(build_match_query(typed, " AND ")) or self.run_query(build_match_query(typed, " OR "))

    def run_query(self, query: str) -> list[PassageMatch]:
        """Return the best passages for an FTS query; an empty list for an empty one."""
        if not query:
            return []
        values = (MATCH_START, MATCH_END, MATCH_START, MATCH_END, PASSAGE_WORDS, query, MAX_SEARCH_RESULTS)
        with self.lock:
            rows = self.connection.execute(SEARCH_SQL, values).fetchall()
        return [
            PassageMatch(highlight_matches(title), highlight_matches(passage), place, address)
            for title, passage, place, address in rows
        ]


def iterate_all_passages() -> Iterator[Passage]:
    """Iterate over everything that is indexed: lessons, glossary and troubleshooting guide."""
    for term in library.get_terms():
        names = " ".join([*term.forms[1:], term.english])
        yield Passage(term.name, names, term.text, "Glossaire", f"{glossary.GLOSSARY_URL_PATH}#{term.anchor}")
    for entry in library.get_guide().entries:
        address = f"{troubleshooting.TROUBLESHOOTING_URL_PATH}#{entry.id}"
        yield Passage(entry.title, " ".join(entry.messages), entry.text, "Dépannage", address)
    for lesson in library.get_lessons():
        yield from iterate_lesson_passages(lesson)


def search_course(typed: str) -> CourseSearchResults:
    """Search the current version of the course."""
    lessons, cached = library.get_lessons(), current_app.extensions.get("search")
    if cached is None or cached[0] is not lessons:
        cached = current_app.extensions["search"] = (lessons, LessonSearchIndex(iterate_all_passages()))
    return cached[1].search_passages(typed)
