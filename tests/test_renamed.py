"""A Space that the Hub knows by another name now: opened, called, shown by the new one; and what is not followed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse import create_app
from hfcourse.errors import SpaceUnavailable
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.hub import hub_api
from hfcourse.spaces.registry import resolver
from tests.conftest import end
from tests.spaces.fake_servers import Exchange, FakeServer, FakeSpace
from tests.support.clients import Student, error_codes

OLD, NEW = "ann/former", "zoe/present"
TOKEN = "hf_" + "c" * 30

Site = Callable[..., Flask]


@pytest.fixture
def space() -> Iterator[FakeSpace]:
    made = FakeSpace()
    yield made
    made.close()


@pytest.fixture
def moved(space: FakeSpace) -> Iterator[FakeServer]:
    """A Hub on which `ann/former` has become `zoe/present`; `location` is what its redirect says."""

    def answer(exchange: Exchange) -> None:
        path = exchange.request.path.removeprefix("/api/spaces/")
        if path == OLD:
            exchange.reply(b"", made.status, Location=made.location)
        elif path == NEW:
            host, stage = space.url, {"stage": made.stage}
            exchange.reply({"id": NEW, "sdk": "gradio", "private": False, "host": host, "runtime": stage})
        else:
            exchange.reply({"error": "Repository not found"}, 404)

    made: Any = FakeServer(answer)
    made.location, made.status, made.stage = f"/api/spaces/{NEW}", 307, "RUNNING"
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, moved: FakeServer, space: FakeSpace) -> Iterator[Site]:
    opened: list[Flask] = []

    def open_site(entries: str = "", **settings: Any) -> Flask:
        folder = tmp_path / "instance"
        folder.mkdir(exist_ok=True)
        (folder / "spaces.toml").write_text(entries)
        given = {"INSTANCE": str(folder), "TESTING": True, "HUB_URL": moved.url, "SPACE_ORIGINS": (space.url,)}
        opened.append(create_app(given | settings))
        return opened[-1]

    yield open_site
    for app in opened:
        end(app)


def posted_space(page: BeautifulSoup) -> str:
    field = page.select_one("form[data-endpoint] [name=space]")
    assert field is not None, error_codes(page)
    return str(field["value"])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_page_of_the_former_name_opens_the_space_under_the_new_one(site: Site, moved: Any, status: int) -> None:
    moved.status = status
    page = Student(site().test_client()).open(f"/espaces/{OLD}")
    assert posted_space(page) == NEW
    told = page.select_one(".message")
    assert told is not None
    assert [OLD in told.get_text(), told.select_one("a")["href"]] == [True, f"/espaces/{NEW}"]
    assert moved.paths() == [f"/api/spaces/{OLD}", f"/api/spaces/{NEW}"]


def test_run_is_made_under_the_new_name_and_under_the_former_one(site: Site) -> None:
    student = Student(site().test_client())
    page = student.open(f"/espaces/{OLD}")
    new = student.finished(student.send(page, words="bonjour").headers["Location"])
    sent = student.last | {"space": [OLD]}
    old = student.finished(student.post("/essais", sent).headers["Location"])
    assert [(run["status"], run["space"]) for run in (new, old)] == [("succeeded", NEW), ("succeeded", OLD)]


def test_absolute_address_of_the_hub_itself_is_followed(site: Site, moved: Any) -> None:
    moved.location = f"{moved.url}/api/spaces/{NEW}"
    assert posted_space(Student(site().test_client()).open(f"/espaces/{OLD}")) == NEW


def test_state_of_the_renamed_space_is_told(site: Site, moved: Any) -> None:
    moved.stage = "PAUSED"
    assert error_codes(Student(site().test_client()).open(f"/espaces/{OLD}"))[0] == "space-paused"


@pytest.mark.parametrize(
    "written",
    [
        "http://127.0.0.1:9/api/spaces/zoe/present",
        "//127.0.0.1:9/api/spaces/zoe/present",
        "/api/models/zoe/present",
        "/api/spaces/zoe/present/tree",
        "/api/spaces/zoe/present?full=1",
        "/api/spaces/../whoami",
        "/api/spaces/zoe/%70resent",
        "/zoe/present",
        f"/api/spaces/{OLD}",
        f"/api/spaces/zoe/{TOKEN}",
        "http://[/",
        "",
    ],
)
def test_any_other_redirect_is_not_followed(site: Site, moved: Any, written: str) -> None:
    moved.location = written
    with site().app_context(), pytest.raises(SpaceUnavailable) as refused:
        hub_api.look_up_space(OLD, resolver.get_registry().http_client, CancelScope(8))
    assert refused.value.code == "bad-answer"
    assert moved.paths() == [f"/api/spaces/{OLD}"]


def test_second_redirect_is_not_followed(site: Site, moved: Any) -> None:
    moved.behaviour = lambda exchange: exchange.reply(
        b"", 307, Location=exchange.request.path.replace("former", "x") + "x"
    )
    with site().app_context(), pytest.raises(SpaceUnavailable):
        hub_api.look_up_space(OLD, resolver.get_registry().http_client, CancelScope(8))
    assert len(moved.requests) == 2


class TestCatalogue:
    def test_entry_keeps_its_name_and_says_the_new_one(self, site: Site) -> None:
        entries = f'[[space]]\nid = "{OLD}"\ntitle = "Le nôtre"\n'
        student = Student(site(entries, OPEN_CATALOGUE=False).test_client())
        page = student.open(f"/espaces/{OLD}")
        assert posted_space(page) == OLD
        assert NEW in page.select_one(".message").get_text()
        run = student.finished(student.send(page, words="oui").headers["Location"])
        assert run["status"] == "succeeded"

    def test_token_is_lent_to_the_former_name_alone(
        self, site: Site, space: FakeSpace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        app = site(f'[[space]]\nid = "{OLD}"\ntoken = true\n')
        posted_space(Student(app.test_client()).open(f"/espaces/{OLD}"))
        assert TOKEN not in repr([request.headers for request in space.requests])
        assert NEW in caplog.text

    def test_entry_of_the_new_name_decides_where_it_is(self, site: Site, moved: Any, space: FakeSpace) -> None:
        own = FakeSpace()
        app = site(f'[[space]]\nid = "{NEW}"\nurl = "{own.url}"\n')
        posted_space(Student(app.test_client()).open(f"/espaces/{OLD}"))
        own.close()
        assert (len(own.requests), len(space.requests)) == (2, 0)


def test_json_of_the_hub_is_read_as_before_where_nothing_was_renamed(site: Site, moved: Any) -> None:
    with site().app_context():
        found = hub_api.look_up_space(NEW, resolver.get_registry().http_client, CancelScope(8))
        assert (found.renamed_to, resolver.get_current_name(NEW)) == ("", NEW)
    assert moved.paths() == [f"/api/spaces/{NEW}"]
