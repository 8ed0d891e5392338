"""The practice Space polls as often as Gradio does while it is called, and rarely while nobody calls."""

import asyncio
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.support.clocks import FakeMonotonic

if TYPE_CHECKING:
    from gradio.queueing import Queue

    from hfcourse.practice.adaptive_queue import AdaptiveQueue


@pytest.fixture(scope="module")
def adaptive_queue() -> ModuleType:
    """The module of the queue; imported here, because it imports Gradio, which takes seconds."""
    with pytest.MonkeyPatch.context() as offline:
        offline.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        from hfcourse.practice import adaptive_queue
    return adaptive_queue


@pytest.fixture(scope="module")
def queueing(adaptive_queue: ModuleType) -> ModuleType:
    """Gradio's own module."""
    from gradio import queueing

    return queueing


def make_queue(queue_class: "type[Queue]") -> "Queue":
    """A queue of one worker, as `Blocks.queue()` makes it; the app itself is only kept."""

    async def make() -> "Queue":
        return queue_class(False, 1, 1, None, None)

    made = asyncio.run(make())
    made.active_jobs = [None]
    return made


def read_intervals(queue: "Queue") -> tuple[float, float]:
    return queue.sleep_when_free, queue.progress_update_sleep_when_free


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, adaptive_queue: ModuleType) -> FakeMonotonic:
    return FakeMonotonic(monkeypatch, adaptive_queue)


@pytest.fixture
def adaptive(clock: FakeMonotonic, adaptive_queue: ModuleType) -> "AdaptiveQueue":
    made = make_queue(adaptive_queue.AdaptiveQueue)
    assert isinstance(made, adaptive_queue.AdaptiveQueue)
    return made


@pytest.fixture(scope="module")
def idle_intervals(adaptive_queue: ModuleType) -> tuple[float, float]:
    return adaptive_queue.IDLE_INTERVAL_SECONDS, adaptive_queue.IDLE_PROGRESS_INTERVAL_SECONDS


@pytest.fixture(scope="module")
def gradio_intervals(queueing: ModuleType) -> tuple[float, float]:
    return read_intervals(make_queue(queueing.Queue))


def test_idle_queue_polls_less_often_than_gradio(
    adaptive: "AdaptiveQueue", gradio_intervals: tuple[float, float], idle_intervals: tuple[float, float]
) -> None:
    assert read_intervals(adaptive) == idle_intervals
    assert gradio_intervals < idle_intervals


def test_busy_queue_polls_as_gradio_does_and_for_a_while_after(
    adaptive: "AdaptiveQueue",
    adaptive_queue: ModuleType,
    clock: FakeMonotonic,
    gradio_intervals: tuple[float, float],
    idle_intervals: tuple[float, float],
) -> None:
    adaptive.active_jobs = [[object()]]
    assert read_intervals(adaptive) == gradio_intervals
    adaptive.active_jobs = [None]
    clock.advance(adaptive_queue.BUSY_SECONDS - 0.1)
    assert read_intervals(adaptive) == gradio_intervals
    clock.advance(0.2)
    assert read_intervals(adaptive) == idle_intervals


def test_waiting_call_makes_the_queue_busy(adaptive: "AdaptiveQueue", queueing: ModuleType) -> None:
    adaptive.event_queue_per_concurrency_id["default"] = queueing.EventQueue("default", 1)
    assert adaptive.is_idle()
    adaptive.event_queue_per_concurrency_id["default"].queue.append(object())
    assert not adaptive.is_idle()


def test_apps_that_are_built_afterwards_have_it(
    monkeypatch: pytest.MonkeyPatch, adaptive_queue: ModuleType, queueing: ModuleType
) -> None:
    monkeypatch.setattr(queueing, "Queue", queueing.Queue)
    adaptive_queue.install_adaptive_queue()
    assert queueing.Queue is adaptive_queue.AdaptiveQueue
