"""What a student typed to start a series, as posted: `series` validates it and creates the runs."""

from dataclasses import dataclass

from flask import request

from hfcourse import tokens
from hfcourse.spaces.form.error_summary import FieldError
from hfcourse.spaces.form.fields import Field
from hfcourse.spaces.form.forms import Form
from hfcourse.text.line_endings import normalize_line_endings

SERIES_CONTROLS = {"text", "number", "slider", "select", "radio", "checkbox", "color", "datetime"}
SERIES_PREFIX, PARAMETER_FIELD, VALUES_FIELD = "serie-", "serie-parametre", "serie-valeurs"
SERIES_LABEL = "Série"
MAX_SERIES_TEXT_CHARACTERS = 200_000


@dataclass(frozen=True)
class SeriesInput:
    """Content of the part of a form that starts a series.

    Attributes:
        parameter: the name of the parameter that varies.
        text: its values, as typed.
        errors: why the series was refused, a sentence for each invalid value.
        sent_count: how many values are runs already; they are no longer in `text`.
        table_url: of the table of these runs.
    """

    parameter: str = ""
    text: str = ""
    errors: tuple[str, ...] = ()
    sent_count: int = 0
    table_url: str = ""

    @property
    def field_errors(self) -> list[FieldError]:
        """Return the lines of the error summary, which lead to the list of values."""
        return [FieldError(SERIES_LABEL, each, VALUES_FIELD) for each in self.errors]

    @property
    def lines(self) -> list[str]:
        """Return the values, blank lines left out; spaces around a text belong to it."""
        return [line for line in self.text.split("\n") if line.strip()]


def read_series_input() -> SeriesInput:
    """Read what the posted form has of a series; it is empty if nothing is posted."""
    text = request.form.get(VALUES_FIELD, "")[:MAX_SERIES_TEXT_CHARACTERS]
    return SeriesInput(request.form.get(PARAMETER_FIELD, ""), normalize_line_endings(tokens.mask_tokens(text)))


def list_series_fields(form: Form) -> list[Field]:
    """Return the fields whose values can be written one per line."""
    return [each for each in form.fields if each.control in SERIES_CONTROLS and each.parameter.is_shown]
