"""The pages of the lessons: /lecons."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from hfcourse.lessons import library

bp = Blueprint("lessons", __name__, url_prefix="/lecons")


def under_root(html: Markup, root: str) -> Markup:
    """Put the path that the site is mounted under, behind a proxy, before its own links."""
    if not root:
        return html
    return Markup(str(html).replace('href="/', f'href="{Markup.escape(root)}/'))  # noqa: S704 (what was safe still is)


def revalidated(page: str) -> Response:
    """A page that browsers keep and ask about: it depends on its text and on the theme cookie only."""
    response = make_response(page)
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.vary.add("Cookie")
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/")
def index() -> ResponseReturnValue:
    """The list of lessons is on the course's front page."""
    return redirect(url_for("home.index", _anchor="cours"))


@bp.get("/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One lesson."""
    lesson = library.lesson(slug)
    if lesson is None:
        abort(404)
    previous, following = library.neighbours(lesson)
    body = under_root(lesson.html, request.script_root)
    page = render_template(
        "lessons/show.html", section="course", lesson=lesson, body=body, previous=previous, following=following
    )
    return revalidated(page)
