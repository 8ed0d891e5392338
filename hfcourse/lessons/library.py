"""The cached library of lessons: parsed from `content/`, rendered once, reloaded when a file changes.

The dates and sizes of the files are compared at a request, at most every FILE_CHECK_INTERVAL_SECONDS: with some 240
files that takes as long as the rest of the response. A lesson is rendered again only when its text or a figure has
changed, so that an edit shows at the next reload.
"""

import itertools
import os
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from flask import Flask, current_app
from markupsafe import Markup

from hfcourse.config import ROOT
from hfcourse.lessons.lesson_files import (
    Lesson,
    NamedTexts,
    get_lesson_sort_key,
    get_project_path,
    open_facts,
    open_glossary,
    open_guide,
    open_lesson,
    read_text_file,
    render_cached_lesson,
)
from hfcourse.lessons.markup import figures, instructor_notes, markdown
from hfcourse.lessons.markup.glossary import Glossary, GlossaryTerm
from hfcourse.lessons.reference import facts
from hfcourse.lessons.reference.facts import FactFile
from hfcourse.lessons.reference.troubleshooting import TroubleshootingGuide
from hfcourse.lessons.syntax import inlines
from hfcourse.lessons.syntax.context import Fact, LintError
from hfcourse.lessons.syntax.svg_drawings import pair_drawings

CONTENT_FOLDER = ROOT / "hfcourse" / "content"
FIGURES_FOLDER = ROOT / "static" / "figures"
# Pages name their style sheets and scripts by a hash: when one of those changes, so do the pages.
HASHED_ASSET_FOLDERS = (ROOT / "static" / "css", ROOT / "static" / "js")
GLOSSARY_FILE, FACTS_FILE = "glossary.toml", "facts.toml"
TROUBLESHOOTING_FILE = "depannage.toml"
FILE_CHECK_INTERVAL_SECONDS = 0.1
LESSONS_URL_PATH = "/lecons/"
# The files of the content folders that a lesson may show: source, and no build or run artefact.
INCLUDABLE_SUFFIXES = {".py", ".html", ".css", ".js", ".txt", ".env", ".exemple", ".mjs", ".json"}
INCLUDABLE_NAMES = {".gitignore"}


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

    def __init__(self, content: Path, figures: Path, own_pictures: Path, check_interval_seconds: float = 0) -> None:
        self._check_interval_seconds, self._next_check = check_interval_seconds, 0.0
        self._lock = threading.Lock()
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
        with self._lock:  # the first visitors of a class come together: one of them loads
            now = time.monotonic()
            if now < self._next_check and self.file_stats is not None:
                return self.cached_lessons
            self._next_check = now + self._check_interval_seconds
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
        figure_html, unusable = figures.replace_drawings(paired, self.own_pictures_folder)
        self.lint_errors = [*unpaired, *unusable]
        self.figure_texts = tuple(figure_html.items())
        files = sorted(self.content_folder.glob("*/**/*"))
        includable = (path for path in files if path.suffix in INCLUDABLE_SUFFIXES or path.name in INCLUDABLE_NAMES)
        self.listing_texts = tuple(
            (path.relative_to(self.content_folder).as_posix(), read_text_file(path)) for path in includable
        )
        self.glossary = open_glossary(self.content_folder / GLOSSARY_FILE)
        self.fact_file = open_facts(self.content_folder / FACTS_FILE)
        self.guide = open_guide(self.content_folder / TROUBLESHOOTING_FILE)
        inputs = self.figure_texts, self.listing_texts, self.glossary.terms, self.fact_file.facts
        lessons = (open_lesson(path, *inputs) for path in self.content_folder.glob("*.md"))
        return tuple(sorted(lessons, key=get_lesson_sort_key))


def get_library() -> LessonLibrary:
    """Return the lesson library of this application."""
    library: LessonLibrary = current_app.extensions["lessons"]
    return library


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
    lessons = get_lessons()
    index = lessons.index(one)
    return lessons[index - 1] if index else None, lessons[index + 1] if index + 1 < len(lessons) else None


def get_due_facts(today: date) -> list[Fact]:
    """Return the facts that are due for review, the oldest first."""
    get_lessons()
    return facts.find_due_facts(get_library().fact_file.facts, today)


def get_listing_texts() -> dict[str, str]:
    """Return the text of each file that lessons may show, by its path in `content/`."""
    get_lessons()
    return dict(get_library().listing_texts)


def render_markdown_sample(source: str) -> Markup:
    """Render a sample of lesson Markdown for the page of patterns, notes of the instructor included."""
    get_lessons()
    course = get_library()
    rendered = render_cached_lesson(source, course.figure_texts, course.listing_texts, (), course.fact_file.facts)
    html = markdown.render_parts(rendered.parts, {instructor_notes.INSTRUCTOR_KEY: "1"})
    return Markup(html.replace(' method="post"', ""))  # noqa: S704 (as above; without a lesson, answers are not stored)


def render_inline_markdown(text: str) -> Markup:
    """Render one line of our own Markdown as HTML."""
    return Markup(inlines.render_inline(text))  # noqa: S704 (as lessons are)


def init_app(app: Flask) -> None:
    """Register the library and the template filters; the lessons load at the first request for them."""
    interval = 0 if app.debug or app.testing else FILE_CHECK_INTERVAL_SECONDS
    own_pictures = Path(app.instance_path) / "figures"
    app.extensions["lessons"] = LessonLibrary(CONTENT_FOLDER, FIGURES_FOLDER, own_pictures, interval)
    app.jinja_env.filters["as_lesson"] = render_markdown_sample
    app.jinja_env.filters["as_inline"] = render_inline_markdown
