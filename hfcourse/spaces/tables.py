"""Tables, as cells of text and as what gr.Dataframe takes. Pure."""

from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.mistakes import Wrong
from hfcourse.spaces.numbers import decimal, number_in, shown
from hfcourse.spaces.parameters import Parameter
from hfcourse.spaces.table_limits import max_rows, rows_of

YES, NO = ("true", "vrai", "oui", "1"), ("false", "faux", "non", "0")


def most_lines(parameter: Parameter) -> int:
    """Lines that a form can send of this table."""
    most = max_rows(len(parameter.titles))
    return most if parameter.max_rows is None else min(most, parameter.max_rows)


def parse_table(parameter: Parameter, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The value of a table from the text of its cells; rows that are empty from end to end are left out.

    Raises:
        Wrong: a cell of a column of numbers is none; the text names its line and column.
    """
    default = match_default_rows(parameter, rows)
    data = [
        [
            parse_cell(parameter, text, (line, column), cell_at(default, line - 1, column))
            for column, text in enumerate(cells)
        ]
        for line, cells in enumerate(rows, start=1)
        if any(text.strip() for text in cells)
    ]
    return {"headers": list(parameter.titles), "data": data, "metadata": None}


def match_default_rows(parameter: Parameter, rows: Sequence[Sequence[str]]) -> list[list[Any]]:
    """Find the row of the Space's own table behind each row of the form: one that reads the same, else the one there.

    Rows move up when one above them is removed; what was not touched in them still has to be sent as it was.
    """
    default = rows_of(parameter.default.get("data") if isinstance(parameter.default, dict) else None)
    columns = range(len(parameter.titles))
    written = [tuple(cell_text(parameter, cell_at([row], 0, column), column) for column in columns) for row in default]
    by_texts = dict(zip(written, default, strict=True))
    in_place = [*default, *([] for _ in rows)]
    return [
        in_place[place] if written[place : place + 1] == [tuple(texts)] else by_texts.get(tuple(texts), in_place[place])
        for place, texts in enumerate(rows)
    ]


def parse_cell(parameter: Parameter, text: str, place: tuple[int, int], own: Any) -> Any:
    """The value of a cell.

    Args:
        place: its line, from 1, and its column, from 0.
        own: the cell of the Space's own table at this place, None where it has none.
    """
    line, column = place
    kind = datatype(parameter, column)
    if kind == "bool":
        return parse_box(text, line)
    if kind != "number":
        return own if is_kept(own) and cell_text(parameter, own, column) == text else text
    try:
        return number_in(text)
    except Wrong:
        raise Wrong(f"Ligne {line}, colonne « {parameter.titles[column]} » : écrivez un nombre.") from None


def datatype(parameter: Parameter, column: int) -> str:
    return parameter.datatypes[column] if column < len(parameter.datatypes) else "str"


def cell_at(rows: Sequence[Sequence[Any]], row: int, column: int) -> Any:
    """The cell at this place, None where the table has none."""
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else None


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
    columns, most = len(parameter.titles), most_lines(parameter)
    data = rows_of(value.get("data") if isinstance(value, dict) else None)[:most]
    rows = [
        [cell_text(parameter, cell, column) for column, cell in enumerate(row[:columns])] + [""] * (columns - len(row))
        for row in data
    ]
    return rows + [[""] * columns for _ in range(len(rows), min(parameter.rows, most))]


def cell_text(parameter: Parameter, cell: Any, column: int) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    is_number = isinstance(cell, int | float) and datatype(parameter, column) == "number"
    return decimal(cell) if is_number else shown(cell)
