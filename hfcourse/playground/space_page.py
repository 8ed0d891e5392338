"""The page of a Space in each of its states: for its own view, and for a rejected form."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import tokens, visitors
from hfcourse.error_messages import ErrorExplanation
from hfcourse.errors import CourseError, FormRejected
from hfcourse.playground import badges, example_choice, prefill, space_page_context, thumbnails
from hfcourse.playground.code.panel import CodePanel, build_form_panel
from hfcourse.playground.space_page_context import get_catalogue_entry
from hfcourse.playground.workbench.page_parts import EMPTY_WORKBENCH, build_workbench, list_series_errors
from hfcourse.runs import form_choice_updates
from hfcourse.spaces import catalogue
from hfcourse.spaces.form import choice_updates, field_marks, forms, uploads
from hfcourse.spaces.form.error_summary import ErrorSummary, summarize_errors
from hfcourse.spaces.form.form_sections import arrange_form
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.form.rendering_budget import RenderingBudget
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.web.error_pages import UPLOAD_TOO_LARGE
from hfcourse.web.security_log import log_refusal
from hfcourse.web.template_globals import get_embedding_host, is_in_lesson

if TYPE_CHECKING:  # gradio_client is loaded when a Space is first asked for
    from hfcourse.spaces.client.space_client import SpaceClient

POST_WAKE_TIMEOUT_SECONDS = 8


def get_posted_endpoint(space_id: str, name: str) -> Endpoint:
    """Return the endpoint of a posted form; wait up to POST_WAKE_TIMEOUT_SECONDS for the practice Space to start.

    Raises:
        CourseError: there is no such Space or endpoint, or the Space does not respond.
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
    """Return the endpoint with the current choices of the visitor's session at the Space."""
    sources = choice_updates.find_choice_sources(description, endpoint)
    updates = form_choice_updates.find_choice_updates(visitor, space_id, sources)
    return choice_updates.apply_choice_updates(endpoint, updates)


@dataclass(frozen=True, kw_only=True)
class SpacePage:
    """The page of a Space: its state, its endpoints, one form, and an error above or instead of it.

    A fragment for a lesson has only the form and the error.

    Attributes:
        blocked_endpoint: a requested endpoint that cannot be called, rendered in place of the form.
        explanation: in place of that of the error.
        code: panel of the call that the form makes.
        is_csrf_valid: does a form that cannot be rendered have one? Only then its files are stored.
        workbench: what is beside the form, see `workbench.page_parts`.
        status: HTTP status of the response.
    """

    space_id: str
    description: Description | None = None
    form: Form | None = None
    blocked_endpoint: Endpoint | None = None
    error: CourseError | None = None
    explanation: ErrorExplanation | None = None
    code: CodePanel | None = None
    is_csrf_valid: bool = True
    workbench: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200

    def render(self) -> ResponseReturnValue:
        """Render the page, or its fragment for a lesson; store the files of a form that cannot be rendered."""
        if self.form:
            mark_fields(self.form)
        template = "spaces/try_it_block.html" if is_in_lesson() else "spaces/show.html"
        return render_template(template, **self.build_context()), self.status

    def build_context(self) -> dict[str, Any]:
        """Return the context of both templates."""
        summary = self.summarize_form_errors()
        unrendered = space_page_context.build_unrendered_context(
            is_unrendered=self.form is None and request.method == "POST",
            is_csrf_valid=self.is_csrf_valid,
        )
        return {
            "section": "spaces",
            **space_page_context.build_space_context(self.space_id, self.description),
            "badge": badges.get_error_badge(self.error),
            "build_recovery_actions": badges.build_recovery_actions,
            "form": self.form,
            "arranged_form": arrange_form(self.form) if self.form else None,
            "rendering_budget": RenderingBudget(),
            "error": self.error,
            "blocked_endpoint": self.blocked_endpoint,
            "code": self.code,
            "explanation": space_page_context.choose_page_explanation(self.error, self.explanation, summary),
            "error_summary": summary,
            "refreshes": request.method == "GET" and self.error and self.error.code in badges.AUTO_REFRESH_CODES,
            "upload_limit_bytes": current_app.config["UPLOAD_LIMIT_BYTES"],
            **unrendered,
            **self.workbench,
        }

    def summarize_form_errors(self) -> ErrorSummary | None:
        """Return the list of invalid fields and series values, None if the error concerns none of them."""
        series_errors = list_series_errors(self.workbench)
        if self.form and self.error and (self.form.invalid_fields or series_errors):
            return summarize_errors(self.form, series_errors)
        return None


def mark_fields(form: Form) -> None:
    """Mark the fields that are needed, expected or optional."""
    marks = field_marks.choose_marks(form.endpoint.parameters, has_button=not form.endpoint.is_internal)
    for entry, mark in zip(form.fields, marks, strict=True):
        entry.mark = mark


def render_visited_space(
    space_id: str, wanted: str | None, run_id: str | None, visitor: str | None
) -> ResponseReturnValue:
    """Render the page for a visit: the endpoint of that name, its form filled with the values of that run."""
    try:
        connection = resolver.connect_to_space(space_id)
    except CourseError as error:
        return SpacePage(space_id=space_id, error=error, status=error.explanation.status).render()
    description = connection.description
    page = SpacePage(space_id=space_id, description=description)
    if not description.endpoints:
        return replace(page, error=CourseError("no-api")).render()
    endpoint = description.find_endpoint(wanted) if wanted else description.endpoints[0]
    if endpoint is None:
        return replace(page, error=FormRejected("endpoint-gone"), status=404).render()
    if endpoint.blocked_reason:
        return replace(page, blocked_endpoint=endpoint).render()
    endpoint = apply_session_choices(space_id, description, endpoint, visitor)
    form, faults = prefill.prefill_form(connection, endpoint, run_id, visitor)
    page = replace(
        page,
        form=form,
        error=FormRejected("invalid-input", fields=faults) if faults else None,
        code=build_code_panel(space_id, connection, form),
    )
    if not is_in_lesson():
        workbench = build_workbench(space_id, endpoint, run_id, visitor, request.args.get("serie"))
        page = replace(page, workbench=workbench)
    return page.render()


def render_form(space_id: str, form: Form) -> ResponseReturnValue:
    """Render a form without validation errors, after a row was added to a table; tokens and lost files stay marked."""
    for entry in form.fields:
        entry.error = entry.error if entry.error == uploads.FILE_NOT_STORED else ""
    forms.mask_form_tokens(form)
    connection = resolver.connect_to_space(space_id)
    code = build_code_panel(space_id, connection, form)
    return SpacePage(space_id=space_id, description=connection.description, form=form, code=code).render()


def build_code_panel(space_id: str, connection: "SpaceClient", form: Form) -> CodePanel | None:
    """Return the code panel of the form with its current values, None in a lesson."""
    if is_in_lesson():
        return None
    return build_form_panel(get_catalogue_entry(resolver.get_current_name(space_id)), connection, form)


def render_rejected_form(
    space_id: str,
    form: Form | None,
    error: CourseError,
    explanation: ErrorExplanation | None = None,
    *,
    is_csrf_valid: bool = True,
    workbench: Mapping[str, Any] = EMPTY_WORKBENCH,
) -> ResponseReturnValue:
    """Render a rejected form with all its values, and the error above it."""
    log_refusal("upload-too-large" if explanation is UPLOAD_TOO_LARGE else error.code)
    try:
        is_name = catalogue.is_space_id(space_id) and not tokens.contains_token(space_id)
        connection = resolver.connect_to_space(space_id) if is_name else None
    except CourseError:
        connection = None
    return SpacePage(
        space_id=space_id,
        description=connection.description if connection else None,
        form=form,
        error=error,
        explanation=explanation,
        code=build_code_panel(space_id, connection, form) if connection and form else None,
        is_csrf_valid=is_csrf_valid,
        workbench={**build_rejected_workbench(space_id, form, error), **workbench},
        status=(explanation or error.explanation).rejection_status,
    ).render()


def build_rejected_workbench(space_id: str, form: Form | None, error: CourseError) -> Mapping[str, Any]:
    """Build what is beside a rejected form on a page of its own; a page that stays keeps what it has.

    Beside a form with a token there is nothing: an earlier run may have been sent with the same one.
    """
    if form is None or get_embedding_host() or error.code == "secret-in-input":
        return EMPTY_WORKBENCH
    try:
        return build_workbench(space_id, form.endpoint, form.run_id or None, visitors.get_visitor())
    except SQLAlchemyError:  # perhaps why the form is rejected
        return EMPTY_WORKBENCH


def space_url(space_id: str, **query: str) -> str:
    """Return the URL of a Space's page with a query (`url_for` has a parameter `endpoint` of its own)."""
    owner, _, name = space_id.partition("/")
    address = url_for("spaces.show", owner=owner, name=name)
    return f"{address}?{urlencode(query, safe='/')}" if query else address


def form_scripts(form: Form | None) -> list[str]:
    """List the URLs of the scripts that a form uses: all of them for a form that is not known yet."""
    names = ["fields.js"]
    names += ["table.js"] if form is None or form.has_tables else []
    names += ["file_previews.js"] if form is None or form.has_files else []
    names += ["recorder.js"] if form is None or form.has_recorder else []
    names += ["examples.js"] if form is None or form.endpoint.examples else []
    names += [] if is_in_lesson() else ["call_code.js"]
    return [url_for("static", filename=f"js/form/{name}") for name in names]


def init_app(app: Flask) -> None:
    """Create the caches of the page, and register the globals and filters of its templates."""
    example_choice.init_app(app)
    thumbnails.init_app(app)
    app.jinja_env.globals |= {
        "PRACTICE_SPACE_ID": catalogue.PRACTICE_SPACE_ID,
        "space_url": space_url,
        "form_scripts": form_scripts,
    }
    app.jinja_env.filters["mask_tokens"] = tokens.mask_tokens
