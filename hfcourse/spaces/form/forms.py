"""The form of one endpoint: a field for each parameter, with what was typed and what is wrong with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from hfcourse import tokens
from hfcourse.errors import FormRejected
from hfcourse.files import file_store
from hfcourse.files.file_store import FileHandle
from hfcourse.spaces.form import field_values
from hfcourse.spaces.form.field_reading import read_field
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.uploads import FILE_NOT_STORED, TOKEN_FOUND, UPLOAD_GONE, PostedForm
from hfcourse.spaces.schema.endpoints.space_description import Endpoint
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.parameters.parameter_defaults import MAX_DEFAULT_CHARACTERS
from hfcourse.spaces.schema.parameters.widgets import FILE_CONTROLS, get_control_kind
from hfcourse.spaces.schema.values import file_values, tables, value_parsers
from hfcourse.spaces.untrusted.json_size import exceeds_json_size


@dataclass
class Form:
    """The fields of one endpoint, and what they came to: `values` by parameter name, once `read` has found no fault.

    `lost_files` has the labels of the fields whose file, of an example or of an earlier run, could not be had.
    `run_id` is the run whose values the form was filled with, '' if there is none: what nobody touches goes back as
    that run sent it, beyond what the form shows.
    """

    endpoint: Endpoint
    fields: list[Field]
    values: dict[str, Any] = field(default_factory=dict)
    lost_files: list[str] = field(default_factory=list)
    run_id: str = ""

    @property
    def shown_fields(self) -> list[Field]:
        return [each for each in self.fields if each.parameter.is_shown]

    @property
    def hidden_fields(self) -> list[Field]:
        return [each for each in self.fields if not each.parameter.is_shown]

    @property
    def invalid_fields(self) -> list[Field]:
        """The fields with a fault, in the order in which they are read."""
        return sorted((each for each in self.fields if each.error), key=self.make_reading_sort_key)

    def make_reading_sort_key(self, entry: Field) -> tuple[bool, bool, float]:
        """Sort key: what the page of the Space shows comes first, in the order of that page."""
        position = self.endpoint.positions.get(entry.parameter.name)
        return not entry.parameter.is_shown, *(position.reading_order if position else (True, inf))

    @property
    def has_tables(self) -> bool:
        return any(each.control == "table" for each in self.fields)

    @property
    def has_files(self) -> bool:
        return any(each.file_controls for each in self.fields)

    @property
    def has_recorder(self) -> bool:
        """Does a page with this form need the script that records?"""
        return any(each.recording_kind for each in self.fields)

    def add_row(self, name: str) -> None:
        """One more empty line in the table of that parameter."""
        for each in self.fields:
            if each.parameter.name == name and each.control == "table" and each.can_grow:
                each.rows.append([""] * len(each.titles))
                each.focused_row = len(each.rows) - 1

    def remove_row(self, name: str, row: int) -> None:
        """Remove a row, from 0, from the table of that parameter; the last one left is emptied instead."""
        for each in self.fields:
            if (
                each.parameter.name == name
                and each.control == "table"
                and each.parameter.grows
                and row < len(each.rows)
            ):
                del each.rows[row]
                each.rows = each.rows or [[""] * len(each.titles)]
                each.focused_row = min(row, len(each.rows) - 1)


def bind_form(endpoint: Endpoint, given: Mapping[str, Any] | None = None) -> Form:
    """Bind a form to `given` values (a `FileHandle` for a file), or to the Space's defaults."""
    given = given or {}
    return Form(
        endpoint,
        [bind_field(parameter, given.get(parameter.name, parameter.default)) for parameter in endpoint.parameters],
    )


def bind_field(parameter: Parameter, value: Any) -> Field:
    """The field that shows this value; one that no form shows is the Space's own, and is not shown."""
    kind, base = get_control_kind(parameter), None if value is parameter.default else value
    if kind == "table":
        return Field(parameter, rows=tables.format_table_rows(parameter, value), base_value=base)
    if kind in FILE_CONTROLS:
        kept, text = file_values.decompose_file_value(parameter, value, FileHandle)
        return Field(parameter, texts=[text], files_by_suffix=kept)
    if parameter.whole_json and (value is None or value == parameter.full_default):
        return Field(parameter, texts=value_parsers.format_value(parameter, None), sends_whole_default=True)
    return Field(parameter, texts=value_parsers.format_value(parameter, value), base_value=base)


def collect_untouched_values(form: Form) -> dict[str, Any]:
    """What the form would send if nobody touched it, by parameter name; null for what could not be sent so.

    What no form shows is left out: gradio_client sends the default of itself, and written out it would be megabytes.
    """
    sent: dict[str, Any] = {}
    for entry in form.fields:
        if field_values.is_whole_default(entry):
            continue
        try:
            value = compute_current_value(entry)
        except InvalidValue:
            value = None
        if entry.parameter.whole_json is None or not exceeds_json_size(value, MAX_DEFAULT_CHARACTERS):
            sent[entry.parameter.name] = value
    return sent


def compute_current_value(entry: Field) -> Any:
    """The value that the field has as it stands.

    Raises:
        Wrong: the Space does not take it.
    """
    if entry.control == "table":
        return tables.parse_table(entry.parameter, entry.rows, entry.base_value)
    if entry.file_controls:
        return file_values.compose_file_value(entry.parameter, entry.files_by_suffix, entry.text)
    return field_values.parse_field_texts(entry)


def rebind_form(endpoint: Endpoint, given: Mapping[str, Any]) -> Form:
    """A form filled with `given` values, read as if it had been sent untouched: each fault stands in its field."""
    form = bind_form(endpoint, given)
    for entry in form.fields:
        try:
            for kept in entry.files_by_suffix.values():
                there = [each for each in kept if not each.is_missing()]
                if there != kept:
                    kept[:] = there
                    raise InvalidValue(UPLOAD_GONE)
            form.values[entry.parameter.name] = compute_current_value(entry)
        except InvalidValue as wrong:
            entry.error = str(wrong)
    return form


def list_form_files(form: Form) -> list[FileHandle]:
    """The files that the form holds, chosen now or before."""
    return [file for entry in form.fields for kept in entry.files_by_suffix.values() for file in kept]


def drop_form_files(form: Form, why: str) -> None:
    """Empty every control that holds files, and say why beside it."""
    for entry in form.fields:
        if any(entry.files_by_suffix.values()):
            entry.files_by_suffix.clear()
            entry.error = why


def read_form(
    endpoint: Endpoint,
    posted: MultiDict[str, str],
    sent: MultiDict[str, FileStorage],
    visitor: str,
    *,
    is_proven: bool = True,
    given: Mapping[str, Any] | None = None,
) -> Form:
    """The form as it was posted; what nobody asked for is ignored, and each fault stands in its field.

    Args:
        given: the values that the form was filled with, by parameter name; the Space's own where there is none.
        is_proven: did the form prove that it comes from a page of the visitor? If not, no file of it is kept.
    """
    form = Form(endpoint, [])
    everything = PostedForm(posted, sent, visitor, is_proven)
    for parameter in endpoint.parameters:
        entry = Field(parameter, base_value=field_values.get_base_value(given, parameter.name))
        form.fields.append(entry)
        try:
            form.values[parameter.name] = read_field(entry, everything)
        except InvalidValue as wrong:
            entry.error = str(wrong)
    return form


def has_storage_errors(form: Form) -> bool:
    """Did a file come with the form that the site could not keep?"""
    return any(entry.error == FILE_NOT_STORED for entry in form.fields)


def drop_missing_files(form: Form, visitor: str) -> None:
    """Say of each kept file that it is gone, if it was deleted since the form was read."""
    for entry in form.fields:
        for part in entry.file_controls:
            kept = entry.get_control_files(part)
            there = [each for each in kept if file_store.find_file(visitor, each.id)]
            if there != kept:
                kept[:], entry.error = there, UPLOAD_GONE


def mask_form_tokens(form: Form) -> bool:
    """Mask whatever looks like a token in what was typed; True if there was any."""
    for entry in form.fields:
        typed: Sequence[list[str]] = [entry.texts, *entry.rows]
        for texts in typed:
            masked = [tokens.mask_tokens(text) for text in texts]
            if masked != texts:
                entry.error = TOKEN_FOUND
                texts[:] = masked
        if tokens.contains_token(entry.unparsed_choices):
            entry.unparsed_choices, entry.error = tokens.mask_tokens(entry.unparsed_choices), TOKEN_FOUND
        # JSON can write a token in other letters: "\u0068f_…".
        value = json.dumps(form.values.get(entry.parameter.name), default=lambda file: file.name, ensure_ascii=False)
        if tokens.contains_token(value):
            entry.error = TOKEN_FOUND
            if field_values.is_whole_default(entry):  # which stays out of the form, and out of the call
                entry.sends_whole_default = False
                continue
            entry.texts = [tokens.mask_tokens(value)] if entry.control in ("json", "object") else entry.texts
    return any(entry.error == TOKEN_FOUND for entry in form.fields)


def validate_form(form: Form) -> dict[str, Any]:
    """The values to send, by parameter name, in the order of the endpoint.

    Raises:
        Refused: `secret-in-input` (already masked in the form), `invalid-input`.
    """
    faults = {entry.parameter.name: entry.error for entry in form.invalid_fields}
    if mask_form_tokens(form):
        raise FormRejected("secret-in-input", fields=faults)
    if faults:
        raise FormRejected("invalid-input", fields=faults)
    return form.values
