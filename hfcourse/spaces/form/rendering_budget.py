"""Processor time budget for the rendering of a form."""

from collections.abc import Iterator, Sequence

from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.spaces.form.fields import Field

RENDERING_BUDGET_SECONDS = 0.5


class RenderingBudget:
    """Budget that degrades the remaining fields to plain controls once it is used up.

    form_budget.py limits a form by counts; this limit covers costs that the counts miss.
    """

    def __init__(self, seconds: float = RENDERING_BUDGET_SECONDS) -> None:
        self._budget = CpuBudget(seconds)

    @property
    def is_exhausted(self) -> bool:
        return self._budget.is_exhausted

    def iter_fields(self, fields: Sequence[Field]) -> Iterator[Field]:
        """Yield the fields to render, marked `is_plain` once the budget is exhausted.

        The clock runs until the next field is taken: while this one is rendered.
        """
        for each in fields:
            each.is_plain = each.is_plain or self.is_exhausted
            with self._budget.measure():
                yield each
