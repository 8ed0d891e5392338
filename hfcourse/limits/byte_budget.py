"""Byte budget: limits the memory of this process that responses and files of Spaces may use in total.

Limits on one response or file do not bound their sum: a hundred concurrent calls, each within its limits, used
gigabytes. So each call reserves memory before it reads, and waits while the budget is used up.

Waiting cannot deadlock. A call without a reservation blocks no other while it waits. One that already holds some
(nested reservations, or a response that grows) may wait for others that also wait; for that case a part of the budget,
as large as the largest reservation, is set aside. One thread at a time has priority and may use that part, so it can
always finish and release its reservation.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from hfcourse.errors import CallCancelled, CallError
from hfcourse.limits import concurrency
from hfcourse.limits.deadline import get_current_scope

MAX_BYTES_IN_FLIGHT = 256_000_000
MAX_RESERVATION_BYTES = 64_000_000  # total of one thread
# Smaller responses are not counted: even as the smallest JSON values they use less than a megabyte when parsed.
MAX_UNCOUNTED_BYTES = 16_000
POLL_INTERVAL_SECONDS = 0.2  # how often a waiting call checks whether it was cancelled
WAIT_TIMEOUT_SECONDS = 30  # for a thread without a deadline
# Copies of a text that coexist between socket and database: received, decoded, parsed, masked, serialized.
COPIES_PER_TEXT = 8
# Of each value of a JSON text, including its copies for masking, description and storage.
BYTES_PER_NODE = 250
STREAM_BUFFER_COPIES = 3  # the buffer, and the event extracted from it


class ThreadAllocation:
    """Bytes reserved by one thread, with all its nested reservations."""

    held_bytes = 0


class BudgetWaiter:
    """A thread's queued request for `size` more bytes."""

    def __init__(self, holder: ThreadAllocation, size: int) -> None:
        self.holder, self.size = holder, size
        self.granted = threading.Event()


class ByteBudget:
    """Counting semaphore of bytes; FIFO, but threads that already hold some are served first.

    Args:
        total_bytes: limit for all threads together.
        largest_bytes: limit for one thread; larger requests are reduced to it.
    """

    def __init__(self, total_bytes: int = MAX_BYTES_IN_FLIGHT, largest_bytes: int = MAX_RESERVATION_BYTES) -> None:
        if largest_bytes * 2 > total_bytes:
            raise ValueError("a single reservation would take more than half of the budget")
        self.total_bytes, self.max_reservation_bytes = total_bytes, largest_bytes
        self.used_bytes = 0
        self._lock = threading.Lock()
        self._holding_waiters: deque[BudgetWaiter] = deque()
        self._new_waiters: deque[BudgetWaiter] = deque()
        self._priority_allocation: ThreadAllocation | None = None
        self._threads = threading.local()

    @property
    def waiting_count(self) -> int:
        """Number of threads that wait for bytes."""
        return len(self._holding_waiters) + len(self._new_waiters)

    @contextmanager
    def reserve(self, size: int = 0) -> Iterator["Reservation"]:
        """Reserve `size` bytes, which `Reservation.resize` may change, until the end of the block.

        Raises:
            CallError: `server-busy`, the deadline of this thread expired first.
            CallCancelled: the call was cancelled while it waited.
        """
        reservation = Reservation(self, self._get_thread_allocation())
        try:
            reservation.resize(size)
            yield reservation
        finally:
            reservation.resize(0)

    def _get_thread_allocation(self) -> ThreadAllocation:
        if not hasattr(self._threads, "holder"):
            self._threads.holder = ThreadAllocation()
        allocation: ThreadAllocation = self._threads.holder
        return allocation

    def acquire(self, holder: ThreadAllocation, size: int) -> None:
        """Acquire `size` more bytes for this thread, waiting if necessary. Raises as `reserve`."""
        waiter = BudgetWaiter(holder, size)
        with self._lock:
            (self._holding_waiters if holder.held_bytes else self._new_waiters).append(waiter)
            self._grant_waiters()
        if waiter.granted.is_set():
            return
        try:
            with concurrency.release_while_waiting():
                wait_for_grant(waiter.granted)
        except BaseException:
            self._cancel_waiter(waiter)
            raise

    def release(self, holder: ThreadAllocation, size: int) -> None:
        """Release `size` bytes of this thread."""
        with self._lock:
            self._release_locked(holder, size)

    def _release_locked(self, holder: ThreadAllocation, size: int) -> None:
        self.used_bytes -= size
        holder.held_bytes -= size
        if holder is self._priority_allocation and not holder.held_bytes:
            self._priority_allocation = None
        self._grant_waiters()

    def _cancel_waiter(self, waiter: BudgetWaiter) -> None:
        """Remove a waiter that gave up, or release its bytes if they were granted concurrently."""
        with self._lock:
            if waiter.granted.is_set():
                self._release_locked(waiter.holder, waiter.size)
                return
            for queue in (self._holding_waiters, self._new_waiters):
                if waiter in queue:
                    queue.remove(waiter)
            self._grant_waiters()

    def _grant_waiters(self) -> None:
        """Grant bytes to every waiter that can be served; the caller holds the lock."""
        while waiter := self._select_next_waiter():
            (self._holding_waiters if waiter in self._holding_waiters else self._new_waiters).remove(waiter)
            self.used_bytes += waiter.size
            waiter.holder.held_bytes += waiter.size
            waiter.granted.set()

    def _select_next_waiter(self) -> BudgetWaiter | None:
        """Return the next waiter that can be served, or None."""
        for waiter in self._holding_waiters:
            if waiter.holder is self._priority_allocation:
                return waiter
        queue = self._holding_waiters or self._new_waiters
        if not queue:
            return None
        if self.used_bytes + queue[0].size <= self.total_bytes - self.max_reservation_bytes:
            return queue[0]
        if queue is self._holding_waiters and self._priority_allocation is None:
            self._priority_allocation = queue[0].holder
            return queue[0]
        return None


class Reservation:
    """Bytes of a budget reserved for one block of code."""

    def __init__(self, budget: ByteBudget, holder: ThreadAllocation) -> None:
        self._budget, self._holder = budget, holder
        self.size = 0

    def resize(self, size: int) -> None:
        """Change the reservation to `size` bytes; waits if that is an increase. Raises as `ByteBudget.reserve`."""
        elsewhere = self._holder.held_bytes - self.size
        size = max(0, min(size, self._budget.max_reservation_bytes - elsewhere))
        if size > self.size:
            self._budget.acquire(self._holder, size - self.size)
        elif size < self.size:
            self._budget.release(self._holder, self.size - size)
        self.size = size


def wait_for_grant(granted: threading.Event) -> None:
    """Wait for an event within the deadline of this thread.

    Raises:
        CallError: `server-busy`, the deadline expired first.
        CallCancelled: the call was cancelled.
    """
    scope, timeout = get_current_scope(), time.monotonic() + WAIT_TIMEOUT_SECONDS
    while not granted.wait(POLL_INTERVAL_SECONDS):
        try:
            if scope:
                scope.check_remaining_seconds()
            elif time.monotonic() > timeout:
                raise CallError("server-busy")
        except CallCancelled:
            raise
        except CallError:
            raise CallError("server-busy") from None


def estimate_parsed_bytes(raw: bytes) -> int:
    """Return an upper estimate of the memory used by this JSON until it is stored: text, values, copies."""
    if len(raw) <= MAX_UNCOUNTED_BYTES:
        return 0
    nodes = sum(map(raw.count, (b",", b"[", b"{", b":")))
    return len(raw) * measure_character_bytes(raw) * COPIES_PER_TEXT + nodes * BYTES_PER_NODE


def measure_character_bytes(raw: bytes) -> int:
    """Return the bytes per character of a Python string decoded from this UTF-8: its widest character decides."""
    if b"\\u" in raw or any(lead in raw for lead in range(0xF0, 0xF5)):
        return 4
    return 1 if raw.isascii() or not any(lead in raw for lead in range(0xC4, 0xF0)) else 2


_process_budget = ByteBudget()


def reserve_bytes(size: int = 0) -> AbstractContextManager[Reservation]:
    """Reserve bytes of this process's budget: see `ByteBudget.reserve`."""
    return _process_budget.reserve(size)
