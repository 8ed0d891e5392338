"""A cache of texts that are too slow to be formatted, so that the same slow page costs its clock only once. Pure."""

import time
from collections import OrderedDict

MAX_SLOW_TEXTS = 1024
SLOW_TEXT_TTL_SECONDS = 600  # a text that was judged in a bad moment gets another chance


class SlowTextCache:
    """Texts by their hash, each with the seconds that were not enough for it; the least recently added go first."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def add(self, text: str, seconds: float) -> None:
        """Remember that so many seconds were not enough."""
        self._known[hash(text)] = seconds, time.monotonic() + SLOW_TEXT_TTL_SECONDS
        while len(self._known) > MAX_SLOW_TEXTS:
            self._known.popitem(last=False)

    def is_known_too_slow(self, text: str, seconds: float) -> bool:
        """Is less than twice what was not enough all that there is?

        A text that was begun with the last milliseconds of one page may do with the whole clock of the next; doubling
        bounds how often it is tried.
        """
        tried, expires_at = self._known.get(hash(text), (0.0, 0.0))
        return time.monotonic() < expires_at and seconds < 2 * tried
