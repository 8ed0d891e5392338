"""When an event of a run is delivered, deferred or dropped; by a clock that the test advances."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.runs.execution.event_throttle import (
    DELIVERY_DUTY_DIVISOR,
    EVENT_INTERVAL_SECONDS,
    MAX_LOG_MESSAGES,
    TIMER_MARGIN_SECONDS,
    EventThrottle,
)
from hfcourse.spaces.client.call_events import CallEvent, LogEvent, PartialOutputEvent, ProgressEvent, QueuedEvent
from tests.support.clocks import ManualClock

MOMENT = 1e-6  # of the last digit of a sum


@dataclass
class Delivered:
    """A throttle, what it delivered and when."""

    clock: ManualClock = field(default_factory=ManualClock)
    seconds_each: float = 0.0
    events: list[tuple[float, CallEvent]] = field(default_factory=list)
    failures: list[type[Exception]] = field(default_factory=list)  # of the first deliveries

    def __post_init__(self) -> None:
        self.throttle = EventThrottle(self.deliver, self.clock.call_at, self.clock.read)

    def deliver(self, event: CallEvent) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.events.append((self.clock.now, event))
        self.clock.now += self.seconds_each

    def of_kind(self, kind: type) -> list[tuple[float, CallEvent]]:
        return [(moment, event) for moment, event in self.events if isinstance(event, kind)]


def make_event(kind: int, number: int) -> CallEvent:
    makers = (
        lambda: PartialOutputEvent((number,)),
        lambda: ProgressEvent(({"index": number},)),
        lambda: QueuedEvent(number, None, None),
    )
    return makers[kind]()


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0, 0.3)), max_size=60),
    st.sampled_from([0.0, 0.01, 0.07]),
)
def test_the_latest_of_each_kind_is_delivered_soon_and_none_too_early(
    arrivals: list[tuple[int, float]], seconds_each: float
) -> None:
    site = Delivered(seconds_each=seconds_each)
    sent: dict[type, list[CallEvent]] = {}
    for number, (kind, pause) in enumerate(arrivals):
        event = make_event(kind, number)
        sent.setdefault(type(event), []).append(event)
        site.throttle.submit(event)
        site.clock.advance(pause)
    site.clock.advance(10)
    for kind, events in sent.items():
        found = site.of_kind(kind)
        assert found[0][1] == events[0]
        assert found[-1][1] == events[-1]
        positions = [events.index(event) for _, event in found]
        assert positions == sorted(set(positions))
        gaps = [after - before for (before, _), (after, _) in pairwise(found)]
        least = max(EVENT_INTERVAL_SECONDS, DELIVERY_DUTY_DIVISOR * seconds_each)
        assert all(gap >= least - MOMENT for gap in gaps)
    assert site.throttle.take_deferred() == []


def test_a_deferred_event_is_delivered_at_the_end_of_the_interval_once() -> None:
    site = Delivered()
    for number in range(4):
        site.throttle.submit(make_event(0, number))
    site.clock.advance(EVENT_INTERVAL_SECONDS + TIMER_MARGIN_SECONDS)
    assert [event for _, event in site.events] == [make_event(0, 0), make_event(0, 3)]
    site.clock.advance(60)
    assert len(site.events) == 2


def test_a_delivery_that_fails_leaves_the_interval_in_force() -> None:
    site = Delivered(failures=[OSError])
    with pytest.raises(OSError):  # noqa: PT011
        site.throttle.submit(make_event(0, 0))
    site.throttle.submit(make_event(0, 1))
    assert site.events == []
    site.clock.advance(1)
    assert [event for _, event in site.events] == [make_event(0, 1)]


def test_deferred_events_are_taken_before_their_timer() -> None:
    site = Delivered()
    for number in range(3):
        site.throttle.submit(make_event(1, number))
    assert site.throttle.take_deferred() == [make_event(1, 2)]
    site.clock.advance(60)
    assert len(site.events) == 1


def test_messages_of_the_author_are_all_delivered_up_to_the_limit() -> None:
    site = Delivered()
    for number in range(2 * MAX_LOG_MESSAGES):
        site.throttle.submit(LogEvent("info", str(number)))
    assert [event for _, event in site.events] == [LogEvent("info", str(n)) for n in range(MAX_LOG_MESSAGES)]
