"""How the rows of one of Gradio's own plots become the values that it draws: sums, means, counts. Pure.

Source: `y_aggregate` and `x_bin` of gradio.components.native_plot, and the Vega-Lite encoding that the page of Gradio 4
to 6 makes of them. A chart that shows a sum where its author asked for a mean is worse than none: what is not certain
here is no chart, and the table of the data stands alone.
"""

import math
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.values.value_types import is_number

# A group of a part of the rows would be another group; beyond this, there is no chart.
MAX_AGGREGATED_ROWS = 100_000
SUFFIX_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION = re.compile(r"([1-9]\d{0,8})([smhd])", re.ASCII)


class NotDrawable(Exception):
    """The chart that the author asks for is not one that can be drawn here for certain."""


@dataclass(frozen=True)
class PlotColumns:
    """Where x, y and the colour stand in a row; `colour` is None where the author gave none."""

    x: int
    y: int
    colour: int | None


@dataclass(frozen=True)
class Grouping:
    """What is made of the rows of one x: `function` is a key of AGGREGATE_FUNCTIONS, `step` the width of a bin of x.

    `is_stacked` says that rows are not aggregated: bars of one x stand on each other.
    """

    function: str
    step: float | None
    is_stacked: bool = False


def sum_values(values: Sequence[float]) -> float:
    """The sum; infinite where a float does not hold it, and then it is not drawn."""
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
    """The width of the bins of x, in its unit; of a temporal x in milliseconds, as its values are.

    Raises:
        NotDrawable: it is none that Gradio documents for this kind of column.
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
    """How the rows of a plot are grouped, None where each row is a point.

    Gradio aggregates lines and bars whose x is nominal or binned, by their sum where the author names nothing. Its
    page sums the points of a binned scatter plot whatever the author names.

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
    """One row (x, y, colour) for each group, in the order of the data, of bins in theirs.

    Args:
        has_stacked_colours: bars of one x whose colours differ stand on each other: their groups are summed up.

    Raises:
        NotDrawable: the bars would stand on each other in a way that one bar cannot show, or there are too many rows.
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
    drawn = [
        [x, reduced, colour]
        for x, values, colour in groups.values()
        if is_number(reduced := reduce_group(values, grouping))
    ]
    if has_stacked_colours:
        drawn = stack_groups(drawn, grouping)
    return sorted(drawn, key=lambda each: each[0]) if grouping.step else drawn


def reduce_group(values: Sequence[Any], grouping: Grouping) -> float | None:
    """The y of a group, None where it has no number."""
    if grouping.function == "count" and not grouping.is_stacked:
        return len(values)
    numbers = [value for value in values if is_number(value)]
    if grouping.is_stacked:
        check_stack(numbers, grouping)
        return sum_values(numbers) if numbers else None
    return AGGREGATE_FUNCTIONS[grouping.function](numbers) if numbers else None


def stack_groups(drawn: Sequence[list[Any]], grouping: Grouping) -> list[list[Any]]:
    """One row for each x: its colours stand on each other."""
    piles: dict[str, list[Any]] = {}
    for x, y, _ in drawn:
        piles.setdefault(str(x), [x, [], ""])[1].append(y)
    for _, parts, _ in piles.values():
        check_stack(parts, grouping)
    return [[x, sum_values(parts), ""] for x, parts, _ in piles.values() if is_number(sum_values(parts))]


def check_stack(parts: Sequence[float], grouping: Grouping) -> None:
    """Refuse bars on each other whose height one bar does not show: means, or parts above and below zero.

    Raises:
        NotDrawable
    """
    summable = ("sum",) if grouping.is_stacked else ("sum", "count")
    if len(parts) > 1 and (grouping.function not in summable or min(parts) < 0 < max(parts)):
        raise NotDrawable


def compute_bin_start(value: Any, step: float) -> float | None:
    """Where the bin of a value begins; bins begin at multiples of their width."""
    if not is_number(value):
        return None
    start = math.floor(value / step) * step
    return float(f"{start:.12g}") if isinstance(start, float) else start
