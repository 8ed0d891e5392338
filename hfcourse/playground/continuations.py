"""Prefill a form from an earlier run: the values that its outputs and inputs left in the components of the page.

On a Space's own page, an output of one step is the component that the next step reads. `?suite=<run>` reproduces
this: a parameter takes the value of its component from the outputs of the run, else from its inputs, else from the
visitor's earlier runs of the last hour at the same Space.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database
from hfcourse.files.file_store import FileHandle
from hfcourse.runs.execution.next_steps import is_filled_value
from hfcourse.runs.outputs.output_kinds import get_output_value
from hfcourse.runs.retention import quota
from hfcourse.runs.store import newcomers, run_store
from hfcourse.runs.store.models import Run
from hfcourse.runs.values.file_refs import find_referenced_file, replace_file_references
from hfcourse.spaces.form import forms
from hfcourse.spaces.form.forms import Form
from hfcourse.spaces.form.uploads import FILE_NOT_STORED
from hfcourse.spaces.schema.endpoints.space_description import Description, Endpoint
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.widgets import FILE_CONTROLS, get_control_kind
from hfcourse.spaces.untrusted.json_tree import DESCEND, contains_node, map_nodes

MAX_EARLIER_RUNS = 5
MAX_EARLIER_AGE = timedelta(hours=1)


class SentFileErased(Exception):
    """A value contains a file whose content was deleted."""


def collect_values_after(
    run_id: str, visitor: str | None, description: Description, endpoint: Endpoint
) -> tuple[dict[str, Any], list[str]] | None:
    """Return the values of this endpoint's components after a run of the visitor.

    Returns:
        The values by parameter name, a FileHandle for each file, and the names of the parameters whose file is gone;
        None if the run is another visitor's.
    """
    run = run_store.find_run(run_id, visitor)
    if run is None:
        return None
    wanted = dict(zip(endpoint.wiring.parameter_ids, endpoint.parameters, strict=False))
    wanted.pop(None, None)
    values: dict[str, Any] = {}
    gone: list[str] = []
    for number, value in iter_component_values(run, description):
        parameter = wanted.pop(number, None)
        if parameter is not None:
            try:
                values[parameter.name] = fit_to_parameter(parameter, value)
            except SentFileErased:
                gone.append(parameter.name)
    return values, gone


def iter_component_values(run: Run, description: Description) -> Iterator[tuple[Any, Any]]:
    """Yield component id and value from this run and the earlier ones, the latest first."""
    yield from iter_run_values(run, description)
    for earlier in iter_earlier_runs(run):
        yield from iter_run_values(earlier, description)


def iter_run_values(run: Run, description: Description) -> Iterator[tuple[Any, Any]]:
    """Yield component id and value of the outputs of a run, then of its inputs; nothing if the Space has changed."""
    endpoint = description.find_endpoint(run.endpoint)
    if endpoint is None:
        return
    kept = {
        item.position: FileHandle.from_row(item.file)
        for item in run.files
        if item.parameter is None and not item.file.erased
    }
    if run.status == "succeeded" and len(run.outputs) == len(endpoint.wiring.return_ids):
        for number, output in zip(endpoint.wiring.return_ids, run.outputs, strict=True):
            value = get_output_value(output)
            if is_filled_value(value):
                yield number, insert_stored_files(value, kept)
    sent = run_store.collect_sent_values(run, lambda item: FileHandle.from_row(item.file))
    for number, parameter in zip(endpoint.wiring.parameter_ids, endpoint.parameters, strict=False):
        if sent.get(parameter.name) is not None:
            yield number, sent[parameter.name]


def iter_earlier_runs(run: Run) -> Iterator[Run]:
    """Yield the visitor's previous runs at the same Space, the latest first."""
    with database.read_session() as session:
        found = session.scalars(
            select(Run.id)
            .where(
                Run.visitor == run.visitor,
                Run.space == run.space,
                Run.created < run.created,
                Run.created > run.created - MAX_EARLIER_AGE,
                Run.status == "succeeded",
            )
            .order_by(Run.created.desc())
            .limit(MAX_EARLIER_RUNS)
        ).all()
    for run_id in found:
        loaded = run_store.load_run(run_id)
        if loaded:
            yield loaded


def insert_stored_files(value: Any, stored: Mapping[int, FileHandle]) -> Any:
    """Return a stored value with a FileHandle for each reference to a file, MISSING_FILE for a deleted file."""
    return replace_file_references(value, lambda reference: find_referenced_file(reference, stored) or MISSING_FILE)


MISSING_FILE = object()


def fit_to_parameter(parameter: Parameter, value: Any) -> Any:
    """Convert a value to one that the form of this parameter accepts: files only if it has file controls.

    Raises:
        SentFileErased: a file of it is not here any more.
    """
    if get_control_kind(parameter) in FILE_CONTROLS:
        if contains_node(value, is_missing_file):
            raise SentFileErased
        return value
    return remove_files(value)


def is_missing_file(node: Any) -> bool:
    """Is this a file whose bytes were deleted?"""
    return node is MISSING_FILE or (isinstance(node, FileHandle) and node.is_missing())


def remove_files(value: Any) -> Any:
    """Return the value with null in place of each file, for a conversation, whose form takes texts only."""
    return map_nodes(value, lambda node: None if node is MISSING_FILE or isinstance(node, FileHandle) else DESCEND)


def enforce_form_quota(form: Form) -> None:
    """Enforce the visitor's quota on the files of a prefilled form; files over it are removed from the form."""
    try:
        quota.enforce_quota(form, newcomers.get_current_client())
    except SQLAlchemyError:
        forms.drop_form_files(form, FILE_NOT_STORED)
