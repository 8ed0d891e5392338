"""Limits of requests from this process to the Hub: circuit breaker, Retry-After and rate limits.

The Hub counts 500 requests per IP address in five minutes, and a whole class or campus may share
one.
"""

import threading
import time

from flask import Flask, current_app, has_request_context, request

from hfcourse.errors import HubRequestSkipped
from hfcourse.limits.circuit_breaker import CircuitBreaker
from hfcourse.limits.rate_limits import FairTokenBucket, TokenBucket
from hfcourse.spaces.client.retry_after import parse_retry_after

# Look-ups of unknown names, and searches, per minute: in total, and per client address while others
# send some, too.
MAX_UNKNOWN_PER_MINUTE, MAX_UNKNOWN_PER_ADDRESS, UNKNOWN_RESERVE_TOKENS = 60, 20, 10
# Refreshes of known names per minute: in total this stays below the Hub's own limit.
MAX_KNOWN_PER_MINUTE = 20
DEFAULT_RETRY_AFTER_SECONDS, MIN_RETRY_AFTER_SECONDS, MAX_RETRY_AFTER_SECONDS = 300, 30, 900
# A slower failure has blocked a thread as a timeout does.
MIN_SLOW_FAILURE_SECONDS = 2.0


class HubLimits:
    """Thread-safe limits of one process."""

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
        """Count a request that is about to be sent.

        Args:
            is_known: an earlier response to it is cached.
            is_listed: it is about a Space of the catalogue, of which there are few: no rate limit.

        Raises:
            HubRequestSkipped: `hub-unreachable`, the Hub did not respond before;
                `too-many-requests`, its Retry-After has not elapsed, or a rate limit is reached.
        """
        now = time.monotonic()
        with self._lock:
            if self._breaker.is_open(now):
                raise HubRequestSkipped("hub-unreachable")
            if now < self._paused_until or not (is_listed or self._take_token(is_known, now)):
                raise HubRequestSkipped("too-many-requests")
            self._breaker.record_attempt(now)

    def _take_token(self, is_known: bool, now: float) -> bool:
        """Consume a token for a visitor's request; those of a run were counted when its form was opened."""
        if not has_request_context():
            return True
        return (
            self._known_bucket.consume_token(now)
            if is_known
            else self._unknown_bucket.consume_token(request.remote_addr or "", now)
        )

    def record_answer(self, status: int, retry_after: str) -> None:
        """Record a response of the Hub; after 429 pause for its Retry-After, within bounds."""
        with self._lock:
            self._breaker.record_success()
            if status == 429:
                self._paused_until = time.monotonic() + parse_bounded_retry_after(retry_after)

    def record_failure(self, code: str, took_seconds: float) -> None:
        """Record a failed request; an immediate failure, or a cancelled request, blocks no thread."""
        with self._lock:
            if code == "timeout" or took_seconds >= MIN_SLOW_FAILURE_SECONDS:
                self._breaker.record_failure(time.monotonic())
            elif code != "stopped":
                self._breaker.record_success()


def parse_bounded_retry_after(header: str) -> float:
    """Return the seconds of a Retry-After header, clamped to the allowed range."""
    seconds = parse_retry_after(header)
    wait = DEFAULT_RETRY_AFTER_SECONDS if seconds is None else seconds
    return min(max(wait, MIN_RETRY_AFTER_SECONDS), MAX_RETRY_AFTER_SECONDS)


def get_hub_limits() -> HubLimits:
    """Return the limits of requests from this process to the Hub."""
    limits: HubLimits = current_app.extensions["hub_limits"]
    return limits


def init_app(app: Flask) -> None:
    """Create the limits of requests to the Hub."""
    app.extensions["hub_limits"] = HubLimits()
