"""The pages of the course: /lecons, /glossaire, /recherche, /imprimer."""

import re
from collections.abc import Mapping
from dataclasses import replace

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from hfcourse import instructors, tokens
from hfcourse.lessons import authoring, library, page_cache, progress_forms, search, single_page, zips
from hfcourse.lessons.exercises import progress, progress_store
from hfcourse.lessons.lesson_files import Lesson
from hfcourse.lessons.markup import downloads, figures, instructor_notes
from hfcourse.lessons.markup.glossary import GlossaryTerm
from hfcourse.lessons.reference import edition_notes
from hfcourse.lessons.slides import split_slides
from hfcourse.lessons.speaker_notes import group_notes_by_section
from hfcourse.web import compression, error_pages, headers, proxies, security
from hfcourse.web.headers import make_revalidated_response
from hfcourse.web.security_log import log_event
from hfcourse.web.template_globals import get_theme

MAX_QUERY_CHARACTERS = 200

bp = Blueprint("lessons", __name__)
# The pages of the course set no cookie before there is progress to store, so their forms have no
# CSRF token: the request is validated by its Sec-Fetch-Site or Origin header instead.
security.csrf.exempt(bp)


@bp.before_request
def reject_cross_site_forms() -> ResponseReturnValue | None:
    """Reject a POST request from a page of another site."""
    if request.method == "POST" and security.is_cross_site():
        log_event("csrf_refused")
        return error_pages.render_error_page(400, error_pages.CSRF_EXPLANATION)
    return None


def prefix_script_root(html: Markup, root: str) -> Markup:
    """Prefix the links and forms of the HTML with the path that a proxy mounts the site under."""
    if not root:
        return html
    inner = re.compile(r'\b(action|href|src)="/')
    return Markup(inner.sub(rf'\1="{Markup.escape(root)}/', str(html)))  # noqa: S704 (what was safe still is)


@bp.get("/lecons/")
def index() -> ResponseReturnValue:
    """Redirect to the course's front page, which lists the lessons."""
    return redirect(url_for("home.index", _anchor="cours"))


def get_lesson_or_404(slug: str) -> Lesson:
    """Return the lesson of a slug, or abort with 404."""
    lesson = library.get_lesson(slug)
    if lesson is None:
        abort(404)
    return lesson


@bp.get("/lecons/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """Render a lesson with the visitor's progress."""
    lesson = get_lesson_or_404(slug)
    done = progress_store.get_visitor_progress().get(lesson.slug, {})
    if instructors.is_logged_in():
        done = {**done, instructor_notes.INSTRUCTOR_KEY: "1"}
    response = make_lesson_response(lesson, done)
    return headers.forbid_storing(response) if done else response


def make_lesson_response(lesson: Lesson, done: Mapping[str, str]) -> Response:
    """Return the page of a lesson from the cache; rendered for each request while debugging: a template may change."""
    if current_app.debug or not proxies.is_prefix_cached(request.script_root):
        return make_revalidated_response(render_lesson_page(lesson, done))
    key = lesson.slug, get_theme(), request.script_root, current_app.config["REPORT_TO"]
    page = page_cache.get_or_render_page(key, done, lambda: render_lesson_page(lesson, done))
    encoding = compression.choose_encoding()
    return make_revalidated_response(page.get_body(encoding), page.etag, encoding)


def render_lesson_page(lesson: Lesson, done: Mapping[str, str]) -> str:
    """Render the page of a lesson with a visitor's progress."""
    previous, following = library.get_neighbours(lesson)
    return render_template(
        "lessons/show.html",
        section="course",
        lesson=lesson,
        body=prefix_script_root(lesson.render_html(done), request.script_root),
        definitions=prefix_script_root(lesson.definitions, request.script_root),
        is_read=progress.READ_KEY in done,
        previous=previous,
        following=following,
    )


@bp.get("/lecons/<slug>/projeter")
def project(slug: str) -> ResponseReturnValue:
    """Render the slides of a lesson: large, one section at a time."""
    lesson = get_lesson_or_404(slug)
    slides = [replace(each, html=prefix_script_root(each.html, request.script_root)) for each in split_slides(lesson)]
    definitions = prefix_script_root(lesson.definitions, request.script_root)
    page = render_template(
        "lessons/slides.html",
        lesson=lesson,
        slides=slides,
        definitions=definitions,
        has_notes=instructors.is_logged_in(),
    )
    return make_revalidated_response(page)


@bp.get("/lecons/<slug>/projeter/notes")
def speaker_notes(slug: str) -> ResponseReturnValue:
    """Render the speaker notes, for a second window that follows the slides; login required."""
    lesson = get_lesson_or_404(slug)
    if not instructors.is_logged_in():
        return redirect(url_for("classroom.index"))
    sections = [
        replace(each, notes=tuple(prefix_script_root(note, request.script_root) for note in each.notes))
        for each in group_notes_by_section(lesson)
    ]
    page = render_template("lessons/speaker_notes.html", lesson=lesson, sections=sections)
    return headers.forbid_storing(make_response(page))


@bp.get(edition_notes.EDITIONS_URL_PATH)
def since_2025() -> ResponseReturnValue:
    """Render the notes about the edition of 2025, for colleagues who used it."""
    lessons = library.get_lessons()
    addresses = [url_for(".show", slug=lesson.slug) for lesson in lessons]
    found = edition_notes.find_all_edition_notes(
        [(str(lesson.html), address) for lesson, address in zip(lessons, addresses, strict=True)]
    )
    changed = [
        (lesson, address, [(fold, prefix_script_root(fold.body, request.script_root)) for fold in folds])
        for lesson, address, folds in zip(lessons, addresses, found, strict=True)
        if folds
    ]
    return make_revalidated_response(render_template("lessons/since_2025.html", section="course", changed=changed))


@bp.get(downloads.DOWNLOADS_URL_PATH + "<name>.zip")
def download(name: str) -> ResponseReturnValue:
    """Serve the files of a folder that a lesson offers, as a zip; 404 for any other folder."""
    folders = {
        downloads.get_zip_name(folder): folder for lesson in library.get_lessons() for folder in lesson.downloads
    }
    if name not in folders:
        abort(404)
    response = make_revalidated_response(
        zips.build_zip(tuple(downloads.iterate_folder_files(folders[name], library.get_listing_texts())))
    )
    response.mimetype = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response


@bp.post("/lecons/<slug>", endpoint="do")
def save_progress(slug: str) -> ResponseReturnValue:
    """Store the visitor's answer, and redirect to the same place in the lesson."""
    lesson = get_lesson_or_404(slug)
    return redirect(url_for(".show", slug=slug, _anchor=progress_forms.save_posted_progress(lesson)), 303)


@bp.errorhandler(progress_store.TooManyNewVisitors)
def handle_too_many_new_visitors(_error: progress_store.TooManyNewVisitors) -> ResponseReturnValue:
    """Return 429: the address has exceeded the rate limit on new visitors."""
    return error_pages.render_error_page(429, error_pages.TOO_MANY_NEW_VISITORS)


@bp.post("/lecons/oublier", endpoint="forget")
def delete_progress() -> ResponseReturnValue:
    """Delete the visitor's progress in all lessons."""
    progress_store.delete_visitor_progress()
    return redirect(url_for("home.index", _anchor="cours"), 303)


@bp.get("/glossaire")
def glossary() -> ResponseReturnValue:
    """Render every glossary term with the lessons that use it."""

    def use(lesson: Lesson, term: GlossaryTerm) -> str:
        return url_for(".show", slug=lesson.slug, _anchor=f"mot-{term.anchor}")

    return make_revalidated_response(
        render_template("lessons/glossary.html", section="course", entries=single_page.build_glossary_entries(use))
    )


@bp.get("/imprimer", endpoint="whole")
def print_course() -> ResponseReturnValue:
    """Render the whole course on one page, to print."""
    root = request.script_root

    def address_of(name: str) -> str:
        return url_for(".picture", name=name)

    return make_revalidated_response(
        render_template(
            "lessons/single_page.html", section="course", **single_page.build_page_context(root, address_of)
        )
    )


@bp.get("/motifs/lecons")
def authoring_guide() -> ResponseReturnValue:
    """Render the authoring reference."""
    context = {"front_matter": authoring.render_front_matter_example(), "constructs": authoring.load_constructs()}
    return make_revalidated_response(render_template("lessons/authoring.html", **context))


@bp.get(figures.FIGURES_URL_PATH + "<name>")
def picture(name: str) -> ResponseReturnValue:
    """Serve a picture of the instructor that replaces a drawing; 404 for any other file of the folder."""
    if name not in {path.name for path in figures.find_own_pictures(library.get_own_pictures_folder()).values()}:
        abort(404)
    return send_from_directory(library.get_own_pictures_folder(), name, max_age=0)


@bp.get("/recherche", endpoint="find")
def show_search() -> ResponseReturnValue:
    """Search in the lessons and the glossary; queries are not stored."""
    typed = tokens.mask_tokens(request.args.get("q", "")[:MAX_QUERY_CHARACTERS].strip())
    passages = search.search_course(typed) if typed else search.CourseSearchResults([])
    return render_template("lessons/search.html", section="course", query=typed, results=passages)
