"""A budget of processor time for the drawing of a form."""

from collections.abc import Iterator, Sequence

from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.spaces.form.fields import Field

RENDERING_BUDGET_SECONDS = 0.5


class RenderingBudget:
    """Has the fields drawn plainly once the processor time of a form is used up.

    The budget of form_budget.py bounds a form by counts. This is for what the counts do not foresee.
    """

    def __init__(self, seconds: float = RENDERING_BUDGET_SECONDS) -> None:
        self._budget = CpuBudget(seconds)

    @property
    def is_exhausted(self) -> bool:
        return self._budget.is_exhausted

    def iter_fields(self, fields: Sequence[Field]) -> Iterator[Field]:
        """Yield the fields to draw, marked `is_marker_free` once the time is over."""
        self._budget.start()
        for each in fields:
            each.is_plain = each.is_plain or self.is_exhausted
            yield each
