"""Error summary of an invalid form: each error as a link to its control. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfcourse.spaces.form.fields import Field
    from hfcourse.spaces.form.forms import Form

MAX_LISTED_ERRORS = 20


@dataclass(frozen=True)
class FieldError:
    """One line of the summary; `control_id` is the id of the control that it links to."""

    label: str
    message: str
    control_id: str


@dataclass(frozen=True)
class ErrorSummary:
    """The first errors of a form, in the order of its parameters, and the total number of errors."""

    errors: tuple[FieldError, ...]
    total_count: int

    @property
    def unlisted_count(self) -> int:
        """Number of errors that are not listed."""
        return self.total_count - len(self.errors)


def summarize_errors(form: "Form", more: Sequence[FieldError] = ()) -> ErrorSummary:
    """List at most MAX_LISTED_ERRORS errors of the form, then `more`; each invalid cell of a table counts as one."""
    faults = tuple(
        islice((fault for entry in form.invalid_fields for fault in list_field_errors(entry)), MAX_LISTED_ERRORS)
    )
    count = sum(max(1, len(entry.cell_errors)) for entry in form.invalid_fields)
    return ErrorSummary((*faults, *more), count + len(more))


def list_field_errors(entry: "Field") -> Iterator[FieldError]:
    """Yield the errors of one invalid field."""
    label = entry.parameter.label
    if not entry.cell_errors:
        yield FieldError(label, entry.error, entry.invalid_control_id)
    for (line, column), message in entry.cell_errors.items():
        yield FieldError(label, message, entry.cell_id(line, column))
