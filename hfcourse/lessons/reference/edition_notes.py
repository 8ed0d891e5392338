"""The notes about the edition of 2025, collected on one page for colleagues who used it. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

EDITIONS_URL_PATH = "/lecons/depuis-2025"
# The headings and folded notes, as `markdown.py` and `html_blocks.build_edition_note` render them.
HEADING_OR_NOTE = re.compile(
    r'<h2 id="(?P<anchor>[^"]+)">(?P<title>.*?)</h2>|<details class="edition-note" id="(?P<fold>[^"]+)">'
    r"<summary>.*?</summary>\n(?P<body>.*?)</details>",
    re.DOTALL,
)
SECTION_NUMBER = re.compile(r'<span class="margin-label">\d+</span> ')
OWN_ID = re.compile(r'\sid="[^"]*"')
OWN_LINK = re.compile(r'\shref="#')


@dataclass(frozen=True)
class EditionNote:
    """A folded note: the heading of its section as HTML ('' before the first), its id, its body as HTML."""

    section: Markup
    anchor: str
    body: Markup


def find_edition_notes(html: str, address: str) -> Iterator[EditionNote]:
    """Iterate over the notes of a lesson served at `address`, their links rewritten for another page."""
    section = Markup("")
    for found in HEADING_OR_NOTE.finditer(html):
        if found["fold"]:
            body = OWN_LINK.sub(f' href="{address}#', OWN_ID.sub("", found["body"]))
            yield EditionNote(section, found["fold"], Markup(body))  # noqa: S704 (a part of a lesson, which is safe)
        else:
            section = Markup(SECTION_NUMBER.sub("", found["title"]))  # noqa: S704 (as above)


def find_all_edition_notes(lessons: Sequence[tuple[str, str]]) -> list[list[EditionNote]]:
    """Return the notes of each lesson, given as pairs of HTML and address."""
    return [list(find_edition_notes(html, address)) for html, address in lessons]
