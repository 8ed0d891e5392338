"""Readers of the course's files: lessons, rendered and cached, and their data files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from hfcourse.config import ROOT
from hfcourse.lessons.exercises.checklist import Checklist
from hfcourse.lessons.exercises.ordering import Ordering
from hfcourse.lessons.exercises.quiz import Quiz
from hfcourse.lessons.markup import glossary, markdown
from hfcourse.lessons.markup.glossary import Glossary, GlossaryTerm
from hfcourse.lessons.markup.markdown import RenderedLesson
from hfcourse.lessons.reference import facts, troubleshooting
from hfcourse.lessons.reference.facts import FactFile
from hfcourse.lessons.reference.troubleshooting import TroubleshootingGuide
from hfcourse.lessons.syntax.context import Fact, InteractivePart, InternalLink, LessonSection, LintError
from hfcourse.lessons.syntax.front_matter import FrontMatter

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
