"""LRU cache of texts that exceed the formatting budget, so that each is only tried once. Pure."""

import time
from collections import OrderedDict

MAX_SLOW_TEXTS = 1024
SLOW_TEXT_TTL_SECONDS = 600  # a text that was measured under load is retried


class SlowTextCache:
    """Texts by their hash, each with the budget that it exceeded; the oldest entries are evicted first."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def add(self, text: str, seconds: float) -> None:
        """Store that this budget was exceeded."""
        self._known[hash(text)] = seconds, time.monotonic() + SLOW_TEXT_TTL_SECONDS
        while len(self._known) > MAX_SLOW_TEXTS:
            self._known.popitem(last=False)

    def is_known_too_slow(self, text: str, seconds: float) -> bool:
        """Is the budget less than twice the one that was exceeded?

        A text that was tried with the last milliseconds of one page may fit into the full budget of
        the next; doubling bounds the number of retries.
        """
        tried, expires_at = self._known.get(hash(text), (0.0, 0.0))
        return time.monotonic() < expires_at and seconds < 2 * tried
