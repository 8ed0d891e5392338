"""Search in the lessons and the glossary: SQLite's full text index, in memory, made again when a text changes.

Accents and case make no difference. What a visitor types is words, never the index's own language.
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
from hfcourse.lessons.library import Lesson
from hfcourse.lessons.markup import glossary
from hfcourse.lessons.reference import troubleshooting
from hfcourse.lessons.reference.spelling import Vocabulary
from hfcourse.lessons.syntax.parser import LIGATURES

MOST_RESULTS = 20
MOST_WORDS = 12
MOST_LETTERS = 40
PASSAGE_WORDS = 28
SECTION = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
# What an older edition said answers no question of today.
EDITION = re.compile(r'<details class="edition".*?</details>', re.DOTALL)
# Between these stands what was found; a text has none of its own.
START, END = "\x02", "\x03"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")
TABLE = """CREATE VIRTUAL TABLE passages
USING fts5(title, names, text, place UNINDEXED, address UNINDEXED, tokenize = 'unicode61 remove_diacritics 2')"""
QUERY = """SELECT highlight(passages, 0, ?, ?), snippet(passages, 2, ?, ?, '…', ?), place, address
FROM passages WHERE passages MATCH ? ORDER BY bm25(passages, 8.0, 8.0, 1.0) LIMIT ?"""


@dataclass(frozen=True)
class Result:
    """A passage: its title and some words around what was found, with marks; `address` is a path of the site."""

    title: Markup
    passage: Markup
    place: str
    address: str


@dataclass(frozen=True)
class Found:
    """The passages, the best first; `corrected` is what was searched for where a word was misspelt, else ''."""

    results: list[Result]
    corrected: str = ""


class Passage(NamedTuple):
    """What is searched; `names` are other words for the title."""

    title: str
    names: str
    text: str
    place: str
    address: str


class Text(HTMLParser):
    """The words of a piece of a lesson, without its drawings and buttons."""

    SILENT = frozenset({"svg", "button", "fieldset", "sup"})
    INLINE = frozenset({"a", "b", "code", "em", "span", "strong"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.silence = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silence += tag in self.SILENT
        self.part(tag)

    def handle_endtag(self, tag: str) -> None:
        self.silence -= tag in self.SILENT
        self.part(tag)

    def part(self, tag: str) -> None:
        """The words of two blocks do not touch."""
        if tag not in self.INLINE:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silence:
            self.pieces.append(data)

    @property
    def words(self) -> str:
        """One line; no-break spaces stay."""
        return re.sub(r"[ \t\n]+", " ", CONTROL.sub("", "".join(self.pieces))).strip()


def passages_of(lesson: Lesson) -> Iterator[Passage]:
    """The sections of a lesson; questions and lists are not searched."""
    html = EDITION.sub("", "".join(part for part in lesson.parts if isinstance(part, str)))
    address, place = f"{library.ADDRESS}{lesson.slug}", f"Leçon {lesson.number}"
    introduction, *sections = SECTION.split(html)
    yield Passage(lesson.title, "", Text(introduction).words, place, address)
    for anchor, title, body in zip(sections[::3], sections[1::3], sections[2::3], strict=True):
        heading = re.sub(r'<span class="hang">\d+</span> ', "", title)
        yield Passage(Text(heading).words, "", Text(body).words, place, f"{address}#{anchor}")


def variants(word: str) -> list[str]:
    """How a word may stand in a text: `coeur` may be written `cœur`."""
    plain = word.translate(LIGATURES)
    return sorted({plain, plain.replace("oe", "œ"), plain.replace("ae", "æ")})


def query_of(typed: str, joint: str) -> str:
    """What is typed in the language of the index: each word in quotes, as the beginning of a word."""
    words = [word[:MOST_LETTERS] for word in re.findall(r"[^\W_]+", normalize("NFC", typed).lower())]
    longer = [word for word in words if len(word) > 1] or words  # the l of « l’API » finds nothing useful
    terms = []
    for word in longer[:MOST_WORDS]:
        stem = word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word
        star = "*" if len(word) > 2 else ""
        terms.append("(" + " OR ".join(f'"{each}"{star}' for each in variants(stem)) + ")")
    return joint.join(terms)


def marked(found: str) -> Markup:
    """Text as HTML, what was found marked."""
    html = str(escape(found)).replace(START, "<mark>").replace(END, "</mark>")
    return Markup(html)  # noqa: S704 (escaped just now)


class Index:
    """The passages of one state of the course."""

    def __init__(self, passages: Iterator[Passage]) -> None:
        self.turn = threading.Lock()
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self.connection.close)
        self.connection.execute(TABLE)
        kept = list(passages)
        self.connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?)", kept)
        self.vocabulary = Vocabulary(f"{each.title} {each.names} {each.text}" for each in kept)

    def search(self, typed: str) -> Found:
        """Search for what was typed, misspelt words replaced by the closest ones of the course."""
        corrected = self.vocabulary.correct(typed)
        results = self.find_best(corrected) if corrected else []
        return Found(results, corrected) if results else Found(self.find_best(typed))

    def find_best(self, typed: str) -> list[Result]:
        """The best passages that have all these words, or else some of them."""
        return self.ask(query_of(typed, " AND ")) or self.ask(query_of(typed, " OR "))

    def ask(self, query: str) -> list[Result]:
        """The best passages for a query; none for an empty one."""
        if not query:
            return []
        values = (START, END, START, END, PASSAGE_WORDS, query, MOST_RESULTS)
        with self.turn:
            rows = self.connection.execute(QUERY, values).fetchall()
        return [Result(marked(title), marked(passage), place, address) for title, passage, place, address in rows]


def everything() -> Iterator[Passage]:
    """All that is searched."""
    for term in library.terms():
        names = " ".join([*term.forms[1:], term.english])
        yield Passage(term.name, names, term.text, "Glossaire", f"{glossary.ADDRESS}#{term.anchor}")
    for entry in library.guide().entries:
        address = f"{troubleshooting.ADDRESS}#{entry.id}"
        yield Passage(entry.title, " ".join(entry.messages), entry.text, "Dépannage", address)
    for lesson in library.lessons():
        yield from passages_of(lesson)


def search(typed: str) -> Found:
    """Search the course as it is now."""
    shelf, kept = library.lessons(), current_app.extensions.get("search")
    if kept is None or kept[0] is not shelf:
        kept = current_app.extensions["search"] = (shelf, Index(everything()))
    return kept[1].search(typed)
