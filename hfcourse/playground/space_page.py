"""The page of a Space in each of its states: asked by its own view, and by whoever refuses its form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hfcourse import instructors, tokens, visitors
from hfcourse.error_messages import Explanation
from hfcourse.errors import CourseError, Refused
from hfcourse.playground import badges, example_choice, form_snippets, practice_page, prefill, thumbnails
from hfcourse.playground.snippets import Snippet
from hfcourse.playground.space_query import Finding
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import Entry
from hfcourse.spaces.form import choice_updates, field_marks, forms, uploads
from hfcourse.spaces.form.error_summary import ErrorSummary, summarize_errors
from hfcourse.spaces.form.form_sections import arrange_form
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.form.rendering_budget import DrawingClock
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.text.typography import french
from hfcourse.web.error_pages import UPLOAD_TOO_LARGE
from hfcourse.web.security_log import log_refusal
from hfcourse.web.template_globals import is_in_lesson

if TYPE_CHECKING:  # gradio_client is loaded when a Space is first asked for
    from hfcourse.spaces.client.space_client import Connection

WAIT_FOR_POST_SECONDS = 8

# Given by the room of the runs, which this one does not know: the values of one of the visitor's runs, what the
# Space's validator said of them (both by parameter name), and the Spaces of the visitor's latest runs.
ValuesOfRun = Callable[[str, str | None], Mapping[str, Any] | None]
FaultsOfRun = Callable[[str, str | None], Mapping[str, str]]
RecentSpaces = Callable[[str | None], Sequence[str]]


def index(asked: Finding, visitor: str | None) -> ResponseReturnValue:
    """The page of the list, which waits for nobody: what was asked for is already there."""
    recent = [space for space in current_app.extensions["recent_spaces"](visitor) if is_offered(space)]
    groups = catalogue.groups()
    body = render_template(
        "spaces/index.html",
        section="spaces",
        practice=catalogue.find(catalogue.PRACTICE),
        chosen=groups.pop("", []),
        groups=groups,
        badge=badges.practice_badge(),
        badge_seen=badges.badge_seen,
        recent=[entry_of(space_id) for space_id in recent],
        is_open=catalogue.is_open(),
        asked=asked,
        mistake=catalogue.mistake() if instructors.is_here() else None,
        without_token=catalogue.without_token() if instructors.is_here() else [],
    )
    return body, asked.status


def is_offered(space_id: str) -> bool:
    """May a student open this Space here?"""
    return catalogue.is_open() or catalogue.find(space_id) is not None


def entry_of(space_id: str) -> Entry:
    """What the catalogue says of a Space, or just its name; one that is none, or holds a token, is not repeated."""
    if not catalogue.is_space_id(space_id) or tokens.contains_token(space_id):
        return Entry("", "Space introuvable")
    return catalogue.find(space_id) or Entry(space_id, space_id)


def endpoint_of(space_id: str, name: str) -> Endpoint:
    """The endpoint that a posted form speaks of; waits a moment for the practice Space to wake.

    Raises:
        CourseError: there is no such Space or endpoint, or it cannot be asked now.
    """
    if tokens.contains_token(f"{space_id} {name}"):
        raise Refused("secret-in-input")
    if not catalogue.is_space_id(space_id):
        raise Refused("space-not-found")
    description = resolver.connect(space_id, WAIT_FOR_POST_SECONDS).description
    endpoint = description.find(name)
    if endpoint is None or endpoint.obstacle:
        raise Refused("endpoint-gone")
    return in_session(space_id, description, endpoint, visitors.current())


def in_session(space_id: str, description: Description, endpoint: Endpoint, visitor: str | None) -> Endpoint:
    """The endpoint with the choices that the visitor's session at the Space has now."""
    sources = choice_updates.find_sources(description, endpoint)
    updates = current_app.extensions["updates_of_session"](visitor, space_id, sources) if sources else {}
    return choice_updates.apply_updates(endpoint, updates)


def page(
    space_id: str,
    description: Description | None = None,
    *,
    form: Form | None = None,
    error: CourseError | None = None,
    explanation: Explanation | None = None,
    closed: Endpoint | None = None,
    code: Sequence[Snippet] = (),
    status: int = 200,
    is_proven: bool = True,
) -> ResponseReturnValue:
    """The page of a Space: its state, its endpoints, one form, and an error above or instead of it.

    In a lesson only the form stands, and the error.

    Args:
        closed: an endpoint that was asked for and cannot be called, which stands in the place of the form.
        code: the call that the form makes, in each language.
        is_proven: of a form that cannot be drawn the files are kept, if it proved that it comes from the visitor.
    """
    if form:
        mark_fields(form)
    former, space_id, new_name = names_of(space_id)
    summary = summarize_errors(form) if form and error and form.faulty else None
    body = render_template(
        "spaces/block.html" if is_in_lesson() else "spaces/show.html",
        section="spaces",
        entry=entry_of(space_id),
        badge=badges.badge_of(error),
        former=former,
        new_name=new_name,
        **practice_parts(space_id, is_described=description is not None),
        ways_out=badges.ways_out,
        description=description,
        **own_words(space_id, description),
        form=form,
        arranged=arrange_form(form) if form else None,
        clock=DrawingClock(),
        error=error,
        closed=closed,
        code=code,
        explanation=explain(error, explanation, summary),
        field_faults=summary,
        refreshes=request.method == "GET" and error is not None and error.code in badges.REFRESHED,
        **undrawn_parts(is_undrawn=form is None and request.method == "POST", is_proven=is_proven),
        upload_limit_bytes=current_app.config["UPLOAD_LIMIT_BYTES"],
    )
    return body, status


def practice_parts(space_id: str, *, is_described: bool) -> dict[str, Any]:
    """What only the page of the practice Space says: whose it is, and where its own page is once it answers."""
    is_practice = space_id == catalogue.PRACTICE
    return {
        "is_practice": is_practice,
        "is_local": is_local(space_id),
        "own_page": practice_page.reachable_address() if is_practice and is_described else "",
    }


def undrawn_parts(*, is_undrawn: bool, is_proven: bool) -> dict[str, Any]:
    """What was posted for a form that cannot be drawn now: texts, files that are kept, names of those that are not."""
    if not is_undrawn:
        return {"typed": [], "kept": [], "unkept": []}
    return {
        "typed": typed_again(),
        "kept": uploads.keep_all(request.files, visitors.remembered()) if is_proven else [],
        "unkept": [] if is_proven else uploads.names_of(request.files),
    }


def own_words(space_id: str, description: Description | None) -> dict[str, Any]:
    """What the author says of the Space: `own_title`, '' where the catalogue has one, `own_sentences`, `thumbnail`."""
    entry, card = entry_of(space_id), resolver.last_card(space_id)
    title = (description.title if description else "") or card.title
    sentences = [card.short_description, description.introduction if description else ""]
    return {
        "own_title": title if entry.title == entry.id else "",
        "own_sentences": [*dict.fromkeys(filter(None, sentences))],
        "thumbnail": thumbnails.thumbnail_url(space_id) if description else "",
    }


def names_of(space_id: str) -> tuple[str, str, str]:
    """The name that was asked for if the Space has another one now, the name to show it by, and the new one.

    An entry of the catalogue keeps its place and its name there.
    """
    if not catalogue.is_space_id(space_id):
        return "", space_id, ""
    new_name = resolver.current_name(space_id)
    if new_name == space_id:
        return "", space_id, ""
    return space_id, space_id if catalogue.find(space_id) else new_name, new_name


def mark_fields(form: Form) -> None:
    """Mark the fields that are needed, expected or optional."""
    marks = field_marks.choose_marks(form.endpoint.parameters, has_button=not form.endpoint.is_aside)
    for entry, mark in zip(form.fields, marks, strict=True):
        entry.mark = mark


def explain(error: CourseError | None, given: Explanation | None, summary: ErrorSummary | None) -> Explanation | None:
    """Choose the explanation of the page's error: the given one, else that of its code, which counts several faults."""
    if given or not error:
        return given
    if error.code != "invalid-input" or not summary or summary.count < 2:
        return error.explanation
    return replace(error.explanation, sentence=french(f"{summary.count} valeurs ne conviennent pas."))


def is_local(space_id: str) -> bool:
    """Is this the practice Space, run by this very site?"""
    return space_id == catalogue.PRACTICE and not current_app.config["PRACTICE_URL"] and not entry_of(space_id).url


def typed_again() -> list[tuple[str, str]]:
    """What was posted for a form that cannot be drawn now, so that it can be sent again as it is."""
    posted = request.form.items(multi=True)
    return [(name, tokens.mask_tokens(text)) for name, text in posted if name.startswith("arg-")]


def show(space_id: str, wanted: str | None, run_id: str | None, visitor: str | None) -> ResponseReturnValue:
    """The page of a Space as a visit asks for it: the endpoint of that name, filled with the values of that run."""
    try:
        connection = resolver.connect(space_id)
    except CourseError as error:
        return page(space_id, error=error, status=error.explanation.status)
    description = connection.description
    if not description.endpoints:
        return page(space_id, description, error=CourseError("no-api"))
    endpoint = description.find(wanted) if wanted else description.endpoints[0]
    if endpoint is None:
        return page(space_id, description, error=Refused("endpoint-gone"), status=404)
    if endpoint.obstacle:
        return page(space_id, description, closed=endpoint)
    endpoint = in_session(space_id, description, endpoint, visitor)
    form, faults = prefill.form_of_run(connection, endpoint, run_id, visitor)
    refusal = Refused("invalid-input", fields=faults) if faults else None
    return page(space_id, description, form=form, error=refusal, code=code_of(space_id, connection, form))


def form_again(space_id: str, form: Form) -> ResponseReturnValue:
    """The form as it stands, with nothing wrong but a token or a lost file: a line was added to a table."""
    for entry in form.fields:
        entry.error = entry.error if entry.error == uploads.NOT_KEPT else ""
    forms.mask_secrets(form)
    connection = resolver.connect(space_id)
    return page(space_id, connection.description, form=form, code=code_of(space_id, connection, form))


def code_of(space_id: str, connection: "Connection", form: Form) -> Sequence[Snippet]:
    """The call that the form makes as it stands, in each language."""
    address = practice_page.reachable_address() if space_id == catalogue.PRACTICE else ""
    return form_snippets.code_of(
        entry_of(resolver.current_name(space_id)), connection.url, connection.description.gradio, form, address
    )


def refused(
    space_id: str,
    form: Form | None,
    error: CourseError,
    explanation: Explanation | None = None,
    *,
    is_proven: bool = True,
) -> ResponseReturnValue:
    """The answer to a form that is refused: everything typed is still there, with what is wrong above it."""
    log_refusal("upload-too-large" if explanation is UPLOAD_TOO_LARGE else error.code)
    refusal = (explanation or error.explanation).status
    status = refusal if refusal != 200 else 503
    try:
        is_name = catalogue.is_space_id(space_id) and not tokens.contains_token(space_id)
        connection = resolver.connect(space_id) if is_name else None
    except CourseError:
        connection = None
    return page(
        space_id,
        connection.description if connection else None,
        form=form,
        error=error,
        explanation=explanation,
        code=code_of(space_id, connection, form) if connection and form else (),
        status=status,
        is_proven=is_proven,
    )


def space_url(space_id: str, **query: str) -> str:
    """The address of a Space's page; `endpoint` and `essai` may be asked for (url_for keeps `endpoint` for itself)."""
    owner, _, name = space_id.partition("/")
    address = url_for("spaces.show", owner=owner, name=name)
    return f"{address}?{urlencode(query, safe='/')}" if query else address


def form_scripts(form: Form | None) -> list[str]:
    """List the addresses of the scripts that a form uses: all of them for a form that is not known yet."""
    names = ["form.js"]
    names += ["table.js"] if form is None or form.has_tables else []
    names += ["preview.js"] if form is None or form.has_files else []
    names += ["record.js"] if form is None or form.records else []
    names += ["examples.js"] if form is None or form.endpoint.examples else []
    return [url_for("static", filename=f"js/{name}") for name in names]


def init_app(
    app: Flask, *, values_of_run: ValuesOfRun, faults_of_run: FaultsOfRun, recent_spaces: RecentSpaces
) -> None:
    """Remember whom to ask about runs."""
    example_choice.init_app(app)
    thumbnails.init_app(app)
    app.extensions |= {
        "values_of_run": values_of_run,
        "faults_of_run": faults_of_run,
        "recent_spaces": recent_spaces,
    }
    app.jinja_env.globals |= {"space_url": space_url, "form_scripts": form_scripts}
    app.jinja_env.filters["in_colours"] = form_snippets.in_colours
    app.jinja_env.filters["default_in_code"] = form_snippets.default_in_code
    app.jinja_env.filters["type_in_words"] = form_snippets.type_in_words
    app.jinja_env.filters["mask_tokens"] = tokens.mask_tokens
