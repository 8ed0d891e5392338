"""The budget of bytes in flight: how much memory of this process the answers and files of Spaces may take at once.

Limits on one answer or one file do not bound their sum: a hundred calls at once, each within its limits, took
gigabytes. So each call reserves memory before it reads, and waits for it while others hold all of it.

Waiting cannot deadlock. A call that holds nothing waits without keeping anybody else from memory. One that already
holds some (nested reservations, or an answer that grows) may have to wait for others that wait as well; for that case
a part of the budget, as large as the largest reservation, is kept back. One thread at a time is favoured, may use that
part, and can therefore always finish and give back what it holds.
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
MAX_RESERVATION_BYTES = 64_000_000  # what one thread may hold in all
# Answers up to this size are not counted: even as the smallest JSON values they take less than a megabyte parsed.
MAX_UNCOUNTED_BYTES = 16_000
POLL_INTERVAL_SECONDS = 0.2  # how soon a call that waits notices that it was stopped
WAIT_TIMEOUT_SECONDS = 30  # where no deadline is set
# Copies of a text that exist at once between the socket and the database: received, decoded, parsed, masked, written.
COPIES_PER_TEXT = 8
# Of each value of a JSON text, with the copies of it that are made to mask, describe and store it.
BYTES_PER_NODE = 250
STREAM_BUFFER_COPIES = 3  # the buffer, and the event cut out of it


class ThreadAllocation:
    """What one thread has reserved, all its nested reservations together."""

    held_bytes = 0


class BudgetWaiter:
    """A thread that waits for so many more bytes."""

    def __init__(self, holder: ThreadAllocation, size: int) -> None:
        self.holder, self.size = holder, size
        self.granted = threading.Event()


class ByteBudget:
    """A counting semaphore of bytes: first come, first served, those who already hold some before newcomers.

    Args:
        sum_total_bytes: what all threads together may hold.
        largest_bytes: what one thread may hold; larger wishes are cut to it.
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

    @contextmanager
    def reserve(self, size: int = 0) -> Iterator["Reservation"]:
        """Hold `size` bytes, or what `Reservation.resize` makes of it, until the end of the block.

        Raises:
            CallError: `server-busy`, there were none before the deadline of this thread.
            Stopped: the call was stopped while it waited.
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
        return self._threads.holder

    def acquire(self, holder: ThreadAllocation, size: int) -> None:
        """Take `size` more bytes for this holder, waiting for them if need be. Raises as `reserve`."""
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
        """Give `size` bytes of this holder back."""
        with self._lock:
            self._release_locked(holder, size)

    def _release_locked(self, holder: ThreadAllocation, size: int) -> None:
        self.used_bytes -= size
        holder.held_bytes -= size
        if holder is self._priority_allocation and not holder.held_bytes:
            self._priority_allocation = None
        self._grant_waiters()

    def _cancel_waiter(self, waiter: BudgetWaiter) -> None:
        """Forget a waiter that gave up, or what it was granted at that very moment."""
        with self._lock:
            if waiter.granted.is_set():
                self._release_locked(waiter.holder, waiter.size)
                return
            for line in (self._holding_waiters, self._new_waiters):
                if waiter in line:
                    line.remove(waiter)
            self._grant_waiters()

    def _grant_waiters(self) -> None:
        """Give bytes to all waiters whose turn it is; the lock is held."""
        while waiter := self._select_next_waiter():
            (self._holding_waiters if waiter in self._holding_waiters else self._new_waiters).remove(waiter)
            self.used_bytes += waiter.size
            waiter.holder.held_bytes += waiter.size
            waiter.granted.set()

    def _select_next_waiter(self) -> BudgetWaiter | None:
        """The waiter that may be served now, if there is one."""
        for waiter in self._holding_waiters:
            if waiter.holder is self._priority_allocation:
                return waiter
        line = self._holding_waiters or self._new_waiters
        if not line:
            return None
        if self.used_bytes + line[0].size <= self.total_bytes - self.max_reservation_bytes:
            return line[0]
        if line is self._holding_waiters and self._priority_allocation is None:
            self._priority_allocation = line[0].holder
            return line[0]
        return None


class Reservation:
    """So many bytes of a budget, held for one block of code."""

    def __init__(self, budget: ByteBudget, holder: ThreadAllocation) -> None:
        self._budget, self._holder = budget, holder
        self.size = 0

    def resize(self, size: int) -> None:
        """Hold `size` bytes from now on; waits where that is more than before. Raises as `ByteBudget.reserve`."""
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
        CallError: `server-busy`, the deadline came first.
        Stopped: the call was stopped.
    """
    leash, timeout = get_current_scope(), time.monotonic() + WAIT_TIMEOUT_SECONDS
    while not granted.wait(POLL_INTERVAL_SECONDS):
        try:
            if leash:
                leash.check_remaining_seconds()
            elif time.monotonic() > timeout:
                raise CallError("server-busy")
        except CallCancelled:
            raise
        except CallError:
            raise CallError("server-busy") from None


def estimate_parsed_bytes(raw: bytes) -> int:
    """An upper estimate of the memory that this JSON takes until it is stored: the text, its values, their copies."""
    if len(raw) <= MAX_UNCOUNTED_BYTES:
        return 0
    nodes = sum(map(raw.count, (b",", b"[", b"{", b":")))
    return len(raw) * measure_character_bytes(raw) * COPIES_PER_TEXT + nodes * BYTES_PER_NODE


def measure_character_bytes(raw: bytes) -> int:
    """Bytes per character of a Python string made of this UTF-8: its widest character makes all others as wide."""
    if b"\\u" in raw or any(lead in raw for lead in range(0xF0, 0xF5)):
        return 4
    return 1 if raw.isascii() or not any(lead in raw for lead in range(0xC4, 0xF0)) else 2


_process_budget = ByteBudget()


def reserve_bytes(size: int = 0) -> AbstractContextManager[Reservation]:
    """Reserve bytes of the budget of this process: see `ByteBudget.reserve`."""
    return _process_budget.reserve(size)
