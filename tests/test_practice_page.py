"""The practice Space's own page and address: shown to readers who can reach it, and to no other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse import create_app
from hfcourse.playground import practice_url
from tests.spaces.fake_servers import FakeSpace
from tests.support.apps import close_app

PAGE = "/espaces/hfcourse/entrainement"
NETWORK_URL = "http://192.0.2.7:7861"
LINK = "Ouvrir la page du Space d’entraînement"
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.44"}


@pytest.fixture
def folder(tmp_path: Path, empty_database: bytes) -> Path:
    (tmp_path / "hfcourse.sqlite").write_bytes(empty_database)
    return tmp_path


@pytest.fixture
def app(folder: Path, space: FakeSpace) -> Iterator[Flask]:
    made = create_app({"INSTANCE": str(folder), "TESTING": True, "PRACTICE_URL": space.url})
    yield made
    close_app(made)


def open_page(app: Flask, host: str = "127.0.0.1:5000", address: str = PAGE, **sent: Any) -> BeautifulSoup:
    """The page as a reader gets it who asks in this way; `sent` as for Werkzeug's test client."""
    answer = app.test_client().get(address, base_url=f"http://{host}", **sent)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def links(page: BeautifulSoup) -> list[str]:
    """The addresses of the link."""
    return [str(link["href"]) for link in page.select("main a") if link.get_text(strip=True) == LINK]


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost:5000", "[::1]:5000"])
def test_reader_at_the_machine_of_the_site_gets_the_link(app: Flask, space: FakeSpace, host: str) -> None:
    assert links(open_page(app, host)) == [space.url]


def test_reader_elsewhere_gets_no_link_and_no_address(app: Flask, space: FakeSpace) -> None:
    page = open_page(app, "192.0.2.7:5000", environ_base=ELSEWHERE)
    assert LINK not in str(page)
    assert space.url.removeprefix("http://") not in str(page)
    assert page.select("pre[data-lang]")


@pytest.mark.parametrize(
    "sent",
    [
        {"host": "192.0.2.7:5000"},  # asked for by its network address, whoever asks
        {"environ_base": ELSEWHERE},
        {"headers": {"X-Forwarded-For": "192.0.2.44"}},  # a proxy on this machine that the settings do not know
    ],
)
def test_link_needs_a_browser_of_this_machine(app: Flask, sent: dict[str, Any]) -> None:
    assert links(open_page(app, **sent)) == []


def test_practice_space_on_another_machine_is_linked_only_by_the_setting(folder: Path) -> None:
    app = create_app({"INSTANCE": str(folder), "TESTING": True, "PRACTICE_URL": "http://practice.invalid:7861"})
    with app.test_request_context("/", base_url="http://127.0.0.1:5000"):
        assert practice_url.get_reachable_url() == ""
        app.config["PRACTICE_PAGE_URL"] = NETWORK_URL
        assert practice_url.get_reachable_url() == NETWORK_URL
    close_app(app)


def test_address_of_the_setting_is_shown_to_every_reader_and_stands_in_the_code(app: Flask) -> None:
    app.config["PRACTICE_PAGE_URL"] = NETWORK_URL
    page = open_page(app, "192.0.2.7:5000", environ_base=ELSEWHERE)
    assert links(page) == [NETWORK_URL]
    code = {str(each["data-lang"]): each.get_text() for each in page.select("pre[data-lang]")}
    assert f'Client("{NETWORK_URL}", token=False)' in code["python"]
    assert f'Client.connect("{NETWORK_URL}")' in code["javascript"]
    assert f"SPACE={NETWORK_URL}\n" in code["curl"]


def test_setting_shows_nothing_of_other_spaces(folder: Path, space: FakeSpace) -> None:
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "a/b"\ntitle = "A"\nwhy = "B."\nurl = "{space.url}"\n')
    app = create_app({"INSTANCE": str(folder), "TESTING": True, "PRACTICE_PAGE_URL": NETWORK_URL})
    page = open_page(app, address="/espaces/a/b")
    assert NETWORK_URL not in str(page)
    assert space.url.removeprefix("http://") not in str(page)
    close_app(app)


def test_entry_of_the_instructor_in_its_place_keeps_its_address(folder: Path, space: FakeSpace) -> None:
    written = f'[[space]]\nid = "hfcourse/entrainement"\ntitle = "A"\nwhy = "B."\nurl = "{space.url}"\n'
    (folder / "spaces.toml").write_text(written)
    app = create_app({"INSTANCE": str(folder), "TESTING": True, "PRACTICE_PAGE_URL": NETWORK_URL})
    assert links(open_page(app)) == []
    close_app(app)
