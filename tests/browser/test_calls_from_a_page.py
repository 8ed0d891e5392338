"""The two pages of lesson 3.3 in a browser, served as the lesson says: one without a token, one that gives it away."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from hfcourse.lessons.library import CONTENT_FOLDER
from hfcourse.practice.server import PracticeServer
from tests.support.processes import find_free_port
from tests.support.waiting import wait_until

ADDRESS = "http://127.0.0.1:7861"
TOKEN = "hf_CECI_EST_UN_FAUX"
GREETING = "Bonjour Awa\u202f! Comment vas-tu\u202f?"
PAGES = ("page.html", "fuite.html")


@pytest.fixture(scope="module")
def served(practice: PracticeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The folder of the programs behind Python's file server; the pages call the practice Space of the tests."""
    folder, port = tmp_path_factory.mktemp("appels"), find_free_port()
    for name in PAGES:
        text = (CONTENT_FOLDER / "appels" / name).read_text(encoding="utf-8")
        assert ADDRESS in text
        (folder / name).write_text(text.replace(ADDRESS, str(practice.url)), encoding="utf-8")
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A student's own browser: these pages are not the site's, and obey none of its rules."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def requests_of(page: Page, address: str) -> list[Request]:
    """Open the page, wait for its greeting, and return what it asked of the Space."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/gradio_api/" in request.url else None)
    page.goto(address)
    expect(page.locator("p")).to_have_text(GREETING)
    return [request for request in asked if request.method != "OPTIONS"]


def test_page_without_a_token_is_answered_and_sends_no_secret(page: Page, served: str) -> None:
    posted, read = requests_of(page, f"{served}/page.html")
    assert (posted.method, read.method) == ("POST", "GET")
    assert posted.headers["content-type"] == "application/json"
    assert not {"authorization", "x-hf-authorization", "cookie"} & {*posted.headers, *read.headers}


def test_page_with_a_token_shows_it_to_its_visitor(page: Page, served: str) -> None:
    posted, _ = requests_of(page, f"{served}/fuite.html")
    assert posted.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN in page.content()


def test_figure_of_the_leak_shows_what_the_pages_send() -> None:
    drawing = (CONTENT_FOLDER.parents[1] / "static" / "figures" / "fuite.svg").read_text(encoding="utf-8")
    assert drawing.count(f"Bearer {TOKEN}") == 3  # in the code, in the network tab, in the words for who cannot see it
    for name, count in zip(PAGES, (0, 1), strict=True):
        assert (CONTENT_FOLDER / "appels" / name).read_text(encoding="utf-8").count(f"Bearer {TOKEN}") == count


def test_page_opened_as_a_file_is_refused_by_a_space_on_loopback(
    page: Page, practice: PracticeServer, tmp_path: Path
) -> None:
    text = (CONTENT_FOLDER / "appels" / "page.html").read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(text.replace(ADDRESS, str(practice.url)), encoding="utf-8")
    with page.expect_event("console", lambda message: "CORS" in message.text):
        page.goto((tmp_path / "page.html").as_uri())
    expect(page.locator("p")).to_have_text("Le Space répond…")
