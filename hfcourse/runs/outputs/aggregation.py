"""Aggregation of the rows of a native Gradio plot into the values it draws: sums, means, counts. Pure.

Source: `y_aggregate` and `x_bin` of gradio.components.native_plot, and the Vega-Lite encoding that
the page of Gradio 4 to 6 generates from them. A chart of a sum where its author requested a mean
would be wrong, so an uncertain case raises NotDrawable, and only the table of the data is shown.
"""

import math
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.values.value_types import is_drawable_number

# Aggregating only a part of the rows would be wrong; above this limit, there is no chart.
MAX_AGGREGATED_ROWS = 100_000
SUFFIX_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = re.compile(r"([1-9]\d{0,8})([smhd])", re.ASCII)


class NotDrawable(Exception):
    """The requested chart cannot be drawn with certainty."""


@dataclass(frozen=True)
class PlotColumns:
    """Column indexes of x, y and the colour in a row; `colour` is None if the author set none."""

    x: int
    y: int
    colour: int | None


@dataclass(frozen=True)
class Grouping:
    """Aggregation of the rows of one x: `function` is a key of AGGREGATE_FUNCTIONS, `step` the bin width.

    `is_stacked` means that rows are not aggregated: the bars of one x are stacked.
    """

    function: str
    step: float | None
    is_stacked: bool = False


def sum_values(values: Sequence[float]) -> float:
    """Return the sum; infinity on overflow, which is not drawn."""
    if all(isinstance(value, int) for value in values):
        return sum(values)
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


AGGREGATE_FUNCTIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": sum_values,
    "mean": lambda values: sum_values(values) / len(values),
    "median": statistics.median,
    "min": min,
    "max": max,
    "count": len,
}
AGGREGATE_LABELS = {
    "sum": "somme", "mean": "moyenne", "median": "médiane", "min": "minimum", "max": "maximum", "count": "nombre",
}  # fmt: skip


def parse_bin_step(hint: str, kind: Any) -> float | None:
    """Parse the bin width of x, in its unit; of a temporal x in milliseconds, as its values are.

    Raises:
        NotDrawable: Gradio documents no such width for this kind of column.
    """
    if not hint:
        return None
    found = DURATION.fullmatch(hint)
    if found and kind == "temporal":
        return int(found[1]) * SUFFIX_MILLISECONDS[found[2]]
    try:
        step = float(hint)
    except ValueError:
        raise NotDrawable from None
    if step == 0:
        return None
    if found or kind == "nominal" or not 0 < step < 1e300:
        raise NotDrawable
    return int(step) if step.is_integer() else step


def choose_grouping(mark: str, kind: Any, hints: Mapping[str, str]) -> Grouping | None:
    """Return the aggregation of a plot's rows, None if each row is a point.

    Gradio aggregates lines and bars whose x is nominal or binned, with a sum by default. Its page
    sums the points of a binned scatter plot whatever function the author sets.

    Raises:
        NotDrawable
    """
    function, step = hints.get("y_aggregate", ""), parse_bin_step(hints.get("x_bin", ""), kind)
    if function and function not in AGGREGATE_FUNCTIONS:
        raise NotDrawable
    if mark == "point":
        if function not in ("", "sum") and (step or kind == "nominal"):
            raise NotDrawable
        return Grouping("sum", step) if step else None
    if step or kind == "nominal":
        return Grouping(function or "sum", step)
    return Grouping(function or "sum", None, is_stacked=True) if mark == "bar" else None


def group_rows(
    rows: Sequence[Sequence[Any]], columns: PlotColumns, grouping: Grouping, has_stacked_colours: bool
) -> list[list[Any]]:
    """Return one row (x, y, colour) for each group, in the order of the data; bins in ascending order.

    Args:
        has_stacked_colours: bars of one x with different colours are stacked: their groups are summed.

    Raises:
        NotDrawable: a single bar cannot show the stacked bars, or there are too many rows.
    """
    if len(rows) > MAX_AGGREGATED_ROWS:
        raise NotDrawable
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        if len(row) <= max(columns.x, columns.y, columns.colour or 0):
            continue
        x = row[columns.x] if grouping.step is None else compute_bin_start(row[columns.x], grouping.step)
        colour = "" if columns.colour is None else row[columns.colour]
        if x is not None or grouping.step is None:
            groups.setdefault((str(x), str(colour)), [x, [], colour])[1].append(row[columns.y])
    grouped = [
        [x, reduced, colour]
        for x, values, colour in groups.values()
        if is_drawable_number(reduced := reduce_group(values, grouping))
    ]
    if has_stacked_colours:
        grouped = stack_groups(grouped, grouping)
    return sorted(grouped, key=lambda each: each[0]) if grouping.step else grouped


def reduce_group(values: Sequence[Any], grouping: Grouping) -> float | None:
    """Return the y of a group, None if it has no number."""
    if grouping.function == "count" and not grouping.is_stacked:
        return len(values)
    numbers = [value for value in values if is_drawable_number(value)]
    if grouping.is_stacked:
        check_stack(numbers, grouping)
        return sum_values(numbers) if numbers else None
    return AGGREGATE_FUNCTIONS[grouping.function](numbers) if numbers else None


def stack_groups(grouped: Sequence[list[Any]], grouping: Grouping) -> list[list[Any]]:
    """Return one row for each x: the sum of its stacked colours."""
    stacks: dict[str, list[Any]] = {}
    for x, y, _ in grouped:
        stacks.setdefault(str(x), [x, [], ""])[1].append(y)
    for _, parts, _ in stacks.values():
        check_stack(parts, grouping)
    return [[x, sum_values(parts), ""] for x, parts, _ in stacks.values() if is_drawable_number(sum_values(parts))]


def check_stack(parts: Sequence[float], grouping: Grouping) -> None:
    """Validate stacked bars: reject those whose height one bar cannot show (means, mixed signs).

    Raises:
        NotDrawable
    """
    summable = ("sum",) if grouping.is_stacked else ("sum", "count")
    if len(parts) > 1 and (grouping.function not in summable or min(parts) < 0 < max(parts)):
        raise NotDrawable


def compute_bin_start(value: Any, step: float) -> float | None:
    """Return the start of a value's bin; bins begin at multiples of their width."""
    if not is_drawable_number(value):
        return None
    start = math.floor(value / step) * step
    return float(f"{start:.12g}") if isinstance(start, float) else start
