"""Read one field of a posted form."""

from typing import Any

from hfcourse.spaces.form import field_values
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.uploads import Posted, foremost
from hfcourse.spaces.schema.field_errors import MISSING, Wrong
from hfcourse.spaces.schema.values import file_values, tables, text_limits
from hfcourse.text.line_endings import unify_line_ends


def read_field(entry: Field, posted: Posted) -> Any:
    """Read the value of a field, and keep in it what was typed.

    Raises:
        Wrong: the control does not take what was posted.
    """
    reader = read_table if entry.control == "table" else read_files if entry.parts else read_texts
    return reader(entry, posted)


def read_texts(entry: Field, posted: Posted) -> Any:
    """The texts of its control; of boxes, what was typed beside them too, a line for each."""
    entry.texts = posted.texts.getlist(entry.name)
    entry.sends_whole = f"{entry.name}-own" in posted.texts
    if entry.control == "checks":
        read_others(entry, posted.texts.get(f"{entry.name}-others", ""))
    return field_values.parse_texts(entry)


def read_others(entry: Field, text: str) -> None:
    """Read the choices that are typed beside the boxes.

    Raises:
        Wrong: they are too many; the text stays as it is.
    """
    try:
        text_limits.check_length(entry.parameter, [text])
        text_limits.check_lines(text, text_limits.MAX_TYPED_CHOICES)
    except Wrong:
        entry.beside = text
        raise
    lines, posted = unify_line_ends(text).split("\n"), entry.parameter.choices.texts_by_typed
    entry.texts += [posted.get(line.strip(), line) for line in lines if line.strip()]


def read_table(entry: Field, posted: Posted) -> Any:
    """The cells `arg-<name>-<line>-<column>`, lines counted from 0."""
    cells = posted.cells.get(entry.name, {})
    lines = min(tables.most_lines(entry.parameter), 1 + max((line for line, _ in cells), default=0))
    entry.rows = [[cells.get((line, column), "") for column in range(len(entry.titles))] for line in range(lines)]
    if not cells:
        raise Wrong(MISSING)
    text_limits.check_length(entry.parameter, [*cells.values()])
    return tables.parse_table(entry.parameter, entry.rows, entry.base)


def read_files(entry: Field, posted: Posted) -> Any:
    """The value of a control that holds files: those of each part, and the text beside them if it has one."""
    faults = []
    for part in entry.parts:
        try:
            posted.receive(entry.parameter, part, entry.name_of(part), entry.kept_of(part))
        except Wrong as wrong:
            faults.append(str(wrong))
            entry.faulty_part = entry.faulty_part or part.suffix
    if entry.has_text_beside_files:
        entry.texts = posted.texts.getlist(f"{entry.name}-text")[:1]
        faults += [] if entry.texts else [MISSING]
    if faults:
        raise Wrong(foremost(faults))
    text_limits.check_length(entry.parameter, entry.texts)
    return file_values.compose(entry.parameter, entry.kept, field_values.own_text(entry))
