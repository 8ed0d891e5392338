"""The pages of the Spaces: /espaces."""

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from hfcourse import visitors
from hfcourse.errors import CourseError, SpaceUnavailable
from hfcourse.playground import sample_previews, space_page, space_query, thumbnails
from hfcourse.spaces import catalogue
from hfcourse.spaces.registry import resolver

bp = Blueprint("spaces", __name__, url_prefix="/espaces")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The catalogue, and a box: `q` opens the Space that it names or searches the Hub, `nom` only opens."""
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
    return space_page.render_space_index(asked, visitors.get_visitor())


@bp.get("/<owner>/<name>")
def show(owner: str, name: str) -> ResponseReturnValue:
    """One Space: its state, its endpoints, the form of one of them."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        return space_page.render_space_page(space_id, error=SpaceUnavailable("space-not-found"), status=404)
    return space_page.render_visited_space(
        space_id, request.args.get("endpoint"), request.args.get("essai"), visitors.get_visitor()
    )


@bp.get("/<owner>/<name>/exemples/<key>")
def sample(owner: str, name: str, key: str) -> ResponseReturnValue:
    """The preview of an example file: `key` is its place in the description, never a path."""
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
    """The picture by which the Hub presents the Space, through this server."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        abort(404)
    try:
        return thumbnails.make_thumbnail_response(thumbnails.find_thumbnail(space_id))
    except CourseError:
        abort(404)
