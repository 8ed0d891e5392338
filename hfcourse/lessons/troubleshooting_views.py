"""The troubleshooting page, /depannage, and the lookup that links an error to its entry."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from flask import Blueprint, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from hfcourse import tokens
from hfcourse.lessons import library
from hfcourse.lessons.reference.message_search import MessageIndex
from hfcourse.lessons.reference.troubleshooting import (
    TROUBLESHOOTING_URL_PATH,
    TroubleshootingEntry,
    TroubleshootingGuide,
)
from hfcourse.web.template_globals import FRAGMENT_HEADER

MAX_MESSAGE_CHARACTERS = 2000

bp = Blueprint("troubleshooting", __name__)


@bp.app_template_global("troubleshooting_entry")
def find_troubleshooting_entry(code: object) -> TroubleshootingEntry | None:
    """Return the entry for an error code or an HTTP status; None without one."""
    return library.get_guide().by_code.get(str(code))


@bp.get(TROUBLESHOOTING_URL_PATH)
def show() -> ResponseReturnValue:
    """Render all entries, or those that match a message; queries are not stored."""
    typed = tokens.mask_tokens(request.args.get("q", "")[-MAX_MESSAGE_CHARACTERS:].strip())
    guide = library.get_guide()
    found = get_message_index(guide).search_entries(typed) if typed else []
    template = (
        "lessons/_troubleshooting_entries.html"
        if FRAGMENT_HEADER in request.headers
        else "lessons/troubleshooting.html"
    )
    page = render_template(
        template,
        section="course",
        query=typed,
        results=[prefix_entry_links(entry) for entry in found],
        topics=group_by_topic(map(prefix_entry_links, guide.entries)),
        addresses={each.number: url_for("lessons.show", slug=each.slug) for each in library.get_lessons()},
    )
    response = make_response(page)
    response.headers["Vary"] = FRAGMENT_HEADER
    return response


def group_by_topic(entries: Iterable[TroubleshootingEntry]) -> list[tuple[str, list[TroubleshootingEntry]]]:
    """Group the entries by topic; those of one topic are consecutive in the file."""
    return [(topic, list(group)) for topic, group in groupby(entries, key=lambda entry: entry.topic)]


def prefix_entry_links(entry: TroubleshootingEntry) -> TroubleshootingEntry:
    """Prefix an entry's links with the path that a proxy mounts the site under."""
    if not request.script_root:
        return entry

    def add(html: Markup) -> Markup:
        prefixed = str(html).replace('href="/', f'href="{escape(request.script_root)}/')
        return Markup(prefixed)  # noqa: S704 (what was safe still is)

    return replace(entry, cause=add(entry.cause), cure=add(entry.cure))


def get_message_index(guide: TroubleshootingGuide) -> MessageIndex:
    """Return the search index of this guide, rebuilt when the file has changed."""
    cached = current_app.extensions.get("message_index")
    if cached is None or cached[0] is not guide:
        cached = current_app.extensions["message_index"] = (guide, MessageIndex(guide.entries))
    return cached[1]
