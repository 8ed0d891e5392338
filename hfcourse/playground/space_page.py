"""The page of a Space in each of its states: asked by its own view, and by whoever refuses its form."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hfcourse import instructors, tokens, visitors
from hfcourse.error_messages import ErrorExplanation
from hfcourse.errors import CourseError, FormRejected
from hfcourse.playground import badges, example_choice, form_snippets, practice_page, prefill, thumbnails
from hfcourse.playground.snippets import Snippet
from hfcourse.playground.space_query import SpaceQueryResult
from hfcourse.runs import session_choices
from hfcourse.runs.store import run_store
from hfcourse.spaces import catalogue
from hfcourse.spaces.catalogue import CatalogueEntry
from hfcourse.spaces.form import choice_updates, field_marks, forms, uploads
from hfcourse.spaces.form.error_summary import ErrorSummary, summarize_errors
from hfcourse.spaces.form.form_sections import arrange_form
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.form.rendering_budget import RenderingBudget
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.text.typography import typeset_french
from hfcourse.web.error_pages import UPLOAD_TOO_LARGE
from hfcourse.web.security_log import log_refusal
from hfcourse.web.template_globals import is_in_lesson

if TYPE_CHECKING:  # gradio_client is loaded when a Space is first asked for
    from hfcourse.spaces.client.space_client import SpaceClient

POST_WAKE_TIMEOUT_SECONDS = 8


def render_space_index(asked: SpaceQueryResult, visitor: str | None) -> ResponseReturnValue:
    """The page of the list, which waits for nobody: what was asked for is already there."""
    recent = [space for space in run_store.list_recent_spaces(visitor) if is_offered(space)]
    groups = catalogue.group_entries_by_topic()
    body = render_template(
        "spaces/index.html",
        section="spaces",
        practice=catalogue.find_catalogue_entry(catalogue.PRACTICE_SPACE_ID),
        chosen=groups.pop("", []),
        groups=groups,
        badge=badges.get_practice_badge(),
        badge_seen=badges.get_listing_badge,
        recent=[get_catalogue_entry(space_id) for space_id in recent],
        is_open=catalogue.is_catalogue_open(),
        asked=asked,
        mistake=catalogue.get_catalogue_error() if instructors.is_logged_in() else None,
        without_token=catalogue.list_ids_without_token() if instructors.is_logged_in() else [],
    )
    return body, asked.status


def is_offered(space_id: str) -> bool:
    """May a student open this Space here?"""
    return catalogue.is_catalogue_open() or catalogue.find_catalogue_entry(space_id) is not None


def get_catalogue_entry(space_id: str) -> CatalogueEntry:
    """What the catalogue says of a Space, or just its name; one that is none, or holds a token, is not repeated."""
    if not catalogue.is_space_id(space_id) or tokens.contains_token(space_id):
        return CatalogueEntry("", "Space introuvable")
    return catalogue.find_catalogue_entry(space_id) or CatalogueEntry(space_id, space_id)


def get_posted_endpoint(space_id: str, name: str) -> Endpoint:
    """The endpoint that a posted form speaks of; waits a moment for the practice Space to wake.

    Raises:
        CourseError: there is no such Space or endpoint, or it cannot be asked now.
    """
    if tokens.contains_token(f"{space_id} {name}"):
        raise FormRejected("secret-in-input")
    if not catalogue.is_space_id(space_id):
        raise FormRejected("space-not-found")
    description = resolver.connect_to_space(space_id, POST_WAKE_TIMEOUT_SECONDS).description
    endpoint = description.find_endpoint(name)
    if endpoint is None or endpoint.blocked_reason:
        raise FormRejected("endpoint-gone")
    return apply_session_choices(space_id, description, endpoint, visitors.get_visitor())


def apply_session_choices(space_id: str, description: Description, endpoint: Endpoint, visitor: str | None) -> Endpoint:
    """The endpoint with the choices that the visitor's session at the Space has now."""
    sources = choice_updates.find_choice_sources(description, endpoint)
    updates = session_choices.find_choice_updates(visitor, space_id, sources)
    return choice_updates.apply_choice_updates(endpoint, updates)


def render_space_page(
    space_id: str,
    description: Description | None = None,
    *,
    form: Form | None = None,
    error: CourseError | None = None,
    explanation: ErrorExplanation | None = None,
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
    former, space_id, new_name = resolve_space_names(space_id)
    summary = summarize_errors(form) if form and error and form.invalid_fields else None
    body = render_template(
        "spaces/block.html" if is_in_lesson() else "spaces/show.html",
        section="spaces",
        entry=get_catalogue_entry(space_id),
        badge=badges.get_error_badge(error),
        former=former,
        new_name=new_name,
        **build_practice_context(space_id, is_described=description is not None),
        ways_out=badges.build_recovery_actions,
        description=description,
        **build_author_context(space_id, description),
        form=form,
        arranged=arrange_form(form) if form else None,
        clock=RenderingBudget(),
        error=error,
        closed=closed,
        code=code,
        explanation=choose_explanation(error, explanation, summary),
        field_faults=summary,
        refreshes=request.method == "GET" and error is not None and error.code in badges.AUTO_REFRESH_CODES,
        **build_unrendered_context(is_undrawn=form is None and request.method == "POST", is_proven=is_proven),
        upload_limit_bytes=current_app.config["UPLOAD_LIMIT_BYTES"],
    )
    return body, status


def build_practice_context(space_id: str, *, is_described: bool) -> dict[str, Any]:
    """What only the page of the practice Space says: whose it is, and where its own page is once it answers."""
    is_practice = space_id == catalogue.PRACTICE_SPACE_ID
    return {
        "is_practice": is_practice,
        "is_local": is_local_practice_space(space_id),
        "own_page": practice_page.get_reachable_address() if is_practice and is_described else "",
    }


def build_unrendered_context(*, is_undrawn: bool, is_proven: bool) -> dict[str, Any]:
    """What was posted for a form that cannot be drawn now: texts, files that are kept, names of those that are not."""
    if not is_undrawn:
        return {"typed": [], "kept": [], "unkept": []}
    return {
        "typed": collect_posted_values(),
        "kept": uploads.store_uploads(request.files, visitors.get_or_create_visitor()) if is_proven else [],
        "unkept": [] if is_proven else uploads.collect_upload_names(request.files),
    }


def build_author_context(space_id: str, description: Description | None) -> dict[str, Any]:
    """What the author says of the Space: `own_title`, '' where the catalogue has one, `own_sentences`, `thumbnail`."""
    entry, card = get_catalogue_entry(space_id), resolver.get_last_card(space_id)
    title = (description.title if description else "") or card.title
    sentences = [card.short_description, description.introduction if description else ""]
    return {
        "own_title": title if entry.title == entry.id else "",
        "own_sentences": [*dict.fromkeys(filter(None, sentences))],
        "thumbnail": thumbnails.build_thumbnail_url(space_id) if description else "",
    }


def resolve_space_names(space_id: str) -> tuple[str, str, str]:
    """The name that was asked for if the Space has another one now, the name to show it by, and the new one.

    An entry of the catalogue keeps its place and its name there.
    """
    if not catalogue.is_space_id(space_id):
        return "", space_id, ""
    new_name = resolver.get_current_name(space_id)
    if new_name == space_id:
        return "", space_id, ""
    return space_id, space_id if catalogue.find_catalogue_entry(space_id) else new_name, new_name


def mark_fields(form: Form) -> None:
    """Mark the fields that are needed, expected or optional."""
    marks = field_marks.choose_marks(form.endpoint.parameters, has_button=not form.endpoint.is_internal)
    for entry, mark in zip(form.fields, marks, strict=True):
        entry.mark = mark


def choose_explanation(
    error: CourseError | None, given: ErrorExplanation | None, summary: ErrorSummary | None
) -> ErrorExplanation | None:
    """Choose the explanation of the page's error: the given one, else that of its code, which counts several faults."""
    if given or not error:
        return given
    if error.code != "invalid-input" or not summary or summary.total_count < 2:
        return error.explanation
    return replace(error.explanation, sentence=typeset_french(f"{summary.total_count} valeurs ne conviennent pas."))


def is_local_practice_space(space_id: str) -> bool:
    """Is this the practice Space, run by this very site?"""
    return (
        space_id == catalogue.PRACTICE_SPACE_ID
        and not current_app.config["PRACTICE_URL"]
        and not get_catalogue_entry(space_id).url
    )


def collect_posted_values() -> list[tuple[str, str]]:
    """What was posted for a form that cannot be drawn now, so that it can be sent again as it is."""
    posted = request.form.items(multi=True)
    return [(name, tokens.mask_tokens(text)) for name, text in posted if name.startswith("arg-")]


def render_visited_space(
    space_id: str, wanted: str | None, run_id: str | None, visitor: str | None
) -> ResponseReturnValue:
    """The page of a Space as a visit asks for it: the endpoint of that name, filled with the values of that run."""
    try:
        connection = resolver.connect_to_space(space_id)
    except CourseError as error:
        return render_space_page(space_id, error=error, status=error.explanation.status)
    description = connection.description
    if not description.endpoints:
        return render_space_page(space_id, description, error=CourseError("no-api"))
    endpoint = description.find_endpoint(wanted) if wanted else description.endpoints[0]
    if endpoint is None:
        return render_space_page(space_id, description, error=FormRejected("endpoint-gone"), status=404)
    if endpoint.blocked_reason:
        return render_space_page(space_id, description, closed=endpoint)
    endpoint = apply_session_choices(space_id, description, endpoint, visitor)
    form, faults = prefill.prefill_form(connection, endpoint, run_id, visitor)
    refusal = FormRejected("invalid-input", fields=faults) if faults else None
    return render_space_page(
        space_id, description, form=form, error=refusal, code=build_page_snippets(space_id, connection, form)
    )


def render_form(space_id: str, form: Form) -> ResponseReturnValue:
    """The form as it stands, with nothing wrong but a token or a lost file: a line was added to a table."""
    for entry in form.fields:
        entry.error = entry.error if entry.error == uploads.FILE_NOT_STORED else ""
    forms.mask_form_tokens(form)
    connection = resolver.connect_to_space(space_id)
    return render_space_page(
        space_id, connection.description, form=form, code=build_page_snippets(space_id, connection, form)
    )


def build_page_snippets(space_id: str, connection: "SpaceClient", form: Form) -> Sequence[Snippet]:
    """The call that the form makes as it stands, in each language."""
    address = practice_page.get_reachable_address() if space_id == catalogue.PRACTICE_SPACE_ID else ""
    return form_snippets.build_form_snippets(
        get_catalogue_entry(resolver.get_current_name(space_id)),
        connection.url,
        connection.description.gradio_version,
        form,
        address,
    )


def render_rejected(
    space_id: str,
    form: Form | None,
    error: CourseError,
    explanation: ErrorExplanation | None = None,
    *,
    is_proven: bool = True,
) -> ResponseReturnValue:
    """The answer to a form that is refused: everything typed is still there, with what is wrong above it."""
    log_refusal("upload-too-large" if explanation is UPLOAD_TOO_LARGE else error.code)
    refusal = (explanation or error.explanation).status
    status = refusal if refusal != 200 else 503
    try:
        is_name = catalogue.is_space_id(space_id) and not tokens.contains_token(space_id)
        connection = resolver.connect_to_space(space_id) if is_name else None
    except CourseError:
        connection = None
    return render_space_page(
        space_id,
        connection.description if connection else None,
        form=form,
        error=error,
        explanation=explanation,
        code=build_page_snippets(space_id, connection, form) if connection and form else (),
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
    names += ["record.js"] if form is None or form.has_recorder else []
    names += ["examples.js"] if form is None or form.endpoint.examples else []
    return [url_for("static", filename=f"js/{name}") for name in names]


def init_app(app: Flask) -> None:
    """Create the caches of the page, and register the globals and filters of its templates."""
    example_choice.init_app(app)
    thumbnails.init_app(app)
    app.jinja_env.globals |= {"space_url": space_url, "form_scripts": form_scripts}
    app.jinja_env.filters["in_colours"] = form_snippets.highlight_snippet
    app.jinja_env.filters["default_in_code"] = form_snippets.format_default_json
    app.jinja_env.filters["type_in_words"] = form_snippets.render_type_words
    app.jinja_env.filters["mask_tokens"] = tokens.mask_tokens
