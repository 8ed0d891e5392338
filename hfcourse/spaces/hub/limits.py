"""When this process may ask the Hub: never while it is silent or has asked us to wait, and only so often.

The Hub counts 500 requests of an address in five minutes, whoever of a class or a campus made them.
"""

import threading
import time

from flask import has_request_context, request

from hfcourse.errors import HubRequestSkipped
from hfcourse.limits.circuit_breaker import CircuitBreaker
from hfcourse.limits.rate_limits import FairTokenBucket, TokenBucket
from hfcourse.spaces.client.retry_after import parse_retry_after

# Names that are not known yet, and searches, in a minute: of all, of one address while others ask too.
MAX_UNKNOWN_PER_MINUTE, MAX_UNKNOWN_PER_ADDRESS, UNKNOWN_RESERVE_TOKENS = 60, 20, 10
# Names that are known are asked for again: with the others this stays below the Hub's own limit.
MAX_KNOWN_PER_MINUTE = 20
DEFAULT_RETRY_AFTER_SECONDS, MIN_RETRY_AFTER_SECONDS, MAX_RETRY_AFTER_SECONDS = 300, 30, 900
# A failure that took so long held a thread as a time-out does.
MIN_SLOW_FAILURE_SECONDS = 2.0


class HubLimits:
    """The limits of one process; shared by its threads."""

    def __init__(self) -> None:
        now = time.monotonic()
        self._breaker = CircuitBreaker()
        self._unknown_bucket = FairTokenBucket(
            MAX_UNKNOWN_PER_MINUTE, MAX_UNKNOWN_PER_ADDRESS, UNKNOWN_RESERVE_TOKENS, now
        )
        self._known_bucket = TokenBucket(MAX_KNOWN_PER_MINUTE, now)
        self._paused_until = 0.0
        self._lock = threading.Lock()

    def admit_request(self, *, is_known: bool, is_listed: bool = False) -> None:
        """Count a question that is about to be asked.

        Args:
            check_password: it was answered before.
            is_listed: it is about a Space of the catalogue, of which there are few: it is always allowed.

        Raises:
            HubRequestSkipped: `hub-unreachable`, the Hub was silent; `too-many-requests`, it asked us to wait, or was
                asked too often.
        """
        now = time.monotonic()
        with self._lock:
            if self._breaker.is_open(now):
                raise HubRequestSkipped("hub-unreachable")
            if now < self._paused_until or not (is_listed or self._take_token(is_known, now)):
                raise HubRequestSkipped("too-many-requests")
            self._breaker.record_attempt(now)

    def _take_token(self, is_known: bool, now: float) -> bool:
        """Take a token for a visitor; what a run asks was counted when its form was opened."""
        if not has_request_context():
            return True
        return (
            self._known_bucket.consume_token(now)
            if is_known
            else self._unknown_bucket.consume_token(request.remote_addr or "", now)
        )

    def record_answer(self, status: int, retry_after: str) -> None:
        """Note that the Hub answered; after 429 it is left alone for as long as it says, within bounds."""
        with self._lock:
            self._breaker.record_success()
            if status == 429:
                self._paused_until = time.monotonic() + parse_bounded_retry_after(retry_after)

    def record_failure(self, code: str, took_seconds: float) -> None:
        """Note that no answer came, and why; a failure at once, or a stop, holds nobody up."""
        with self._lock:
            if code == "timeout" or took_seconds >= MIN_SLOW_FAILURE_SECONDS:
                self._breaker.record_failure(time.monotonic())
            elif code != "stopped":
                self._breaker.record_success()


def parse_bounded_retry_after(header: str) -> float:
    """The seconds of a Retry-After header, within bounds."""
    seconds = parse_retry_after(header)
    asked = DEFAULT_RETRY_AFTER_SECONDS if seconds is None else seconds
    return min(max(asked, MIN_RETRY_AFTER_SECONDS), MAX_RETRY_AFTER_SECONDS)
