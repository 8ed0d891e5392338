"""What was asked of the Hub or of a Space, remembered for a moment by this process.

An answer is asked for by one thread while the others wait for it. A failure is remembered too, so that
thirty students who reload do not each wait for the same time-out.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hfcourse.errors import CallFailed, CourseError
from hfcourse.spaces.leash import Leash

FAILED_SECONDS = 10
MOST_ANSWERS = 200

T = TypeVar("T")


@dataclass
class Answered(Generic[T]):
    """An answer, or why there is none, until the moment `until` of the monotonic clock."""

    asking: threading.Lock = field(default_factory=threading.Lock)
    until: float = 0.0
    value: T | None = None
    failure: CourseError | None = None


class Memory(Generic[T]):
    """The latest answers by key: `seconds_of` says how long one is good for; the least used are forgotten first."""

    def __init__(self, seconds_of: Callable[[T], float], most: int = MOST_ANSWERS) -> None:
        self._seconds_of = seconds_of
        self._most = most
        self._answers: OrderedDict[str, Answered[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, leash: Leash, ask: Callable[[], T]) -> T:
        """The answer that is remembered, or the one that `ask()` gives now.

        Raises:
            CourseError: what `ask()` raises, or raised a moment ago.
            CallFailed: `timeout`, another thread asks and the leash ends before it has an answer.
        """
        answered = self._entry(key)
        if not answered.asking.acquire(timeout=leash.remaining()):
            raise CallFailed("timeout")
        try:
            if time.monotonic() >= answered.until:
                self._ask(answered, ask)
            failure, value = answered.failure, answered.value
        finally:
            answered.asking.release()
        if failure:
            raise type(failure)(failure.code, failure.said)  # anew: an exception grows when raised again
        assert value is not None
        return value

    def latest(self, key: str) -> T | None:
        """What was answered the last time, however old it is."""
        with self._lock:
            answered = self._answers.get(key)
        return answered.value if answered else None

    def forget(self, key: str) -> None:
        """Ask anew at the next need."""
        with self._lock:
            self._answers.pop(key, None)

    def _entry(self, key: str) -> Answered[T]:
        with self._lock:
            answered = self._answers.setdefault(key, Answered())
            self._answers.move_to_end(key)
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
            return answered

    def _ask(self, answered: Answered[T], ask: Callable[[], T]) -> None:
        try:
            answered.value, answered.failure = ask(), None
            answered.until = time.monotonic() + self._seconds_of(answered.value)
        except CourseError as error:
            answered.value, answered.failure = None, error.with_traceback(None)
            answered.until = time.monotonic() + FAILED_SECONDS
