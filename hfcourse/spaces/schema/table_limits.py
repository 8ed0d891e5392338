"""Limits of the size of a table in a form. Pure."""

from typing import Any

# A request with more than 1,000 form fields is rejected, and each cell is one field.
MAX_TABLE_CELLS, MAX_TABLE_ROWS, MAX_COLUMNS = 800, 200, 500


def compute_max_rows(columns: int) -> int:
    """Return the maximum number of rows that a form can send for this number of columns, at least 1."""
    return min(MAX_TABLE_ROWS, max(1, MAX_TABLE_CELLS // columns))


def filter_rows(data: Any) -> list[list[Any]]:
    """Return the items of `data` that are rows, [] if it is not a list."""
    return [row for row in data if isinstance(row, list)] if isinstance(data, list) else []


def number_columns(value: Any) -> tuple[str, ...]:
    """Return default column titles: numbers from 1, at least one and at most MAX_COLUMNS."""
    data = value.get("data") if isinstance(value, dict) else None
    width = max((len(row) for row in filter_rows(data)), default=1)
    return tuple(str(column + 1) for column in range(max(1, min(MAX_COLUMNS, width))))


def shorten_table(value: Any) -> Any:
    """Truncate a table to the rows and columns that a form can render; return any other value unchanged."""
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        return value
    titles = value.get("headers")
    columns = min(MAX_COLUMNS, len(titles)) if isinstance(titles, list) and titles else len(number_columns(value))
    rows = value["data"][: compute_max_rows(columns)]
    if len(rows) == len(value["data"]) and all(len(row) <= MAX_COLUMNS for row in filter_rows(rows)):
        return value
    return value | {"data": [row[:MAX_COLUMNS] if isinstance(row, list) else row for row in rows]}
