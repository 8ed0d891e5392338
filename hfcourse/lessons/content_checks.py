"""Checks of `flask check` beside the lessons: the troubleshooting guide and unused glossary terms."""

from collections.abc import Iterator

from flask import current_app

from hfcourse.lessons import library
from hfcourse.lessons.markup.glossary import GlossaryTerm
from hfcourse.lessons.syntax.context import LintError, make_fault


def find_guide_errors() -> list[LintError]:
    """Return the lint errors of the troubleshooting guide: fields, links and lesson numbers."""
    return sorted([*library.get_guide().lint_errors, *find_guide_dead_links(), *find_unknown_lessons()])


def find_guide_dead_links() -> Iterator[LintError]:
    """Yield a lint error for each dead link of an entry."""
    lessons = library.get_lessons()
    is_page = library.make_page_check(current_app.url_map.bind(""))
    for link in library.get_guide().links:
        # A link without a path is a link to an entry of the same page.
        address = f"/depannage{link.address}" if link.address.startswith("#") else link.address
        if lessons and not library.is_link_valid(lessons[0], address, lessons, is_page):
            what, mend = "le lien « {address} » est mort.", "Corrigez-le."
            yield make_fault(get_guide_path(), link.line, what, mend, address=link.address)


def find_unknown_lessons() -> Iterator[LintError]:
    """Yield a lint error for each entry that names an unknown lesson."""
    numbers = {lesson.number for lesson in library.get_lessons()}
    for entry in library.get_guide().entries:
        for number in sorted(set(entry.lesson_numbers) - numbers):
            what, mend = "la fiche « {id} » nomme la leçon {number}, qui n'existe pas.", "Corrigez son champ where."
            yield make_fault(get_guide_path(), 1, what, mend, id=entry.id, number=number)


def get_guide_path() -> str:
    return library.get_project_path(library.get_library().content_folder / library.TROUBLESHOOTING_FILE)


def find_unlinked_terms() -> list[GlossaryTerm]:
    """Return the glossary terms that no lesson uses: no error, but no reader meets them."""
    used = {term for lesson in library.get_lessons() for term in lesson.terms}
    return [term for term in library.get_terms() if term not in used]
