"""A practice app shared by the test modules that call it: it takes seconds to wake, so it wakes once."""

from collections.abc import Iterator

import pytest
from gradio_client import Client

from hfcourse.practice.server import PracticeServer

WAKE_TIMEOUT_SECONDS = 90


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    """The real app, awake."""
    server = PracticeServer(tmp_path_factory.mktemp("practice"))
    server.wake()
    assert server.wait_until_awake(WAKE_TIMEOUT_SECONDS), server.failure
    yield server
    server.stop()


def open_practice_client(practice: PracticeServer) -> Client:
    """A client of the app, with a session of its own."""
    return Client(practice.url, token=False, download_files=False, verbose=False, analytics_enabled=False)


@pytest.fixture
def practice_client(practice: PracticeServer) -> Client:
    return open_practice_client(practice)


PRACTICE_ENDPOINTS = {
    "/saluer": (["prenom", "tutoyer"], ["Textbox"]),
    "/calculer": (["a", "operation", "b"], ["Number"]),
    "/compter": (["jusqua", "pause"], ["Textbox"]),
    "/filtrer": (["image", "filtre"], ["Image"]),
    "/classer": (["phrase"], ["Label"]),
    "/resumer": (["table"], ["Dataframe", "Textbox"]),
    "/discuter": (["message"], ["Textbox"]),
    "/generer": (["prompt", "temperature", "longueur", "graine"], ["Textbox"]),
}
