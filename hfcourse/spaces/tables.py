"""Tables, as cells of text and as what gr.Dataframe takes. Pure."""

from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.mistakes import Wrong
from hfcourse.spaces.numbers import decimal, number_in, shown
from hfcourse.spaces.parameters import Parameter

TABLE_CELLS = 800  # a form of more than 1,000 fields could not be sent
MOST_LINES = 200
YES, NO = ("true", "vrai", "oui", "1"), ("false", "faux", "non", "0")


def titles_of(parameter: Parameter) -> tuple[str, ...]:
    """The titles of the columns that a form shows: those of the table, numbers where it has none."""
    return parameter.headers or tuple(str(column + 1) for column in range(first_width(parameter.default)))


def first_width(value: Any) -> int:
    """Columns of a value without titles, one at least."""
    data = value.get("data") if isinstance(value, dict) else None
    return max([1, *(len(row) for row in rows_of(data))])


def rows_of(data: Any) -> list[list[Any]]:
    return [row for row in data if isinstance(row, list)] if isinstance(data, list) else []


def most_lines(parameter: Parameter) -> int:
    """Lines that a form can send of this table."""
    return min(MOST_LINES, max(1, TABLE_CELLS // len(titles_of(parameter))))


def parse_table(parameter: Parameter, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The value of a table from the text of its cells; rows that are empty from end to end are left out.

    Raises:
        Wrong: a cell of a column of numbers is none; the text names its line and column.
    """
    data = [
        [parse_cell(parameter, text, line, column) for column, text in enumerate(cells)]
        for line, cells in enumerate(rows, start=1)
        if any(text.strip() for text in cells)
    ]
    return {"headers": list(titles_of(parameter)), "data": data, "metadata": None}


def parse_cell(parameter: Parameter, text: str, line: int, column: int) -> Any:
    kind = datatype(parameter, column)
    if kind == "bool":
        return parse_box(text, line)
    if kind != "number":
        own = shown_first(parameter, line - 1, column)
        return own if is_kept(own) and cell_text(parameter, own, column) == text else text
    try:
        return number_in(text)
    except Wrong:
        raise Wrong(f"Ligne {line}, colonne « {titles_of(parameter)[column]} » : écrivez un nombre.") from None


def datatype(parameter: Parameter, column: int) -> str:
    return parameter.datatypes[column] if column < len(parameter.datatypes) else "str"


def shown_first(parameter: Parameter, row: int, column: int) -> Any:
    """The cell of the Space's own table at this place, None where it has none."""
    data = rows_of(parameter.default.get("data") if isinstance(parameter.default, dict) else None)
    return data[row][column] if row < len(data) and column < len(data[row]) else None


def is_kept(cell: Any) -> bool:
    """A number or a box in a column of texts, which is the type of a column by default: untouched, it stays one."""
    return isinstance(cell, int | float)


def parse_box(text: str, line: int) -> bool | None:
    written = text.strip().lower()
    if written and written not in YES + NO:
        raise Wrong(f"Ligne {line} : écrivez « oui » ou « non ».")
    return written in YES if written else None


def table_rows(parameter: Parameter, value: Any) -> list[list[str]]:
    """The cells of a table as text: as many lines as a form can send, and as the Space shows at least."""
    columns = len(titles_of(parameter))
    data = rows_of(value.get("data") if isinstance(value, dict) else None)[: most_lines(parameter)]
    rows = [
        [cell_text(parameter, cell, column) for column, cell in enumerate(row[:columns])] + [""] * (columns - len(row))
        for row in data
    ]
    return rows + [[""] * columns for _ in range(len(rows), min(parameter.rows, most_lines(parameter)))]


def cell_text(parameter: Parameter, cell: Any, column: int) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    is_number = isinstance(cell, int | float) and datatype(parameter, column) == "number"
    return decimal(cell) if is_number else shown(cell)
