"""Create runs: POST /essais from the form of an endpoint, POST /essais/<id>/refaire from the values of an earlier run.

Both routes belong to the blueprint of the runs and live here, since a form that is rejected is rendered again by the
page of its Space.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import visitors
from hfcourse.errors import CourseError, FormRejected, SpaceUnavailable
from hfcourse.files import file_store
from hfcourse.playground import continuations, space_page
from hfcourse.playground.workbench import page_parts
from hfcourse.playground.workbench.page_parts import EMPTY_WORKBENCH
from hfcourse.runs.blueprint import bp
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention import quota
from hfcourse.runs.retention.recent_views import get_viewed_run_or_404
from hfcourse.runs.store import newcomers, run_store
from hfcourse.runs.store.newcomers import Client
from hfcourse.runs.store.queue_counts import QueuedRun
from hfcourse.runs.trace.browser_recording import record_submission, record_validation
from hfcourse.runs.values.file_refs import FileNumberer
from hfcourse.spaces.form import forms, row_edits
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.form.uploads import collect_upload_names
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.web import error_pages, security
from hfcourse.web.security_log import log_event

log = logging.getLogger(__name__)


@bp.post("", strict_slashes=False, endpoint="create")
@record_validation
def create_run_from_form() -> ResponseReturnValue:
    """Create a run from the form of an endpoint: redirect to its page, or render the form again with its errors."""
    try:
        endpoint = space_page.get_posted_endpoint(request.form.get("space", ""), request.form.get("endpoint", ""))
    except CourseError as error:
        answer = space_page.render_rejected_form(request.form.get("space", ""), None, error)
        if request.files:
            quota.enforce_quota_without_form(newcomers.get_current_client())
        return answer
    form = bind_posted_form(endpoint)
    if row_edits.apply_row_edit(form, request.form):
        return space_page.render_form(request.form["space"], form)
    return submit_form(request.form["space"], endpoint, form)


def bind_posted_form(endpoint: Endpoint) -> Form:
    """Bind the posted form; its files may evict the visitor's oldest ones from the quota."""
    given = load_prefill_values()
    form = forms.read_form(endpoint, request.form, request.files, visitors.get_or_create_visitor(), given=given)
    form.run_id = request.form["essai"] if given is not None else ""
    if request.files:
        continuations.enforce_form_quota(form)
    return form


def load_prefill_values() -> dict[str, Any] | None:
    """Return the values of the run that prefilled the posted form; None if the Space's defaults did."""
    try:
        return (
            run_store.find_sent_values(request.form["essai"], visitors.get_visitor())
            if "essai" in request.form
            else None
        )
    except SQLAlchemyError:  # the posted values are still read
        return None


def submit_form(space: str, endpoint: Endpoint, form: Form) -> ResponseReturnValue:
    """Validate the form, then store and enqueue the run; render the form again if it is rejected."""
    try:
        run_id = create_form_run(space, endpoint, form)
    except (FormRejected, SQLAlchemyError) as error:
        return render_refused_form(space, form, error)
    return record_submission(run_id, space, redirect(url_for(".show", run_id=run_id), 303))


def render_refused_form(
    space: str, form: Form, error: FormRejected | SQLAlchemyError, workbench: Mapping[str, Any] = EMPTY_WORKBENCH
) -> ResponseReturnValue:
    """Render the form again, with the reason why `create_form_run` refused it; see `space_page` for `workbench`."""
    if isinstance(error, SQLAlchemyError):
        log.error("A run could not be stored: %s", type(error).__name__)
        return space_page.render_rejected_form(space, form, FormRejected("not-stored"), workbench=workbench)
    if security.is_upload_too_large():
        forms.mask_form_tokens(form)
        explanation = error_pages.UPLOAD_TOO_LARGE
        return space_page.render_rejected_form(
            space, form, FormRejected("invalid-input"), explanation, workbench=workbench
        )
    if error.code == "invalid-input" and forms.has_storage_errors(form):
        error = FormRejected("not-stored", fields=error.field_errors)
    else:
        forms.drop_missing_files(form, visitors.get_or_create_visitor())
    return space_page.render_rejected_form(space, form, error, workbench=workbench)


def create_form_run(
    space: str, endpoint: Endpoint, form: Form, insert_more: Callable[[Connection, str], None] | None = None
) -> str:
    """Validate the form, check the limits, then store and enqueue its run; return the run's id.

    Args:
        insert_more: see `run_store.create_run`.

    Raises:
        FormRejected: a value is invalid, or a limit is reached.
        SQLAlchemyError: the run could not be stored.
    """
    if security.is_upload_too_large():
        raise FormRejected("invalid-input")
    return create_and_enqueue_run(space, endpoint, forms.validate_form(form), insert_more)


def create_and_enqueue_run(
    space: str, endpoint: Endpoint, values: dict[str, Any], insert_more: Callable[[Connection, str], None] | None = None
) -> str:
    """Store a run with these values within the limits of its visitor, and enqueue it; return its id.

    Args:
        values: a value for each parameter, a FileHandle for a file.
        insert_more: see `run_store.create_run`.

    Raises:
        FormRejected: `limit-reached`, `not-stored`, or `invalid-input` if a file has been deleted since.
        SQLAlchemyError: the database failed.
    """
    client = newcomers.get_current_client()
    asked = make_requested_run(client, space, endpoint)
    dispatcher.get_dispatcher().limits.check_queue_capacity(asked)
    kept = collect_run_fields(endpoint, values) | {"owner": dispatcher.get_dispatcher().owner}
    quota.check_text_quota(client, [file_id for _, file_id in kept["files"]])
    kept |= {"origin": client.origin, "is_newcomer": client.is_newcomer}
    kept |= {"insert_more": insert_more} if insert_more else {}
    run_id = run_store.create_run(client.visitor, space=space, endpoint=endpoint.name, title=endpoint.title, **kept)
    dispatcher.get_dispatcher().enqueue(replace(asked, run_id=run_id))
    return run_id


def make_requested_run(client: Client, space: str, endpoint: Endpoint) -> QueuedRun:
    """Return the run that a client asks for as the limits count it; it has no id yet."""
    return QueuedRun(
        run_id="",
        visitor=client.visitor,
        space=space,
        keeps_state=endpoint.has_session_state,
        origin=client.origin,
        is_newcomer=client.is_newcomer,
        endpoint=endpoint.name,
        cohort=client.cohort,
    )


@bp.post("/<run_id:run_id>/refaire", endpoint="again")
@record_validation
def rerun(run_id: str) -> ResponseReturnValue:
    """Create a run with the same values: redirect to it, or render the form with these values and its errors."""
    run = get_viewed_run_or_404(run_id)
    try:
        endpoint = space_page.get_posted_endpoint(run.space, run.endpoint)
    except SpaceUnavailable:  # its page explains, polls, then shows the form with these values
        return redirect(space_page.space_url(run.space, endpoint=run.endpoint, essai=run.id), 303)
    except CourseError as error:
        return space_page.render_rejected_form(run.space, None, error)
    form = forms.rebind_form(
        endpoint, run_store.collect_sent_values(run, lambda item: file_store.FileHandle.from_row(item.file))
    )
    form.run_id = run.id
    if page_parts.has_form_changed(run, endpoint):
        return space_page.render_rejected_form(run.space, form, FormRejected("invalid-input"), error_pages.FORM_CHANGED)
    return submit_form(run.space, endpoint, form)


def collect_run_fields(endpoint: Endpoint, values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a run that come from a form, as keyword arguments of `run_store.create_run`."""
    numbered = FileNumberer(file_store.FileHandle)
    inputs = {name: numbered.extract_files(name, value) for name, value in values.items()}
    return {
        "keeps_state": endpoint.has_session_state,
        "parameters": [
            {"name": each.name, "label": each.label} | ({} if each.is_named else {"is_named": False})
            for each in endpoint.parameters
        ],
        "inputs": inputs,
        "files": [(name, file.id) for name, file in numbered.files],
        "file_names": [file.name for _, file in numbered.files],
    }


@bp.errorhandler(CSRFError)
def handle_run_csrf_error(_error: CSRFError) -> ResponseReturnValue:
    """Render a form without a valid CSRF token again, ready to be sent, without its files."""
    log_event("csrf_refused")
    if request.endpoint not in ("runs.create", "runs.create_series"):
        return error_pages.render_error_page(400, error_pages.CSRF_EXPLANATION)
    return render_form_without_csrf()


def render_form_without_csrf() -> ResponseReturnValue:
    """Render a posted form without a valid CSRF token again, without its files.

    Any site can make a browser post such a form, so nothing of it is stored.
    """
    space, name = request.form.get("space", ""), request.form.get("endpoint", "")
    try:
        endpoint = space_page.get_posted_endpoint(space, name)
    except CourseError as error:
        return space_page.render_rejected_form(space, None, error, is_csrf_valid=False)
    form = forms.read_form(endpoint, request.form, request.files, visitors.get_or_create_visitor(), is_csrf_valid=False)
    forms.mask_form_tokens(form)
    explanation = (
        error_pages.FORM_EXPIRED_WITHOUT_FILES if collect_upload_names(request.files) else error_pages.FORM_EXPIRED
    )
    return space_page.render_rejected_form(space, form, FormRejected("invalid-input"), explanation)
