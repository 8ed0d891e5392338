"""The practice Space polls as often as Gradio does while it is called, and rarely while nobody calls."""

import asyncio

import pytest

from tests.support.clocks import FakeMonotonic

with pytest.MonkeyPatch.context() as offline:
    offline.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    from gradio import queueing

    from hfcourse.practice import adaptive_queue
    from hfcourse.practice.adaptive_queue import (
        BUSY_SECONDS,
        IDLE_INTERVAL_SECONDS,
        IDLE_PROGRESS_INTERVAL_SECONDS,
        AdaptiveQueue,
        install_adaptive_queue,
    )

IDLE_INTERVALS = IDLE_INTERVAL_SECONDS, IDLE_PROGRESS_INTERVAL_SECONDS


def make_queue(queue_class: type[queueing.Queue]) -> queueing.Queue:
    """A queue of one worker, as `Blocks.queue()` makes it; the app itself is only kept."""

    async def make() -> queueing.Queue:
        return queue_class(False, 1, 1, None, None)

    made = asyncio.run(make())
    made.active_jobs = [None]
    return made


def read_intervals(queue: queueing.Queue) -> tuple[float, float]:
    return queue.sleep_when_free, queue.progress_update_sleep_when_free


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeMonotonic:
    return FakeMonotonic(monkeypatch, adaptive_queue)


@pytest.fixture
def adaptive(clock: FakeMonotonic) -> AdaptiveQueue:
    made = make_queue(AdaptiveQueue)
    assert isinstance(made, AdaptiveQueue)
    return made


@pytest.fixture(scope="module")
def gradio_intervals() -> tuple[float, float]:
    return read_intervals(make_queue(queueing.Queue))


def test_idle_queue_polls_less_often_than_gradio(
    adaptive: AdaptiveQueue, gradio_intervals: tuple[float, float]
) -> None:
    assert read_intervals(adaptive) == IDLE_INTERVALS
    assert gradio_intervals < IDLE_INTERVALS


def test_busy_queue_polls_as_gradio_does_and_for_a_while_after(
    adaptive: AdaptiveQueue, clock: FakeMonotonic, gradio_intervals: tuple[float, float]
) -> None:
    adaptive.active_jobs = [[object()]]
    assert read_intervals(adaptive) == gradio_intervals
    adaptive.active_jobs = [None]
    clock.advance(BUSY_SECONDS - 0.1)
    assert read_intervals(adaptive) == gradio_intervals
    clock.advance(0.2)
    assert read_intervals(adaptive) == IDLE_INTERVALS


def test_waiting_call_makes_the_queue_busy(adaptive: AdaptiveQueue) -> None:
    adaptive.event_queue_per_concurrency_id["default"] = queueing.EventQueue("default", 1)
    assert adaptive.is_idle()
    adaptive.event_queue_per_concurrency_id["default"].queue.append(object())
    assert not adaptive.is_idle()


def test_apps_that_are_built_afterwards_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "Queue", queueing.Queue)
    install_adaptive_queue()
    assert queueing.Queue is AdaptiveQueue
