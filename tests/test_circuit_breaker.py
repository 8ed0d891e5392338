"""The circuit breaker: when it opens, for how long, and what a probe does."""

from hfcourse.limits.circuit_breaker import MAX_CONSECUTIVE_FAILURES, OPEN_TIMEOUT_SECONDS, CircuitBreaker


def opened() -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(MAX_CONSECUTIVE_FAILURES):
        breaker.record_failure(0)
    return breaker


def test_a_breaker_opens_after_failures_in_turn_only():
    breaker = CircuitBreaker()
    for _ in range(5):
        breaker.record_failure(0)
        assert not breaker.is_open(0)
        breaker.record_success()
    assert opened().is_open(0)


def test_an_open_breaker_lets_one_probe_through_after_its_time():
    breaker = opened()
    assert breaker.is_open(OPEN_TIMEOUT_SECONDS - 1)
    assert not breaker.is_open(OPEN_TIMEOUT_SECONDS)
    breaker.record_attempt(OPEN_TIMEOUT_SECONDS)
    assert breaker.is_open(OPEN_TIMEOUT_SECONDS), "the others await its end"
    assert not breaker.is_open(2 * OPEN_TIMEOUT_SECONDS), "should it never end, another one follows"


def test_a_probe_that_succeeds_closes_it_and_one_that_fails_opens_it_again():
    breaker = opened()
    breaker.record_attempt(OPEN_TIMEOUT_SECONDS)
    breaker.record_failure(OPEN_TIMEOUT_SECONDS + 5)
    assert breaker.is_open(2 * OPEN_TIMEOUT_SECONDS + 4)
    breaker.record_attempt(2 * OPEN_TIMEOUT_SECONDS + 5)
    breaker.record_success()
    breaker.record_attempt(2 * OPEN_TIMEOUT_SECONDS + 6)
    assert not breaker.is_open(2 * OPEN_TIMEOUT_SECONDS + 6)
