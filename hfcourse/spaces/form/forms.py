"""Form of one endpoint: a field per parameter, with its posted text and its error."""

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
from hfcourse.spaces.schema.parameters.widgets import FILE_CONTROLS, get_control_kind
from hfcourse.spaces.schema.values import file_values, tables, value_parsers


@dataclass
class Form:
    """Fields of one endpoint, and their parsed values.

    Attributes:
        values: by parameter name, complete once `read_form` has found no error.
        lost_files: labels of the fields whose file, of an example or an earlier run, is not
            available.
        run_id: run whose values fill the form, '' for none; untouched fields resend its values,
            also beyond what the form shows.
    """

    endpoint: Endpoint
    fields: list[Field]
    values: dict[str, Any] = field(default_factory=dict)
    lost_files: list[str] = field(default_factory=list)
    run_id: str = ""

    @property
    def invalid_fields(self) -> list[Field]:
        """Fields with an error, in reading order."""
        return sorted((each for each in self.fields if each.error), key=self.make_reading_sort_key)

    def make_reading_sort_key(self, entry: Field) -> tuple[bool, bool, float]:
        """Return the sort key of reading order: visible fields first, in the order of the Space's page."""
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
        """Does a page with this form need the recorder script?"""
        return any(each.recording_kind for each in self.fields)

    def add_row(self, name: str) -> None:
        """Append an empty row to the table of a parameter."""
        for each in self.fields:
            if each.parameter.name == name and each.control == "table" and each.can_grow:
                each.rows.append([""] * len(each.titles))
                each.focused_row = len(each.rows) - 1

    def remove_row(self, name: str, row: int) -> None:
        """Remove a row, from 0, from the table of a parameter; clear the last one instead."""
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


def bind_form(endpoint: Endpoint, values: Mapping[str, Any] | None = None) -> Form:
    """Return a form filled with `values` (a `FileHandle` for a file), or with the Space's defaults."""
    values = values or {}
    return Form(
        endpoint,
        [bind_field(parameter, values.get(parameter.name, parameter.default)) for parameter in endpoint.parameters],
    )


def bind_field(parameter: Parameter, value: Any) -> Field:
    """Return the field for this value; a default that no form shows is sent without being rendered."""
    kind, base = get_control_kind(parameter), None if value is parameter.default else value
    if kind == "table":
        return Field(parameter, rows=tables.format_table_rows(parameter, value), base_value=base)
    if kind in FILE_CONTROLS:
        files, text = file_values.decompose_file_value(parameter, value, FileHandle)
        return Field(parameter, texts=[text], files_by_suffix=files)
    if parameter.whole_json and (value is None or value == parameter.full_default):
        return Field(parameter, texts=value_parsers.format_value(parameter, None), sends_whole_default=True)
    return Field(parameter, texts=value_parsers.format_value(parameter, value), base_value=base)


def compute_current_value(entry: Field) -> Any:
    """Parse the current value of the field.

    Raises:
        InvalidValue: the Space does not accept it.
    """
    if entry.control == "table":
        return tables.parse_table(entry.parameter, entry.rows, entry.base_value)
    if entry.file_controls:
        return file_values.compose_file_value(entry.parameter, entry.files_by_suffix, entry.text)
    return field_values.parse_field_texts(entry)


def rebind_form(endpoint: Endpoint, values: Mapping[str, Any]) -> Form:
    """Return a form filled with `values`, and validate it as if it were posted untouched."""
    form = bind_form(endpoint, values)
    for entry in form.fields:
        try:
            for handles in entry.files_by_suffix.values():
                available = [each for each in handles if not each.is_missing()]
                if available != handles:
                    handles[:] = available
                    raise InvalidValue(UPLOAD_GONE)
            form.values[entry.parameter.name] = compute_current_value(entry)
        except InvalidValue as error:
            entry.error = str(error)
    return form


def list_form_files(form: Form) -> list[FileHandle]:
    """Return all files of the form, chosen now or earlier."""
    return [file for entry in form.fields for handles in entry.files_by_suffix.values() for file in handles]


def drop_form_files(form: Form, error: str) -> None:
    """Clear every file control of the form, with an error message each."""
    for entry in form.fields:
        if any(entry.files_by_suffix.values()):
            entry.files_by_suffix.clear()
            entry.error = error


def read_form(
    endpoint: Endpoint,
    posted: MultiDict[str, str],
    sent: MultiDict[str, FileStorage],
    visitor: str,
    *,
    is_csrf_valid: bool = True,
    given: Mapping[str, Any] | None = None,
    form_type: type[PostedForm] = PostedForm,
) -> Form:
    """Parse a posted form; ignore unknown fields, and store each error in its field.

    Args:
        form_type: how the files of the form are received.
        given: values with which the form was filled, by parameter name; None for the Space's
            defaults.
        is_csrf_valid: was the form sent from a page of the visitor? If not, its files are not stored.
    """
    form = Form(endpoint, [])
    posted_form = form_type(posted, sent, visitor, is_csrf_valid)
    for parameter in endpoint.parameters:
        entry = Field(parameter, base_value=field_values.get_base_value(given, parameter.name))
        form.fields.append(entry)
        try:
            form.values[parameter.name] = read_field(entry, posted_form)
        except InvalidValue as error:
            entry.error = str(error)
    return form


def has_storage_errors(form: Form) -> bool:
    """Did the site fail to store a file of the form?"""
    return any(entry.error == FILE_NOT_STORED for entry in form.fields)


def drop_missing_files(form: Form, visitor: str) -> None:
    """Remove the files that were deleted since the form was parsed, with an error in their field."""
    for entry in form.fields:
        for part in entry.file_controls:
            handles = entry.get_control_files(part)
            available = [each for each in handles if file_store.find_file(visitor, each.id)]
            if available != handles:
                handles[:], entry.error = available, UPLOAD_GONE


def mask_form_tokens(form: Form) -> bool:
    """Mask every token in the posted texts; return True if there was any."""
    for entry in form.fields:
        typed: Sequence[list[str]] = [entry.texts, *entry.rows]
        for texts in typed:
            masked = [tokens.mask_tokens(text) for text in texts]
            if masked != texts:
                entry.error = TOKEN_FOUND
                texts[:] = masked
        if tokens.contains_token(entry.unparsed_choices):
            entry.unparsed_choices, entry.error = tokens.mask_tokens(entry.unparsed_choices), TOKEN_FOUND
        # JSON can escape the letters of a token: "\u0068f_…".
        value = json.dumps(form.values.get(entry.parameter.name), default=lambda file: file.name, ensure_ascii=False)
        if tokens.contains_token(value):
            entry.error = TOKEN_FOUND
            if field_values.is_whole_default(entry):  # the default is neither rendered nor sent
                entry.sends_whole_default = False
                continue
            entry.texts = [tokens.mask_tokens(value)] if entry.control in ("json", "object") else entry.texts
    return any(entry.error == TOKEN_FOUND for entry in form.fields)


def validate_form(form: Form) -> dict[str, Any]:
    """Return the values to send, by parameter name, in the order of the endpoint.

    Raises:
        FormRejected: `secret-in-input` (already masked in the form), `invalid-input`.
    """
    errors = {entry.parameter.name: entry.error for entry in form.invalid_fields}
    if mask_form_tokens(form):
        raise FormRejected("secret-in-input", fields=errors)
    if errors:
        raise FormRejected("invalid-input", fields=errors)
    return form.values
