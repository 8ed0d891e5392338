"""Numbers in the fields of a form: written for a person, and read back as they were."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.numbers import (
    format_decimal,
    format_scalar,
    parse_number,
    parse_number_text,
    parse_slider,
)


def parameter(**named: object) -> Parameter:
    given = {"name": "a", "label": "A", "component": "number", "schema": {"type": "number"}}
    return Parameter(**(given | named))  # type: ignore[arg-type]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300))
def test_number_written_in_a_field_is_read_back_without_exponent(value: float) -> None:
    written = format_decimal(value)
    assert re.fullmatch(r"-?\d+(,\d+)?", written)
    assert parse_number_text(written) == value


@given(st.floats(min_value=2**53, allow_infinity=False))
def test_float_beyond_exact_integers_stays_a_float(value: float) -> None:
    assert isinstance(parse_number_text(format_decimal(value)), float)


@pytest.mark.parametrize(
    ("value", "text"), [(3e-07, "0.0000003"), (2.0, "2"), (2.5, "2.5"), ("3e-07", "3e-07"), (True, "true"), (7, "7")]
)
def test_scalar_in_a_field_has_all_its_digits(value: object, text: str) -> None:
    assert format_scalar(value) == text


@pytest.mark.parametrize(
    ("parse", "bounds", "typed", "said"),
    [
        (parse_number, {"minimum": 1e-11}, "0", "Écrivez un nombre d’au moins 0,00000000001."),
        (parse_number, {"maximum": 12345678.5}, "1e9", "Écrivez un nombre d’au plus 12 345 678,5."),
        (parse_slider, {"minimum": 3e-07, "maximum": 0.01}, "1", "Choisissez un nombre entre 0,0000003 et 0,01."),
    ],
)
def test_bound_that_is_exceeded_is_told_with_all_its_digits(parse, bounds, typed: str, said: str) -> None:
    with pytest.raises(InvalidValue) as wrong:
        parse(parameter(**bounds), [typed])
    assert str(wrong.value) == said.replace("12 345 678", "12\u202f345\u202f678")
