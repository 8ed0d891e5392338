"""Wait for a condition, with one timeout for all tests."""

import time
from collections.abc import Callable

# Decides nothing: a longer limit costs a passing test no time, and a busy machine needs it.
WAIT_TIMEOUT_SECONDS = 90
# By which a busy machine may exceed a deadline; without the deadline, a call would take WAIT_TIMEOUT_SECONDS or longer.
GRACE_SECONDS = 15


def wait_until(condition: Callable[[], object], seconds: float = WAIT_TIMEOUT_SECONDS) -> bool:
    """Poll a condition every hundredth of a second; return whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
