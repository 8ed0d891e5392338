"""Short text form of any value, for a cell, a caption or a label. Pure."""

import json
from typing import Any

from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.text.typography import expand_exponents, format_number

MAX_BRIEF_CHARACTERS = 300


def format_brief_value(value: Any, characters: int = MAX_BRIEF_CHARACTERS) -> str:
    """Format any value briefly: text unchanged, '' for null, numbers and booleans in French, else JSON."""
    if value is None or isinstance(value, str):
        text = value or ""
    elif isinstance(value, bool):
        text = "vrai" if value else "faux"
    elif isinstance(value, int | float):
        text = format_number(value)
    else:
        text = expand_exponents(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= characters else text[:characters] + "…"


def charge_digits(value: float, allowance: TextAllowance) -> float:
    """Charge the digits of a number to the allowance beyond those of ordinary ones (1e-300 has 300).

    Returns:
        The number.
    """
    if value and not 1e-15 < abs(value) < 1e15:
        allowance.remaining -= len(format_number(value))
    return value
