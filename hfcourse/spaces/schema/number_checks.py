"""Numbers that a form can send: finite, and within what every JSON reader takes. Pure."""

import math
from typing import Any

MAX_NUMBER = 1e300


def is_sendable_number(value: Any) -> bool:
    """Is this a number (no boolean) that a form can show and send back, see numbers.parse_number_text?"""
    return is_number(value) and abs(value) < MAX_NUMBER and math.isfinite(value)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
