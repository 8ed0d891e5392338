"""The whole course on one page: to print, and as one file that needs nothing else.

On one page the ids of a lesson would meet those of another: each gets the name of its lesson before it, and
links between lessons become links within the page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

from flask import current_app, render_template
from markupsafe import Markup

from hfcourse.lessons import library
from hfcourse.lessons.library import Lesson
from hfcourse.lessons.markup import downloads, figures, glossary
from hfcourse.lessons.markup.glossary import Term
from hfcourse.lessons.reference import edition_notes, troubleshooting
from hfcourse.lessons.syntax import html_blocks

TAG = re.compile(r"<[a-z][^<>]*>")
IDS = re.compile(r'(?<=\s)(id|for|aria-labelledby|aria-describedby)="([^"]*)"')
GROUP = re.compile(r'(?<=\s)name="(langage-\d+)"')
PAINT = re.compile(r"url\(#([^)]+)\)")
HREF = re.compile(r'\shref="([^"]*)"')
LANDMARK = re.compile(r'(<(?:section|form)\b[^<>]*) aria-labelledby="[^"]*"')
PICTURE = re.compile(rf'(?<=\s)src="{figures.ADDRESS}([^"]+)"')
ICON = "#i-"
SITE_PAGES = {edition_notes.ADDRESS}  # under the lessons' address, and no lessons
CONTENTS = "sommaire"
STYLES = ("css/tokens.css", "css/site.css")
SCRIPTS = ("js/site.js", "js/ordering.js", "js/lesson.js")


@dataclass(frozen=True)
class Chapter:
    """A lesson on the page of all; `anchor` begins each of its ids."""

    anchor: str
    lesson: Lesson
    html: Markup


@dataclass(frozen=True)
class Entry:
    """A word of the glossary on a page, and where it is used: a lesson's number and an address."""

    anchor: str
    term: Term
    definition: Markup
    uses: tuple[tuple[str, str], ...]


def within(address: str, slug: str, site: str | None) -> str | None:
    """Where a link of the lesson `slug` leads on the page of all.

    `site` is what the address of another page begins with; None if there is no site to go to.
    """
    path, _, anchor = address.partition("#")
    if address.startswith(ICON) or not address.startswith(("/", "#")):
        return address
    if not path:
        return f"#{slug}-{anchor}"
    if path == glossary.ADDRESS:
        return f"#glossaire-{anchor}" if anchor else "#glossaire"
    if path == troubleshooting.ADDRESS:
        return f"#depannage-{anchor}" if anchor else "#depannage"
    if path.startswith(library.ADDRESS) and path not in SITE_PAGES and not path.startswith(downloads.ADDRESS):
        other = path.removeprefix(library.ADDRESS) or CONTENTS
        return f"#{other}-{anchor}" if anchor else f"#{other}"
    return None if site is None else site + address


def moved_tag(tag: str, slug: str, site: str | None) -> str:
    """One tag of the lesson `slug`, as it stands on the page of all."""

    def link(found: re.Match[str]) -> str:
        address = within(found[1], slug, site)
        return "" if address is None else f' href="{address}"'

    def names(found: re.Match[str]) -> str:
        return f'{found[1]}="{" ".join(f"{slug}-{each}" for each in found[2].split())}"'

    tag = HREF.sub(link, IDS.sub(names, tag))
    return PAINT.sub(rf"url(#{slug}-\1)", GROUP.sub(rf'name="{slug}-\1"', tag))


def moved(lesson: Lesson, site: str | None, address_of: Callable[[str], str]) -> Markup:
    """A lesson as it stands on the page of all: its headings one level lower, nothing answered yet."""
    html = html_blocks.with_links_alone(str(lesson.html))
    html = html_blocks.without_downloads(html) if site is None else html
    html = html_blocks.without_enlarging(html) if site is None else html
    html = PICTURE.sub(lambda found: f'src="{address_of(unescape(found[1]))}"', html)
    html = TAG.sub(lambda found: moved_tag(found[0], lesson.slug, site), html)
    html = LANDMARK.sub(r"\1", html)  # on this page the same names come back in each lesson
    html = re.sub(r"<(/?)h([23])\b", lambda found: f"<{found[1]}h{int(found[2]) + 1}", html)
    post = "" if site is None else f' action="{site}{library.ADDRESS}{lesson.slug}" method="post"'
    return Markup(html.replace(' method="post"', post))  # noqa: S704 (what was safe still is)


def chapters(site: str | None, address_of: Callable[[str], str]) -> list[Chapter]:
    """Every lesson, for the page of all; `address_of` gives that of a picture of the instructor, by its name."""
    return [Chapter(lesson.slug, lesson, moved(lesson, site, address_of)) for lesson in library.lessons()]


def entries(address_of: Callable[[Lesson, Term], str], prefix: str = "") -> list[Entry]:
    """Every word of the glossary, with the lessons that use it."""
    lessons = library.lessons()
    return [
        Entry(
            prefix + term.anchor,
            term,
            Markup(term.html),  # noqa: S704 (as the lessons are)
            tuple((lesson.number, address_of(lesson, term)) for lesson in lessons if term in lesson.terms),
        )
        for term in library.terms()
    ]


def troubles(site: str | None) -> list[troubleshooting.Entry]:
    """The troubleshooting entries for the page of all, their links within it where that is possible."""

    def move(html: Markup) -> Markup:
        moved = TAG.sub(lambda found: moved_tag(found[0], "depannage", site), str(html))
        return Markup(moved)  # noqa: S704 (what was safe still is)

    return [replace(entry, cause=move(entry.cause), cure=move(entry.cure)) for entry in library.guide().entries]


def use_on_the_page(lesson: Lesson, term: Term) -> str:
    """Where a lesson first uses a word, on the page of all."""
    return f"#{lesson.slug}-mot-{term.anchor}"


def parts(site: str | None, address_of: Callable[[str], str]) -> dict[str, object]:
    """What the template of the page of all shows."""
    return {
        "chapters": chapters(site, address_of),
        "entries": entries(use_on_the_page, "glossaire-"),
        "troubles": troubles(site),
        "addresses": {each.number: f"#{each.slug}" for each in library.lessons()},
    }


def export(site: str | None) -> str:
    """The whole course as one HTML file: looks and scripts are in it, and it loads nothing."""
    folder = Path(current_app.static_folder or "")

    def embedded(name: str) -> str:
        return figures.data_url(library.own_pictures() / name)

    def joined(names: tuple[str, ...]) -> Markup:
        return Markup("\n".join((folder / name).read_text(encoding="utf-8") for name in names))  # noqa: S704 (ours)

    return render_template(
        "lessons/export.html", styles=joined(STYLES), scripts=joined(SCRIPTS), **parts(site, embedded)
    )
