"""Axes of a chart: scales, round ticks and their labels. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from hfcourse.runs.values.value_types import is_drawable_number
from hfcourse.text.typography import NARROW_NO_BREAK, format_number

MAX_LABEL_CHARACTERS, MAX_TICK_CHARACTERS = 14, 30
ROUND_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class AxisTick:
    """Tick of an axis: position and label."""

    position: float
    text: str


@dataclass(frozen=True)
class AxisScale:
    """Linear scale from values to positions between `start` and `end` of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def make_axis(
    values: Sequence[float], start: float, end: float, is_round: bool = True
) -> tuple[AxisScale, list[float]]:
    """Return a scale that includes every value, and its ticks: round numbers, or equal parts if not `is_round`."""
    low, high = float(min(values)), float(max(values))
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-200):  # too close for distinct floats in between
        spread = abs(high) if abs(high) > 1e-200 else 1
        low, high = low - spread / 2, high + spread / 2
    if not is_round:
        return AxisScale(low, high, start, end), [low + (high - low) * part / 4 for part in range(5)]
    step = find_round_step((high - low) / 4)
    if step < 1 and all(isinstance(each, int) for each in values):  # no fractional years
        step = 1.0
    first, last = math.floor(low / step), math.ceil(high / step)
    digits = 1 - math.floor(math.log10(step))  # a step has two digits at most
    ticks = [round(each * step, digits) for each in range(first, last + 1)]
    return AxisScale(first * step, last * step, start, end), ticks


def find_round_step(least: float) -> float:
    """Return the first of 1, 2, 2.5, 5, 10… times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in ROUND_STEPS if step * power >= least * 0.999)


def format_ticks(ticks: Sequence[float]) -> list[str]:
    """Format the numbers of an axis; return empty labels if one is too long."""
    texts = [format_axis_number(tick) for tick in ticks]
    return texts if max(map(len, texts)) <= MAX_TICK_CHARACTERS else [""] * len(texts)


def format_axis_number(value: float) -> str:
    """Format a number of an axis; up to four digits without a separator, as a year."""
    return format_number(value).replace(NARROW_NO_BREAK, "") if abs(value) < 1e4 else format_number(value)


def decimate_ticks(ticks: tuple[AxisTick, ...]) -> tuple[AxisTick, ...]:
    """Drop ticks so that the labels do not overlap."""
    every = -(-len(ticks) * max((len(tick.text) for tick in ticks), default=1) // 72)
    return ticks[:: max(1, every)]


def format_axis_label(value: Any) -> str:
    """Format a label below an axis; numbers are not truncated like texts, which would change them."""
    if is_drawable_number(value):
        return format_axis_number(value)[:MAX_TICK_CHARACTERS]
    text = str(value)
    return text if len(text) <= MAX_LABEL_CHARACTERS else text[: MAX_LABEL_CHARACTERS - 1] + "…"


def format_axis_date(milliseconds: float, has_time: bool = False) -> str:
    """Format a time as a date, 29/02/2024, or 29/02 14:02:00; as a number if out of the calendar's range."""
    written = "%d/%m %H:%M:%S" if has_time else "%d/%m/%Y"
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime(written).removesuffix(":00")
    except (ValueError, OverflowError, OSError):
        return format_number(milliseconds)


def format_table_date(milliseconds: Any) -> Any:
    """Format a time as 2024-02-29, or 2024-02-29 14:02:00, which sorts; unchanged if out of range."""
    if not is_drawable_number(milliseconds):
        return milliseconds
    try:
        at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return milliseconds
    return f"{at:%Y-%m-%d}" if at.time() == time.min else f"{at:%Y-%m-%d %H:%M:%S}"
