"""The axes of a drawing: scales, round numbers on them, and the words beside them. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from hfcourse.runs.values.value_types import is_number
from hfcourse.text.typography import NARROW_NO_BREAK, format_number

MAX_LABEL_CHARACTERS, MAX_TICK_CHARACTERS = 14, 30
ROUND_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class AxisTick:
    """A mark of an axis: where, and what it says."""

    position: float
    text: str


@dataclass(frozen=True)
class AxisScale:
    """Where a number stands on an axis that goes from `start` to `end` of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def make_axis(
    values: Sequence[float], start: float, end: float, is_round: bool = True
) -> tuple[AxisScale, list[float]]:
    """A scale that holds every value, and some round numbers on it (or equal parts, where round ones mean nothing)."""
    low, high = float(min(values)), float(max(values))
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-200):  # too near to each other for a float to count between
        spread = abs(high) if abs(high) > 1e-200 else 1
        low, high = low - spread / 2, high + spread / 2
    if not is_round:
        return AxisScale(low, high, start, end), [low + (high - low) * part / 4 for part in range(5)]
    step = find_round_step((high - low) / 4)
    if step < 1 and all(isinstance(each, int) for each in values):  # half a year is no year
        step = 1.0
    first, last = math.floor(low / step), math.ceil(high / step)
    digits = 1 - math.floor(math.log10(step))  # a step has two digits at most
    ticks = [round(each * step, digits) for each in range(first, last + 1)]
    return AxisScale(first * step, last * step, start, end), ticks


def find_round_step(least: float) -> float:
    """The first of 1, 2, 2,5, 5, 10… that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in ROUND_STEPS if step * power >= least * 0.999)


def format_ticks(ticks: Sequence[float]) -> list[str]:
    """The numbers beside an axis; none of them where they are too long to stand there."""
    texts = [format_axis_number(tick) for tick in ticks]
    return texts if max(map(len, texts)) <= MAX_TICK_CHARACTERS else [""] * len(texts)


def format_axis_number(value: float) -> str:
    """A number beside an axis: a year is written in one piece."""
    return format_number(value).replace(NARROW_NO_BREAK, "") if abs(value) < 1e4 else format_number(value)


def decimate_ticks(ticks: tuple[AxisTick, ...]) -> tuple[AxisTick, ...]:
    """As many words as stand side by side without touching."""
    every = -(-len(ticks) * max((len(tick.text) for tick in ticks), default=1) // 72)
    return ticks[:: max(1, every)]


def format_axis_label(value: Any) -> str:
    """A word for under an axis; a number is not cut where it would be another."""
    if is_number(value):
        return format_axis_number(value)[:MAX_TICK_CHARACTERS]
    text = str(value)
    return text if len(text) <= MAX_LABEL_CHARACTERS else text[: MAX_LABEL_CHARACTERS - 1] + "…"


def format_axis_date(milliseconds: float, has_time: bool = False) -> str:
    """A moment as a date, 29/02/2024, or 29/02 14:02:00; as a number, where no calendar has it."""
    written = "%d/%m %H:%M:%S" if has_time else "%d/%m/%Y"
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime(written).removesuffix(":00")
    except (ValueError, OverflowError, OSError):
        return format_number(milliseconds)


def format_table_date(milliseconds: Any) -> Any:
    """2024-02-29, or 2024-02-29 14:02:00, which a table can sort; what no calendar has stays as it is."""
    if not is_number(milliseconds):
        return milliseconds
    try:
        at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return milliseconds
    return f"{at:%Y-%m-%d}" if at.time() == time.min else f"{at:%Y-%m-%d %H:%M:%S}"
