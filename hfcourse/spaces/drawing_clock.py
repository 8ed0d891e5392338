"""A budget of processor time for the drawing of a form."""

import time
from collections.abc import Iterator, Sequence

from hfcourse.spaces.forms import Field

DRAW_SECONDS = 0.5


class DrawingClock:
    """Measures what a thread has worked since the first field; a busy machine, where it waits, does not count.

    The budget of form_budget.py bounds a form by counts. This is for what the counts do not foresee.
    """

    def __init__(self, seconds: float = DRAW_SECONDS) -> None:
        self._seconds = seconds
        self._begun: float | None = None

    @property
    def is_over(self) -> bool:
        return self._begun is not None and time.thread_time() - self._begun > self._seconds

    def pace(self, fields: Sequence[Field]) -> Iterator[Field]:
        """Yield the fields to draw, marked `is_plain` once the time is over."""
        if self._begun is None:
            self._begun = time.thread_time()
        for each in fields:
            each.is_plain = each.is_plain or self.is_over
            yield each
