"""Excerpt of a table that was sent, as the page of a run shows it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.values.page_budget import TextAllowance

MAX_ROWS, MAX_COLUMNS, MAX_CELL_CHARACTERS = 30, 20, 300


@dataclass(frozen=True)
class SentTable:
    """Visible titles and cells, flags of numeric columns, and the total numbers of rows and columns."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str | int | float, ...], ...]
    numeric: tuple[bool, ...]
    row_count: int
    column_count: int


def excerpt_table(value: Mapping[str, Any], allowance: TextAllowance) -> SentTable:
    """Truncate a table to MAX_ROWS and MAX_COLUMNS, and its texts to the rest of the page budget."""
    titles, rows = value["headers"], value["data"]
    shown = tuple(tuple(format_cell(cell, allowance) for cell in row[:MAX_COLUMNS]) for row in rows[:MAX_ROWS])
    return SentTable(
        tuple(str(format_cell(title, allowance)) for title in titles[:MAX_COLUMNS]),
        shown,
        tuple(any(is_number_cell(row, column) for row in shown) for column in range(MAX_COLUMNS)),
        len(rows),
        max(len(titles), *map(len, rows[:MAX_ROWS]), 0),
    )


def is_number_cell(row: tuple[str | int | float, ...], column: int) -> bool:
    """Does this row have a number in this column?"""
    return column < len(row) and not isinstance(row[column], str)


def format_cell(value: Any, allowance: TextAllowance) -> str | int | float:
    """Format a cell: numbers unchanged, booleans as in the form, all else as text."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return allowance.cut(text, MAX_CELL_CHARACTERS)
