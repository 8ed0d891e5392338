"""A circuit breaker: after some time-outs a server is no longer asked, until one probe has shown that it answers. Pure.

The pattern is Nygard's (« Release It! »). `pybreaker` and its like wrap a function, with a clock and a lock of their
own; here the caller has both, and says by itself what is a failure.
"""

MAX_CONSECUTIVE_FAILURES = 2
OPEN_TIMEOUT_SECONDS = 30.0


class CircuitBreaker:
    """Closed (asks), open (refuses), half-open (one probe is on its way); not thread-safe by itself."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until: float | None = None

    def is_open(self, now: float) -> bool:
        """Is the server not to be asked now?"""
        return self._open_until is not None and now < self._open_until

    def record_attempt(self, now: float) -> None:
        """Record that the server is asked. Others wait for the end of a probe, OPEN_TIMEOUT_SECONDS at most."""
        if self._open_until is not None:
            self._open_until = now + OPEN_TIMEOUT_SECONDS

    def record_success(self) -> None:
        """The server answered, whatever it said."""
        self._failures, self._open_until = 0, None

    def record_failure(self, now: float) -> None:
        """The server kept us waiting in vain."""
        self._failures += 1
        if self._failures >= MAX_CONSECUTIVE_FAILURES:
            self._open_until = now + OPEN_TIMEOUT_SECONDS
