"""Rate limits: a token bucket for each key, of those used latest."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Bucket:
    """What is left for one key, and since when it has refilled."""

    tokens: float
    at_seconds: float


class TokenBuckets:
    """Token buckets by key: each holds `burst` tokens and refills at `tokens_per_second`.

    At most `max_keys` are remembered: the one that was used the longest ago is forgotten, and is full again.
    """

    def __init__(
        self,
        burst: int,
        tokens_per_second: float,
        max_keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.burst, self.tokens_per_second, self.max_keys = burst, tokens_per_second, max_keys
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def consume(self, key: str) -> bool:
        """Take a token of this key; False if none is left."""
        with self._lock:
            moment = self._clock()
            bucket = self._buckets.setdefault(key, Bucket(self.burst, moment))
            self._buckets.move_to_end(key)
            if len(self._buckets) > self.max_keys:
                self._buckets.popitem(last=False)
            refilled = bucket.tokens + (moment - bucket.at_seconds) * self.tokens_per_second
            bucket.tokens, bucket.at_seconds = min(float(self.burst), refilled), moment
            if bucket.tokens < 1:
                return False
            bucket.tokens -= 1
            return True
