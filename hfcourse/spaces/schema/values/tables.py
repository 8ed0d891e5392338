"""Tables, as cells of text and as what gr.Dataframe takes. Pure.

A table that nobody touched goes back as it came, beyond the rows and columns that a form shows too. Of an edited one
each cell that still says what it said keeps its own value: a null, a number in a column of texts, its last digit.
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
    """Lines that a form can send of this table."""
    most = compute_max_rows(len(parameter.column_titles))
    return most if parameter.max_rows is None else min(most, parameter.max_rows)


def parse_table(parameter: Parameter, rows: RowTexts, base: Any = None) -> dict[str, Any]:
    """The value of a table from the text of its cells; rows that are empty from end to end are left out.

    Args:
        rows: the cells of the form, line by line.
        base: the table that the form was drawn with, the Space's own where it is none.

    Raises:
        Wrong: a cell of a column of numbers is none; the text names its line and column.
    """
    own = complete_table(parameter, base if is_table_value(base) else parameter.full_default)
    drawn = [*map(normalize_row, format_table_rows(parameter, own))]
    texts = [*map(normalize_row, rows)]
    if [*filter(any, texts)] == [*filter(any, drawn)]:
        return own
    own_rows = filter_rows(own["data"])
    count = min(len(own_rows), compute_max_form_rows(parameter))
    padded = texts + [[""] * len(parameter.column_titles)] * (count - len(texts))
    edited = parse_rows(parameter, padded[:count], own_rows[:count], first_line=1)
    added = parse_rows(parameter, padded[count:], [], first_line=count + 1)
    return own | {"data": [*edited, *own_rows[count:], *added]}


def get_base_rows(parameter: Parameter, base: Any = None) -> Sequence[Sequence[Any]]:
    """The rows behind those that a form shows: of the table that it was drawn with, else of the Space's own."""
    return filter_rows(complete_table(parameter, base if is_table_value(base) else parameter.full_default)["data"])


def is_table_value(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("data"), list)


def complete_table(parameter: Parameter, value: Any) -> dict[str, Any]:
    """The table with all that gr.Dataframe wants of one; without rows where the value is none."""
    empty = {"headers": list(parameter.column_titles), "data": [], "metadata": None}
    return empty | value if is_table_value(value) else empty


def parse_rows(
    parameter: Parameter, rows: RowTexts, own_rows: Sequence[Sequence[Any]], first_line: int
) -> list[Sequence[Any]]:
    """The values of these rows; one that says what its own row said is that row, one without text is left out.

    Gradio 4 gives an empty table rows of "", which are left out too; a row of nulls is the author's, and stays.
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
    """Find the row behind each row of the form: one that reads the same, else the one in its place, else ().

    Rows move up when one above them is removed; what was not touched in them still has to be sent as it was.
    """
    written = [tuple(normalize_row(format_table_row(parameter, own))) for own in own_rows]
    by_texts = dict(zip(reversed(written), reversed(own_rows), strict=True))
    in_place = [*own_rows, *([()] * len(rows))]
    return [
        in_place[place] if written[place : place + 1] == [tuple(texts)] else by_texts.get(tuple(texts), in_place[place])
        for place, texts in enumerate(rows)
    ]


def parse_cell(parameter: Parameter, text: str, place: tuple[int, int], own: Any = NO_CELL) -> Any:
    """The value of a cell.

    Args:
        place: its line, from 1, and its column, from 0.
        own: the cell of the table that the form was drawn with at this place, NO_CELL where there is none.
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
    return parameter.datatypes[column] if column < len(parameter.datatypes) else "str"


def parse_bool_cell(text: str, line: int) -> bool | None:
    written = text.strip().lower()
    if written and written not in TRUE_CELL_WORDS + FALSE_CELL_WORDS:
        raise InvalidValue(f"Ligne {line} : écrivez « oui » ou « non ».")
    return written in TRUE_CELL_WORDS if written else None


def normalize_row(texts: Sequence[str]) -> list[str]:
    return [normalize_line_endings(text) for text in texts]


def format_table_rows(parameter: Parameter, value: Any) -> list[list[str]]:
    """The cells of a table as text: as many lines as a form can send, and as the Space shows at least."""
    columns, most = len(parameter.column_titles), compute_max_form_rows(parameter)
    data = filter_rows(value.get("data") if isinstance(value, dict) else None)[:most]
    rows = [format_table_row(parameter, row) for row in data]
    return rows + [[""] * columns for _ in range(len(rows), min(parameter.rows, most))]


def format_table_row(parameter: Parameter, row: Sequence[Any]) -> list[str]:
    """The cells of one row as text, as many as the table has columns."""
    columns = len(parameter.column_titles)
    texts = [format_table_cell(parameter, cell, column) for column, cell in enumerate(row[:columns])]
    return texts + [""] * (columns - len(texts))


def format_table_cell(parameter: Parameter, cell: Any, column: int) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    is_number = isinstance(cell, int | float) and get_column_type(parameter, column) == "number"
    return format_decimal(cell) if is_number else format_scalar(cell)
