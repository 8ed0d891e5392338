"""Prefill the form of an endpoint: with the values of a run, with what a run returned, or with an example."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import abort, request

from hfcourse.playground import continuations, example_choice
from hfcourse.runs.retention import recent_views
from hfcourse.runs.store import run_store
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.text.typography import NO_BREAK, typeset_french

if TYPE_CHECKING:  # gradio_client takes half a second to import
    from hfcourse.spaces.client.space_client import SpaceClient

QUOTE_START, QUOTE_END = typeset_french("Le Space dit : «"), f"{NO_BREAK}»"
FILE_NOT_FETCHED = typeset_french(
    "Ce fichier n’a pas pu être récupéré : choisissez de nouveau l’exemple, ou votre fichier."
)
REJECTED_WITHOUT_REASON = typeset_french("Le Space refuse cette valeur, sans dire pourquoi.")


def prefill_form(
    connection: "SpaceClient", endpoint: Endpoint, run_id: str | None, visitor: str | None
) -> tuple[Form, dict[str, str]]:
    """Bind a form to the values of the chosen example, else of `run_id`, else of the run that `?suite=` names.

    Returns:
        The form, and the errors of the Space's validator by parameter name; each is also set on its field.
    """
    given, gone = load_continuation_values(connection.description, endpoint, visitor)
    sent = run_store.find_sent_values(run_id, visitor) if run_id else None
    if run_id and sent is not None:
        recent_views.record_view(run_id)
    values, lost = example_choice.load_example_values(connection, endpoint)
    form = forms.bind_form(endpoint, given | (sent or {}) | values)
    form.run_id = run_id if run_id and sent is not None else ""
    if example_choice.has_chosen_files(endpoint):
        continuations.enforce_form_quota(form)
    mark_lost_files(form, [*lost, *(name for name in gone if name not in values)])
    messages = run_store.find_validation_errors(run_id, visitor) if run_id else {}
    for entry in form.fields:
        if entry.parameter.name in messages:
            entry.error = format_validator_error(messages[entry.parameter.name])
    return form, {
        entry.parameter.name: entry.error for entry in form.invalid_fields if entry.parameter.name in messages
    }


def load_continuation_values(
    description: Description, endpoint: Endpoint, visitor: str | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the values left by the run that `?suite=` names, and the names of the parameters whose file is gone.

    Aborts with 404 for another visitor's run.
    """
    run_id = request.args.get("suite")
    if not run_id:
        return {}, []
    found = continuations.collect_values_after(run_id, visitor, description, endpoint)
    if found is None:
        abort(404)
    recent_views.record_view(run_id)
    return found


def mark_lost_files(form: Form, names: Sequence[str]) -> None:
    """Set an error on each of these fields, and list them on the form: their file could not be fetched."""
    for entry in form.fields:
        if entry.parameter.name in names:
            entry.error = entry.error or FILE_NOT_FETCHED
            form.lost_files.append(entry.parameter.label)


def format_validator_error(message: str) -> str:
    """Return the error of a field that the Space's validator rejects: its message quoted verbatim, or ours."""
    return f"{QUOTE_START}{message}{QUOTE_END}" if message else REJECTED_WITHOUT_REASON
