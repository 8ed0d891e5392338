"""The pages of the Spaces: /espaces."""

from flask import Blueprint, make_response, redirect, request
from flask.typing import ResponseReturnValue

from hfcourse import headers, visitors
from hfcourse.errors import Unavailable
from hfcourse.spaces import catalogue, finding, pages

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
    run_id = request.args.get("essai")
    response = make_response(pages.show(space_id, request.args.get("endpoint"), run_id, visitors.current()))
    return response if run_id else headers.allow_restoring(response)  # a run's values are the visitor's
