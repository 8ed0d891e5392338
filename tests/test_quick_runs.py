"""The first page of a run waits a tenth of a second for its end: the answer of a Space nearby is on it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse.limits import concurrency
from hfcourse.runs.queue import active_runs
from hfcourse.runs.queue.active_runs import ActiveRuns
from tests.spaces.fake_servers import FakeSpace
from tests.support.clients import BrowserClient
from tests.support.clocks import FakeMonotonic
from tests.support.waiting import WAIT_TIMEOUT_SECONDS

RUN_ID = "A" * 16


@pytest.fixture
def answer_gate(space: FakeSpace) -> Iterator[threading.Event]:
    """The Space answers once this is set."""
    gate = threading.Event()
    space.answers["/queue/data"] = lambda exchange: (
        gate.wait(WAIT_TIMEOUT_SECONDS),
        space.stream_result(exchange),
    )
    yield gate
    gate.set()


@pytest.fixture
def patient_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """First pages wait as long as a test may take."""
    monkeypatch.setattr(active_runs, "QUICK_RUN_SECONDS", WAIT_TIMEOUT_SECONDS)


@pytest.fixture
def runs(site: Flask) -> ActiveRuns:
    return ActiveRuns(site)


def submit(student: BrowserClient) -> str:
    """Send the form of the Space; the address of the run."""
    page = student.open_page("/espaces/a/b")
    return student.submit_form(page, text="bonjour").headers["Location"]


def read_status(page: BeautifulSoup) -> str:
    block = page.select_one("article[data-run]")
    assert block is not None
    return str(block["data-status"])


@pytest.mark.usefixtures("patient_pages")
def test_first_page_has_the_answer_and_follows_nothing(site_student: BrowserClient) -> None:
    page = site_student.open_page(submit(site_student))
    assert read_status(page) == "succeeded"
    assert page.select_one("[data-stream], [data-poll], noscript meta") is None


def test_page_of_a_slow_run_follows_it(site_student: BrowserClient, answer_gate: threading.Event) -> None:
    address = submit(site_student)
    page = site_student.open_page(address)
    assert read_status(page) in ("queued", "running")
    assert page.select_one("[data-stream]") is not None
    answer_gate.set()
    assert site_student.wait_for_end(address)["status"] == "succeeded"


@pytest.mark.usefixtures("patient_pages")
def test_wait_ends_with_the_run(runs: ActiveRuns) -> None:
    runs.register(RUN_ID)
    waiting = threading.Thread(target=runs.wait_for_quick_end, args=(RUN_ID,))
    waiting.start()
    runs.unregister(RUN_ID)
    waiting.join(WAIT_TIMEOUT_SECONDS)
    assert not waiting.is_alive()


def test_run_that_began_earlier_and_one_of_another_process_are_not_waited_for(
    runs: ActiveRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeMonotonic(monkeypatch, active_runs)
    monkeypatch.setattr(concurrency, "release_while_waiting", lambda: pytest.fail("it waits"))
    runs.wait_for_quick_end(RUN_ID)
    runs.register(RUN_ID)
    clock.advance(active_runs.QUICK_RUN_SECONDS)
    runs.wait_for_quick_end(RUN_ID)


@pytest.mark.usefixtures("patient_pages")
def test_waiting_page_releases_its_slot_of_the_concurrency_limit(
    runs: ActiveRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = []

    @contextmanager
    def release_while_waiting() -> Iterator[None]:
        runs.unregister(RUN_ID)  # while the slot is released
        yield
        released.append(RUN_ID)

    monkeypatch.setattr(concurrency, "release_while_waiting", release_while_waiting)
    runs.register(RUN_ID)
    runs.wait_for_quick_end(RUN_ID)
    assert released == [RUN_ID]
