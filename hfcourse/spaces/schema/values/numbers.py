"""Numbers as people type them in French, and within which bounds a Space takes them. Pure."""

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
    """A number written the French way or not; `int` where it is whole.

    gr.Number refuses what is out of its bounds (`raise_if_out_of_bounds`), so we do. With `precision=0` it rounds:
    2,5 is sent. Only a type that is whole by its schema alone (a Python `int`) has nothing that rounds.
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
    return json_schema.get_schema_type(parameter.resolved_schema) == "integer"


def parse_number_text(text: str) -> int | float | None:
    """The number that `text` writes, None if it is empty."""
    written = SPACES_PATTERN.sub("", text)
    if not written:
        return None
    if len(written) > MAX_NUMBER_CHARACTERS:
        raise InvalidValue("Ce nombre a trop de chiffres : écrivez-en un plus court.")
    if not NUMBER_PATTERN.fullmatch(written):
        raise InvalidValue("Écrivez un nombre, par exemple 3 ou 2,5.")
    value = float(written.replace(",", "."))
    if not math.isfinite(value):
        raise InvalidValue("Ce nombre est trop grand : choisissez-en un plus petit.")
    if re.fullmatch(r"[+-]?[0-9]{1,309}", written):  # exactly as typed: a float keeps sixteen digits
        return int(written)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def parse_slider(parameter: Parameter, texts: Sequence[str]) -> int | float | None:
    """A number within the slider's bounds, which the Space enforces too (as those of gr.Number)."""
    value = parse_number_text(texts[0])
    low, high = get_slider_bounds(parameter)
    if value is not None and not low <= value <= high:
        raise InvalidValue(f"Choisissez un nombre entre {format_number(low)} et {format_number(high)}.")
    return value


def get_slider_bounds(parameter: Parameter) -> tuple[float, float]:
    """The ends of a slider: Gradio's are 0 and 100 where the author gives none."""
    low = 0 if parameter.minimum is None else parameter.minimum
    return low, 100 if parameter.maximum is None else parameter.maximum


def clamp_to_slider(parameter: Parameter, value: float) -> float:
    """A slider's default may lie outside its own bounds."""
    low, high = get_slider_bounds(parameter)
    return min(high, max(low, value))


def format_decimal(value: float) -> str:
    """A number as one types it in French: a comma, no spaces."""
    return format_scalar(value).replace(".", ",")


def format_scalar(value: Any) -> str:
    """A scalar as a field shows it; a number with all its digits, never in scientific notation.

    A float beyond 2**53 ends in `.0`: without it, the text would be read as an `int`.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return expand_exponent(value) + (".0" if abs(value) >= 2**53 else "")
    return json.dumps(value, ensure_ascii=False)
