"""The checks of `flask check`: lessons and their data files, troubleshooting guide, unused terms."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from hfcourse.lessons import library
from hfcourse.lessons.lesson_files import Lesson, get_project_path
from hfcourse.lessons.markup.glossary import GLOSSARY_URL_PATH, GlossaryTerm
from hfcourse.lessons.reference.edition_notes import EDITIONS_URL_PATH
from hfcourse.lessons.reference.facts import FactFile
from hfcourse.lessons.reference.troubleshooting import TROUBLESHOOTING_URL_PATH
from hfcourse.lessons.syntax.context import LintError, make_fault


def collect_lint_errors() -> list[LintError]:
    """Return every lint error of the lessons and their data files, by file and line."""
    lessons, course = library.get_lessons(), library.get_library()
    is_page = make_page_check(current_app.url_map.bind(""))
    facts_path = get_project_path(course.content_folder / library.FACTS_FILE)
    return sorted(
        [
            *(error for lesson in lessons for error in lesson.lint_errors),
            *course.lint_errors,
            *course.glossary.lint_errors,
            *course.fact_file.lint_errors,
            *find_unused_facts(lessons, course.fact_file, facts_path),
            *find_duplicates(lessons),
            *find_dead_links(lessons, is_page),
        ]
    )


def find_duplicates(lessons: tuple[Lesson, ...]) -> Iterator[LintError]:
    """Yield a lint error for each lesson whose slug or number another one has."""
    for name, words in (("slug", "le slug"), ("number", "le numéro (number)")):
        first: dict[str, Lesson] = {}
        for lesson in lessons:
            other = first.setdefault(getattr(lesson, name), lesson)
            if other is not lesson:
                problem, advice = "{words} est aussi celui de {other}.", "Donnez-en un autre à cette leçon."
                yield make_fault(lesson.path, 1, problem, advice, words=words, other=other.path)


def is_link_valid(lesson: Lesson, address: str, lessons: tuple[Lesson, ...], is_page: Callable[[str], bool]) -> bool:
    """Does a link of `lesson` lead to a page, and to a heading or an entry of it where it names one?"""
    parts = urlsplit(address)
    others = {other.slug: other for other in lessons}
    if parts.path == GLOSSARY_URL_PATH:
        return not parts.fragment or parts.fragment in {term.anchor for term in library.get_terms()}
    if parts.path == TROUBLESHOOTING_URL_PATH:
        return not parts.fragment or parts.fragment in {entry.id for entry in library.get_guide().entries}
    if not parts.path:
        target = lesson
    elif parts.path.startswith(library.LESSONS_URL_PATH) and parts.path not in {
        library.LESSONS_URL_PATH,
        EDITIONS_URL_PATH,
    }:
        found = others.get(parts.path.removeprefix(library.LESSONS_URL_PATH))
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
                problem = "le lien « {address} » est mort."
                advice = "Corrigez-le, ou le titre ou le mot qu'il vise."
                yield make_fault(lesson.path, link.line, problem, advice, address=link.address)


def find_unused_facts(lessons: tuple[Lesson, ...], fact_file: FactFile, path: str) -> Iterator[LintError]:
    """Yield a lint error for each fact that no lesson cites."""
    cited = {fact.id for lesson in lessons for fact in lesson.facts}
    for fact in fact_file.facts:
        if fact.id not in cited:
            problem = "aucune leçon ne cite le fait « {id} »."
            yield make_fault(path, fact.line, problem, "Citez-le, [mots]{{fait={id}}}, ou retirez-le.", id=fact.id)


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


def find_guide_errors() -> list[LintError]:
    """Return the lint errors of the troubleshooting guide: fields, links and lesson numbers."""
    return sorted([*library.get_guide().lint_errors, *find_guide_dead_links(), *find_unknown_lessons()])


def find_guide_dead_links() -> Iterator[LintError]:
    """Yield a lint error for each dead link of an entry."""
    lessons = library.get_lessons()
    is_page = make_page_check(current_app.url_map.bind(""))
    for link in library.get_guide().links:
        # A link without a path is a link to an entry of the same page.
        address = f"/depannage{link.address}" if link.address.startswith("#") else link.address
        if lessons and not is_link_valid(lessons[0], address, lessons, is_page):
            problem, advice = "le lien « {address} » est mort.", "Corrigez-le."
            yield make_fault(get_guide_path(), link.line, problem, advice, address=link.address)


def find_unknown_lessons() -> Iterator[LintError]:
    """Yield a lint error for each entry that names an unknown lesson."""
    numbers = {lesson.number for lesson in library.get_lessons()}
    for entry in library.get_guide().entries:
        for number in sorted(set(entry.lesson_numbers) - numbers):
            problem, advice = (
                "la fiche « {id} » nomme la leçon {number}, qui n'existe pas.",
                "Corrigez son champ where.",
            )
            yield make_fault(get_guide_path(), 1, problem, advice, id=entry.id, number=number)


def get_guide_path() -> str:
    """Return the path of the troubleshooting guide, from the root of the project."""
    return get_project_path(library.get_library().content_folder / library.TROUBLESHOOTING_FILE)


def find_unlinked_terms() -> list[GlossaryTerm]:
    """Return the glossary terms that no lesson uses: no error, but no reader meets them."""
    used = {term for lesson in library.get_lessons() for term in lesson.terms}
    return [term for term in library.get_terms() if term not in used]
