"""Views of the Spaces: /espaces."""

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hfcourse import instructors, visitors
from hfcourse.errors import CourseError, SpaceUnavailable
from hfcourse.playground import badges, sample_previews, space_page, space_query, thumbnails
from hfcourse.playground.space_page_context import get_catalogue_entry
from hfcourse.playground.space_query import SpaceQueryResult
from hfcourse.runs.store import run_store
from hfcourse.spaces import catalogue
from hfcourse.spaces.registry import resolver

bp = Blueprint("spaces", __name__, url_prefix="/espaces")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Render the catalogue; `q` opens the Space that it names or searches the Hub, `nom` only opens."""
    name, words = request.args.get("nom", "").strip(), request.args.get("q", "").strip()
    asked = (
        space_query.open_named_space(name)
        if name
        else space_query.search_or_open_space(words)
        if words
        else space_query.SpaceQueryResult()
    )
    if asked.space_id:
        return redirect(space_page.space_url(asked.space_id))
    return render_space_index(asked, visitors.get_visitor())


def render_space_index(asked: SpaceQueryResult, visitor: str | None) -> ResponseReturnValue:
    """Render the catalogue with the result of a query; no request to the Hub is sent for it."""
    recent = [space for space in run_store.list_recent_spaces(visitor) if is_offered(space)]
    groups = catalogue.group_entries_by_topic()
    body = render_template(
        "spaces/index.html",
        section="spaces",
        practice=catalogue.find_catalogue_entry(catalogue.PRACTICE_SPACE_ID),
        class_entries=groups.pop("", []),
        groups=groups,
        badge=badges.get_practice_badge(),
        get_listing_badge=badges.get_listing_badge,
        recent=[get_catalogue_entry(space_id) for space_id in recent],
        is_catalogue_open=catalogue.is_catalogue_open(),
        query_result=asked,
        catalogue_error=catalogue.get_catalogue_error() if instructors.is_logged_in() else None,
        without_token=catalogue.list_ids_without_token() if instructors.is_logged_in() else [],
    )
    return body, asked.status


def is_offered(space_id: str) -> bool:
    """May a student open this Space here?"""
    return catalogue.is_catalogue_open() or catalogue.find_catalogue_entry(space_id) is not None


@bp.get("/<owner>/<name>")
def show(owner: str, name: str) -> ResponseReturnValue:
    """Render one Space: its state, its endpoints, the form of one of them."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        return space_page.SpacePage(space_id=space_id, error=SpaceUnavailable("space-not-found"), status=404).render()
    return space_page.render_visited_space(
        space_id, request.args.get("endpoint"), request.args.get("essai"), visitors.get_visitor()
    )


@bp.get("/<owner>/<name>/exemples/<key>")
def sample(owner: str, name: str, key: str) -> ResponseReturnValue:
    """Serve the preview of an example file: `key` is its position in the description, never a path."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        abort(404)
    try:
        return sample_previews.make_preview_response(
            sample_previews.get_preview(resolver.connect_to_space(space_id), key)
        )
    except CourseError:
        abort(404)


@bp.get("/<owner>/<name>/vignette")
def thumbnail(owner: str, name: str) -> ResponseReturnValue:
    """Serve the Space's thumbnail on the Hub through this server."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        abort(404)
    try:
        return thumbnails.make_thumbnail_response(thumbnails.find_thumbnail(space_id))
    except CourseError:
        abort(404)
