"""The cached library of lessons: parsed from `content/`, rendered once, reloaded when a file changes.

Each request compares the dates and sizes of the files (some tens of microseconds). A lesson is
rendered again only when its text or a figure has changed, so that an edit shows at the next reload.
"""

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, current_app
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from hfcourse.config import ROOT
from hfcourse.lessons.exercises.checklist import Checklist
from hfcourse.lessons.exercises.ordering import Ordering
from hfcourse.lessons.exercises.quiz import Quiz
from hfcourse.lessons.markup import figures, glossary, instructor_notes, markdown
from hfcourse.lessons.markup.glossary import Glossary, GlossaryTerm
from hfcourse.lessons.markup.markdown import RenderedLesson
from hfcourse.lessons.reference import edition_notes, facts, troubleshooting
from hfcourse.lessons.reference.facts import FactFile
from hfcourse.lessons.reference.troubleshooting import TroubleshootingGuide
from hfcourse.lessons.syntax import inlines
from hfcourse.lessons.syntax.context import Fact, InteractivePart, InternalLink, LessonSection, LintError, make_fault
from hfcourse.lessons.syntax.front_matter import FrontMatter
from hfcourse.lessons.syntax.svg_drawings import pair_drawings

CONTENT_FOLDER = ROOT / "hfcourse" / "content"
FIGURES_FOLDER = ROOT / "static" / "figures"
# Pages name their style sheets and scripts by a hash: when one of those changes, so do the pages.
HASHED_ASSET_FOLDERS = (ROOT / "static" / "css", ROOT / "static" / "js")
GLOSSARY_FILE, FACTS_FILE = "glossary.toml", "facts.toml"
TROUBLESHOOTING_FILE = "depannage.toml"
LESSONS_URL_PATH = "/lecons/"
# The files of the content folders that a lesson may show: source, and no build or run artefact.
INCLUDABLE_SUFFIXES = {".py", ".html", ".css", ".js", ".txt", ".env", ".exemple", ".mjs", ".json"}
INCLUDABLE_NAMES = {".gitignore"}

NamedTexts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Lesson:
    """A rendered lesson: its front matter, its HTML and its table of contents."""

    path: str
    slug: str
    front: FrontMatter
    html: Markup
    parts: tuple[str | InteractivePart, ...]
    sections: tuple[LessonSection, ...]
    anchors: frozenset[str]
    links: tuple[InternalLink, ...]
    lint_errors: tuple[LintError, ...]
    terms: tuple[GlossaryTerm, ...]
    definitions: Markup
    facts: tuple[Fact, ...] = ()
    downloads: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        return self.front.number

    @property
    def title(self) -> str:
        return self.front.title

    @property
    def quizzes(self) -> tuple[Quiz, ...]:
        return tuple(part for part in self.parts if isinstance(part, Quiz))

    @property
    def orderings(self) -> tuple[Ordering, ...]:
        return tuple(part for part in self.parts if isinstance(part, Ordering))

    @property
    def checklist(self) -> Checklist | None:
        return next((part for part in self.parts if isinstance(part, Checklist)), None)

    def render_html(self, done: Mapping[str, str]) -> Markup:
        """Render the lesson with a visitor's progress.

        Args:
            done: the visitor's values in this lesson, by key.
        """
        return Markup(markdown.render_parts(self.parts, done)) if done else self.html  # noqa: S704 (see open_lesson)


def get_lesson_sort_key(lesson: Lesson) -> tuple[list[int], str]:
    """Return the sort key of a lesson: 3.2 before 3.10, lessons without a number first, by file."""
    return [int(part) for part in lesson.number.split(".") if part], lesson.path


@lru_cache(maxsize=64)
def render_cached_lesson(
    source: str,
    figures: NamedTexts,
    listings: NamedTexts,
    terms: tuple[GlossaryTerm, ...] = (),
    facts: tuple[Fact, ...] = (),
) -> RenderedLesson:
    """Render a lesson, cached by its source and everything that it includes (LRU)."""
    return markdown.render_lesson(source, dict(figures), dict(listings), terms, facts)


def read_text_file(path: Path) -> str:
    """Read a text file; invalid UTF-8 becomes a lint error of the lesson, not an exception."""
    return path.read_text(encoding="utf-8-sig", errors="replace")


def get_project_path(path: Path) -> str:
    """Return the path of a file relative to the project's root, for messages."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def add_lint_path(faults: tuple[LintError, ...], path: Path) -> tuple[LintError, ...]:
    """Return the lint errors with the path of their file."""
    return tuple(replace(fault, path=get_project_path(path)) for fault in faults)


def open_lesson(
    path: Path,
    figures: NamedTexts,
    listings: NamedTexts,
    terms: tuple[GlossaryTerm, ...],
    known_facts: tuple[Fact, ...],
) -> Lesson:
    """Read and render one lesson."""
    rendered = render_cached_lesson(read_text_file(path), figures, listings, terms, known_facts)
    slug = rendered.front.slug or path.stem
    # Safe by construction: raw HTML is disabled, the rest is escaped.
    html, definitions = Markup(rendered.html), Markup(glossary.render_definitions(rendered.terms))  # noqa: S704
    return Lesson(
        path=get_project_path(path),
        slug=slug,
        front=rendered.front,
        html=html,
        parts=rendered.parts,
        sections=rendered.sections,
        anchors=rendered.anchors,
        links=rendered.links,
        lint_errors=add_lint_path(rendered.lint_errors, path),
        terms=rendered.terms,
        definitions=definitions,
        facts=rendered.facts,
        downloads=rendered.downloads,
    )


def open_glossary(path: Path) -> Glossary:
    """Parse the glossary; it is optional."""
    found = glossary.parse_glossary(read_text_file(path)) if path.is_file() else Glossary()
    return Glossary(found.terms, add_lint_path(found.lint_errors, path))


def open_facts(path: Path) -> FactFile:
    """Parse the facts; the file is optional."""
    found = facts.read_facts(read_text_file(path)) if path.is_file() else FactFile()
    return FactFile(found.facts, add_lint_path(found.lint_errors, path))


def open_guide(path: Path) -> TroubleshootingGuide:
    """Parse the troubleshooting guide; it is optional."""
    found = troubleshooting.parse_guide(read_text_file(path)) if path.is_file() else TroubleshootingGuide()
    return replace(found, lint_errors=add_lint_path(found.lint_errors, path))


def iterate_file_stats(folder: Path | str) -> Iterator[tuple[str, int, int]]:
    """Iterate recursively over a folder: path, modification time in ns and size of each file."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from iterate_file_stats(entry.path)
            else:
                stat = entry.stat()
                yield entry.path, stat.st_mtime_ns, stat.st_size


class LessonLibrary:
    """The lessons of a content folder, in order, cached with the figures of two other folders."""

    def __init__(self, content: Path, figures: Path, own_pictures: Path) -> None:
        self.content_folder, self.figures_folder, self.own_pictures_folder = content, figures, own_pictures
        self.file_stats: tuple[tuple[str, int, int], ...] | None = None
        self.figure_texts: NamedTexts = ()
        self.listing_texts: NamedTexts = ()
        self.cached_lessons: tuple[Lesson, ...] = ()
        self.glossary = Glossary()
        self.fact_file = FactFile()
        self.guide = TroubleshootingGuide()
        self.lint_errors: list[LintError] = []

    def get_lessons(self) -> tuple[Lesson, ...]:
        """Return the lessons in order, reloaded if a file has changed."""
        own = [self.own_pictures_folder] if self.own_pictures_folder.is_dir() else []
        folders = (self.content_folder, self.figures_folder, *HASHED_ASSET_FOLDERS, *own)
        state = tuple(itertools.chain.from_iterable(map(iterate_file_stats, folders)))
        if state != self.file_stats:
            self.cached_lessons, self.file_stats = self.load_lessons(), state
        return self.cached_lessons

    def load_lessons(self) -> tuple[Lesson, ...]:
        """Parse and render every file that a page is made of."""
        sources = {path.name: read_text_file(path) for path in sorted(self.figures_folder.glob("*.svg"))}
        paired, unpaired = pair_drawings(sources, get_project_path(self.figures_folder))
        drawn, unusable = figures.replace_drawings(paired, self.own_pictures_folder)
        self.lint_errors = [*unpaired, *unusable]
        self.figure_texts = tuple(drawn.items())
        files = sorted(self.content_folder.glob("*/**/*"))
        shown = (path for path in files if path.suffix in INCLUDABLE_SUFFIXES or path.name in INCLUDABLE_NAMES)
        self.listing_texts = tuple(
            (path.relative_to(self.content_folder).as_posix(), read_text_file(path)) for path in shown
        )
        self.glossary = open_glossary(self.content_folder / GLOSSARY_FILE)
        self.fact_file = open_facts(self.content_folder / FACTS_FILE)
        self.guide = open_guide(self.content_folder / TROUBLESHOOTING_FILE)
        drawn_from = self.figure_texts, self.listing_texts, self.glossary.terms, self.fact_file.facts
        opened = (open_lesson(path, *drawn_from) for path in self.content_folder.glob("*.md"))
        return tuple(sorted(opened, key=get_lesson_sort_key))


def find_duplicates(lessons: tuple[Lesson, ...]) -> Iterator[LintError]:
    """Yield a lint error for each lesson whose slug or number another one has."""
    for name, words in (("slug", "le slug"), ("number", "le numéro (number)")):
        first: dict[str, Lesson] = {}
        for lesson in lessons:
            other = first.setdefault(getattr(lesson, name), lesson)
            if other is not lesson:
                what, mend = "{words} est aussi celui de {other}.", "Donnez-en un autre à cette leçon."
                yield make_fault(lesson.path, 1, what, mend, words=words, other=other.path)


def is_link_valid(lesson: Lesson, address: str, lessons: tuple[Lesson, ...], is_page: Callable[[str], bool]) -> bool:
    """Does a link of `lesson` lead to a page, and to a heading or an entry of it where it names one?"""
    parts = urlsplit(address)
    others = {other.slug: other for other in lessons}
    if parts.path == glossary.GLOSSARY_URL_PATH:
        return not parts.fragment or parts.fragment in {term.anchor for term in get_terms()}
    if parts.path == troubleshooting.TROUBLESHOOTING_URL_PATH:
        return not parts.fragment or parts.fragment in {entry.id for entry in get_guide().entries}
    if not parts.path:
        target = lesson
    elif parts.path.startswith(LESSONS_URL_PATH) and parts.path not in {
        LESSONS_URL_PATH,
        edition_notes.EDITIONS_URL_PATH,
    }:
        found = others.get(parts.path.removeprefix(LESSONS_URL_PATH))
        if not found:
            return False
        target = found
    else:
        return is_page(parts.path)
    return not parts.fragment or parts.fragment in target.anchors


def find_dead_links(lessons: tuple[Lesson, ...], is_page: Callable[[str], bool]) -> Iterator[LintError]:
    """Yield a lint error for each link to a lesson, a heading or a page that does not exist."""
    for lesson in lessons:
        for link in lesson.links:
            if not is_link_valid(lesson, link.address, lessons, is_page):
                what = "le lien « {address} » est mort."
                mend = "Corrigez-le, ou le titre ou le mot qu'il vise."
                yield make_fault(lesson.path, link.line, what, mend, address=link.address)


def find_unused_facts(lessons: tuple[Lesson, ...], fact_file: FactFile, path: str) -> Iterator[LintError]:
    """Yield a lint error for each fact that no lesson cites."""
    cited = {fact.id for lesson in lessons for fact in lesson.facts}
    for fact in fact_file.facts:
        if fact.id not in cited:
            what = "aucune leçon ne cite le fait « {id} »."
            yield make_fault(path, fact.line, what, "Citez-le, [mots]{{fait={id}}}, ou retirez-le.", id=fact.id)


def make_page_check(routes: MapAdapter) -> Callable[[str], bool]:
    """Return a predicate: does the site have a page at a path?"""

    def is_page(path: str) -> bool:
        try:
            routes.match(path, method="GET")
        except RequestRedirect:
            return True
        except HTTPException:
            return False
        return True

    return is_page


def get_library() -> "LessonLibrary":
    """Return the lesson library of this application."""
    return current_app.extensions["lessons"]


def get_lessons() -> tuple[Lesson, ...]:
    """Return every lesson, in order."""
    return get_library().get_lessons()


def get_terms() -> tuple[GlossaryTerm, ...]:
    """Return every term of the glossary, in order."""
    get_lessons()
    return get_library().glossary.terms


def get_guide() -> TroubleshootingGuide:
    """Return the troubleshooting guide."""
    get_lessons()
    return get_library().guide


def get_own_pictures_folder() -> Path:
    """Return the folder of the instructor's pictures, which may not exist."""
    return get_library().own_pictures_folder


def get_lesson(slug: str) -> Lesson | None:
    """Return the lesson of a slug; None without one."""
    return next((one for one in get_lessons() if one.slug == slug), None)


def get_neighbours(one: Lesson) -> tuple[Lesson | None, Lesson | None]:
    """Return the lessons before and after one; None at either end."""
    shelf = get_lessons()
    place = shelf.index(one)
    return shelf[place - 1] if place else None, shelf[place + 1] if place + 1 < len(shelf) else None


def collect_lint_errors() -> list[LintError]:
    """Return every lint error of the lessons and their data files, by file and line."""
    shelf = get_lessons()
    is_page = make_page_check(current_app.url_map.bind(""))
    own = [fault for one in shelf for fault in one.lint_errors]
    kept = get_library()
    of_facts = [
        *kept.fact_file.lint_errors,
        *find_unused_facts(shelf, kept.fact_file, get_project_path(kept.content_folder / FACTS_FILE)),
    ]
    return sorted(
        [
            *own,
            *kept.lint_errors,
            *kept.glossary.lint_errors,
            *of_facts,
            *find_duplicates(shelf),
            *find_dead_links(shelf, is_page),
        ]
    )


def get_due_facts(today: date) -> list[Fact]:
    """Return the facts that are due for review, the oldest first."""
    get_lessons()
    return facts.find_due_facts(get_library().fact_file.facts, today)


def get_listing_texts() -> dict[str, str]:
    """Return the text of each file that lessons may show, by its path in `content/`."""
    get_lessons()
    return dict(get_library().listing_texts)


def render_sample(source: str) -> Markup:
    """Render a sample of lesson Markdown for the page of patterns, notes of the instructor included."""
    get_lessons()
    shelf = get_library()
    rendered = render_cached_lesson(source, shelf.figure_texts, shelf.listing_texts, (), shelf.fact_file.facts)
    html = markdown.render_parts(rendered.parts, {instructor_notes.INSTRUCTOR_KEY: "1"})
    return Markup(html.replace(' method="post"', ""))  # noqa: S704 (as above; no lesson would keep these answers)


def render_inline_markdown(text: str) -> Markup:
    """Render one line of our own Markdown as HTML."""
    return Markup(inlines.render_inline(text))  # noqa: S704 (as lessons are)


def init_app(app: Flask) -> None:
    """Register the library and the template filters; the lessons load at the first request for them."""
    app.extensions["lessons"] = LessonLibrary(CONTENT_FOLDER, FIGURES_FOLDER, Path(app.instance_path) / "figures")
    app.jinja_env.filters["as_lesson"] = render_sample
    app.jinja_env.filters["as_inline"] = render_inline_markdown
