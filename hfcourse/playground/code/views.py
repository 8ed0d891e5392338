"""The code of a call: the panel as a form is typed, and each listing as a file to download."""

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from hfcourse import tokens, visitors
from hfcourse.error_messages import ErrorExplanation, make_explanation
from hfcourse.errors import CourseError, FormRejected
from hfcourse.files import file_responses
from hfcourse.limits.rate_limits import KeyedTokenBuckets
from hfcourse.playground import run_submission, space_page, space_page_context
from hfcourse.playground.code.code_target import make_endpoint_target
from hfcourse.playground.code.form_code import build_form_call
from hfcourse.playground.code.languages.code_call import CodeCall
from hfcourse.playground.code.languages.listings import LANGUAGES_BY_VALUE, CodeLanguage, build_code_file
from hfcourse.playground.code.named_files import NamedFilesForm
from hfcourse.playground.code.run_code import build_run_call, build_run_panel
from hfcourse.runs.retention.recent_views import get_viewed_run_or_404
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.registry import resolver
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.web import headers
from hfcourse.web.security_log import log_event
from hfcourse.web.template_globals import wants_fragment

bp = Blueprint("code", __name__)

CODE_FRAGMENT = "code"
# A page asks once the student pauses: one who types without a break reaches half of it.
MAX_UPDATES_PER_MINUTE = 120
CODE_TOO_LONG = make_explanation(
    "Ces valeurs sont trop longues pour un programme à copier.",
    "Un programme que l’on lit et copie tient ses valeurs sur quelques pages.",
    "Raccourcissez la plus longue, puis téléchargez de nouveau.",
    "Ou lancez l’essai : le formulaire, lui, les accepte.",
    status=400,
    practice=False,
)


@bp.post("/espaces/<owner>/<name>/code", endpoint="update")
def update_form_code(owner: str, name: str) -> ResponseReturnValue:
    """Render the code of a form as it is now: the panel alone for a script, else the page of the Space."""
    space_id, is_fragment = f"{owner}/{name}", wants_fragment(CODE_FRAGMENT)
    if is_fragment and not get_update_limits().consume_token(get_update_limit_key()):
        abort(429)
    try:
        endpoint = space_page.get_posted_endpoint(space_id, request.form.get("endpoint", ""))
    except CourseError as error:
        return space_page.render_rejected_form(space_id, None, error)
    if not is_fragment:
        return space_page.render_form(space_id, run_submission.bind_posted_form(endpoint))
    form = read_form_names(endpoint)
    forms.mask_form_tokens(form)
    connection = resolver.connect_to_space(space_id)
    panel = space_page.build_code_panel(space_id, connection, form)
    entry = space_page_context.get_catalogue_entry(space_id)
    # Not no-store: a script that receives it keeps Chromium from restoring the form on Back (its back/forward cache).
    fragment = render_template("playground/code/_live.html", panel=panel, entry=entry)
    return headers.require_revalidation(make_response(fragment))


@bp.post("/espaces/<owner>/<name>/code/<language>", endpoint="download")
def download_form_code(owner: str, name: str, language: str) -> ResponseReturnValue:
    """Send the code of a form as a file, or the form again if its values are refused."""
    space_id, found = f"{owner}/{name}", find_language_or_404(language)
    try:
        endpoint = space_page.get_posted_endpoint(space_id, request.form.get("endpoint", ""))
        connection = resolver.connect_to_space(space_id)
    except CourseError as error:
        return space_page.render_rejected_form(space_id, None, error)
    form = read_form_names(endpoint)
    try:
        forms.validate_form(form)
    except FormRejected as refusal:
        return reject_download(space_id, endpoint, refusal)
    entry = space_page_context.get_catalogue_entry(resolver.get_current_name(space_id))
    call = build_form_call(make_endpoint_target(entry, connection, endpoint), form)
    if call.is_too_long:
        return reject_download(space_id, endpoint, FormRejected("invalid-input"), CODE_TOO_LONG)
    return make_code_response(call, found)


@bp.get("/essais/<run_id:run_id>/code", endpoint="show_of_run")
def show_run_code(run_id: str) -> ResponseReturnValue:
    """Render the code of the call that a run made, for a script; anyone else is sent to the page of the run."""
    run = get_viewed_run_or_404(run_id)
    if not wants_fragment(CODE_FRAGMENT):
        return redirect(url_for("runs.show", run_id=run_id, _anchor=f"code-{run_id}"))
    fragment = render_template("playground/code/_run_listings.html", run=run, panel=build_run_panel(run))
    return headers.require_revalidation(make_response(fragment))  # not no-store, as in `update_form_code`


@bp.get("/essais/<run_id:run_id>/code/<language>", endpoint="download_of_run")
def download_run_code(run_id: str, language: str) -> ResponseReturnValue:
    """Send the code of the call that a run made, as a file."""
    found, call = find_language_or_404(language), build_run_call(get_viewed_run_or_404(run_id))
    if call.is_too_long:
        abort(404)
    return make_code_response(call, found)


def find_language_or_404(value: str) -> CodeLanguage:
    """Return the language of this name, or abort with 404."""
    found = LANGUAGES_BY_VALUE.get(value)
    if found is None:
        abort(404)
    return found


def read_form_names(endpoint: Endpoint) -> Form:
    """Read the posted form with its files by name alone."""
    given = run_submission.load_prefill_values()
    visitor = visitors.get_visitor() or ""
    return forms.read_form(endpoint, request.form, request.files, visitor, given=given, form_type=NamedFilesForm)


def get_update_limit_key() -> str:
    """Return the key of the limit on updates: the visitor, or the address of one without a cookie.

    No visitor is created here: this request may still be under way when the form is sent, and of two responses that
    each set a cookie, the later would hide the new run from its visitor.
    """
    return visitors.get_visitor() or request.remote_addr or ""


def reject_download(
    space_id: str, endpoint: Endpoint, refusal: FormRejected, explanation: ErrorExplanation | None = None
) -> ResponseReturnValue:
    """Render the form again with its errors; its files are kept, as when a run is refused."""
    form = run_submission.bind_posted_form(endpoint)
    forms.mask_form_tokens(form)
    return space_page.render_rejected_form(space_id, form, refusal, explanation)


def make_code_response(call: CodeCall, language: CodeLanguage) -> Response:
    """Return a listing as an attachment."""
    code = tokens.mask_tokens(build_code_file(call, language))
    response = Response(code, content_type=f"{language.media_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f"attachment; filename={language.file_name}"
    response.headers.update(file_responses.FILE_HEADERS)
    return response


@bp.errorhandler(CSRFError)
def explain_expired_panel(_error: CSRFError) -> ResponseReturnValue:
    """Render a form without a valid CSRF token again, ready to be sent."""
    log_event("csrf_refused")
    return run_submission.render_form_without_csrf()


def get_update_limits() -> KeyedTokenBuckets:
    """Return the limits on updates of this process, one for each visitor."""
    limits: KeyedTokenBuckets = current_app.extensions["code_updates"]
    return limits


def init_app(app: Flask) -> None:
    """Create the limits on updates, and register the panel of a run for the pages of the runs."""
    app.extensions["code_updates"] = KeyedTokenBuckets(MAX_UPDATES_PER_MINUTE, 60)
    app.jinja_env.globals["build_run_panel"] = build_run_panel
