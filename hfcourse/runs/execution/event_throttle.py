"""Throttle of the events of one run: how many of them are stored, and when. Pure.

A Space may send thousands of events a second, and each stored one is a transaction and a redraw of
the page. So each kind is throttled on both edges: the first event is delivered at once, and of
those that arrive within the interval only the latest, at its end. A page is therefore at most one
interval behind, even if the Space sends nothing more.
"""

from collections.abc import Callable

from hfcourse.spaces.client.call_events import CallEvent, LogEvent

EVENT_INTERVAL_SECONDS = 0.1
# Delivering events of one kind takes at most this fraction of the time: a large value is stored less often.
DELIVERY_DUTY_DIVISOR = 5
TIMER_MARGIN_SECONDS = 0.001  # a timer must not fire before the interval is over by the last digit of a sum
MAX_LOG_MESSAGES = 100  # messages of the author are never replaced by later ones, so their number is limited instead

Clock = Callable[[], float]
CallAt = Callable[[float, Callable[[], None]], None]


class EventThrottle:
    """Throttle by kind of event. Not thread-safe: its owner calls it, and runs its timers, under one lock."""

    def __init__(self, deliver: Callable[[CallEvent], None], call_at: CallAt, clock: Clock) -> None:
        """Create a throttle.

        Args:
            deliver: stores an event; called by `submit` or by a timer.
            call_at: schedules a callback for a moment of the clock.
            clock: returns seconds that never decrease.
        """
        self._deliver, self._call_at, self._clock = deliver, call_at, clock
        self._next_at: dict[type, float] = {}
        self._deferred: dict[type, CallEvent] = {}
        self._message_count = 0

    def submit(self, event: CallEvent) -> None:
        """Deliver an event now, defer it to the end of the interval, or drop a message beyond MAX_LOG_MESSAGES."""
        if isinstance(event, LogEvent):
            self._message_count += 1
            if self._message_count <= MAX_LOG_MESSAGES:
                self._deliver_now(event)
        elif self._is_interval_over(type(event)):
            self._deliver_now(event)
        else:
            self._defer(event)

    def take_deferred(self) -> list[CallEvent]:
        """Return the deferred events and forget them, so that no timer delivers them."""
        events, self._deferred = list(self._deferred.values()), {}
        return events

    def _is_interval_over(self, kind: type) -> bool:
        return self._clock() >= self._next_at.get(kind, 0.0)

    def _deliver_now(self, event: CallEvent) -> None:
        kind, begun = type(event), self._clock()
        self._deferred.pop(kind, None)
        self._next_at[kind] = begun + EVENT_INTERVAL_SECONDS  # also if the delivery fails
        self._deliver(event)
        self._next_at[kind] = begun + max(EVENT_INTERVAL_SECONDS, DELIVERY_DUTY_DIVISOR * (self._clock() - begun))

    def _defer(self, event: CallEvent) -> None:
        """Replace the deferred event of this kind; the first one starts the timer."""
        kind = type(event)
        has_timer = kind in self._deferred
        self._deferred[kind] = event
        if not has_timer:
            self._call_at(self._next_at[kind] + TIMER_MARGIN_SECONDS, lambda: self._deliver_deferred(kind))

    def _deliver_deferred(self, kind: type) -> None:
        # Otherwise another event of this kind was delivered since, and has a timer of its own.
        if kind in self._deferred and self._is_interval_over(kind):
            self._deliver_now(self._deferred[kind])
