"""The pages of the runs: /essais. What changes of one while it goes on is in live_views.py."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import error_messages, visitors
from hfcourse.errors import CourseError, FormRejected, SpaceUnavailable
from hfcourse.files import file_store, media_types
from hfcourse.playground import continuations, space_page
from hfcourse.runs import presenter
from hfcourse.runs.history import queries
from hfcourse.runs.outputs import chat_messages, export, output_kinds, untrusted_markdown, value_presenters
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention import quota, recent_views
from hfcourse.runs.retention.recent_views import get_own_run_or_404
from hfcourse.runs.store import newcomer_status, run_store
from hfcourse.runs.store.queue_counts import QueuedRun
from hfcourse.runs.values.file_refs import FileNumberer
from hfcourse.spaces.form import forms, row_edits
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.form.uploads import FILE_NOT_STORED, collect_upload_names
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.web import error_pages, headers, security
from hfcourse.web.security_log import log_event
from hfcourse.web.template_globals import is_in_lesson

PREVIEW_HEAD = '<!doctype html><meta charset="utf-8"><style>body { font: 1rem/1.5 sans-serif; margin: 1rem }</style>\n'
# A page in HTML that a stranger wrote: no script, no form, no way out of its frame, nothing fetched from anywhere.
PREVIEW_HEADERS = file_store.FILE_HEADERS | {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    ),
    "X-DNS-Prefetch-Control": "off",  # no policy governs the names that a browser resolves ahead
}

log = logging.getLogger(__name__)
bp = Blueprint("runs", __name__, url_prefix="/essais")
bp.after_request(headers.forbid_storing)
bp.record_once(continuations.register_run_hooks)


@bp.get("/")
def index() -> ResponseReturnValue:
    """The visitor's own runs, the newest first, those that the filter lets pass."""
    return render_template(
        "runs/index.html", section="runs", **queries.build_list_context(request.args, visitors.get_visitor())
    )


@bp.post("", strict_slashes=False, endpoint="create")
def create_run_from_form() -> ResponseReturnValue:
    """Create a run from the form of an endpoint: 303 to its page, or the form again with what is wrong."""
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
    """The form as it was posted; the files that came with it may push the visitor's older ones out."""
    given = load_prefill_values()
    form = forms.read_form(endpoint, request.form, request.files, visitors.get_or_create_visitor(), given=given)
    form.run_id = request.form["essai"] if given is not None else ""
    try:
        if request.files:
            quota.enforce_quota(form, newcomer_status.get_current_client())
    except SQLAlchemyError:
        forms.drop_form_files(form, FILE_NOT_STORED)
    return form


def load_prefill_values() -> dict[str, Any] | None:
    """The values of the run that the posted form was filled with; None where it was filled with the Space's own."""
    try:
        return (
            run_store.find_sent_values(request.form["essai"], visitors.get_visitor())
            if "essai" in request.form
            else None
        )
    except SQLAlchemyError:  # what was typed is read all the same
        return None


def submit_form(space: str, endpoint: Endpoint, form: Form) -> ResponseReturnValue:
    """Store the run and have it executed, unless something in the form stands against it."""
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
    """Run it again with the same values: 303 to the new run, or the form with all of them and what is wrong."""
    run = get_own_run_or_404(run_id)
    try:
        endpoint = space_page.get_posted_endpoint(run.space, run.endpoint)
    except SpaceUnavailable:  # its page says why, waits, and then has the form with these values
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
    """What a run keeps of a form: its parameters, the JSON values, the files in them, and if it speaks in a session."""
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
    """Answer a form without a CSRF proof: shown again, ready to be sent, without its files.

    Any page of the web can send one in a visitor's name: nothing of it may be kept.
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


@bp.get("/<run_id:run_id>", endpoint="show")
def show_run(run_id: str) -> ResponseReturnValue:
    """One run: live, then for good."""
    template = "runs/block.html" if is_in_lesson() else "runs/show.html"
    return render_template(template, section="runs", **presenter.build_template_context(get_own_run_or_404(run_id)))


@bp.get("/<run_id:run_id>.json", endpoint="as_json")
def send_run_json(run_id: str) -> ResponseReturnValue:
    """One run as JSON, for people who script the site."""
    return jsonify(presenter.serialize_run(get_own_run_or_404(run_id)))


@bp.get("/<run_id:run_id>/fichiers/<index:n>", endpoint="file")
def send_run_file(run_id: str, n: int) -> ResponseReturnValue:
    """A file of a run, to the visitor whose run it is."""
    return send_or_explain(file_store.make_file_response, get_own_file_or_404(run_id, n))


@bp.get("/<run_id:run_id>/fichiers/<index:n>.svg", endpoint="drawing")
def send_run_drawing(run_id: str, n: int) -> ResponseReturnValue:
    """A file of a run as the drawing that it is, for an `img` of ours."""
    return send_or_explain(file_store.make_svg_response, get_own_file_or_404(run_id, n))


@bp.get("/envois/<file_id>", endpoint="sent_file")
def send_uploaded_file(file_id: str) -> ResponseReturnValue:
    """A file that a form holds and that no run has yet, to the visitor who sent it: its form shows it."""
    kept = file_store.find_file(visitors.get_visitor() or "", file_id)
    if kept is None:
        abort(404)
    return send_or_explain(file_store.make_file_response, kept)


def send_or_explain(
    answer: Callable[[file_store.FileHandle], Response], kept: file_store.FileHandle
) -> ResponseReturnValue:
    """The file as an answer, or the page that says why there is none."""
    try:
        return answer(kept)
    except FileNotFoundError:
        return error_pages.render_error_page(404, error_pages.FILE_GONE)
    except OSError:
        return error_pages.render_error_page(503, error_messages.EXPLANATIONS["file-unreachable"])


def get_own_file_or_404(run_id: str, n: int) -> file_store.FileHandle:
    """File number `n` of the visitor's own run."""
    stored = run_store.find_run_file(run_id, n, visitors.get_visitor())
    if stored and stored.erased:
        abort(make_response(error_pages.render_error_page(404, error_pages.FILE_GONE)))
    kept = file_store.find_file(stored.visitor, stored.id) if stored else None
    if kept is None:
        abort(404)
    recent_views.record_view(run_id)
    return kept


def get_own_output_or_404(run_id: str, n: int) -> dict[str, Any]:
    """Output number `n` of the visitor's own run."""
    output = presenter.find_output(get_own_run_or_404(run_id), n)
    if output is None:
        abort(404)
    return output


@bp.get("/<run_id:run_id>/sorties/<index:n>.<any(txt, csv, json):form>", endpoint="output")
def download_output(run_id: str, n: int, form: str) -> ResponseReturnValue:
    """An output as a whole, to copy or to keep."""
    written = export.serialize_output(get_own_output_or_404(run_id, n), form)
    if written is None:
        abort(404)
    response = Response(written, mimetype=export.MEDIA_TYPES[form])
    response.headers["Content-Disposition"] = f"attachment; filename=sortie-{n + 1}.{form}"
    response.headers.update(file_store.FILE_HEADERS)
    return response


@bp.get("/<run_id:run_id>/sorties/<index:n>/apercu", endpoint="preview")
def preview_output(run_id: str, n: int) -> ResponseReturnValue:
    """An output in HTML, as its author meant it to look; shut in, it can do nothing but that."""
    output = get_own_output_or_404(run_id, n)
    if output_kinds.classify_output(output) != "html":
        abort(404)
    html = untrusted_markdown.clean_preview(output_kinds.get_output_value(output))
    return Response(PREVIEW_HEAD + html, headers=PREVIEW_HEADERS, mimetype="text/html")


@bp.get("/<run_id:run_id>/sorties/<index:n>/image", endpoint="picture")
def send_plot_image(run_id: str, n: int) -> ResponseReturnValue:
    """A plot that came as a picture; `part` says where it stands in a conversation."""
    output, place = get_own_output_or_404(run_id, n), request.args.get("part", "")
    value = output_kinds.get_output_value(output)
    if place:
        value = chat_messages.find_part_value(value, place) if output_kinds.classify_output(output) == "chat" else None
    content = value_presenters.decode_plot_image(value)
    if content is None:
        abort(404)
    response = Response(content, mimetype=media_types.detect_media_type(content[: media_types.HEAD_BYTES]))
    response.headers.update(file_store.FILE_HEADERS)
    return response
