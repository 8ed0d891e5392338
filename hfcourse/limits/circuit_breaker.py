"""Circuit breaker: after repeated timeouts, requests to a server are skipped until a probe succeeds. Pure.

The pattern is Nygard's (« Release It! »). `pybreaker` and similar libraries wrap a function, with a clock and a lock of
their own; here the caller has both, and decides itself what counts as a failure.
"""

MAX_CONSECUTIVE_FAILURES = 2
OPEN_TIMEOUT_SECONDS = 30.0


class CircuitBreaker:
    """State machine: closed (requests allowed), open (rejected), half-open (one probe running); not thread-safe."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until: float | None = None

    def is_open(self, now: float) -> bool:
        """Must requests be skipped now?"""
        return self._open_until is not None and now < self._open_until

    def record_attempt(self, now: float) -> None:
        """Record the start of a request. A probe blocks others until it ends, for at most OPEN_TIMEOUT_SECONDS."""
        if self._open_until is not None:
            self._open_until = now + OPEN_TIMEOUT_SECONDS

    def record_success(self) -> None:
        """Close the circuit after a response of any status."""
        self._failures, self._open_until = 0, None

    def record_failure(self, now: float) -> None:
        """Count a timeout, and open the circuit after MAX_CONSECUTIVE_FAILURES."""
        self._failures += 1
        if self._failures >= MAX_CONSECUTIVE_FAILURES:
            self._open_until = now + OPEN_TIMEOUT_SECONDS
