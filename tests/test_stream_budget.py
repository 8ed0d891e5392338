"""Receiving the messages of a call counts in its budget of processor time, whether they say anything or not."""

import time
from collections.abc import Iterator
from itertools import repeat

import pytest

from hfcourse.errors import CallError
from hfcourse.spaces.client.queue_protocol import CPU_TIME_DIVISOR, QueueProtocol
from hfcourse.spaces.client.transport.server_sent_events import iter_server_sent_events

EVENT, MAX_EVENT_BYTES = b'data: {"msg":"heartbeat"}\n\n', 1_000


def receive(reading: QueueProtocol, chunks: Iterator[bytes]) -> Iterator[bytes]:
    return reading.measure_messages(iter_server_sent_events(reading.check_chunks(chunks), MAX_EVENT_BYTES))


def reading_within(cpu_seconds: float) -> QueueProtocol:
    return QueueProtocol("sse_v3", lambda *values: values, cpu_seconds * CPU_TIME_DIVISOR)


def test_stream_gives_its_messages_while_there_is_budget() -> None:
    messages = list(receive(reading_within(60), iter([EVENT[:9], EVENT[9:] + EVENT])))
    assert messages == [b'{"msg":"heartbeat"}'] * 2


def test_stream_of_comments_alone_ends_with_the_budget() -> None:
    with pytest.raises(CallError, match="answer-too-large"):
        next(receive(reading_within(0.05), repeat(b": still here\n\n")))


def spend(cpu_seconds: float) -> None:
    until = time.thread_time() + cpu_seconds
    while time.thread_time() < until:
        pass


def test_receiving_takes_from_the_budget_of_reading() -> None:
    def receive_slowly() -> Iterator[bytes]:
        spend(0.05)
        yield b'{"msg":"heartbeat"}'

    reading = reading_within(0.05)
    (message,) = reading.measure_messages(receive_slowly())
    with pytest.raises(CallError, match="answer-too-large"):
        reading.read_message(message, "e")


def test_work_between_two_messages_takes_nothing() -> None:
    reading = reading_within(0.05)
    for _ in reading.measure_messages(iter([b""] * 3)):
        spend(0.03)
    assert reading.read_message(b'{"msg":"heartbeat"}', "e") == []
