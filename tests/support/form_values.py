"""Parameters of a form, and the message that refuses a value."""

from typing import Any

import pytest

from hfcourse.spaces.schema.field_errors import InvalidValue
from hfcourse.spaces.schema.parameters.parameter import Parameter
from hfcourse.spaces.schema.values.value_parsers import parse_value


def make_parameter(component: str, **parts: Any) -> Parameter:
    """Return the parameter `x`, labelled X, of this component."""
    return Parameter(name="x", label="X", component=component, **parts)


def parse_invalid(parameter: Parameter, *texts: str) -> str:
    """Return the message that refuses these texts of a form."""
    with pytest.raises(InvalidValue) as caught:
        parse_value(parameter, texts)
    return str(caught.value)
