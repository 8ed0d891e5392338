"""Create runs: POST /essais from the form of an endpoint, POST /essais/<id>/refaire from the values of an earlier run.

Both routes belong to the blueprint of the runs and live here, since a form that is rejected is rendered again by the
page of its Space.
"""

import logging
from dataclasses import replace
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import visitors
from hfcourse.errors import CourseError, FormRejected, SpaceUnavailable
from hfcourse.files import file_store
from hfcourse.playground import continuations, space_page
from hfcourse.runs.blueprint import bp
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention import quota
from hfcourse.runs.retention.recent_views import get_viewed_run_or_404
from hfcourse.runs.store import newcomer_status, run_store
from hfcourse.runs.store.queue_counts import QueuedRun
from hfcourse.runs.values.file_refs import FileNumberer
from hfcourse.spaces.form import forms, row_edits
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.form.uploads import collect_upload_names
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.web import error_pages, security
from hfcourse.web.security_log import log_event

log = logging.getLogger(__name__)


@bp.post("", strict_slashes=False, endpoint="create")
def create_run_from_form() -> ResponseReturnValue:
    """Create a run from the form of an endpoint: redirect to its page, or render the form again with its errors."""
    try:
        endpoint = space_page.get_posted_endpoint(request.form.get("space", ""), request.form.get("endpoint", ""))
    except CourseError as error:
        answer = space_page.render_rejected(request.form.get("space", ""), None, error)
        if request.files:
            quota.enforce_quota_without_form(newcomer_status.get_current_client())
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
        if security.is_upload_too_large():
            forms.mask_form_tokens(form)
            return space_page.render_rejected(space, form, FormRejected("invalid-input"), error_pages.UPLOAD_TOO_LARGE)
        values = forms.validate_form(form)
        client = newcomer_status.get_current_client()
        group = client.origin, client.is_newcomer, endpoint.name, client.cohort
        asked = QueuedRun("", client.visitor, space, endpoint.has_session_state, *group)
        dispatcher.get_dispatcher().limits.check_queue_capacity(asked)
        quota.check_text_quota(client, [file.id for file in forms.list_form_files(form)])
        kept = collect_run_fields(endpoint, values) | {"holder": dispatcher.get_dispatcher().owner}
        kept |= {"origin": client.origin, "is_newcomer": client.is_newcomer}
        run_id = run_store.create_run(client.visitor, space=space, endpoint=endpoint.name, title=endpoint.title, **kept)
    except FormRejected as refusal:
        if refusal.code == "invalid-input" and forms.has_storage_errors(form):
            return space_page.render_rejected(space, form, FormRejected("not-stored", fields=refusal.field_errors))
        forms.drop_missing_files(form, visitors.get_or_create_visitor())
        return space_page.render_rejected(space, form, refusal)
    except SQLAlchemyError as error:
        log.error("A run could not be stored: %s", type(error).__name__)
        return space_page.render_rejected(space, form, FormRejected("not-stored"))
    dispatcher.get_dispatcher().enqueue(replace(asked, run_id=run_id))
    return redirect(url_for(".show", run_id=run_id), 303)


@bp.post("/<run_id:run_id>/refaire", endpoint="again")
def rerun(run_id: str) -> ResponseReturnValue:
    """Create a run with the same values: redirect to it, or render the form with these values and its errors."""
    run = get_viewed_run_or_404(run_id)
    try:
        endpoint = space_page.get_posted_endpoint(run.space, run.endpoint)
    except SpaceUnavailable:  # its page explains, polls, then shows the form with these values
        return redirect(space_page.space_url(run.space, endpoint=run.endpoint, essai=run.id), 303)
    except CourseError as error:
        return space_page.render_rejected(run.space, None, error)
    form = forms.rebind_form(
        endpoint, run_store.collect_sent_values(run, lambda item: file_store.FileHandle.from_row(item.file))
    )
    form.run_id = run.id
    if {each["name"] for each in run.parameters} != {each.name for each in endpoint.parameters}:
        return space_page.render_rejected(run.space, form, FormRejected("invalid-input"), error_pages.FORM_CHANGED)
    return submit_form(run.space, endpoint, form)


def collect_run_fields(endpoint: Endpoint, values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a run that come from a form, as keyword arguments of `run_store.create_run`."""
    numbered = FileNumberer(file_store.FileHandle)
    inputs = {name: numbered.extract_files(name, value) for name, value in values.items()}
    return {
        "keeps_state": endpoint.has_session_state,
        "parameters": [{"name": each.name, "label": each.label} for each in endpoint.parameters],
        "inputs": inputs,
        "files": [(name, file.id) for name, file in numbered.files],
        "names": [file.name for _, file in numbered.files],
    }


@bp.errorhandler(CSRFError)
def handle_run_csrf_error(_error: CSRFError) -> ResponseReturnValue:
    """Render a form without a valid CSRF token again, ready to be sent, without its files.

    Any site can make a browser post such a form, so nothing of it is stored.
    """
    log_event("csrf_refused")
    space, name = request.form.get("space", ""), request.form.get("endpoint", "")
    if request.endpoint != "runs.create":
        return error_pages.render_error_page(400, error_pages.CSRF_EXPLANATION)
    try:
        endpoint = space_page.get_posted_endpoint(space, name)
    except CourseError as error:
        return space_page.render_rejected(space, None, error, is_proven=False)
    form = forms.read_form(endpoint, request.form, request.files, visitors.get_or_create_visitor(), is_proven=False)
    forms.mask_form_tokens(form)
    explanation = (
        error_pages.FORM_EXPIRED_WITHOUT_FILES if collect_upload_names(request.files) else error_pages.FORM_EXPIRED
    )
    return space_page.render_rejected(space, form, FormRejected("invalid-input"), explanation)
