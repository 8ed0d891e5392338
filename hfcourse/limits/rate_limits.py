"""Rate limits by token bucket: a single one, one per key, or one shared fairly between addresses.

Own implementation: `limits` and `pyrate-limiter` count each key separately, and have no rule for how much one address
must leave to the others, which matters here.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from hfcourse.limits.networks import get_client_network

WINDOW_SECONDS = 60


class TokenBucket:
    """Token bucket, refilled at a steady rate.

    Args:
        capacity: the most tokens that it holds.
        now: current time, in seconds of a monotonic clock.
        refill_seconds: how long an empty bucket takes to fill.
    """

    def __init__(self, capacity: int, now: float, refill_seconds: float = WINDOW_SECONDS) -> None:
        self.capacity, self.refill_seconds = capacity, refill_seconds
        self._tokens, self._filled_at = float(capacity), now

    def count_tokens(self, now: float) -> float:
        """Refill the bucket and return its tokens."""
        refilled = (now - self._filled_at) * self.capacity / self.refill_seconds
        self._tokens, self._filled_at = min(self.capacity, self._tokens + refilled), now
        return self._tokens

    def consume_token(self, now: float) -> bool:
        """Consume a token; False if there is less than one."""
        if self.count_tokens(now) < 1:
            return False
        self._tokens -= 1
        return True


class KeyedTokenBuckets:
    """Thread-safe LRU collection of token buckets, one for each key.

    At most `max_keys` are stored: the least recently used one is evicted, and starts full again.
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
        """Consume a token of this key; False if the limit is reached."""
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(key, TokenBucket(self.capacity, now, self.refill_seconds))
            self._buckets.move_to_end(key)
            if len(self._buckets) > self.max_keys:
                self._buckets.popitem(last=False)
            return bucket.consume_token(now)


class FairTokenBucket:
    """Token bucket that no single address can drain while others use it.

    An address over its share is rejected once few tokens are left: below half of them if other addresses had requests
    in the same window, otherwise below a small reserve. A class behind one address, alone, gets nearly all of them.

    Args:
        share: tokens of a window that each address is guaranteed.
        reserve: tokens reserved for addresses within their share.
    """

    def __init__(self, capacity: int, share: int, reserve: int, now: float) -> None:
        self._bucket = TokenBucket(capacity, now)
        self._share, self._reserve = share, reserve
        self._window_started_at = now
        self._window_counts: Counter[str] = Counter()
        self._previous_window_counts: Counter[str] = Counter()

    @property
    def network_count(self) -> int:
        """Number of networks whose requests in the last two windows are counted."""
        return len(self._window_counts.keys() | self._previous_window_counts.keys())

    def consume_token(self, address: str, now: float) -> bool:
        """Consume a token for this address; False if it has to wait."""
        self._rotate_window(now)
        network = get_client_network(address)
        self._window_counts.setdefault(network, 0)  # marks the network as active, even if rejected
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
        """Start a new window after WINDOW_SECONDS; discard counts older than the last window."""
        age = now - self._window_started_at
        if age >= WINDOW_SECONDS:
            self._previous_window_counts = self._window_counts if age < 2 * WINDOW_SECONDS else Counter()
            self._window_counts, self._window_started_at = Counter(), now
