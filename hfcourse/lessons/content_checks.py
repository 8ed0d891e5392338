"""What `flask check` looks for beside the lessons: the troubleshooting entries, and words that no lesson uses."""

from collections.abc import Iterator

from flask import current_app

from hfcourse.lessons import library
from hfcourse.lessons.markup.glossary import Term
from hfcourse.lessons.syntax.context import Fault, make_fault


def find_faults() -> list[Fault]:
    """List what is wrong with the troubleshooting entries: their fields, their links, the lessons that they name."""
    return sorted([*library.guide().faults, *find_dead_links(), *find_unknown_lessons()])


def find_dead_links() -> Iterator[Fault]:
    """Yield a fault for each link of an entry that leads nowhere."""
    lessons = library.lessons()
    is_page = library.is_page_of(current_app.url_map.bind(""))
    for link in library.guide().links:
        # A link without a path leads to an entry of the same page.
        address = f"/depannage{link.address}" if link.address.startswith("#") else link.address
        if lessons and not library.is_alive(lessons[0], address, lessons, is_page):
            what, mend = "le lien « {address} » est mort.", "Corrigez-le."
            yield make_fault(get_path(), link.line, what, mend, address=link.address)


def find_unknown_lessons() -> Iterator[Fault]:
    """Yield a fault for each entry that names a lesson which is not there."""
    numbers = {lesson.number for lesson in library.lessons()}
    for entry in library.guide().entries:
        for number in sorted(set(entry.where) - numbers):
            what, mend = "la fiche « {id} » nomme la leçon {number}, qui n'existe pas.", "Corrigez son champ where."
            yield make_fault(get_path(), 1, what, mend, id=entry.id, number=number)


def get_path() -> str:
    return library.name_of(current_app.extensions["lessons"].content / library.TROUBLESHOOTING)


def find_unlinked_terms() -> list[Term]:
    """List the words of the glossary that no lesson uses: no fault, but a reader never meets them."""
    used = {term for lesson in library.lessons() for term in lesson.terms}
    return [term for term in library.terms() if term not in used]
