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

from hfcourse.errors import CallFailed, CourseError, NotAsked
from hfcourse.limits import bulkhead, concurrency
from hfcourse.limits.deadline import Leash

FAILED_SECONDS = 10
MOST_ANSWERS = 200

T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """An answer, or why there is none, until the moment `until` of the monotonic clock."""

    value: T | None
    failure: CourseError | None
    until: float

    @property
    def is_old(self) -> bool:
        return time.monotonic() >= self.until


@dataclass
class Entry(Generic[T]):
    """What was answered last, the last value with its moment, and the lock of who asks anew."""

    asking: threading.Lock = field(default_factory=threading.Lock)
    answer: Answer[T] | None = None
    last_value: tuple[T, float] | None = None


class Memory(Generic[T]):
    """The latest answers by key: `seconds_of` says how long one is good for; the least used are forgotten first."""

    def __init__(self, seconds_of: Callable[[T], float], most: int = MOST_ANSWERS) -> None:
        self._seconds_of = seconds_of
        self._most = most
        self._entries: OrderedDict[str, Entry[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, leash: Leash, ask: Callable[[], T]) -> T:
        """The answer that is remembered, or the one that `ask()` gives now.

        Raises:
            CourseError: what `ask()` raises, or raised a moment ago.
            CallFailed: `timeout`, another thread asks and the leash ends before it has an answer, or too many threads
                wait already (`NoSlot`).
        """
        entry = self._entry(key)
        answer = entry.answer
        if not answer or answer.is_old:
            with concurrency.aside(), bulkhead.slot():
                answer = self._asked(entry, leash, ask)
        if answer.failure:
            raise type(answer.failure)(answer.failure.code, answer.failure.said)  # anew: it grows when raised again
        assert answer.value is not None
        return answer.value

    def latest(self, key: str) -> T | None:
        """What was answered the last time, however old it is."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.answer.value if entry and entry.answer else None

    def last_answer(self, key: str) -> Answer[T] | None:
        """Return what was answered last, value or failure, however old it is."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.answer if entry else None

    def last_value(self, key: str, max_age_seconds: float) -> T | None:
        """The last value that there was, at most so old, whatever failed since."""
        with self._lock:
            entry = self._entries.get(key)
        found = entry.last_value if entry else None
        return found[0] if found and time.monotonic() - found[1] <= max_age_seconds else None

    def forget(self, key: str) -> None:
        """Ask anew at the next need."""
        with self._lock:
            self._entries.pop(key, None)

    def _entry(self, key: str) -> Entry[T]:
        with self._lock:
            entry = self._entries.setdefault(key, Entry())
            self._entries.move_to_end(key)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)
            return entry

    def _asked(self, entry: Entry[T], leash: Leash, ask: Callable[[], T]) -> Answer[T]:
        """Ask, unless another thread has while this one waited."""
        if not entry.asking.acquire(timeout=leash.remaining()):
            raise CallFailed("timeout")
        try:
            if not entry.answer or entry.answer.is_old:
                entry.answer = self._answer_of(ask)
                if entry.answer.value is not None:
                    entry.last_value = entry.answer.value, time.monotonic()
            return entry.answer
        finally:
            entry.asking.release()

    def _answer_of(self, ask: Callable[[], T]) -> Answer[T]:
        try:
            value = ask()
        except CourseError as error:
            seconds = 0 if isinstance(error, NotAsked) else FAILED_SECONDS  # the next one may be allowed to ask
            return Answer(None, error.with_traceback(None), time.monotonic() + seconds)
        return Answer(value, None, time.monotonic() + self._seconds_of(value))
