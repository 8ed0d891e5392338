"""Parser of one field of a posted form."""

from typing import Any

from hfcourse.spaces.form import field_values
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.uploads import PostedForm, choose_most_important
from hfcourse.spaces.schema.field_errors import MISSING_FIELD, InvalidValue
from hfcourse.spaces.schema.values import file_values, tables, text_limits
from hfcourse.text.line_endings import normalize_line_endings


def read_field(entry: Field, posted: PostedForm) -> Any:
    """Parse the value of a field, and store the posted text in the field.

    Raises:
        InvalidValue: the control does not accept the posted text.
    """
    reader = (
        read_table_field if entry.control == "table" else read_file_field if entry.file_controls else read_text_field
    )
    return reader(entry, posted)


def read_text_field(entry: Field, posted: PostedForm) -> Any:
    """Parse the texts of a control; for checkboxes, also the choices typed in the text area, one per line."""
    entry.texts = posted.texts.getlist(entry.name)
    entry.sends_whole_default = f"{entry.name}-own" in posted.texts
    if entry.control == "checkbox_group":
        read_other_choices(entry, posted.texts.get(f"{entry.name}-others", ""))
    return field_values.parse_field_texts(entry)


def read_other_choices(entry: Field, text: str) -> None:
    """Parse the choices that are typed next to the checkboxes.

    Raises:
        InvalidValue: there are too many; the text is stored unparsed.
    """
    try:
        text_limits.check_text_length(entry.parameter, [text])
        text_limits.check_line_count(text, text_limits.MAX_TYPED_CHOICES)
    except InvalidValue:
        entry.unparsed_choices = text
        raise
    lines, posted = normalize_line_endings(text).split("\n"), entry.parameter.choices.posted_texts_by_typed_text
    entry.texts += [posted.get(line.strip(), line) for line in lines if line.strip()]


def read_table_field(entry: Field, posted: PostedForm) -> Any:
    """Parse the cells `arg-<name>-<line>-<column>`, lines counted from 0."""
    cells = posted.cells.get(entry.name, {})
    row_count = min(tables.compute_max_form_rows(entry.parameter), 1 + max((line for line, _ in cells), default=0))
    entry.rows = [[cells.get((line, column), "") for column in range(len(entry.titles))] for line in range(row_count)]
    if not cells:
        raise InvalidValue(MISSING_FIELD)
    text_limits.check_text_length(entry.parameter, [*cells.values()])
    return tables.parse_table(entry.parameter, entry.rows, entry.base_value)


def read_file_field(entry: Field, posted: PostedForm) -> Any:
    """Parse the files of each control of a field, and the text beside them if it has one."""
    errors = []
    for part in entry.file_controls:
        try:
            posted.receive_files(
                entry.parameter, part, entry.get_file_control_name(part), entry.get_control_files(part)
            )
        except InvalidValue as error:
            errors.append(str(error))
            entry.invalid_suffix = entry.invalid_suffix or part.suffix
    if entry.has_text_beside_files:
        entry.texts = posted.texts.getlist(f"{entry.name}-text")[:1]
        errors += [] if entry.texts else [MISSING_FIELD]
    if errors:
        raise InvalidValue(choose_most_important(errors))
    text_limits.check_text_length(entry.parameter, entry.texts)
    return file_values.compose_file_value(
        entry.parameter, entry.files_by_suffix, field_values.restore_default_line_ends(entry)
    )
