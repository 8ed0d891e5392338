"""How much of a table a form holds. Pure."""

from typing import Any

# A form of more than 1,000 fields cannot be sent, and each cell is one.
MAX_TABLE_CELLS, MAX_TABLE_ROWS, MAX_COLUMNS = 800, 200, 500


def compute_max_rows(columns: int) -> int:
    """Rows that a form can send of a table with so many columns, one at least."""
    return min(MAX_TABLE_ROWS, max(1, MAX_TABLE_CELLS // columns))


def filter_rows(data: Any) -> list[list[Any]]:
    return [row for row in data if isinstance(row, list)] if isinstance(data, list) else []


def number_columns(value: Any) -> tuple[str, ...]:
    """The titles of a table without titles: numbers from 1, one at least and MAX_DATASET_COLUMNS at most."""
    data = value.get("data") if isinstance(value, dict) else None
    width = max((len(row) for row in filter_rows(data)), default=1)
    return tuple(str(column + 1) for column in range(max(1, min(MAX_COLUMNS, width))))


def shorten_table(value: Any) -> Any:
    """The table, without the rows and columns that no form can show; anything else as it is."""
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        return value
    titles = value.get("headers")
    columns = min(MAX_COLUMNS, len(titles)) if isinstance(titles, list) and titles else len(number_columns(value))
    rows = value["data"][: compute_max_rows(columns)]
    if len(rows) == len(value["data"]) and all(len(row) <= MAX_COLUMNS for row in filter_rows(rows)):
        return value
    return value | {"data": [row[:MAX_COLUMNS] if isinstance(row, list) else row for row in rows]}
