"""The pages of the Spaces: /espaces."""

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from hfcourse import visitors
from hfcourse.errors import CourseError, Unavailable
from hfcourse.spaces import catalogue, finding, location, pages, sample_media, thumbnails

bp = Blueprint("spaces", __name__, url_prefix="/espaces")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The catalogue, and a box: `q` opens the Space that it names or searches the Hub, `nom` only opens."""
    name, words = request.args.get("nom", "").strip(), request.args.get("q", "").strip()
    asked = finding.opened(name) if name else finding.found(words) if words else finding.Finding()
    if asked.space_id:
        return redirect(pages.space_url(asked.space_id))
    return pages.index(asked, visitors.current())


@bp.get("/<owner>/<name>")
def show(owner: str, name: str) -> ResponseReturnValue:
    """One Space: its state, its endpoints, the form of one of them."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        return pages.page(space_id, error=Unavailable("space-not-found"), status=404)
    return pages.show(space_id, request.args.get("endpoint"), request.args.get("essai"), visitors.current())


@bp.get("/<owner>/<name>/exemples/<key>")
def sample(owner: str, name: str, key: str) -> ResponseReturnValue:
    """The preview of an example file: `key` is its place in the description, never a path."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        abort(404)
    try:
        return sample_media.answer(sample_media.preview(location.connect(space_id), key))
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
