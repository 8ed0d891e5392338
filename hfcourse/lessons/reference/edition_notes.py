"""What the edition of 2025 said, collected from the folds of the lessons: a page for colleagues who had it. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

EDITIONS_URL_PATH = "/lecons/depuis-2025"
# The headings and the folds of a lesson, as `markdown.py` and `pieces.edition` write them.
HEADING_OR_NOTE = re.compile(
    r'<h2 id="(?P<anchor>[^"]+)">(?P<title>.*?)</h2>|<details class="edition" id="(?P<fold>[^"]+)">'
    r"<summary>.*?</summary>\n(?P<body>.*?)</details>",
    re.DOTALL,
)
SECTION_NUMBER = re.compile(r'<span class="hang">\d+</span> ')
OWN_ID = re.compile(r'\sid="[^"]*"')
OWN_LINK = re.compile(r'\shref="#')


@dataclass(frozen=True)
class EditionNote:
    """One fold: the title of its section as HTML ('' before the first), its id, and what it says as HTML."""

    section: Markup
    anchor: str
    body: Markup


def find_edition_notes(html: str, address: str) -> Iterator[EditionNote]:
    """Yield the folds of a lesson that is served at `address`, as they stand on another page."""
    section = Markup("")
    for found in HEADING_OR_NOTE.finditer(html):
        if found["fold"]:
            body = OWN_LINK.sub(f' href="{address}#', OWN_ID.sub("", found["body"]))
            yield EditionNote(section, found["fold"], Markup(body))  # noqa: S704 (a part of a lesson, which is safe)
        else:
            section = Markup(SECTION_NUMBER.sub("", found["title"]))  # noqa: S704 (as above)


def find_all_edition_notes(lessons: Sequence[tuple[str, str]]) -> list[list[EditionNote]]:
    """Return the folds of each lesson, given as its HTML and its address."""
    return [list(find_edition_notes(html, address)) for html, address in lessons]
