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
from tests.spaces.fake_servers import Exchange, FakeServer, FakeSpace
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes

OLD, NEW = "ann/former", "zoe/present"
TOKEN = "hf_" + "c" * 30

Site = Callable[..., Flask]


@pytest.fixture
def renaming_hub(space: FakeSpace) -> Iterator[FakeServer]:
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
def make_app(tmp_path: Path, renaming_hub: FakeServer, space: FakeSpace) -> Iterator[Site]:
    opened: list[Flask] = []

    def open_site(entries: str = "", **settings: Any) -> Flask:
        folder = tmp_path / "instance"
        folder.mkdir(exist_ok=True)
        (folder / "spaces.toml").write_text(entries)
        given = {"INSTANCE": str(folder), "TESTING": True, "HUB_URL": renaming_hub.url, "SPACE_ORIGINS": (space.url,)}
        opened.append(create_app(given | settings))
        return opened[-1]

    yield open_site
    for app in opened:
        close_app(app)


def posted_space(page: BeautifulSoup) -> str:
    field = page.select_one("form[data-endpoint] [name=space]")
    assert field is not None, list_error_codes(page)
    return str(field["value"])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_page_of_the_former_name_opens_the_space_under_the_new_one(
    make_app: Site, renaming_hub: Any, status: int
) -> None:
    renaming_hub.status = status
    page = BrowserClient(make_app().test_client()).open_page(f"/espaces/{OLD}")
    assert posted_space(page) == NEW
    told = page.select_one(".message")
    assert told is not None
    assert [OLD in told.get_text(), told.select_one("a")["href"]] == [True, f"/espaces/{NEW}"]
    assert renaming_hub.paths() == [f"/api/spaces/{OLD}", f"/api/spaces/{NEW}"]


def test_run_is_made_under_the_new_name_and_under_the_former_one(make_app: Site) -> None:
    student = BrowserClient(make_app().test_client())
    page = student.open_page(f"/espaces/{OLD}")
    new = student.wait_for_end(student.submit_form(page, words="bonjour").headers["Location"])
    sent = student.last_fields | {"space": [OLD]}
    old = student.wait_for_end(student.post_form("/essais", sent).headers["Location"])
    assert [(run["status"], run["space"]) for run in (new, old)] == [("succeeded", NEW), ("succeeded", OLD)]


def test_absolute_address_of_the_hub_itself_is_followed(make_app: Site, renaming_hub: Any) -> None:
    renaming_hub.location = f"{renaming_hub.url}/api/spaces/{NEW}"
    assert posted_space(BrowserClient(make_app().test_client()).open_page(f"/espaces/{OLD}")) == NEW


def test_state_of_the_renamed_space_is_told(make_app: Site, renaming_hub: Any) -> None:
    renaming_hub.stage = "PAUSED"
    assert list_error_codes(BrowserClient(make_app().test_client()).open_page(f"/espaces/{OLD}"))[0] == "space-paused"


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
def test_any_other_redirect_is_not_followed(make_app: Site, renaming_hub: Any, written: str) -> None:
    renaming_hub.location = written
    with make_app().app_context(), pytest.raises(SpaceUnavailable) as refused:
        hub_api.look_up_space(OLD, resolver.get_registry().http_client, CancelScope(8))
    assert refused.value.code == "bad-answer"
    assert renaming_hub.paths() == [f"/api/spaces/{OLD}"]


def test_second_redirect_is_not_followed(make_app: Site, renaming_hub: Any) -> None:
    renaming_hub.behaviour = lambda exchange: exchange.reply(
        b"", 307, Location=exchange.request.path.replace("former", "x") + "x"
    )
    with make_app().app_context(), pytest.raises(SpaceUnavailable):
        hub_api.look_up_space(OLD, resolver.get_registry().http_client, CancelScope(8))
    assert len(renaming_hub.requests) == 2


class TestCatalogue:
    def test_entry_keeps_its_name_and_says_the_new_one(self, make_app: Site) -> None:
        entries = f'[[space]]\nid = "{OLD}"\ntitle = "Le nôtre"\n'
        student = BrowserClient(make_app(entries, OPEN_CATALOGUE=False).test_client())
        page = student.open_page(f"/espaces/{OLD}")
        assert posted_space(page) == OLD
        assert NEW in page.select_one(".message").get_text()
        run = student.wait_for_end(student.submit_form(page, words="oui").headers["Location"])
        assert run["status"] == "succeeded"

    def test_token_is_lent_to_the_former_name_alone(
        self, make_app: Site, space: FakeSpace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        app = make_app(f'[[space]]\nid = "{OLD}"\ntoken = true\n')
        posted_space(BrowserClient(app.test_client()).open_page(f"/espaces/{OLD}"))
        assert TOKEN not in repr([request.headers for request in space.requests])
        assert NEW in caplog.text

    def test_entry_of_the_new_name_decides_where_it_is(
        self, make_app: Site, renaming_hub: Any, space: FakeSpace
    ) -> None:
        own = FakeSpace()
        app = make_app(f'[[space]]\nid = "{NEW}"\nurl = "{own.url}"\n')
        posted_space(BrowserClient(app.test_client()).open_page(f"/espaces/{OLD}"))
        own.close()
        assert (len(own.requests), len(space.requests)) == (2, 0)


def test_json_of_the_hub_is_read_as_before_where_nothing_was_renamed(make_app: Site, renaming_hub: Any) -> None:
    with make_app().app_context():
        found = hub_api.look_up_space(NEW, resolver.get_registry().http_client, CancelScope(8))
        assert (found.renamed_to, resolver.get_current_name(NEW)) == ("", NEW)
    assert renaming_hub.paths() == [f"/api/spaces/{NEW}"]
