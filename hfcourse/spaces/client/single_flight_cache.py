"""Single-flight cache with a TTL, for responses of the Hub and of Spaces; one per process.

One thread sends the request while the others wait for its result. Failures are cached too, so that
thirty students who reload do not each wait for the same timeout.
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
from hfcourse.spaces.client.transport.exchange_recorder import get_current_recorder

FAILURE_TTL_SECONDS = 10
MAX_CACHE_ENTRIES = 200

T = TypeVar("T")


@dataclass(frozen=True)
class CachedResult(Generic[T]):
    """A value or a failure, valid until `expires_at` of the monotonic clock."""

    value: T | None
    failure: CourseError | None
    expires_at: float

    @property
    def is_expired(self) -> bool:
        """Has the TTL elapsed?"""
        return time.monotonic() >= self.expires_at


@dataclass
class CacheEntry(Generic[T]):
    """Latest result of a key, its last value with the time of it, and the lock of the fetching thread."""

    fetch_lock: threading.Lock = field(default_factory=threading.Lock)
    result: CachedResult[T] | None = None
    last_value: tuple[T, float] | None = None


class OutcomeNotes:
    """Notes in the trace of this thread that a fetch had its result, or its error, without a request of its own."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._recorder = get_current_recorder() if subject else None
        self._items_before = len(self._recorder.items) if self._recorder else 0

    def note_cached(self, failure: CourseError | None) -> None:
        """Note that the result was known, or that the request failed a moment ago."""
        if self._recorder:
            self._recorder.add_note("cached", self._subject, failure.code if failure else "")

    def note_shared(self) -> None:
        """Note that the request of another thread served this one too."""
        if self._recorder:
            self._recorder.add_note("shared", self._subject)

    def note_fetched(self, failure: CourseError | None) -> None:
        """Note a fetch that sent nothing: the result was in the database, or a rule refused it."""
        if self._recorder is None or len(self._recorder.items) > self._items_before:
            return
        if failure:
            self._recorder.add_note("refused", self._subject, name_rule(failure))
        else:
            self.note_cached(None)


def name_rule(error: CourseError) -> str:
    """Return the rule that refused a request before it was sent, else the error code."""
    if isinstance(error, bulkhead.BulkheadFull):
        return "bulkhead"
    return "hub-limits" if isinstance(error, HubRequestSkipped) else error.code


class SingleFlightCache(Generic[T]):
    """LRU cache by key with a TTL per value and single-flight fetches.

    Args:
        ttl_of: returns how many seconds a value is valid.
        max_entries: size at which the least recently used one is evicted.
        subject: what traces call its values, '' to note nothing there.
    """

    def __init__(self, ttl_of: Callable[[T], float], max_entries: int = MAX_CACHE_ENTRIES, subject: str = "") -> None:
        self._get_ttl_seconds = ttl_of
        self._max_entries = max_entries
        self._subject = subject
        self._entries: OrderedDict[str, CacheEntry[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get_or_fetch(self, key: str, scope: CancelScope, fetch: Callable[[], T]) -> T:
        """Return the cached value, or the one that `fetch()` returns now.

        Raises:
            CourseError: what `fetch()` raises, or a cached failure of it.
            CallError: `timeout`, another thread fetches and `scope` ends before it has a result, or
                too many threads wait already (`BulkheadFull`).
        """
        entry, notes = self._get_or_create_entry(key), OutcomeNotes(self._subject)
        result = entry.result
        if not result or result.is_expired:
            result = self._fetch_or_wait(entry, scope, fetch, notes)
        else:
            notes.note_cached(result.failure)
        if result.failure:  # a new exception: each raise appends to the traceback
            raise type(result.failure)(result.failure.code, result.failure.detail)
        assert result.value is not None
        return result.value

    def get_latest_value(self, key: str) -> T | None:
        """Return the value of the latest result, expired or not; None after a failure."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.result.value if entry and entry.result else None

    def get_last_result(self, key: str) -> CachedResult[T] | None:
        """Return the latest result, value or failure, expired or not."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.result if entry else None

    def get_last_value(self, key: str, max_age_seconds: float) -> T | None:
        """Return the last value that is not older than `max_age_seconds`, even if later fetches failed."""
        with self._lock:
            entry = self._entries.get(key)
        found = entry.last_value if entry else None
        return found[0] if found and time.monotonic() - found[1] <= max_age_seconds else None

    def invalidate(self, key: str) -> None:
        """Remove an entry: the next `get_or_fetch` fetches again."""
        with self._lock:
            self._entries.pop(key, None)

    def _get_or_create_entry(self, key: str) -> CacheEntry[T]:
        with self._lock:
            entry = self._entries.setdefault(key, CacheEntry())
            self._entries.move_to_end(key)
            if len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)
            return entry

    def _fetch_or_wait(
        self, entry: CacheEntry[T], scope: CancelScope, fetch: Callable[[], T], notes: OutcomeNotes
    ) -> CachedResult[T]:
        """Fetch once among all threads, without a slot of this site's limits meanwhile; note how it went."""
        try:
            with concurrency.release_while_waiting(), bulkhead.hold_bulkhead_slot():
                result = self._fetch_once(entry, scope, fetch, notes)
        except CourseError as refusal:
            notes.note_fetched(refusal)
            raise
        notes.note_fetched(result.failure)
        return result

    def _fetch_once(
        self, entry: CacheEntry[T], scope: CancelScope, fetch: Callable[[], T], notes: OutcomeNotes
    ) -> CachedResult[T]:
        """Fetch under the entry's lock, unless another thread did while this one waited for it."""
        if not entry.fetch_lock.acquire(timeout=scope.check_remaining_seconds()):
            raise CallError("timeout")
        try:
            if entry.result and not entry.result.is_expired:
                notes.note_shared()
            else:
                entry.result = self._fetch_result(fetch)
                if entry.result.value is not None:
                    entry.last_value = entry.result.value, time.monotonic()
            return entry.result
        finally:
            entry.fetch_lock.release()

    def _fetch_result(self, fetch: Callable[[], T]) -> CachedResult[T]:
        try:
            value = fetch()
        except CourseError as error:
            # A skipped request is not cached: the next one may be admitted.
            seconds = 0 if isinstance(error, HubRequestSkipped) else FAILURE_TTL_SECONDS
            return CachedResult(None, error.with_traceback(None), time.monotonic() + seconds)
        return CachedResult(value, None, time.monotonic() + self._get_ttl_seconds(value))
