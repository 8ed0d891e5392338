"""A practice app shared by the test modules that call it: it takes seconds to wake, so it wakes once."""

import os
import time
from collections.abc import Callable, Iterator

import pytest
from gradio_client import Client

from hfcourse.practice.server import PracticeServer

WAKE_SECONDS = 90


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    """The real app, awake."""
    server = PracticeServer(tmp_path_factory.mktemp("practice"))
    server.wake()
    assert server.wait_until_awake(WAKE_SECONDS), server.failure
    yield server
    server.stop()


def new_client(practice: PracticeServer) -> Client:
    """A client of the app, with a session of its own."""
    return Client(practice.url, token=False, download_files=False, verbose=False, analytics_enabled=False)


@pytest.fixture
def client(practice: PracticeServer) -> Client:
    return new_client(practice)


def until(condition: Callable[[], object], seconds: float = 15) -> bool:
    """Whether the condition comes true in time; asked again every hundredth of a second."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_running(pid: int) -> bool:
    """Whether a process exists; one that ended and that nobody has reaped yet does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
