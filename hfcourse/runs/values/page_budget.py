"""What one page may spend on the outputs of a run: processor time, and bytes of HTML. Pure.

Whatever a Space answers, its page is drawn in about a second and weighs about a megabyte. What is left over when the
budget is used up is shown as the beginning of its text, with a link to the whole.
"""

from hfcourse.limits.cpu_budget import CpuBudget

MAX_DRAW_SECONDS, MAX_LIVE_DRAW_SECONDS = 0.5, 0.2  # a live page is drawn again and again
MAX_HTML_BYTES, MAX_LIVE_HTML_BYTES = 600_000, 300_000
OMITTED_SECTION_BYTES = 700
MAX_EXCERPT_CHARACTERS, MAX_EXCERPTS_CHARACTERS = 1_000, 20_000
MAX_SENT_CHARACTERS = 100_000  # of what the student sent, which stands on the page too
CUT_SIGN = "…"


class TextAllowance:
    """Characters that the texts of one output share; the first ones are shown whole, the last ones cut.

    Args:
        characters: how many, all together.
    """

    def __init__(self, characters: int) -> None:
        self.remaining = characters

    def cut(self, text: str, most: int) -> str:
        """The text, or its beginning: `most` characters of it and no more than are left."""
        shown = text[: max(0, min(most, self.remaining))]
        self.remaining -= len(shown)
        return shown if len(shown) == len(text) else shown + CUT_SIGN


class PageBudget:
    """The budget of one drawing of a page; its clock starts with the first output and runs in the thread that draws.

    `excerpts` is the room for the beginnings of what is not drawn, `sent` that for what the student sent.

    Args:
        is_live: the run still goes on.
    """

    def __init__(self, is_live: bool = False) -> None:
        self.cpu = CpuBudget(MAX_LIVE_DRAW_SECONDS if is_live else MAX_DRAW_SECONDS)
        self._bytes = MAX_LIVE_HTML_BYTES if is_live else MAX_HTML_BYTES
        self.excerpt_allowance = TextAllowance(MAX_EXCERPTS_CHARACTERS)
        self.sent_allowance = TextAllowance(MAX_SENT_CHARACTERS)

    @property
    def is_exhausted(self) -> bool:
        return self.cpu.is_exhausted or self._bytes <= 0

    def reserve_omitted_sections(self, sections: int) -> None:
        """Keep room for so many sections that are only named; at most half of what there is."""
        self._bytes = max(self._bytes // 2, self._bytes - OMITTED_SECTION_BYTES * sections)

    def charge_section(self, html: str) -> bool:
        """Charge a section to the page; False if the page has no room for it, and then nothing is charged."""
        size = len(html.encode(errors="replace"))
        if size > self._bytes:
            return False
        self._bytes -= size
        return True

    def cut_excerpt(self, text: str) -> str:
        """The beginning of a text that is not drawn."""
        return self.excerpt_allowance.cut(text, MAX_EXCERPT_CHARACTERS)
