"""Parser, validator and formatter of numbers in French notation. Pure."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from hfcourse.spaces.schema import json_schema
from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.text_limits import MAX_NUMBER_CHARACTERS
from hfcourse.text.typography import expand_exponent, format_number

NUMBER_PATTERN = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
SPACES_PATTERN = re.compile(r"[\s\u00a0\u202f]")


def parse_number(parameter: Parameter, texts: Sequence[str]) -> int | float | None:
    """Parse a number with a decimal comma or point; an `int` if it is whole, None if the text is empty.

    A number out of bounds is rejected, as by gr.Number (`raise_if_out_of_bounds`). With `precision=0` gr.Number
    rounds, so 2,5 is accepted. Only an integer by the schema alone (a Python `int`) is not rounded.

    Raises:
        InvalidValue: the text is not a number, or it is out of bounds.
    """
    value = parse_number_text(texts[0])
    if value is None:
        return None
    is_whole = parameter.component not in ("number", "slider") and is_integer_parameter(parameter)
    if is_whole and not float(value).is_integer():
        raise InvalidValue("Écrivez un nombre entier.")
    if parameter.minimum is not None and value < parameter.minimum:
        raise InvalidValue(f"Écrivez un nombre d’au moins {format_number(parameter.minimum)}.")
    if parameter.maximum is not None and value > parameter.maximum:
        raise InvalidValue(f"Écrivez un nombre d’au plus {format_number(parameter.maximum)}.")
    return value


def is_integer_parameter(parameter: Parameter) -> bool:
    """Is the schema of this parameter an integer?"""
    return json_schema.get_schema_type(parameter.resolved_schema) == "integer"


def parse_number_text(text: str) -> int | float | None:
    """Parse a number, None if the text is empty; raise InvalidValue if it is malformed or too large."""
    digits = SPACES_PATTERN.sub("", text)
    if not digits:
        return None
    if len(digits) > MAX_NUMBER_CHARACTERS:
        raise InvalidValue("Ce nombre a trop de chiffres : écrivez-en un plus court.")
    if not NUMBER_PATTERN.fullmatch(digits):
        raise InvalidValue("Écrivez un nombre, par exemple 3 ou 2,5.")
    value = float(digits.replace(",", "."))
    if not math.isfinite(value):
        raise InvalidValue("Ce nombre est trop grand : choisissez-en un plus petit.")
    if re.fullmatch(r"[+-]?[0-9]{1,309}", digits):  # exact: a float has only sixteen digits
        return int(digits)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def parse_slider(parameter: Parameter, texts: Sequence[str]) -> int | float | None:
    """Parse a number within the bounds of the slider, which the Space enforces too (as those of gr.Number)."""
    value = parse_number_text(texts[0])
    low, high = get_slider_bounds(parameter)
    if value is not None and not low <= value <= high:
        raise InvalidValue(f"Choisissez un nombre entre {format_number(low)} et {format_number(high)}.")
    return value


def get_slider_bounds(parameter: Parameter) -> tuple[float, float]:
    """Return the bounds of a slider; Gradio's defaults are 0 and 100."""
    low = 0 if parameter.minimum is None else parameter.minimum
    return low, 100 if parameter.maximum is None else parameter.maximum


def clamp_to_slider(parameter: Parameter, value: float) -> float:
    """Clamp a value to the bounds of a slider, as its default may be outside of them."""
    low, high = get_slider_bounds(parameter)
    return min(high, max(low, value))


def format_decimal(value: float) -> str:
    """Format a number in French notation: a decimal comma, no spaces."""
    return format_scalar(value).replace(".", ",")


def format_scalar(value: Any) -> str:
    """Format a scalar for a field; a number with all its digits, without scientific notation.

    A float beyond 2**53 ends in `.0`, as the text would otherwise be parsed as an `int`.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return expand_exponent(value) + (".0" if abs(value) >= 2**53 else "")
    return json.dumps(value, ensure_ascii=False)
