"""Summary statistics of a table as people type it: empty cells, decimal commas, thousands separators."""

import math
import statistics
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

SUMMARY_HEADERS = ["colonne", "nombre", "minimum", "maximum", "moyenne", "médiane"]
MEAN_DECIMALS = 2
# Thousands separators: an ordinary space, a no-break one, a narrow no-break one, a thin one.
_THOUSANDS_SEPARATORS = str.maketrans("", "", " \u00a0\u202f\u2009")


def read_number(cell: Any) -> float | None:
    """Parse the number in a cell, « 1 234,5 » included; None for an empty cell, a text, a boolean or NaN."""
    if isinstance(cell, bool) or cell is None:
        return None
    try:
        number = float(str(cell).translate(_THOUSANDS_SEPARATORS).replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def summarise_table(headers: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return one row per numeric column, under SUMMARY_HEADERS; text cells are not counted."""
    summary = []
    for i, header in enumerate(headers):
        cells = [read_number(row[i]) for row in rows if i < len(row)]
        numbers = [number for number in cells if number is not None]
        if numbers:
            figures = (min(numbers), max(numbers), compute_rounded_mean(numbers), statistics.median(numbers))
            summary.append([str(header), len(numbers), *map(tidy_number, figures)])
    return summary


def compute_rounded_mean(numbers: Sequence[float]) -> float:
    """Return the mean, rounded to two decimals more than the numbers have: the rest is no information."""
    decimals = max(-int(Decimal(repr(number)).as_tuple().exponent) for number in numbers)
    return round(statistics.fmean(numbers), max(0, decimals) + MEAN_DECIMALS)


def tidy_number(number: float) -> float | int:
    """Round away the noise of binary fractions: 3.0 -> 3, 0.30000000000000004 -> 0.3."""
    rounded = float(f"{number:.12g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def describe_table(row_count: int, column_count: int, numeric_count: int) -> str:
    """Return a French sentence about the parsed table (typed with ordinary spaces)."""
    rows = f"{row_count} ligne{'s' if row_count > 1 else ''}"
    columns = f"{column_count} colonne{'s' if column_count > 1 else ''}"
    if not numeric_count:
        return f"{rows}, {columns} : aucun nombre à résumer."
    return f"{rows}, {columns}, dont {numeric_count} de nombres."
