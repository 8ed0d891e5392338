"""The pages of the runs: /essais."""

from typing import Any

from flask import Blueprint, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from hfcourse import errors, security, visitors
from hfcourse.errors import CourseError, Refused
from hfcourse.runs import dispatch, pruning, store, watch
from hfcourse.runs.models import Run
from hfcourse.runs.references import Numbered
from hfcourse.spaces import files, forms, pages
from hfcourse.spaces.description import Endpoint
from hfcourse.spaces.forms import Form

bp = Blueprint("runs", __name__, url_prefix="/essais")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The visitor's own runs, the newest first."""
    visitor = visitors.current()
    return render_template("runs/index.html", section="runs", runs=store.latest(visitor) if visitor else [])


@bp.post("", strict_slashes=False)
def create() -> ResponseReturnValue:
    """Create a run from the form of an endpoint: 303 to its page, or the form again with what is wrong."""
    try:
        endpoint = pages.endpoint_of(request.form.get("space", ""), request.form.get("endpoint", ""))
    except CourseError as error:
        return pages.refused(request.form.get("space", ""), None, error)
    form = form_of(endpoint)
    added = request.form.get("add-row")
    if added is not None:
        form.add_row(added)
        return pages.form_again(request.form["space"], form)
    return submit(request.form["space"], endpoint, form)


def form_of(endpoint: Endpoint) -> Form:
    """The form as it was posted; the files that came with it may push older ones out."""
    form = forms.read(endpoint, request.form, request.files, visitors.remembered())
    if request.files:
        pruning.shrink(current_app.config["KEEP_BYTES"])
    return form


def submit(space: str, endpoint: Endpoint, form: Form) -> ResponseReturnValue:
    """Store the run and have it executed, unless something in the form stands against it."""
    visitor = visitors.remembered()
    try:
        if security.is_too_large():
            forms.mask_secrets(form)
            return pages.refused(space, form, Refused("invalid-input"), errors.UPLOAD_TOO_LARGE)
        values = forms.checked(form)
        dispatch.current().limits.check_room(visitor)
        kept = kept_of(endpoint, values)
        run_id = store.create(visitor, space=space, endpoint=endpoint.name, title=endpoint.title, **kept)
    except Refused as refusal:
        forms.drop_vanished(form, visitor)
        return pages.refused(space, form, refusal)
    dispatch.current().submit(dispatch.Waiting(run_id, visitor, space, endpoint.keeps_state))
    return redirect(url_for(".show", run_id=run_id), 303)


def kept_of(endpoint: Endpoint, values: dict[str, Any]) -> dict[str, Any]:
    """What a run keeps of a form: its parameters, the JSON values, the files in them."""
    numbered = Numbered(files.KeptFile)
    inputs = {name: numbered.without_files(name, value) for name, value in values.items()}
    return {
        "parameters": [{"name": each.name, "label": each.label} for each in endpoint.parameters],
        "inputs": inputs,
        "files": [(name, file.id) for name, file in numbered.files],
    }


@bp.errorhandler(CSRFError)
def refuse_forged(_error: CSRFError) -> ResponseReturnValue:
    """A form without the proof that it comes from the visitor's own page: shown again, ready to be sent."""
    space, name = request.form.get("space", ""), request.form.get("endpoint", "")
    if request.endpoint != "runs.create":
        return errors.error_page(400, errors.CSRF_EXPLANATION)
    try:
        endpoint = pages.endpoint_of(space, name)
    except CourseError as error:
        return pages.refused(space, None, error)
    form = form_of(endpoint)
    forms.mask_secrets(form)
    return pages.refused(space, form, Refused("invalid-input"), errors.FORM_EXPIRED)


def mine(run_id: str) -> Run:
    """The visitor's own run; a stranger's is 404, like one that never was."""
    run = store.find(run_id, visitors.current())
    if run is None:
        abort(404)
    return run


@bp.get("/<run_id>")
def show(run_id: str) -> ResponseReturnValue:
    """One run: live, then for good."""
    return render_template("runs/show.html", section="runs", **view_of(mine(run_id)))


@bp.get("/<run_id>/statut")
def status(run_id: str) -> ResponseReturnValue:
    """The part of the page that changes; it asks for itself again until there is nothing to wait for."""
    return render_template("runs/status.html", **view_of(mine(run_id)))


def view_of(run: Run) -> dict[str, Any]:
    """What the templates of a run show."""
    return {
        "run": run,
        "outputs": watch.shown_outputs(run),
        "inputs": watch.inputs_of(run),
        "files_in": watch.files_in,
        "is_file": watch.is_file,
        "is_table": watch.is_table,
        "rail": watch.rail(run),
        "queue": watch.queue_of(run),
        "progress": watch.latest_message(run),
        "explanation": errors.EXPLANATIONS[run.error] if run.error else None,
    }


@bp.get("/<run_id>.json")
def as_json(run_id: str) -> ResponseReturnValue:
    """One run as JSON, for people who script the site."""
    response = jsonify(watch.as_json(mine(run_id)))
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/<run_id>/arreter")
def stop(run_id: str) -> ResponseReturnValue:
    """Stop a run that waits or goes on."""
    dispatch.current().stop(mine(run_id).id)
    return redirect(url_for(".show", run_id=run_id), 303)


@bp.get("/<run_id>/fichiers/<int:n>")
def file(run_id: str, n: int) -> ResponseReturnValue:
    """A file of a run, to the visitor whose run it is."""
    stored = store.file_of(run_id, n, visitors.current())
    kept = files.find(stored.visitor, stored.id) if stored else None
    if kept is None or not kept.path.is_file():
        abort(404)
    return files.answer(kept)
