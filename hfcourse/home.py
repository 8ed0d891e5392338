"""Views that belong to no feature: front page, privacy, patterns, health, metrics."""

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database, instructors, visitors
from hfcourse.files import file_store, storage_backends
from hfcourse.lessons import library
from hfcourse.lessons.exercises import progress, progress_store
from hfcourse.patterns import gallery
from hfcourse.runs.history import queries
from hfcourse.runs.history.queries import RunFilter
from hfcourse.runs.queue import dispatcher
from hfcourse.spaces import catalogue
from hfcourse.spaces.hub import hub_api
from hfcourse.text.typography import typeset_french
from hfcourse.web import cookies

bp = Blueprint("home", __name__)
MAX_LATEST_RUNS = 3
ROBOTS_DISALLOWED = ("runs.index", "chat.index", "lessons.find", "home.metrics")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Render the front page: lessons, the visitor's progress in each, the next lesson, and their latest runs."""
    visitor = visitors.get_visitor()
    lessons, done = library.get_lessons(), progress_store.get_visitor_progress()
    progress_in = {one.slug: progress.compute_progress(one.parts, done.get(one.slug, {})) for one in lessons}
    left = [one for one in lessons if not progress_in[one.slug].is_read]
    return render_template(
        "home/index.html",
        section="course",
        lessons=lessons,
        progress_in=progress_in,
        is_begun=any(each.done for each in progress_in.values()),
        next_lesson=next(iter(left), None),
        runs=queries.fetch_latest_summaries(visitor, MAX_LATEST_RUNS),
    )


@bp.get("/confidentialite")
def privacy() -> ResponseReturnValue:
    """Render the privacy page: which data is stored, for how long, and sent to third parties."""
    return render_template(
        "home/privacy.html",
        keep_days=current_app.config["KEEP_DAYS"],
        cookie_days=visitors.COOKIE_DAYS,
        is_known=visitors.get_visitor() is not None or instructors.is_logged_in(),
        session_cookie=cookies.build_cookie_name("hfcourse"),
        device_cookie=cookies.build_cookie_name(instructors.DEVICE_COOKIE),
        report_to=current_app.config["REPORT_TO"],
    )


@bp.post("/quitter")
def leave_computer() -> ResponseReturnValue:
    """Log the visitor or instructor out of this computer; with `effacer`, also delete their runs and progress."""
    visitor = visitors.get_visitor()
    is_erased = bool(request.form.get("effacer"))
    if visitor and is_erased:
        for run_ids in queries.iter_run_ids(visitor, RunFilter()):
            queries.stop_and_delete_runs(run_ids)
        progress_store.delete_visitor_progress()
    instructors.log_out()
    session.clear()
    page = render_template("home/computer_left.html", keep_days=current_app.config["KEEP_DAYS"], is_erased=is_erased)
    response = make_response(page)
    for name in ("theme", "raccourci", cookies.build_cookie_name(instructors.DEVICE_COOKIE)):
        response.delete_cookie(name, secure=request.is_secure)
    # Where supported (on https and localhost): also clears cached pages and the storage of scripts.
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/motifs")
def patterns() -> ResponseReturnValue:
    """Render every component of the pages once."""
    return render_template("patterns/index.html", **gallery.build_gallery_context())


@bp.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    """Return the sitemap of public pages; lessons with the date of their review (sitemaps.org, 0.9)."""
    listed = (
        "home.index",
        "spaces.index",
        "experiments.index",
        "lessons.glossary",
        "troubleshooting.show",
        "lessons.whole",
    )
    urls = {url_for(each, _external=True): None for each in listed}
    lessons = {
        url_for("lessons.show", slug=one.slug, _external=True): one.front.reviewed for one in library.get_lessons()
    }
    page = render_template("home/sitemap.xml", addresses=urls | lessons)
    return Response(page, mimetype="application/xml")


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    """Return robots.txt, which excludes private pages and search results."""
    lines = ["User-agent: *", *(f"Disallow: {url_for(each)}" for each in ROBOTS_DISALLOWED)]
    lines += [f"Sitemap: {url_for('.sitemap', _external=True)}", ""]
    return Response("\n".join(lines), mimetype="text/plain")


@bp.get("/sante")
def health() -> ResponseReturnValue:
    """Return 200 while the site can serve pages and store runs; the JSON also reports the other services."""
    is_writable, queue = database.is_reachable(), dispatcher.get_dispatcher().queue
    report = {
        "status": "ok" if is_writable else "failing",
        "database": is_writable,
        "files": storage_backends.is_storage_writable(file_store.get_file_storage()),
        "queue": queue.is_reachable(),
        "workers": is_writable and not queue.is_stalled(),
        "practice": catalogue.get_practice_state(),
        "hub": hub_api.get_hub_state(),
    }
    return jsonify(report), 200 if is_writable else 503


@bp.get("/metriques")
def metrics() -> ResponseReturnValue:
    """Return Prometheus metrics of runs (outcomes, durations, active ones), over all processes and machines."""
    from hfcourse.runs.metrics import MEDIA_TYPE, render_metrics  # loads its library only on demand

    try:
        return Response(render_metrics(), content_type=MEDIA_TYPE)
    except SQLAlchemyError:
        sentence = typeset_french(
            "La base de données ne répond pas : il n’y a rien à mesurer tant qu’elle est en panne."
        )
        return Response(sentence + "\n", 503, mimetype="text/plain")
