"""Budget of one page for the outputs of a run: processor time, and bytes of HTML. Pure.

Whatever a Space returns, its page renders in about a second and has about a megabyte. Once the
budget is exhausted, an output is shown as the beginning of its text, with a link to the whole.
"""

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from hfcourse.limits.cpu_budget import CpuBudget

# Values of fewer characters have no time limit: they cannot be slow, but a machine can, and its page would be cut.
MAX_UNTIMED_CHARACTERS = 5_000
MAX_DRAW_SECONDS, MAX_LIVE_DRAW_SECONDS = 0.5, 0.2  # a live page is rendered repeatedly
MAX_HTML_BYTES, MAX_LIVE_HTML_BYTES = 600_000, 300_000
OMITTED_SECTION_BYTES = 700
MAX_EXCERPT_CHARACTERS, MAX_EXCERPTS_CHARACTERS = 1_000, 20_000
MAX_SENT_CHARACTERS = 100_000  # of the inputs, which the page shows too
CUT_SIGN = "…"


class TextAllowance:
    """Character budget shared by the texts of one output; the first ones are whole, the last ones truncated.

    Args:
        characters: the total budget.
    """

    def __init__(self, characters: int) -> None:
        self.remaining = characters

    def cut(self, text: str, most: int) -> str:
        """Truncate a text to `most` characters and to the rest of the allowance; charge it."""
        shown = text[: max(0, min(most, self.remaining))]
        self.remaining -= len(shown)
        return shown if len(shown) == len(text) else shown + CUT_SIGN


class PageBudget:
    """Budget of one rendering of a page; its clock runs while an output is prepared or rendered, and never while a
    template is compiled, which the first page of a process pays.

    `excerpt_allowance` is for the beginnings of outputs that are not rendered, `sent_allowance` for
    the inputs.

    Args:
        is_live: is the run unfinished?
        sharers: how many parts of the page, this one included, have a budget of their own: each has an equal share.
    """

    def __init__(self, is_live: bool = False, sharers: int = 1) -> None:
        self.cpu = CpuBudget((MAX_LIVE_DRAW_SECONDS if is_live else MAX_DRAW_SECONDS) / sharers)
        self._bytes = (MAX_LIVE_HTML_BYTES if is_live else MAX_HTML_BYTES) // sharers
        self._characters = 0
        self.excerpt_allowance = TextAllowance(MAX_EXCERPTS_CHARACTERS // sharers)
        self.sent_allowance = TextAllowance(MAX_SENT_CHARACTERS // sharers)

    @property
    def is_exhausted(self) -> bool:
        return self._bytes <= 0 or (self.is_timed and self.cpu.is_exhausted)

    @property
    def is_timed(self) -> bool:
        """Do the values counted so far have a time limit?"""
        return self._characters > MAX_UNTIMED_CHARACTERS

    def count_characters(self, characters: int) -> None:
        """Count the characters of a value of this page, see MAX_UNTIMED_CHARACTERS."""
        self._characters += characters

    def reserve_omitted_sections(self, sections: int) -> None:
        """Reserve bytes for sections that are only named; at most half of the budget."""
        self._bytes = max(self._bytes // 2, self._bytes - OMITTED_SECTION_BYTES * sections)

    def render_section(self, macro: Callable[..., Markup], *args: Any, **kwargs: Any) -> Markup | None:
        """Call a template's macro; charge its time and its HTML.

        Returns:
            The HTML, None if the budget is exhausted or if this section exceeds it.
        """
        if self.is_exhausted:
            return None
        with self.cpu.measure():
            html = macro(*args, **kwargs)
        return html if self.charge_section(html) else None

    def charge_section(self, html: str) -> bool:
        """Charge a section to the page; return False, and charge nothing, if it exceeds the budget."""
        size = len(html.encode(errors="replace"))
        if size > self._bytes:
            return False
        self._bytes -= size
        return True

    def cut_excerpt(self, text: str) -> str:
        """Return the beginning of a text that is not rendered."""
        return self.excerpt_allowance.cut(text, MAX_EXCERPT_CHARACTERS)
