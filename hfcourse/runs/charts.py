"""A line, bar or scatter plot of Gradio, as the places of its marks in a drawing of 640 by 320. Pure."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from hfcourse.runs.shapes import is_number
from hfcourse.typography import number

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 40
MOST_POINTS, MOST_BARS, MOST_SERIES = 600, 24, 4
LABEL_CHARACTERS, TITLE_CHARACTERS = 14, 60
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Point:
    """A value: where it stands across, in the units of the drawing, and the name of its series."""

    name: str
    x: float
    value: float


@dataclass(frozen=True)
class Series:
    """Points of one name ('' if there is one series only), in the units of the drawing."""

    name: str
    points: tuple[tuple[float, float], ...]

    @property
    def path(self) -> str:
        """The points as SVG writes a line."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


@dataclass(frozen=True)
class Chart:
    """What is drawn: `mark` is line, bar or point; `base` is where bars stand, `breadth` how wide they are.

    `is_part` says that there are values besides, which the drawing has no room for.
    """

    mark: str
    x: str
    y: str
    across: tuple[Tick, ...]
    upward: tuple[Tick, ...]
    series: tuple[Series, ...]
    base: float
    breadth: float
    low: str
    high: str
    count: int
    is_part: bool


@dataclass(frozen=True)
class Scale:
    """Where a number stands on an axis that goes from `start` to `end` of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def chart(value: Mapping[str, Any], hints: Mapping[str, str]) -> Chart | None:
    """The drawing of `{"columns", "data", "datatypes", "mark"}`, None where there is nothing to draw.

    `hints` may name the columns for `x`, `y` and `color`; else the first stands for x, the next with numbers for y.
    """
    columns, rows = value["columns"], value["data"][: 10 * MOST_POINTS]
    mark = value["mark"] if value["mark"] in ("line", "bar") else "point"
    x = columns.index(hints["x"]) if hints.get("x") in columns else 0
    y = columns.index(hints["y"]) if hints.get("y") in columns else numeric_column(columns, rows, x)
    if y is None:
        return None
    colour = columns.index(hints["color"]) if mark != "bar" and hints.get("color") in columns else x
    kept = [row for row in rows if len(row) > max(x, y, colour) and is_number(row[y])]
    kinds = value.get("datatypes")
    kind = kinds.get(columns[x]) if isinstance(kinds, dict) else None
    if mark == "bar" or kind == "nominal":
        kept = summed(kept, x, y) if mark == "bar" else kept
        across, placed = named([row[x] for row in kept[:MOST_POINTS]], kind == "temporal")
    else:
        kept = [row for row in kept if is_number(row[x])]
        across, placed = measured([row[x] for row in kept[:MOST_POINTS]], kind == "temporal")
    names = ["" if colour == x else str(row[colour])[:TITLE_CHARACTERS] for row in kept]
    points = [Point(name, at, row[y]) for name, at, row in zip(names, placed, kept, strict=False)]
    is_part = len(points) < len(kept) or len(rows) < len(value["data"])
    return (
        drawn(mark, (columns[x][:TITLE_CHARACTERS], columns[y][:TITLE_CHARACTERS]), across, points, is_part)
        if points
        else None
    )


def numeric_column(columns: Sequence[str], rows: Sequence[Sequence[Any]], x: int) -> int | None:
    """The first column but x that has a number in its first rows."""
    for place in range(len(columns)):
        if place != x and any(len(row) > place and is_number(row[place]) for row in rows[:20]):
            return place
    return None


def summed(rows: Sequence[Sequence[Any]], x: int, y: int) -> list[list[Any]]:
    """One row for each x, whose y is the sum of theirs, as Gradio piles bars of one place up; in their order."""
    totals: dict[str, list[Any]] = {}
    for row in rows:
        total = totals.setdefault(str(row[x]), [*row[:y], 0, *row[y + 1 :]])
        total[y] += row[y]
    return [row for row in totals.values() if is_number(row[y])]


def measured(values: Sequence[float], is_moment: bool) -> tuple[tuple[Tick, ...], list[float]]:
    """An axis of numbers or moments (milliseconds since 1970), and where each value stands."""
    if not values:
        return (), []
    scale, ticks = axis(values, LEFT, WIDTH - RIGHT, is_round=not is_moment)
    return tuple(Tick(scale(each), day(each) if is_moment else figure(each)) for each in ticks), list(
        map(scale, values)
    )


def named(values: Sequence[Any], is_moment: bool) -> tuple[tuple[Tick, ...], list[float]]:
    """An axis of words, one place for each different one, and where each value stands."""
    words = [day(each) if is_moment and is_number(each) else short(each) for each in values]
    order = {word: place for place, word in enumerate(dict.fromkeys(words)) if place < MOST_BARS}
    breadth = (WIDTH - LEFT - RIGHT) / max(1, len(order))
    middle = {word: round(LEFT + breadth * (place + 0.5), 1) for word, place in order.items()}
    shown = itertools.takewhile(middle.__contains__, words)
    return thinned(tuple(Tick(at, word) for word, at in middle.items())), [middle[word] for word in shown]


def drawn(
    mark: str, titles: tuple[str, str], across: tuple[Tick, ...], points: Sequence[Point], is_part: bool
) -> Chart:
    """The chart of these points, a series for each name."""
    values = [point.value for point in points]
    scale, ticks = axis([*values, 0] if mark == "bar" else values, HEIGHT - BOTTOM, TOP)
    series: dict[str, list[tuple[float, float]]] = {}
    for point in points:
        if point.name in series or len(series) < MOST_SERIES:
            series.setdefault(point.name, []).append((point.x, scale(point.value)))
    return Chart(
        mark=mark,
        x=titles[0],
        y=titles[1],
        across=across,
        upward=tuple(Tick(scale(each), figure(each)) for each in ticks),
        series=tuple(Series(name, tuple(sorted(each) if mark == "line" else each)) for name, each in series.items()),
        base=scale(0) if mark == "bar" else HEIGHT - BOTTOM,
        breadth=round((WIDTH - LEFT - RIGHT) / len({point.x for point in points}) * 0.7, 1),
        low=number(min(values)),
        high=number(max(values)),
        count=len(values),
        is_part=is_part or sum(len(each) for each in series.values()) < len(points),
    )


def axis(values: Sequence[float], start: float, end: float, is_round: bool = True) -> tuple[Scale, list[float]]:
    """A scale that holds every value, and some round numbers on it (or equal parts, where round ones mean nothing)."""
    low, high = float(min(values)), float(max(values))
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-200):  # too near to each other for a float to count between
        spread = abs(high) if abs(high) > 1e-200 else 1
        low, high = low - spread / 2, high + spread / 2
    if not is_round:
        return Scale(low, high, start, end), [low + (high - low) * part / 4 for part in range(5)]
    step = round_step((high - low) / 4)
    if step < 1 and all(isinstance(each, int) for each in values):  # half a year is no year
        step = 1.0
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = [round(each * step, 12) for each in range(first, last + 1)]
    return Scale(first * step, last * step, start, end), ticks


def round_step(least: float) -> float:
    """The first of 1, 2, 2,5, 5, 10… that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in STEPS if step * power >= least * 0.999)


def figure(value: float) -> str:
    """A number beside an axis: a year is written in one piece, a very large or small number by its power of ten."""
    if value == 0 or 1e-4 <= abs(value) < 1e4:
        return f"{value:.6g}".replace(".", ",")
    return number(value) if 1e4 <= abs(value) < 1e7 else f"{value:.3g}".replace(".", ",")


def thinned(ticks: tuple[Tick, ...]) -> tuple[Tick, ...]:
    """As many words as stand side by side without touching."""
    every = -(-len(ticks) * max((len(tick.text) for tick in ticks), default=1) // 72)
    return ticks[:: max(1, every)]


def short(value: Any) -> str:
    """A word for under an axis."""
    text = figure(value) if is_number(value) else str(value)
    return text if len(text) <= LABEL_CHARACTERS else text[: LABEL_CHARACTERS - 1] + "…"


def day(milliseconds: float) -> str:
    """A moment as a date: 29/02/2024; as a number, where no calendar has it."""
    try:
        return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%d/%m/%Y}"
    except (ValueError, OverflowError, OSError):
        return number(milliseconds)


def dated(milliseconds: Any) -> Any:
    """2024-02-29, or 2024-02-29 14:02:00, which a table can sort; what no calendar has stays as it is."""
    if not is_number(milliseconds):
        return milliseconds
    try:
        at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return milliseconds
    return f"{at:%Y-%m-%d}" if at.time() == time.min else f"{at:%Y-%m-%d %H:%M:%S}"
