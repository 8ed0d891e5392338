"""The pages of the Spaces: /espaces."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hfcourse import visitors
from hfcourse.errors import CourseError, Unavailable
from hfcourse.spaces import catalogue, location, pages

bp = Blueprint("spaces", __name__, url_prefix="/espaces")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The catalogue, and a box for the name of any other Space."""
    written, error = request.args.get("nom", "").strip(), None
    try:
        space_id = catalogue.reduced(written) or location.named_at(written)
    except CourseError as failed:
        space_id, error = "", failed
    if space_id:
        return redirect(pages.space_url(space_id))
    page = render_template(
        "spaces/index.html",
        section="spaces",
        entries=catalogue.entries(),
        practice=catalogue.PRACTICE,
        badge=pages.practice_badge(),
        written=written,
        is_open=catalogue.is_open(),
        error=error,
    )
    return page, error.explanation.status if error else 400 if written else 200


@bp.get("/<owner>/<name>")
def show(owner: str, name: str) -> ResponseReturnValue:
    """One Space: its state, its endpoints, the form of one of them."""
    space_id = f"{owner}/{name}"
    if not catalogue.is_space_id(space_id):
        return pages.page(space_id, error=Unavailable("space-not-found"), status=404)
    return pages.show(space_id, request.args.get("endpoint"), request.args.get("essai"), visitors.current())
