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

from hfcourse.errors import CallError, CourseError, HubRequestSkipped
from hfcourse.limits import bulkhead, concurrency
from hfcourse.limits.deadline import CancelScope

FAILURE_TTL_SECONDS = 10
MAX_CACHE_ENTRIES = 200

T = TypeVar("T")


@dataclass(frozen=True)
class CachedResult(Generic[T]):
    """An answer, or why there is none, until the moment `until` of the monotonic clock."""

    value: T | None
    failure: CourseError | None
    expires_at: float

    @property
    def is_expired(self) -> bool:
        return time.monotonic() >= self.expires_at


@dataclass
class CacheEntry(Generic[T]):
    """What was answered last, the last value with its moment, and the lock of who asks anew."""

    fetch_lock: threading.Lock = field(default_factory=threading.Lock)
    result: CachedResult[T] | None = None
    last_value: tuple[T, float] | None = None


class SingleFlightCache(Generic[T]):
    """The latest answers by key: `get_status_ttl` says how long one is good for; the least used are forgotten first."""

    def __init__(self, seconds_of: Callable[[T], float], most: int = MAX_CACHE_ENTRIES) -> None:
        self._get_ttl_seconds = seconds_of
        self._max_entries = most
        self._entries: OrderedDict[str, CacheEntry[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get_or_fetch(self, key: str, leash: CancelScope, ask: Callable[[], T]) -> T:
        """The answer that is remembered, or the one that `ask()` gives now.

        Raises:
            CourseError: what `ask()` raises, or raised a moment ago.
            CallError: `timeout`, another thread asks and the leash ends before it has an answer, or too many threads
                wait already (`BulkheadFull`).
        """
        entry = self._get_or_create_entry(key)
        answer = entry.result
        if not answer or answer.is_expired:
            with concurrency.release_while_waiting(), bulkhead.hold_bulkhead_slot():
                answer = self._fetch_once(entry, leash, ask)
        if answer.failure:
            raise type(answer.failure)(answer.failure.code, answer.failure.detail)  # anew: it grows when raised again
        assert answer.value is not None
        return answer.value

    def get_latest_value(self, key: str) -> T | None:
        """What was answered the last time, however old it is."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.result.value if entry and entry.result else None

    def get_last_result(self, key: str) -> CachedResult[T] | None:
        """Return what was answered last, value or failure, however old it is."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.result if entry else None

    def get_last_value(self, key: str, max_age_seconds: float) -> T | None:
        """The last value that there was, at most so old, whatever failed since."""
        with self._lock:
            entry = self._entries.get(key)
        found = entry.last_value if entry else None
        return found[0] if found and time.monotonic() - found[1] <= max_age_seconds else None

    def invalidate(self, key: str) -> None:
        """Ask anew at the next need."""
        with self._lock:
            self._entries.pop(key, None)

    def _get_or_create_entry(self, key: str) -> CacheEntry[T]:
        with self._lock:
            entry = self._entries.setdefault(key, CacheEntry())
            self._entries.move_to_end(key)
            if len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
            return entry

    def _fetch_once(self, entry: CacheEntry[T], leash: CancelScope, ask: Callable[[], T]) -> CachedResult[T]:
        """Ask, unless another thread has while this one waited."""
        if not entry.fetch_lock.acquire(timeout=leash.check_remaining_seconds()):
            raise CallError("timeout")
        try:
            if not entry.result or entry.result.is_expired:
                entry.result = self._fetch_result(ask)
                if entry.result.value is not None:
                    entry.last_value = entry.result.value, time.monotonic()
            return entry.result
        finally:
            entry.fetch_lock.release()

    def _fetch_result(self, ask: Callable[[], T]) -> CachedResult[T]:
        try:
            value = ask()
        except CourseError as error:
            seconds = (
                0 if isinstance(error, HubRequestSkipped) else FAILURE_TTL_SECONDS
            )  # the next one may be allowed to ask
            return CachedResult(None, error.with_traceback(None), time.monotonic() + seconds)
        return CachedResult(value, None, time.monotonic() + self._get_ttl_seconds(value))
