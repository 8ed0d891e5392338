"""The memory that the messages of one call take: reserved from the byte budget, given back when the call is over.

A message is counted while it is read and worked on. Of a generator the latest value is counted until the end, since
the next one is made from it and a stop stores it; it grows by diffs, whose sum says little of its size.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hfcourse.limits import byte_budget
from hfcourse.limits.byte_budget import MAX_UNCOUNTED_BYTES, STREAM_BUFFER_COPIES, Reservation, estimate_parsed_bytes


class MessageMemoryReservation:
    """How much one call has reserved for its messages."""

    def __init__(self, reservation: Reservation) -> None:
        self._reservation = reservation
        self._partial_bytes = 0  # memory that the latest partial value takes
        self._measured_bytes = 0  # length of that value as JSON when it was measured
        self._unmeasured_bytes = 0  # received since: it may have grown by so much
        self._message_bytes = 0

    @classmethod
    @contextmanager
    def reserve(cls) -> Iterator["MessageMemoryReservation"]:
        """Reserve memory for the messages of one call until the end of the block."""
        with byte_budget.reserve_bytes() as reservation:
            yield cls(reservation)

    def count_buffer(self, size: int) -> None:
        """Count a message of which `size` bytes have come; the one before is over. Raises as `Reservation.resize`."""
        buffered = STREAM_BUFFER_COPIES * size if size > MAX_UNCOUNTED_BYTES else 0
        self._resize_reservation(self._partial_bytes + buffered)

    def count_message(self, raw: bytes) -> None:
        """Count a whole message, which is now parsed and worked on. Raises as `Reservation.resize`."""
        self._message_bytes = len(raw)
        self._resize_reservation(self._partial_bytes + estimate_parsed_bytes(raw))

    def count_partial(self, values: Any) -> None:
        """Count the latest value of a generator, made by the latest message. Raises as `Reservation.resize`."""
        self._unmeasured_bytes += self._message_bytes
        # Measured each time that it may have doubled, which costs a constant share of the work.
        if self._unmeasured_bytes > max(MAX_UNCOUNTED_BYTES, self._measured_bytes):
            written = json.dumps(values, ensure_ascii=False).encode()
            self._measured_bytes, self._unmeasured_bytes = len(written), 0
            self._partial_bytes = estimate_parsed_bytes(written)
            self._resize_reservation(max(self._reservation.size, self._partial_bytes))

    def _resize_reservation(self, size: int) -> None:
        if size != self._reservation.size:
            self._reservation.resize(size)
