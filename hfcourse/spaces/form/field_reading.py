"""Read one field of a posted form."""

from typing import Any

from hfcourse.spaces.form import field_values
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.uploads import PostedForm, choose_most_important
from hfcourse.spaces.schema.field_errors import MISSING_FIELD, InvalidValue
from hfcourse.spaces.schema.values import file_values, tables, text_limits
from hfcourse.text.line_endings import normalize_line_endings


def read_field(entry: Field, posted: PostedForm) -> Any:
    """Read the value of a field, and keep in it what was typed.

    Raises:
        Wrong: the control does not take what was posted.
    """
    reader = (
        read_table_field if entry.control == "table" else read_file_field if entry.file_controls else read_text_field
    )
    return reader(entry, posted)


def read_text_field(entry: Field, posted: PostedForm) -> Any:
    """The texts of its control; of boxes, what was typed beside them too, a line for each."""
    entry.texts = posted.texts.getlist(entry.name)
    entry.sends_whole_default = f"{entry.name}-own" in posted.texts
    if entry.control == "checks":
        read_other_choices(entry, posted.texts.get(f"{entry.name}-others", ""))
    return field_values.parse_field_texts(entry)


def read_other_choices(entry: Field, text: str) -> None:
    """Read the choices that are typed beside the boxes.

    Raises:
        Wrong: they are too many; the text stays as it is.
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
    """The cells `arg-<name>-<line>-<column>`, lines counted from 0."""
    cells = posted.cells.get(entry.name, {})
    lines = min(tables.compute_max_form_rows(entry.parameter), 1 + max((line for line, _ in cells), default=0))
    entry.rows = [[cells.get((line, column), "") for column in range(len(entry.titles))] for line in range(lines)]
    if not cells:
        raise InvalidValue(MISSING_FIELD)
    text_limits.check_text_length(entry.parameter, [*cells.values()])
    return tables.parse_table(entry.parameter, entry.rows, entry.base_value)


def read_file_field(entry: Field, posted: PostedForm) -> Any:
    """The value of a control that holds files: those of each part, and the text beside them if it has one."""
    faults = []
    for part in entry.file_controls:
        try:
            posted.receive_files(
                entry.parameter, part, entry.get_file_control_name(part), entry.get_control_files(part)
            )
        except InvalidValue as wrong:
            faults.append(str(wrong))
            entry.invalid_suffix = entry.invalid_suffix or part.suffix
    if entry.has_text_beside_files:
        entry.texts = posted.texts.getlist(f"{entry.name}-text")[:1]
        faults += [] if entry.texts else [MISSING_FIELD]
    if faults:
        raise InvalidValue(choose_most_important(faults))
    text_limits.check_text_length(entry.parameter, entry.texts)
    return file_values.compose_file_value(
        entry.parameter, entry.files_by_suffix, field_values.restore_default_line_ends(entry)
    )
