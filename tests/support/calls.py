"""Run a call in a thread, measure its duration, read its error code."""

import threading
import time
from collections.abc import Callable
from typing import Any

from hfcourse.errors import CourseError


def get_error_code(result: object) -> str:
    assert isinstance(result, CourseError), result
    return result.code


class ThreadedCall:
    """Runs something in a thread; `end` waits for what it returned or raised."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.result: object = None
        self._thread = threading.Thread(target=self._run, args=(action,), daemon=True)
        self._thread.start()

    def _run(self, action: Callable[[], object]) -> None:
        self.result, _ = time_call(action)

    def end(self, seconds: float) -> object:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), f"not over after {seconds} s"
        return self.result


def time_call(action: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns or raises, and how many seconds it took."""
    begun = time.monotonic()
    try:
        result = action()
    except Exception as error:
        result = error
    return result, time.monotonic() - begun
