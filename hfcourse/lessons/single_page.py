"""The whole course on one page: to print, or as a self-contained HTML file.

The ids of one lesson would collide with those of another: each gets the slug of its lesson as a
prefix, and links between lessons become links within the page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

from flask import current_app, render_template
from markupsafe import Markup

from hfcourse.lessons import library
from hfcourse.lessons.lesson_files import Lesson
from hfcourse.lessons.markup import downloads, experiment_cards, figures, glossary
from hfcourse.lessons.markup.glossary import GlossaryTerm
from hfcourse.lessons.reference import edition_notes, troubleshooting
from hfcourse.lessons.syntax import html_blocks
from hfcourse.web import script_modules

HTML_TAG = re.compile(r"<[a-z][^<>]*>")
ID_ATTRIBUTES = re.compile(r'(?<=\s)(id|for|aria-labelledby|aria-describedby)="([^"]*)"')
RADIO_GROUP = re.compile(r'(?<=\s)name="(langage-\d+)"')
PAINT_REFERENCE = re.compile(r"url\(#([^)]+)\)")
LINK_ATTRIBUTE = re.compile(r'\s(href|action)="([^"]*)"')
LABELLED_LANDMARK = re.compile(r'(<(?:section|form)\b[^<>]*) aria-labelledby="[^"]*"')
PICTURE_SOURCE = re.compile(rf'(?<=\s)src="{figures.FIGURES_URL_PATH}([^"]+)"')
ICON_PREFIX = "#i-"
SITE_PAGES = {edition_notes.EDITIONS_URL_PATH}  # under the lessons' path, but not lessons
CONTENTS_ANCHOR = "sommaire"
STYLE_SHEETS = ("css/base.css", "css/lesson.css", "css/course.css")
SCRIPTS = ("js/site.js", "js/lesson.js")
ABSENT_SCRIPTS = ("js/try/panels.js", "js/try/experiment.js")  # imported where a form can be tried


@dataclass(frozen=True)
class Chapter:
    """A lesson on the single page; `anchor` is the prefix of its ids."""

    anchor: str
    lesson: Lesson
    html: Markup


@dataclass(frozen=True)
class GlossaryEntry:
    """A glossary entry with its uses: the number of a lesson and an address for each."""

    anchor: str
    term: GlossaryTerm
    definition: Markup
    uses: tuple[tuple[str, str], ...]


def rewrite_link(address: str, slug: str, site: str | None) -> str | None:
    """Rewrite the address of a link in the lesson `slug` for the single page.

    Args:
        site: the base address of other pages; None if there is no site to link to.

    Returns:
        The new address, or None if the link cannot be followed from the page.
    """
    path, _, anchor = address.partition("#")
    if address.startswith(ICON_PREFIX) or not address.startswith(("/", "#")):
        return address
    if not path:
        return f"#{slug}-{anchor}"
    if path == glossary.GLOSSARY_URL_PATH:
        return f"#glossaire-{anchor}" if anchor else "#glossaire"
    if path == troubleshooting.TROUBLESHOOTING_URL_PATH:
        return f"#depannage-{anchor}" if anchor else "#depannage"
    if (
        path.startswith(library.LESSONS_URL_PATH)
        and path not in SITE_PAGES
        and not path.startswith(downloads.DOWNLOADS_URL_PATH)
    ):
        other = path.removeprefix(library.LESSONS_URL_PATH) or CONTENTS_ANCHOR
        return f"#{other}-{anchor}" if anchor else f"#{other}"
    return None if site is None else site + address


def rewrite_tag(tag: str, slug: str, site: str | None) -> str:
    """Rewrite the ids and links of one tag of the lesson `slug` for the single page."""

    def link(found: re.Match[str]) -> str:
        address = rewrite_link(found[2], slug, site)
        return "" if address is None else f' {found[1]}="{address}"'

    def names(found: re.Match[str]) -> str:
        return f'{found[1]}="{" ".join(f"{slug}-{each}" for each in found[2].split())}"'

    tag = LINK_ATTRIBUTE.sub(link, ID_ATTRIBUTES.sub(names, tag))
    return PAINT_REFERENCE.sub(rf"url(#{slug}-\1)", RADIO_GROUP.sub(rf'name="{slug}-\1"', tag))


def rewrite_lesson(lesson: Lesson, site: str | None, address_of: Callable[[str], str]) -> Markup:
    """Render a lesson for the single page: headings one level lower, exercises unanswered."""
    html = html_blocks.remove_try_it_buttons(str(lesson.html))
    html = html_blocks.remove_download_links(html) if site is None else html
    html = experiment_cards.remove_buttons(html) if site is None else html
    html = html_blocks.remove_enlarge_links(html) if site is None else html
    html = PICTURE_SOURCE.sub(lambda found: f'src="{address_of(unescape(found[1]))}"', html)
    html = HTML_TAG.sub(lambda found: rewrite_tag(found[0], lesson.slug, site), html)
    html = LABELLED_LANDMARK.sub(r"\1", html)  # on this page the same labels occur in each lesson
    html = re.sub(r"<(/?)h([23])\b", lambda found: f"<{found[1]}h{int(found[2]) + 1}", html)
    post = "" if site is None else f' action="{site}{library.LESSONS_URL_PATH}{lesson.slug}" method="post"'
    return Markup(html.replace(' method="post"', post))  # noqa: S704 (what was safe still is)


def build_chapters(site: str | None, address_of: Callable[[str], str]) -> list[Chapter]:
    """Return every lesson rewritten for the single page.

    Args:
        site: as for `rewrite_link`.
        address_of: returns the address of a picture of the instructor by its name.
    """
    return [Chapter(lesson.slug, lesson, rewrite_lesson(lesson, site, address_of)) for lesson in library.get_lessons()]


def build_glossary_entries(address_of: Callable[[Lesson, GlossaryTerm], str], prefix: str = "") -> list[GlossaryEntry]:
    """Return every glossary term with the lessons that use it."""
    lessons = library.get_lessons()
    return [
        GlossaryEntry(
            prefix + term.anchor,
            term,
            Markup(term.html),  # noqa: S704 (as the lessons are)
            tuple((lesson.number, address_of(lesson, term)) for lesson in lessons if term in lesson.terms),
        )
        for term in library.get_terms()
    ]


def build_troubleshooting_entries(site: str | None) -> list[troubleshooting.TroubleshootingEntry]:
    """Return the troubleshooting entries, their links rewritten to this page where possible."""

    def move(html: Markup) -> Markup:
        rewritten = HTML_TAG.sub(lambda found: rewrite_tag(found[0], "depannage", site), str(html))
        return Markup(rewritten)  # noqa: S704 (what was safe still is)

    return [replace(entry, cause=move(entry.cause), cure=move(entry.cure)) for entry in library.get_guide().entries]


def build_term_use_address(lesson: Lesson, term: GlossaryTerm) -> str:
    """Return the anchor on the single page where a lesson first uses a term."""
    return f"#{lesson.slug}-mot-{term.anchor}"


def build_page_context(site: str | None, address_of: Callable[[str], str]) -> dict[str, object]:
    """Return the template context of the single page."""
    return {
        "chapters": build_chapters(site, address_of),
        "entries": build_glossary_entries(build_term_use_address, "glossaire-"),
        "troubles": build_troubleshooting_entries(site),
        "addresses": {each.number: f"#{each.slug}" for each in library.get_lessons()},
    }


def render_course_export(site: str | None) -> str:
    """Render the whole course as one HTML file with inlined styles and scripts: it loads nothing."""
    folder = Path(current_app.static_folder or "")

    def embedded(name: str) -> str:
        return figures.make_data_url(library.get_own_pictures_folder() / name)

    return render_template(
        "lessons/export.html",
        styles=Markup("\n".join((folder / name).read_text(encoding="utf-8") for name in STYLE_SHEETS)),  # noqa: S704 (ours)
        scripts=Markup(script_modules.bundle_modules(folder, SCRIPTS, ABSENT_SCRIPTS)),  # noqa: S704 (ours)
        **build_page_context(site, embedded),
    )
