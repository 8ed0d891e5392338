"""The pages of the Spaces: /espaces."""

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from hfcourse import visitors
from hfcourse.errors import CourseError, Unavailable
from hfcourse.playground import sample_previews, space_page, space_query, thumbnails
from hfcourse.spaces import catalogue
from hfcourse.spaces.registry import resolver

bp = Blueprint("spaces", __name__, url_prefix="/espaces")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The catalogue, and a box: `q` opens the Space that it names or searches the Hub, `nom` only opens."""
    name, words = request.args.get("nom", "").strip(), request.args.get("q", "").strip()
    asked = space_query.opened(name) if name else space_query.found(words) if words else space_query.Finding()
    if asked.space_id:
        return redirect(space_page.space_url(asked.space_id))
    return space_page.index(asked, visitors.current())


@bp.get("/<owner>/<name>")
def show(owner: str, name: str) -> ResponseReturnValue:
    """One Space: its state, its endpoints, the form of one of them."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        return space_page.page(space_id, error=Unavailable("space-not-found"), status=404)
    return space_page.show(space_id, request.args.get("endpoint"), request.args.get("essai"), visitors.current())


@bp.get("/<owner>/<name>/exemples/<key>")
def sample(owner: str, name: str, key: str) -> ResponseReturnValue:
    """The preview of an example file: `key` is its place in the description, never a path."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        abort(404)
    try:
        return sample_previews.answer(sample_previews.preview(resolver.connect(space_id), key))
    except CourseError:
        abort(404)


@bp.get("/<owner>/<name>/vignette")
def thumbnail(owner: str, name: str) -> ResponseReturnValue:
    """The picture by which the Hub presents the Space, through this server."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        abort(404)
    try:
        return thumbnails.respond(thumbnails.find_thumbnail(space_id))
    except CourseError:
        abort(404)
