"""What the form of an endpoint is filled with when it is opened: values of a run, what came of it, examples.

What is asked of runs stands in `app.extensions`, given by who knows them: `iter_run_values` and `faults_of_run` (see
pages.py), `load_continuation_values` and `enforce_form_quota` (see playground/continuations.py).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import abort, current_app, request

from hfcourse.playground import example_choice
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
    """The form with the values of that run or of an example asked for, and what the Space's validator said of them.

    What was said stands beside each field too; both may be nothing. `?suite=` names a run to go on from.
    """
    given, gone = load_continuation_values(connection.description, endpoint, visitor)
    sent = current_app.extensions["values_of_run"](run_id, visitor) if run_id else None
    values, lost = example_choice.load_example_values(connection, endpoint)
    form = forms.bind_form(endpoint, given | (sent or {}) | values)
    form.run_id = run_id if run_id and sent is not None else ""
    if example_choice.has_chosen_files(endpoint):
        current_app.extensions["house_files"](form)
    mark_lost_files(form, [*lost, *(name for name in gone if name not in values)])
    said = current_app.extensions["faults_of_run"](run_id, visitor) if run_id else {}
    for entry in form.fields:
        if entry.parameter.name in said:
            entry.error = format_validator_error(said[entry.parameter.name])
    return form, {entry.parameter.name: entry.error for entry in form.invalid_fields if entry.parameter.name in said}


def load_continuation_values(
    description: Description, endpoint: Endpoint, visitor: str | None
) -> tuple[dict[str, Any], list[str]]:
    """The values to go on with from the run that the address names; 404 for a stranger's."""
    run_id = request.args.get("suite")
    if not run_id:
        return {}, []
    found = current_app.extensions["values_after_run"](run_id, visitor, description, endpoint)
    return found if found is not None else abort(404)


def mark_lost_files(form: Form, names: Sequence[str]) -> None:
    """Say beside each of these fields, and above the form, that a file that belongs there could not be had."""
    for entry in form.fields:
        if entry.parameter.name in names:
            entry.error = entry.error or FILE_NOT_FETCHED
            form.lost_files.append(entry.parameter.label)


def format_validator_error(said: str) -> str:
    """What stands beside a field that the Space's validator refuses: its own words, untouched, or ours."""
    return f"{QUOTE_START}{said}{QUOTE_END}" if said else REJECTED_WITHOUT_REASON
