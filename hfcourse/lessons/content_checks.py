"""What `flask check` looks for beside the lessons: the troubleshooting entries, and words that no lesson uses."""

from collections.abc import Iterator

from flask import current_app

from hfcourse.lessons import library
from hfcourse.lessons.markup.glossary import GlossaryTerm
from hfcourse.lessons.syntax.context import LintError, make_fault


def find_guide_errors() -> list[LintError]:
    """List what is wrong with the troubleshooting entries: their fields, their links, the lessons that they name."""
    return sorted([*library.get_guide().lint_errors, *find_guide_dead_links(), *find_unknown_lessons()])


def find_guide_dead_links() -> Iterator[LintError]:
    """Yield a fault for each link of an entry that leads nowhere."""
    lessons = library.get_lessons()
    is_page = library.make_page_check(current_app.url_map.bind(""))
    for link in library.get_guide().links:
        # A link without a path leads to an entry of the same page.
        address = f"/depannage{link.address}" if link.address.startswith("#") else link.address
        if lessons and not library.is_link_valid(lessons[0], address, lessons, is_page):
            what, mend = "le lien « {address} » est mort.", "Corrigez-le."
            yield make_fault(get_guide_path(), link.line, what, mend, address=link.address)


def find_unknown_lessons() -> Iterator[LintError]:
    """Yield a fault for each entry that names a lesson which is not there."""
    numbers = {lesson.number for lesson in library.get_lessons()}
    for entry in library.get_guide().entries:
        for number in sorted(set(entry.lesson_numbers) - numbers):
            what, mend = "la fiche « {id} » nomme la leçon {number}, qui n'existe pas.", "Corrigez son champ where."
            yield make_fault(get_guide_path(), 1, what, mend, id=entry.id, number=number)


def get_guide_path() -> str:
    return library.get_project_path(library.get_library().content_folder / library.TROUBLESHOOTING_FILE)


def find_unlinked_terms() -> list[GlossaryTerm]:
    """List the words of the glossary that no lesson uses: no fault, but a reader never meets them."""
    used = {term for lesson in library.get_lessons() for term in lesson.terms}
    return [term for term in library.get_terms() if term not in used]
