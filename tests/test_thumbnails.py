"""The Hub's picture of a Space: fetched by the site, within limits, and served from its own origin."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from hfcourse import create_app
from hfcourse.playground import thumbnails
from hfcourse.playground.sample_previews import ENTRY_OVERHEAD_BYTES, PreviewCache
from hfcourse.spaces.client import single_flight_cache
from hfcourse.spaces.registry import resolver
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Exchange, FakeServer, FakeSpace
from tests.support.apps import close_app
from tests.support.clients import BrowserClient
from tests.support.clocks import FakeMonotonic

TOKEN = "hf_" + "e" * 30
SPACE, PATH = "/espaces/ann/drawing", "/social-thumbnails/spaces/ann/drawing.png"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 500
JPEG, WEBP = b"\xff\xd8\xff" + b"0" * 500, b"RIFF0000WEBP" + b"0" * 500

Site = Callable[..., Flask]


@pytest.fixture
def fake_hub(space: FakeSpace) -> Iterator[FakeServer]:
    """A Hub that knows Spaces of ann alone; zoe/former is ann/drawing now."""

    def answer(exchange: Exchange) -> None:
        name = exchange.request.path.removeprefix("/api/spaces/")
        if name == "zoe/former":
            exchange.reply(b"", 307, Location="/api/spaces/ann/drawing")
        elif name.startswith("ann/"):
            exchange.reply({"id": name, "sdk": "gradio", "host": space.url, "runtime": {"stage": "RUNNING"}})
        else:
            exchange.reply({"error": "Repository not found"}, 404)

    server = FakeServer(answer)
    yield server
    server.close()


@pytest.fixture
def pictures() -> Iterator[FakeServer]:
    server = FakeServer(lambda exchange: exchange.reply(PNG, kind="image/png"))
    yield server
    server.close()


@pytest.fixture
def make_app(tmp_path: Path, fake_hub: FakeServer, space: FakeSpace, pictures: FakeServer) -> Iterator[Site]:
    opened: list[Flask] = []

    def open_site(entries: str = "", **settings: Any) -> Flask:
        folder = tmp_path / "instance"
        folder.mkdir(exist_ok=True)
        (folder / "spaces.toml").write_text(entries)
        given = {"INSTANCE": str(folder), "TESTING": True, "HUB_URL": fake_hub.url, "THUMBNAILS_URL": pictures.url}
        opened.append(create_app(given | {"SPACE_ORIGINS": (space.url,)} | settings))
        return opened[-1]

    yield open_site
    for app in opened:
        close_app(app)


def address_in_page(app: Flask, address: str = SPACE) -> str | None:
    picture = BrowserClient(app.test_client()).open_page(address).select_one("img.thumbnail")
    if picture is None:
        return None
    assert (picture["alt"], picture["loading"]) == ("", "lazy")
    return str(picture["src"])


def test_the_thumbnail_is_drawn_and_served_from_our_origin(
    make_app: Site, pictures: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    client = make_app().test_client()
    assert address_in_page(client.application) == f"{SPACE}/vignette"
    assert pictures.requests == [], "the page does not wait for it"
    answer = client.get(f"{SPACE}/vignette")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PNG, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert [request.target for request in pictures.requests] == [PATH]
    assert not {"cookie", "authorization", "x-hf-authorization"} & set(pictures.requests[0].headers)
    assert TOKEN not in repr(pictures.requests)


@pytest.mark.parametrize(("content", "media_type"), [(JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_the_media_type_is_that_of_the_bytes(
    make_app: Site, pictures: FakeServer, content: bytes, media_type: str
) -> None:
    pictures.behaviour = lambda exchange: exchange.reply(content, kind="text/html")
    assert make_app().test_client().get(f"{SPACE}/vignette").mimetype == media_type


@pytest.mark.parametrize(
    "behaviour",
    [
        fake_servers.reply_with({"error": "not found"}, 404),
        lambda exchange: exchange.reply(b"<svg xmlns='http://www.w3.org/2000/svg'/>", kind="image/svg+xml"),
        lambda exchange: exchange.reply(b"<script>alert(1)</script>", kind="image/png"),
        lambda exchange: exchange.reply(b"GIF89a" + b"0" * 50, kind="image/gif"),
        lambda exchange: exchange.reply(b"", kind="image/png"),
        lambda exchange: exchange.reply(PNG + b"0" * thumbnails.MAX_THUMBNAIL_BYTES, kind="image/png"),
        lambda exchange: exchange.reply(b"", 302, Location=f"{exchange.server.url}/elsewhere.png"),
    ],
    ids=["missing", "svg", "html", "gif", "empty", "too large", "redirect"],
)
def test_a_space_without_a_usable_thumbnail_is_drawn_without(
    make_app: Site, pictures: FakeServer, behaviour: fake_servers.Behaviour
) -> None:
    pictures.behaviour = behaviour
    app = make_app()
    assert [app.test_client().get(f"{SPACE}/vignette").status_code for _ in range(2)] == [404, 404]
    assert len(pictures.requests) == 1, "its absence is remembered"
    assert address_in_page(app) is None


def test_a_thumbnail_that_was_absent_an_hour_ago_is_drawn_again(
    make_app: Site, pictures: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures.behaviour = fake_servers.reply_with({}, 404)
    app = make_app()
    app.test_client().get(f"{SPACE}/vignette")
    assert address_in_page(app) is None
    FakeMonotonic(monkeypatch, single_flight_cache).advance(thumbnails.THUMBNAIL_TTL_SECONDS + 1)
    assert address_in_page(app) is not None


def test_a_thumbnail_is_fetched_once_for_all_visitors(make_app: Site, pictures: FakeServer) -> None:
    app = make_app()
    assert {app.test_client().get(f"{SPACE}/vignette").data for _ in range(3)} == {PNG}
    assert len(pictures.requests) == 1


def test_a_renamed_space_has_the_thumbnail_of_its_new_name(make_app: Site, pictures: FakeServer) -> None:
    assert make_app().test_client().get("/espaces/zoe/former/vignette").data == PNG
    assert pictures.paths() == [PATH]


@pytest.mark.parametrize("name", ["bob/unknown", "ann/..", "ann/drawing.git", f"ann/{TOKEN}", "hfcourse/entrainement"])
def test_no_thumbnail_is_asked_for_a_space_that_the_hub_does_not_know(
    make_app: Site, pictures: FakeServer, name: str
) -> None:
    assert make_app().test_client().get(f"/espaces/{name}/vignette").status_code == 404
    assert pictures.requests == []


def test_a_closed_catalogue_asks_for_no_other_thumbnail(make_app: Site, pictures: FakeServer) -> None:
    assert make_app(OPEN_CATALOGUE=False).test_client().get(f"{SPACE}/vignette").status_code == 404
    assert pictures.requests == []


def test_a_space_that_is_not_on_the_hub_has_no_thumbnail(
    make_app: Site, space: FakeSpace, pictures: FakeServer
) -> None:
    app = make_app(f'[[space]]\nid = "ann/drawing"\nurl = "{space.url}"\n')
    assert address_in_page(app) is None
    assert app.test_client().get(f"{SPACE}/vignette").status_code == 404
    assert pictures.requests == []


def test_another_hub_has_no_thumbnails_unless_it_is_said_where(make_app: Site, fake_hub: FakeServer) -> None:
    app = make_app(THUMBNAILS_URL="")
    assert address_in_page(app) is None
    assert app.test_client().get(f"{SPACE}/vignette").status_code == 404


def test_the_thumbnails_of_the_hub_are_at_its_own_origin(tmp_path: Path) -> None:
    app = create_app({"INSTANCE": str(tmp_path), "TESTING": True})
    assert app.config["THUMBNAILS_URL"] == "https://cdn-thumbnails.huggingface.co"
    close_app(app)


def test_a_silent_server_of_thumbnails_is_left_alone_and_the_hub_is_not(
    make_app: Site, fake_hub: FakeServer, pictures: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "FETCH_TIMEOUT_SECONDS", 0.5)
    pictures.behaviour = fake_servers.never_reply
    client = make_app().test_client()
    answers = [client.get(f"/espaces/ann/drawing{n}/vignette").status_code for n in range(5)]
    assert answers == [404] * 5
    assert len(pictures.requests) == 2, "the circuit breaker opens after two time-outs"
    assert address_in_page(client.application, "/espaces/ann/other") is not None
    assert client.application.extensions["hub_limits"]._breaker.is_open(0) is False


def test_thumbnails_of_unknown_names_are_limited(make_app: Site, pictures: FakeServer) -> None:
    app = make_app()
    limits = app.extensions["thumbnail_limits"]
    assert limits is not app.extensions["hub_limits"]
    with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.9"}):
        for n in range(100):
            try:
                thumbnails.fetch_thumbnail(f"ann/drawing{n}", resolver.CancelScope(5))
            except thumbnails.HubRequestSkipped:
                break
    assert 0 < len(pictures.requests) < 100


def test_a_server_that_asks_to_wait_is_not_asked_again(make_app: Site, pictures: FakeServer) -> None:
    pictures.behaviour = lambda exchange: exchange.reply(b"", 429, Retry_After="60")
    client = make_app().test_client()
    assert [client.get(f"/espaces/ann/drawing{n}/vignette").status_code for n in range(3)] == [404] * 3
    assert len(pictures.requests) == 1


def test_absent_thumbnails_do_not_fill_the_memory() -> None:
    cache = PreviewCache(max_bytes=20 * ENTRY_OVERHEAD_BYTES)
    names = [f"ann/drawing{n}" for n in range(100)]
    for name in names:
        cache.put(name, b"")
    assert [name for name in names if cache.get(name) is not None] == names[-20:]
