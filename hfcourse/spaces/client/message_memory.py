"""Memory that the messages of one call use, reserved from the byte budget until the call ends.

A message is counted while it is read and processed. Of a generator the latest value is counted
until the end, since the next one is derived from it and a cancelled run stores it; it grows by
diffs, whose total size says little about its own.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hfcourse.limits import byte_budget
from hfcourse.limits.byte_budget import MAX_UNCOUNTED_BYTES, STREAM_BUFFER_COPIES, Reservation, estimate_parsed_bytes


class MessageMemoryReservation:
    """Memory reserved for the messages of one call."""

    def __init__(self, reservation: Reservation) -> None:
        self._reservation = reservation
        self._partial_bytes = 0  # memory of the latest partial value
        self._measured_bytes = 0  # length of that value as JSON when it was last measured
        self._unmeasured_bytes = 0  # bytes received since, by which it may have grown
        self._message_bytes = 0

    @classmethod
    @contextmanager
    def reserve(cls) -> Iterator["MessageMemoryReservation"]:
        """Reserve memory for the messages of one call until the end of the block."""
        with byte_budget.reserve_bytes() as reservation:
            yield cls(reservation)

    def count_buffer(self, size: int) -> None:
        """Count a message of which `size` bytes are received; release the previous one.

        Raises: as `Reservation.resize`.
        """
        buffered = STREAM_BUFFER_COPIES * size if size > MAX_UNCOUNTED_BYTES else 0
        self._resize_reservation(self._partial_bytes + buffered)

    def count_message(self, raw: bytes) -> None:
        """Count a complete message, which is now parsed and processed.

        Raises: as `Reservation.resize`.
        """
        self._message_bytes = len(raw)
        self._resize_reservation(self._partial_bytes + estimate_parsed_bytes(raw))

    def count_partial(self, values: Any) -> None:
        """Count the latest value of a generator, updated by the latest message.

        Raises: as `Reservation.resize`.
        """
        self._unmeasured_bytes += self._message_bytes
        # Measured only when it may have doubled, which costs a constant share of the work.
        if self._unmeasured_bytes > max(MAX_UNCOUNTED_BYTES, self._measured_bytes):
            encoded = json.dumps(values, ensure_ascii=False).encode()
            self._measured_bytes, self._unmeasured_bytes = len(encoded), 0
            self._partial_bytes = estimate_parsed_bytes(encoded)
            self._resize_reservation(max(self._reservation.size, self._partial_bytes))

    def _resize_reservation(self, size: int) -> None:
        if size != self._reservation.size:
            self._reservation.resize(size)
