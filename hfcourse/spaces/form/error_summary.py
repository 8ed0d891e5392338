"""The error summary of a refused form: each fault again, in a link to the control that it is about. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfcourse.spaces.form.fields import Field
    from hfcourse.spaces.form.forms import Form

MAX_LISTED_ERRORS = 20


@dataclass(frozen=True)
class FieldError:
    """One line of the summary. `control_id` is the id of the control that the line links to."""

    label: str
    message: str
    control_id: str


@dataclass(frozen=True)
class ErrorSummary:
    """The first faults of a form, in the order of its parameters, and how many there are in all."""

    errors: tuple[FieldError, ...]
    total_count: int

    @property
    def unlisted_count(self) -> int:
        """How many faults are not listed."""
        return self.total_count - len(self.errors)


def summarize_errors(form: "Form") -> ErrorSummary:
    """List the faults of the form, MAX_LISTED_ERRORS at most; each wrong cell of a table is a fault of its own."""
    faults = tuple(
        islice((fault for entry in form.invalid_fields for fault in list_field_errors(entry)), MAX_LISTED_ERRORS)
    )
    return ErrorSummary(faults, sum(max(1, len(entry.cell_errors)) for entry in form.invalid_fields))


def list_field_errors(entry: "Field") -> Iterator[FieldError]:
    """Yield the faults of one field that has an error."""
    label = entry.parameter.label
    if not entry.cell_errors:
        yield FieldError(label, entry.error, entry.invalid_control_id)
    for (line, column), message in entry.cell_errors.items():
        yield FieldError(label, message, entry.cell_id(line, column))
