"""Validation of numbers: finite, and in the range that every JSON parser accepts. Pure."""

import math
from typing import Any

MAX_NUMBER = 1e300


def is_sendable_number(value: Any) -> bool:
    """Is this a number (not a boolean) that a form can render and parse again, see numbers.parse_number_text?"""
    return is_number(value) and abs(value) < MAX_NUMBER and math.isfinite(value)


def is_number(value: Any) -> bool:
    """Is this an int or a float, but not a boolean?"""
    return isinstance(value, int | float) and not isinstance(value, bool)
