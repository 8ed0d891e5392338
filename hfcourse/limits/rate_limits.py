"""Rate limits: token buckets, one, one for each key, or one that addresses share fairly.

Our own lines: `limits` and `pyrate-limiter` count each key by itself, and have no rule for what one address leaves to
the others, which is what matters here.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from hfcourse.limits.networks import get_client_network

WINDOW_SECONDS = 60


class TokenBucket:
    """So many tokens, which come back at a steady rate.

    Args:
        capacity: the most tokens there are.
        now: the moment, in seconds of a monotonic clock.
        refill_seconds: how long an empty bucket takes to fill.
    """

    def __init__(self, capacity: int, now: float, refill_seconds: float = WINDOW_SECONDS) -> None:
        self.capacity, self.refill_seconds = capacity, refill_seconds
        self._tokens, self._filled_at = float(capacity), now

    def count_tokens(self, now: float) -> float:
        """How many there are now."""
        refilled = (now - self._filled_at) * self.capacity / self.refill_seconds
        self._tokens, self._filled_at = min(self.capacity, self._tokens + refilled), now
        return self._tokens

    def consume_token(self, now: float) -> bool:
        """Take one; False if there is none."""
        if self.count_tokens(now) < 1:
            return False
        self._tokens -= 1
        return True


class KeyedTokenBuckets:
    """A token bucket for each key, safe to use from several threads.

    At most `max_keys` are remembered: the one that was used the longest ago is forgotten, and is full again.
    """

    def __init__(
        self,
        capacity: int,
        refill_seconds: float,
        max_keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.capacity, self.refill_seconds, self.max_keys = capacity, refill_seconds, max_keys
        self._clock = clock
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()
        self._lock = threading.Lock()

    def consume_token(self, key: str) -> bool:
        """Take a token of this key; False if none is left."""
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(key, TokenBucket(self.capacity, now, self.refill_seconds))
            self._buckets.move_to_end(key)
            if len(self._buckets) > self.max_keys:
                self._buckets.popitem(last=False)
            return bucket.consume_token(now)


class FairTokenBucket:
    """A token bucket of which no address takes everything while others ask.

    An address that took more than its share is refused once few tokens are left: half of them where others asked in the
    same window, else a small reserve. A class behind one address, alone, has nearly all of them.

    Args:
        share: tokens of a window that an address has whatever others do.
        reserve: tokens that are kept for addresses within their share.
    """

    def __init__(self, capacity: int, share: int, reserve: int, now: float) -> None:
        self._bucket = TokenBucket(capacity, now)
        self._share, self._reserve = share, reserve
        self._window_started_at = now
        self._window_counts: Counter[str] = Counter()
        self._previous_window_counts: Counter[str] = Counter()

    def consume_token(self, address: str, now: float) -> bool:
        """Take a token for this address; False if it has to wait."""
        self._rotate_window(now)
        network = get_client_network(address)
        self._window_counts.setdefault(network, 0)  # it asks, whatever it gets
        is_over_share = self._window_counts[network] + self._previous_window_counts[network] >= self._share
        if is_over_share and self._bucket.count_tokens(now) - 1 < self._compute_reserve(network):
            return False
        if not self._bucket.consume_token(now):
            return False
        self._window_counts[network] += 1
        return True

    def _compute_reserve(self, network: str) -> float:
        is_alone = not ({*self._window_counts, *self._previous_window_counts} - {network})
        return self._reserve if is_alone else self._bucket.capacity / 2

    def _rotate_window(self, now: float) -> None:
        """Forget what was taken before the last window."""
        age = now - self._window_started_at
        if age >= WINDOW_SECONDS:
            self._previous_window_counts = self._window_counts if age < 2 * WINDOW_SECONDS else Counter()
            self._window_counts, self._window_started_at = Counter(), now
