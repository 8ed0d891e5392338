"""Line, bar or scatter plot of Gradio as mark positions in a drawing of 640 by 320. Pure."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfcourse.runs.outputs.aggregation import (
    AGGREGATE_LABELS,
    Grouping,
    NotDrawable,
    PlotColumns,
    choose_grouping,
    compute_bin_start,
    group_rows,
)
from hfcourse.runs.outputs.chart_axes import (
    AxisTick,
    decimate_ticks,
    format_axis_date,
    format_axis_label,
    format_ticks,
    make_axis,
)
from hfcourse.runs.values.value_types import is_drawable_number
from hfcourse.text.typography import format_number

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 40
MAX_POINTS, MAX_BARS, MAX_SERIES = 600, 24, 4
MAX_AXIS_TITLE_CHARACTERS = 60
TICK_GAP, CHARACTER_WIDTH = 16, 7.2  # in the units of the drawing, for the labels of the y axis
DAY_MILLISECONDS = 86_400_000


@dataclass(frozen=True)
class ChartSeries:
    """Points of one name ('' if there is one series only), in the units of the drawing."""

    name: str
    points: tuple[tuple[float, float], ...]

    @property
    def path(self) -> str:
        """Return the points in the syntax of an SVG polyline."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True)
class Chart:
    """Drawing: `mark` is line, bar or point; `baseline` is the y of bars, `bar_width` their width.

    `is_part` means that some values are omitted; `left` is the x of the y axis, which leaves room
    for its numbers.
    """

    mark: str
    x_title: str
    y_title: str
    x_ticks: tuple[AxisTick, ...]
    y_ticks: tuple[AxisTick, ...]
    series: tuple[ChartSeries, ...]
    baseline: float
    bar_width: float
    low: str
    high: str
    count: int
    is_part: bool
    left: float


@dataclass(frozen=True)
class ChartPlan:
    """Specification of a chart: its mark, the titles of its axes and the type of x.

    `is_categorical`: x are texts; `is_temporal`: x are milliseconds since 1970; `bin_width` is the
    width of bins.
    """

    mark: str
    x_title: str
    y_title: str
    is_categorical: bool
    is_temporal: bool
    bin_width: float | None

    def format_category(self, value: Any) -> str:
        """Format an x below a categorical axis: a bin as a range, or as its start if temporal."""
        if self.is_temporal and is_drawable_number(value):
            return format_axis_date(value, has_time=bool(self.bin_width and self.bin_width % DAY_MILLISECONDS))
        if not self.bin_width:
            return format_axis_label(value)
        end = compute_bin_start(value + self.bin_width * 1.5, self.bin_width)
        return f"{format_axis_label(value)} à {format_axis_label(end)}"


def build_chart(value: Mapping[str, Any], hints: Mapping[str, str]) -> Chart | None:
    """Return the drawing of `{"columns", "data", "datatypes", "mark"}`, None if it is uncertain.

    `hints` may name the columns for `x`, `y` and `color`, and how y is aggregated (`y_aggregate`,
    `x_bin`); the default is the first column for x, the next one with numbers for y.
    """
    mark = value["mark"] if value["mark"] in ("line", "bar") else "point"
    kinds = value.get("datatypes")
    columns = choose_columns(value, hints)
    if columns is None:
        return None
    kind = kinds.get(value["columns"][columns.x]) if isinstance(kinds, dict) else None
    try:
        grouping = choose_grouping(mark, kind, hints)
        rows, is_cut = select_rows(value["data"], columns, grouping, mark)
    except NotDrawable:
        return None
    is_named = mark == "bar" or kind == "nominal"
    rows = [row for row in rows if is_named or is_drawable_number(row[0])]
    titles = [value["columns"][place][:MAX_AXIS_TITLE_CHARACTERS] for place in (columns.x, columns.y)]
    if function := grouping and hints.get("y_aggregate"):
        titles[1] += f" ({AGGREGATE_LABELS[function]})"
    plan = ChartPlan(mark, titles[0], titles[1], is_named, kind == "temporal", grouping.step if grouping else None)
    return draw_chart(plan, rows, is_cut) if rows else None


def choose_columns(value: Mapping[str, Any], hints: Mapping[str, str]) -> PlotColumns | None:
    """Return the columns of x, y and the colour, None if no column has numbers for y."""
    names, rows = value["columns"], value["data"]
    x = names.index(hints["x"]) if hints.get("x") in names else 0
    y = names.index(hints["y"]) if hints.get("y") in names else find_numeric_column(names, rows, x)
    colour = names.index(hints["color"]) if hints.get("color") in names else None
    return None if y is None else PlotColumns(x, y, None if colour == x else colour)


def select_rows(
    data: Sequence[Sequence[Any]], columns: PlotColumns, grouping: Grouping | None, mark: str
) -> tuple[list[list[Any]], bool]:
    """Return the rows (x, y, colour) to draw, and whether rows were omitted.

    Raises:
        NotDrawable
    """
    if grouping:
        return group_rows(data, columns, grouping, has_stacked_colours=mark == "bar"), False
    x, y, colour = columns.x, columns.y, columns.colour
    last = max(x, y, colour or 0)
    rows = [
        [row[x], row[y], "" if colour is None else row[colour]]
        for row in data[: 10 * MAX_POINTS]
        if len(row) > last and is_drawable_number(row[y])
    ]
    return rows, len(data) > 10 * MAX_POINTS


def find_numeric_column(columns: Sequence[str], rows: Sequence[Sequence[Any]], x: int) -> int | None:
    """Return the first column other than x that has a number in its first rows."""
    for place in range(len(columns)):
        if place != x and any(len(row) > place and is_drawable_number(row[place]) for row in rows[:20]):
            return place
    return None


def place_on_x_axis(plan: ChartPlan, values: Sequence[Any], left: float) -> tuple[tuple[AxisTick, ...], list[float]]:
    """Return the x axis and the position of each value; a categorical one has MAX_BARS keys at most."""
    if plan.is_categorical:
        return make_category_axis([str(each) for each in values], [plan.format_category(each) for each in values], left)
    if plan.bin_width:  # Vega-Lite places a point in the middle of its bin
        values = [each + plan.bin_width / 2 for each in values]
    return make_numeric_axis(values, plan.is_temporal, left)


def make_numeric_axis(
    values: Sequence[float], is_moment: bool, left: float
) -> tuple[tuple[AxisTick, ...], list[float]]:
    """Build an axis of numbers or times (milliseconds since 1970), with the position of each value."""
    scale, ticks = make_axis(values, left, WIDTH - RIGHT, is_round=not is_moment)
    words = [format_axis_date(each) for each in ticks] if is_moment else format_ticks(ticks)
    return decimate_ticks(tuple(map(AxisTick, map(scale, ticks), words))), list(map(scale, values))


def make_category_axis(
    keys: Sequence[str], words: Sequence[str], left: float
) -> tuple[tuple[AxisTick, ...], list[float]]:
    """Build a categorical axis, one position per key, with the position of each value.

    Keys are distinct from labels: two long labels may be truncated to the same text.
    """
    order = {key: place for place, key in enumerate(dict.fromkeys(keys)) if place < MAX_BARS}
    breadth = (WIDTH - left - RIGHT) / max(1, len(order))
    middle = {key: round(left + breadth * (place + 0.5), 1) for key, place in order.items()}
    shown = itertools.takewhile(middle.__contains__, keys)
    ticks = {middle[key]: word for key, word in zip(keys, words, strict=True) if key in middle}
    return decimate_ticks(tuple(AxisTick(at, word) for at, word in ticks.items())), [middle[key] for key in shown]


def draw_chart(plan: ChartPlan, rows: Sequence[Sequence[Any]], is_cut: bool) -> Chart:
    """Build the chart of these rows (x, y, colour), a series for each colour."""
    xs = [row[0] for row in rows[:MAX_POINTS]]
    shown = rows[: len(place_on_x_axis(plan, xs, LEFT)[1])]
    values = [row[1] for row in shown]
    scale, ticks = make_axis([*values, 0] if plan.mark == "bar" else values, HEIGHT - BOTTOM, TOP)
    texts = format_ticks(ticks)
    left = max(LEFT, TICK_GAP + CHARACTER_WIDTH * max(map(len, texts)))
    x_ticks, places = place_on_x_axis(plan, xs, left)
    series: dict[str, list[tuple[float, float]]] = {}
    for row, place in zip(shown, places, strict=True):
        name = str(row[2])[:MAX_AXIS_TITLE_CHARACTERS]
        if name in series or len(series) < MAX_SERIES:
            series.setdefault(name, []).append((place, scale(row[1])))
    count = sum(map(len, series.values()))
    return Chart(
        mark=plan.mark,
        x_title=plan.x_title,
        y_title=plan.y_title,
        x_ticks=x_ticks,
        y_ticks=tuple(map(AxisTick, map(scale, ticks), texts)),
        series=tuple(
            ChartSeries(name, tuple(sorted(each) if plan.mark == "line" else each)) for name, each in series.items()
        ),
        baseline=scale(0) if plan.mark == "bar" else HEIGHT - BOTTOM,
        bar_width=round((WIDTH - left - RIGHT) / len(set(places)) * 0.7, 1),
        low=format_number(min(values)),
        high=format_number(max(values)),
        count=len(values),
        is_part=is_cut or count < len(rows),
        left=left,
    )
