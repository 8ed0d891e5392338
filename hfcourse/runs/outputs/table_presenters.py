"""Excerpt of a table output, limited in size. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.values.brief_text import charge_digits, format_brief_value
from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.runs.values.value_types import is_drawable_number

MAX_ROWS, MAX_COLUMNS, MAX_CELLS, MAX_TABLE_CELL_CHARACTERS = 500, 60, 12_000, 1_000
MAX_TABLE_CHARACTERS = 100_000
PARAMETER_HEADERS = ("Paramètre", "Type", "Valeur par défaut", "Description")


@dataclass(frozen=True)
class TableExcerpt:
    """First rows and columns of a table of `lines` by `columns`; `numeric` flags the columns of numbers."""

    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    lines: int
    columns: int
    numeric: Sequence[bool]


@dataclass(frozen=True)
class FormattedNumber:
    """Number that its author formatted (`1.23 €`); it is sorted by its value."""

    value: float
    text: str


def cut_table(headers: Sequence[Any], data: Sequence[Sequence[Any]], display: Sequence[Any] = ()) -> TableExcerpt:
    """Truncate a table to its first MAX_CELLS cells.

    Args:
        display: the text of each cell, row by row, where its author formatted it (pandas.Styler).
    """
    columns = max([len(headers), *map(len, data[:MAX_ROWS])])
    across = min(columns, MAX_COLUMNS)
    allowance = TextAllowance(MAX_TABLE_CHARACTERS)
    titles = [str(present_table_cell(each, allowance)) for each in headers[:across]]
    rows: list[list[Any]] = []
    for row in data[: min(MAX_ROWS, MAX_CELLS // max(1, across))]:
        if allowance.remaining <= 0:
            break
        texts = display[len(rows)] if len(rows) < len(display) else ()
        rows.append(format_row(row[:across], texts if isinstance(texts, list) else (), allowance))
    titles += [""] * (across - len(titles))
    numeric = [any(len(row) > place and is_drawable_number(row[place]) for row in data[:5]) for place in range(across)]
    return TableExcerpt(titles, rows, len(data), columns, numeric)


def format_row(row: Sequence[Any], texts: Sequence[Any], allowance: TextAllowance) -> list[Any]:
    """Format the cells of a row, each with its author's format if there is one."""
    return [
        format_styled_cell(each, texts[place], allowance)
        if place < len(texts) and isinstance(texts[place], str)
        else present_table_cell(each, allowance)
        for place, each in enumerate(row)
    ]


def format_styled_cell(value: Any, text: str, allowance: TextAllowance) -> Any:
    """Return a cell in its author's format."""
    written = allowance.cut(format_brief_value(text, MAX_TABLE_CELL_CHARACTERS), MAX_TABLE_CELL_CHARACTERS + 1)
    return FormattedNumber(value, written) if is_drawable_number(value) else written


def present_table_cell(value: Any, allowance: TextAllowance) -> Any:
    """Format a cell: numbers unchanged, all else as text."""
    if is_drawable_number(value):
        return charge_digits(value, allowance)
    return allowance.cut(format_brief_value(value, MAX_TABLE_CELL_CHARACTERS), MAX_TABLE_CELL_CHARACTERS + 1)


def present_dataframe(value: Mapping[str, Any]) -> TableExcerpt:
    """Prepare the value of a Dataframe; `metadata.display_value` has the texts of a pandas.Styler."""
    metadata = value.get("metadata")
    display = metadata.get("display_value") if isinstance(metadata, dict) else None
    return cut_table(value["headers"], value["data"], display if isinstance(display, list) else ())


def present_parameters(value: Mapping[str, Mapping[str, Any]]) -> TableExcerpt:
    """Prepare the value of a ParamViewer: a row for each documented parameter."""
    lines = [
        [name, each.get("type"), each.get("default"), each.get("description")]
        for name, each in [*value.items()][:MAX_ROWS]
    ]
    return TableExcerpt(**{**vars(cut_table(PARAMETER_HEADERS, lines)), "lines": len(value)})
