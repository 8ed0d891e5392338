"""How often something may be asked for: a token bucket, shared fairly by the addresses that ask. Pure.

Our own lines: `limits` and `pyrate-limiter` count each key by itself, and have no rule for what one address leaves to
the others, which is what matters here.
"""

import ipaddress
from collections import Counter

WINDOW_SECONDS = 60


class TokenBucket:
    """So many tokens, which come back at a steady rate.

    Args:
        capacity: the most tokens there are, and as many as come back in WINDOW_SECONDS.
        now: the moment, in seconds of a monotonic clock.
    """

    def __init__(self, capacity: int, now: float) -> None:
        self.capacity = capacity
        self._tokens, self._filled_at = float(capacity), now

    def tokens(self, now: float) -> float:
        """How many there are now."""
        refilled = (now - self._filled_at) * self.capacity / WINDOW_SECONDS
        self._tokens, self._filled_at = min(self.capacity, self._tokens + refilled), now
        return self._tokens

    def take(self, now: float) -> bool:
        """Take one; False if there is none."""
        if self.tokens(now) < 1:
            return False
        self._tokens -= 1
        return True


class FairBucket:
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
        self._window_began = now
        self._taken: Counter[str] = Counter()
        self._taken_before: Counter[str] = Counter()

    def take(self, address: str, now: float) -> bool:
        """Take a token for this address; False if it has to wait."""
        self._turn_window(now)
        network = network_of(address)
        self._taken.setdefault(network, 0)  # it asks, whatever it gets
        is_over_share = self._taken[network] + self._taken_before[network] >= self._share
        if is_over_share and self._bucket.tokens(now) - 1 < self._kept_for_others(network):
            return False
        if not self._bucket.take(now):
            return False
        self._taken[network] += 1
        return True

    def _kept_for_others(self, network: str) -> float:
        is_alone = not ({*self._taken, *self._taken_before} - {network})
        return self._reserve if is_alone else self._bucket.capacity / 2

    def _turn_window(self, now: float) -> None:
        """Forget what was taken before the last window."""
        age = now - self._window_began
        if age >= WINDOW_SECONDS:
            self._taken_before = self._taken if age < 2 * WINDOW_SECONDS else Counter()
            self._taken, self._window_began = Counter(), now


def network_of(address: str) -> str:
    """The address, or of IPv6 its /64: a single machine may use all of those."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
