"""The pages of the course: /lecons, /glossaire, /recherche, /imprimer."""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

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
from werkzeug.datastructures import MultiDict

from hfcourse import instructors, tokens
from hfcourse.lessons import authoring, library, page_cache, search, single_page, zips
from hfcourse.lessons.exercises import checklist, ordering, progress, progress_store, quiz
from hfcourse.lessons.library import Lesson
from hfcourse.lessons.markup import downloads, figures, instructor_notes
from hfcourse.lessons.markup.glossary import Term
from hfcourse.lessons.reference import edition_notes
from hfcourse.lessons.slides import slides_of
from hfcourse.lessons.speaker_notes import notes_by_section
from hfcourse.web import error_pages, headers, proxies, security
from hfcourse.web.security_log import log_event
from hfcourse.web.template_globals import theme

MOST_TYPED = 200

bp = Blueprint("lessons", __name__)
# A page of the course sets no cookie before there is something to remember: its forms have no number to prove
# where they come from, and the browser is asked instead.
security.csrf.exempt(bp)


@bp.before_request
def refuse_strangers() -> ResponseReturnValue | None:
    """Refuse a form that a page of another site has sent."""
    if request.method == "POST" and security.is_from_elsewhere():
        log_event("csrf_refused")
        return error_pages.error_page(400, error_pages.CSRF_EXPLANATION)
    return None


def under_root(html: Markup, root: str) -> Markup:
    """Put the path that the site is mounted under, behind a proxy, before its own links."""
    if not root:
        return html
    inner = re.compile(r'\b(href|src)="/')
    return Markup(inner.sub(rf'\1="{Markup.escape(root)}/', str(html)))  # noqa: S704 (what was safe still is)


def revalidated(page: str | bytes, etag: str | None = None) -> Response:
    """A page that browsers keep and ask about: it depends on its text, the theme and what the visitor has done."""
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie"
    if etag:
        response.set_etag(etag)
    else:
        response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/lecons/")
def index() -> ResponseReturnValue:
    """The list of lessons is on the course's front page."""
    return redirect(url_for("home.index", _anchor="cours"))


def found(slug: str) -> Lesson:
    """The lesson of that slug; 404 without one."""
    lesson = library.lesson(slug)
    if lesson is None:
        abort(404)
    return lesson


@bp.get("/lecons/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One lesson, with what the visitor has done in it."""
    lesson = found(slug)
    done = progress_store.of_visitor().get(lesson.slug, {})
    if instructors.is_here():
        done = {**done, instructor_notes.INSTRUCTOR: "1"}
    if done:
        return headers.forbid_storing(revalidated(drawn(lesson, done)))
    if current_app.debug or not proxies.is_prefix_cached(request.script_root):  # templates may be edited meanwhile
        return revalidated(drawn(lesson, done))
    key = slug, theme(), request.script_root, current_app.config["REPORT_TO"]
    page = page_cache.page(key, lambda: drawn(lesson, done))
    security.keep_compressed(page.text, page.etag)
    return revalidated(page.text, page.etag)


def drawn(lesson: Lesson, done: Mapping[str, str]) -> str:
    """The page of a lesson for somebody who has done this in it."""
    previous, following = library.neighbours(lesson)
    return render_template(
        "lessons/show.html",
        section="course",
        lesson=lesson,
        body=under_root(lesson.drawn(done), request.script_root),
        definitions=under_root(lesson.definitions, request.script_root),
        is_read=progress.READ in done,
        previous=previous,
        following=following,
    )


@bp.get("/lecons/<slug>/projeter")
def project(slug: str) -> ResponseReturnValue:
    """One lesson for a room: large, one section at a time."""
    lesson = found(slug)
    slides = [replace(each, html=under_root(each.html, request.script_root)) for each in slides_of(lesson)]
    definitions = under_root(lesson.definitions, request.script_root)
    page = render_template(
        "lessons/project.html", lesson=lesson, slides=slides, definitions=definitions, has_notes=instructors.is_here()
    )
    return revalidated(page)


@bp.get("/lecons/<slug>/projeter/notes")
def speaker_notes(slug: str) -> ResponseReturnValue:
    """The instructor's notes, for a second window that follows the projected one; everybody else logs in first."""
    lesson = found(slug)
    if not instructors.is_here():
        return redirect(url_for("classroom.index"))
    sections = [
        replace(each, notes=tuple(under_root(note, request.script_root) for note in each.notes))
        for each in notes_by_section(lesson)
    ]
    page = render_template("lessons/speaker_notes.html", lesson=lesson, sections=sections)
    return headers.forbid_storing(make_response(page))


@bp.get(edition_notes.ADDRESS)
def since_2025() -> ResponseReturnValue:
    """What the edition of 2025 said where the course says something else now, for colleagues who had it."""
    lessons = library.lessons()
    addresses = [url_for(".show", slug=lesson.slug) for lesson in lessons]
    found = edition_notes.find_all(
        [(str(lesson.html), address) for lesson, address in zip(lessons, addresses, strict=True)]
    )
    changed = [
        (lesson, address, [(fold, under_root(fold.body, request.script_root)) for fold in folds])
        for lesson, address, folds in zip(lessons, addresses, found, strict=True)
        if folds
    ]
    return revalidated(render_template("lessons/since_2025.html", section="course", changed=changed))


@bp.get(downloads.ADDRESS + "<name>.zip")
def download(name: str) -> ResponseReturnValue:
    """The files of a folder that a lesson offers, as a zip; no other folder."""
    folders = {downloads.name_of(folder): folder for lesson in library.lessons() for folder in lesson.downloads}
    if name not in folders:
        abort(404)
    response = revalidated(zips.pack(tuple(downloads.files_of(folders[name], library.listing_texts()))))
    response.mimetype = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response


@bp.post("/lecons/<slug>")
def do(slug: str) -> ResponseReturnValue:
    """Keep what the visitor has done in a lesson, and show it there again, at the same place."""
    lesson = found(slug)
    anchors = [keep(lesson, sent) for sent in sent_forms() for name, keep in DEEDS.items() if name in sent]
    return redirect(url_for(".show", slug=slug, _anchor=anchors[0] if anchors else ""), 303)


def sent_forms() -> list[MultiDict[str, str]]:
    """The form that was sent; from a page that was left meanwhile all that were still to be sent, each in a field."""
    left = request.form.getlist("suite")
    return [MultiDict(parse_qsl(each, keep_blank_values=True)) for each in left] or [request.form]


def answer(lesson: Lesson, sent: MultiDict[str, str]) -> str:
    """Keep the answer to a question; the question's anchor, none if the lesson has it no more."""
    for question in lesson.quizzes:
        if question.key == sent.get("quiz"):
            progress_store.keep(lesson.slug, {question.key: quiz.chosen_of(question, sent.getlist("choix"))})
            return question.anchor
    return ""


def arrange(lesson: Lesson, sent: MultiDict[str, str]) -> str:
    """Keep the order given to the lines of a question; its anchor, none if the lesson has it no more."""
    for question in lesson.orderings:
        if question.key == sent.get("ordre"):
            progress_store.keep(lesson.slug, {question.key: ordering.ranks_of(question, sent.getlist("rang"))})
            return question.anchor
    return ""


def tick(lesson: Lesson, sent: MultiDict[str, str]) -> str:
    """Keep the ticks of the checklist, all of them at once; its anchor, none if the lesson has none."""
    if lesson.checklist is None:
        return ""
    progress_store.keep(lesson.slug, checklist.ticked_of(lesson.checklist, sent.getlist("coche")))
    return checklist.ANCHOR


def say_read(lesson: Lesson, sent: MultiDict[str, str]) -> str:
    """Keep that the lesson is read, or that it is not; the anchor of the button."""
    progress_store.keep(lesson.slug, {progress.READ: "1" if sent["lue"] == "oui" else None})
    return "lue"


# What a form of a lesson sends, and who keeps it: each returns the anchor to come back to.
DEEDS = {"quiz": answer, "ordre": arrange, "liste": tick, "lue": say_read}


@bp.errorhandler(progress_store.TooManyNewVisitors)
def refuse_new_visitors(_error: progress_store.TooManyNewVisitors) -> ResponseReturnValue:
    """Answer a first mark of one more visitor of an address that leaves too many."""
    return error_pages.error_page(429, error_pages.TOO_MANY_NEW_VISITORS)


@bp.post("/lecons/oublier")
def forget() -> ResponseReturnValue:
    """Forget all that the visitor has done in the lessons."""
    progress_store.forget()
    return redirect(url_for("home.index", _anchor="cours"), 303)


@bp.get("/glossaire")
def glossary() -> ResponseReturnValue:
    """Every word of the glossary, and the lessons that use it."""

    def use(lesson: Lesson, term: Term) -> str:
        return url_for(".show", slug=lesson.slug, _anchor=f"mot-{term.anchor}")

    return revalidated(render_template("lessons/glossary.html", section="course", entries=single_page.entries(use)))


@bp.get("/imprimer")
def whole() -> ResponseReturnValue:
    """The whole course on one page, to print."""
    root = request.script_root

    def address_of(name: str) -> str:
        return url_for(".picture", name=name)

    return revalidated(render_template("lessons/course.html", section="course", **single_page.parts(root, address_of)))


@bp.get("/motifs/lecons")
def authoring_guide() -> ResponseReturnValue:
    """How a lesson is written."""
    shown = {"front_matter": authoring.front_matter(), "constructs": authoring.constructs()}
    return revalidated(render_template("lessons/authoring.html", **shown))


@bp.get(figures.ADDRESS + "<name>")
def picture(name: str) -> ResponseReturnValue:
    """A picture of the instructor that stands in the place of a drawing; nothing else of that folder."""
    if name not in {path.name for path in figures.pictures_of(library.own_pictures()).values()}:
        abort(404)
    return send_from_directory(library.own_pictures(), name, max_age=0)


@bp.get("/recherche")
def find() -> ResponseReturnValue:
    """Search in lessons and glossary; what is searched is kept nowhere."""
    typed = tokens.mask_tokens(request.args.get("q", "")[:MOST_TYPED].strip())
    passages = search.search(typed) if typed else search.Found([])
    return render_template("lessons/search.html", section="course", typed=typed, found=passages)
