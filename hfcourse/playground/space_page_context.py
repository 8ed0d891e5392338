"""Template context of a Space's page: its entry, its names, its author's words, and the values of a rejected form."""

from dataclasses import replace
from typing import Any, NamedTuple

from flask import current_app, request

from hfcourse import tokens, visitors
from hfcourse.error_messages import ErrorExplanation
from hfcourse.errors import CourseError
from hfcourse.playground import practice_url, thumbnails
from hfcourse.playground.workbench.series_input import SERIES_PREFIX, VALUES_FIELD
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.form import uploads
from hfcourse.spaces.form.error_summary import ErrorSummary
from hfcourse.spaces.registry import known_spaces, resolver
from hfcourse.spaces.schema.endpoints.space_description import Description
from hfcourse.text.typography import typeset_french


def get_catalogue_entry(space_id: str) -> CatalogueEntry:
    """Return the entry of a Space, or one with its id as title; an invalid id, or one with a token, is not rendered."""
    if not catalogue.is_space_id(space_id) or tokens.contains_token(space_id):
        return CatalogueEntry("", "Space introuvable")
    return catalogue.find_catalogue_entry(space_id) or CatalogueEntry(space_id, space_id)


def build_space_context(requested_id: str, description: Description | None) -> dict[str, Any]:
    """Return the part of the context that does not depend on a form or an error.

    Args:
        requested_id: the name in the URL or the form, which may be that of a Space that was renamed since.
    """
    names = resolve_space_names(requested_id)
    return {
        "entry": get_catalogue_entry(names.shown),
        "former_name": names.former,
        "new_name": names.new,
        "description": description,
        **build_practice_context(names.shown, is_described=description is not None),
        **build_author_context(names.shown, description),
    }


def build_practice_context(space_id: str, *, is_described: bool) -> dict[str, Any]:
    """Return what only the practice Space has: where it runs, and the URL of its own page once it responds."""
    is_practice = space_id == catalogue.PRACTICE_SPACE_ID
    return {
        "is_practice": is_practice,
        "is_local": is_local_practice_space(space_id),
        "practice_page_url": practice_url.get_reachable_url() if is_practice and is_described else "",
    }


def is_local_practice_space(space_id: str) -> bool:
    """Is this the practice Space, run by this site?"""
    return (
        space_id == catalogue.PRACTICE_SPACE_ID
        and not current_app.config["PRACTICE_URL"]
        and not get_catalogue_entry(space_id).url
    )


def build_author_context(space_id: str, description: Description | None) -> dict[str, Any]:
    """Return the author's text: `author_title`, '' if the catalogue has a title, `author_sentences` and `thumbnail`."""
    entry, card = get_catalogue_entry(space_id), known_spaces.get_last_card(space_id)
    title = (description.title if description else "") or card.title
    sentences = [card.short_description, description.introduction if description else ""]
    return {
        "author_title": title if entry.title == entry.id else "",
        "author_sentences": [*dict.fromkeys(filter(None, sentences))],
        "thumbnail": thumbnails.build_thumbnail_url(space_id) if description else "",
    }


class SpaceNames(NamedTuple):
    """Names of a Space that may have been renamed.

    Attributes:
        shown: the name to render it by: for an entry of the catalogue that of the catalogue, else the current one.
        former: the requested name if it is a former one, else ''.
        new: the current name if the requested one is a former one, else ''.
    """

    shown: str
    former: str = ""
    new: str = ""


def resolve_space_names(space_id: str) -> SpaceNames:
    """Return the names of the Space that was requested by this one."""
    if not catalogue.is_space_id(space_id):
        return SpaceNames(space_id)
    new_name = resolver.get_current_name(space_id)
    if new_name == space_id:
        return SpaceNames(space_id)
    return SpaceNames(space_id if catalogue.find_catalogue_entry(space_id) else new_name, space_id, new_name)


def choose_page_explanation(
    error: CourseError | None, given: ErrorExplanation | None, summary: ErrorSummary | None
) -> ErrorExplanation | None:
    """Return the explanation of the page's error: the given one, else that of its code, with a count of errors."""
    if given or not error:
        return given
    if error.code != "invalid-input" or not summary or summary.total_count < 2:
        return error.explanation
    return replace(error.explanation, sentence=typeset_french(f"{summary.total_count} valeurs ne conviennent pas."))


def build_unrendered_context(*, is_unrendered: bool, is_csrf_valid: bool) -> dict[str, Any]:
    """Return the posted values of a form that cannot be rendered: texts, stored files, and names of the other files.

    Args:
        is_csrf_valid: only then the files of the form are stored.
    """
    if not is_unrendered:
        return {"unsent_values": [], "stored_files": [], "unstored_names": []}
    return {
        "unsent_values": collect_posted_values(),
        "stored_files": uploads.store_uploads(request.files, visitors.get_or_create_visitor()) if is_csrf_valid else [],
        "unstored_names": [] if is_csrf_valid else uploads.collect_upload_names(request.files),
    }


def collect_posted_values() -> list[tuple[str, str]]:
    """Return the posted texts of a form that cannot be rendered, so that it can be sent again unchanged.

    Those of a series are among them if it has values.
    """
    prefixes = ("arg-", SERIES_PREFIX) if request.form.get(VALUES_FIELD, "").strip() else ("arg-",)
    posted = request.form.items(multi=True)
    return [(name, tokens.mask_tokens(text)) for name, text in posted if name.startswith(prefixes)]
