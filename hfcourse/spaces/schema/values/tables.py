"""Parser and formatter of tables: text cells in a form, a JSON value for gr.Dataframe. Pure.

An unchanged table is sent exactly as the Space gave it, including the rows and columns beyond the form. In an edited
one, each cell with unchanged text retains its original value: a null, a number in a text column, its last digit.
"""

from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.table_limits import compute_max_rows, filter_rows
from hfcourse.spaces.schema.values.numbers import format_decimal, format_scalar, parse_number_text
from hfcourse.text.line_endings import normalize_line_endings

TRUE_CELL_WORDS, FALSE_CELL_WORDS = ("true", "vrai", "oui", "1"), ("false", "faux", "non", "0")
NO_CELL = object()
RowTexts = Sequence[Sequence[str]]


def compute_max_form_rows(parameter: Parameter) -> int:
    """Return the maximum number of rows of this table that a form can send."""
    most = compute_max_rows(len(parameter.column_titles))
    return most if parameter.max_rows is None else min(most, parameter.max_rows)


def parse_table(parameter: Parameter, rows: RowTexts, base: Any = None) -> dict[str, Any]:
    """Parse a table from the text of its cells; empty rows are dropped.

    Args:
        rows: the text of the cells, row by row.
        base: the table that the form was rendered from, by default that of the Space.

    Raises:
        InvalidValue: a cell is invalid for the type of its column; the message names its row and column.
    """
    own = complete_table(parameter, base if is_table_value(base) else parameter.full_default)
    rendered = [*map(normalize_row, format_table_rows(parameter, own))]
    texts = [*map(normalize_row, rows)]
    if [*filter(any, texts)] == [*filter(any, rendered)]:
        return own
    own_rows = filter_rows(own["data"])
    count = min(len(own_rows), compute_max_form_rows(parameter))
    padded = texts + [[""] * len(parameter.column_titles)] * (count - len(texts))
    edited = parse_rows(parameter, padded[:count], own_rows[:count], first_line=1)
    added = parse_rows(parameter, padded[count:], [], first_line=count + 1)
    return own | {"data": [*edited, *own_rows[count:], *added]}


def get_base_rows(parameter: Parameter, base: Any = None) -> Sequence[Sequence[Any]]:
    """Return the rows of the table that a form was rendered from, by default that of the Space."""
    return filter_rows(complete_table(parameter, base if is_table_value(base) else parameter.full_default)["data"])


def is_table_value(value: Any) -> bool:
    """Is this a table of gr.Dataframe?"""
    return isinstance(value, dict) and isinstance(value.get("data"), list)


def complete_table(parameter: Parameter, value: Any) -> dict[str, Any]:
    """Add the keys that gr.Dataframe requires; a value that is not a table becomes an empty one."""
    empty = {"headers": list(parameter.column_titles), "data": [], "metadata": None}
    return empty | value if is_table_value(value) else empty


def parse_rows(
    parameter: Parameter, rows: RowTexts, own_rows: Sequence[Sequence[Any]], first_line: int
) -> list[Sequence[Any]]:
    """Parse rows; an unchanged row retains its original values, an empty one is dropped.

    Gradio 4 fills an empty table with rows of "", which are dropped too; a row of nulls is the author's, and
    retained.

    Args:
        own_rows: the rows that the form was rendered from.
        first_line: the number of the first row, for error messages.
    """
    parsed: list[Sequence[Any]] = []
    for line, (texts, own) in enumerate(zip(rows, match_base_rows(parameter, rows, own_rows), strict=True), first_line):
        if any(cell != "" for cell in own) and [*texts] == normalize_row(format_table_row(parameter, own)):
            parsed.append(own)
        elif any(text.strip() for text in texts):
            cells = [
                parse_cell(parameter, text, (line, column), own[column] if column < len(own) else NO_CELL)
                for column, text in enumerate(texts)
            ]
            parsed.append([*cells, *own[len(texts) :]])
    return parsed


def match_base_rows(parameter: Parameter, rows: RowTexts, own_rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Match each row of the form to its original row: one with equal text, else the one at its index, else ().

    Rows move up when one above them is removed; their unchanged cells must still be sent as they were.
    """
    own_texts = [tuple(normalize_row(format_table_row(parameter, own))) for own in own_rows]
    by_texts = dict(zip(reversed(own_texts), reversed(own_rows), strict=True))
    by_index = [*own_rows, *([()] * len(rows))]
    return [
        by_index[n] if own_texts[n : n + 1] == [tuple(texts)] else by_texts.get(tuple(texts), by_index[n])
        for n, texts in enumerate(rows)
    ]


def parse_cell(parameter: Parameter, text: str, place: tuple[int, int], own: Any = NO_CELL) -> Any:
    """Parse a cell; one with unchanged text retains its original value.

    Args:
        place: its row, from 1, and its column, from 0.
        own: the original cell, NO_CELL for a new one.

    Raises:
        InvalidValue: the text is invalid for the type of the column.
    """
    line, column = place
    if own is not NO_CELL and normalize_line_endings(format_table_cell(parameter, own, column)) == text:
        return own
    kind = get_column_type(parameter, column)
    if kind == "bool":
        return parse_bool_cell(text, line)
    if kind != "number":
        return text
    try:
        return parse_number_text(text)
    except InvalidValue:
        raise InvalidValue(
            f"Ligne {line}, colonne « {parameter.column_titles[column]} » : écrivez un nombre."
        ) from None


def get_column_type(parameter: Parameter, column: int) -> str:
    """Return the type of a column, "str" by default."""
    return parameter.datatypes[column] if column < len(parameter.datatypes) else "str"


def parse_bool_cell(text: str, line: int) -> bool | None:
    """Parse a boolean cell, None if it is empty; raise InvalidValue if it is neither yes nor no."""
    word = text.strip().lower()
    if word and word not in TRUE_CELL_WORDS + FALSE_CELL_WORDS:
        raise InvalidValue(f"Ligne {line} : écrivez « oui » ou « non ».")
    return word in TRUE_CELL_WORDS if word else None


def normalize_row(texts: Sequence[str]) -> list[str]:
    """Normalize the newlines of each cell."""
    return [normalize_line_endings(text) for text in texts]


def format_table_rows(parameter: Parameter, value: Any) -> list[list[str]]:
    """Format the cells of a table as text, truncated to the rows of a form, and padded to those of the Space."""
    columns, most = len(parameter.column_titles), compute_max_form_rows(parameter)
    data = filter_rows(value.get("data") if isinstance(value, dict) else None)[:most]
    rows = [format_table_row(parameter, row) for row in data]
    return rows + [[""] * columns for _ in range(len(rows), min(parameter.rows, most))]


def format_table_row(parameter: Parameter, row: Sequence[Any]) -> list[str]:
    """Format the cells of one row as text, truncated or padded to the number of columns."""
    columns = len(parameter.column_titles)
    texts = [format_table_cell(parameter, cell, column) for column, cell in enumerate(row[:columns])]
    return texts + [""] * (columns - len(texts))


def format_table_cell(parameter: Parameter, cell: Any, column: int) -> str:
    """Format a cell as text, in French for booleans and numbers."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    is_number = isinstance(cell, int | float) and get_column_type(parameter, column) == "number"
    return format_decimal(cell) if is_number else format_scalar(cell)
