"""What the Hub says of a Space, and what a Hub that is silent, broken or hostile gets."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from hfcourse import create_app
from hfcourse.errors import SpaceUnavailable
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces import reloaded_file
from hfcourse.spaces.client import single_flight_cache
from hfcourse.spaces.hub import hub_api
from hfcourse.spaces.registry import resolver
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, FakeServer, FakeSpace
from tests.support.apps import close_app
from tests.support.calls import time_call
from tests.support.clients import BrowserClient
from tests.support.clocks import FakeMonotonic
from tests.support.form_parsing import list_error_codes

HOST = "https://gradio-calculator.hf.space"

Site = Callable[..., Flask]


def space(**parts: Any) -> dict[str, Any]:
    """The Hub's answer about a Space that runs."""
    return {
        "id": "gradio/calculator",
        "private": False,
        "sdk": "gradio",
        "host": HOST,
        "runtime": {"stage": "RUNNING"},
    } | parts


def at(stage: Any) -> Behaviour:
    return fake_servers.reply_with(space(runtime={"stage": stage}))


@pytest.fixture
def fake_hub() -> Iterator[FakeServer]:
    """The Hub of these tests; what it answers is set by each."""
    server = FakeServer(fake_servers.reply_with(space()))
    yield server
    server.close()


@pytest.fixture
def make_app(tmp_path: Path, fake_hub: FakeServer) -> Iterator[Site]:
    """Makes sites whose Hub is the stand-in."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        given = {"INSTANCE": str(tmp_path / "instance"), "TESTING": True, "HUB_URL": fake_hub.url}
        made.append(create_app(given | settings))
        return made[-1]

    yield make
    for app in made:
        close_app(app)


def look_up(app: Flask, name: str = "gradio/calculator", seconds: float = 8) -> hub_api.SpaceStatus:
    with app.app_context():
        return hub_api.look_up_space(name, resolver.get_registry().http_client, CancelScope(seconds))


def test_a_space_that_runs_is_found_at_its_own_address(make_app: Site, fake_hub: FakeServer) -> None:
    assert look_up(make_app()) == hub_api.SpaceStatus(HOST, "")
    assert [(request.method, request.target) for request in fake_hub.requests] == [
        ("GET", "/api/spaces/gradio/calculator")
    ]


def test_the_hub_is_told_nothing_of_the_token(
    make_app: Site, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "hf_" + "a" * 30
    monkeypatch.setenv("HF_TOKEN", token)
    look_up(make_app())
    assert token not in repr(fake_hub.requests)


@pytest.mark.parametrize(
    ("stage", "obstacle"),
    [
        ("RUNNING", ""),
        ("RUNNING_BUILDING", ""),
        ("RUNNING_APP_STARTING", ""),
        ("SLEEPING", "space-sleeping"),
        ("APP_STARTING", "space-sleeping"),
    ],
)
def test_a_stage_in_which_a_space_can_be_waited_for(
    make_app: Site, fake_hub: FakeServer, stage: str, obstacle: str
) -> None:
    fake_hub.behaviour = at(stage)
    assert look_up(make_app()).blocked_code == obstacle


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ("BUILDING", "space-building"),
        ("PAUSED", "space-paused"),
        ("STOPPED", "space-paused"),
        ("NO_APP_FILE", "space-broken"),
        ("CONFIG_ERROR", "space-broken"),
        ("BUILD_ERROR", "space-broken"),
        ("RUNTIME_ERROR", "space-broken"),
        ("DELETING", "space-not-found"),
        ("OF_TOMORROW", "bad-answer"),
        (None, "bad-answer"),
        (5, "bad-answer"),
        ([], "bad-answer"),
        ({}, "bad-answer"),
    ],
)
def test_a_stage_in_which_a_space_cannot_be_called(make_app: Site, fake_hub: FakeServer, stage: Any, code: str) -> None:
    fake_hub.behaviour = at(stage)
    with pytest.raises(SpaceUnavailable) as caught:
        look_up(make_app())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (fake_servers.reply_with({}, 401), "space-not-found"),
        (fake_servers.reply_with({}, 404), "space-not-found"),
        (fake_servers.reply_with({}, 403), "space-private"),
        (fake_servers.reply_with(space(private=True)), "space-private"),
        (fake_servers.reply_with(space(sdk="docker")), "no-api"),
        (fake_servers.reply_with(space(sdk=None)), "no-api"),
        (fake_servers.reply_with({}, 429), "too-many-requests"),
        (fake_servers.reply_with({}, 500), "hub-unreachable"),
        (fake_servers.reply_with({}, 503), "hub-unreachable"),
        (fake_servers.close_at_once, "hub-unreachable"),
        (fake_servers.close_early, "hub-unreachable"),
        (fake_servers.reply_not_http, "bad-answer"),
        (fake_servers.reply_html, "bad-answer"),  # the page of a school's network that asks for a password
        (fake_servers.reply_bad_json, "bad-answer"),
        (fake_servers.reply_deep_json, "bad-answer"),
        (fake_servers.send_endless_json, "answer-too-large"),
        (fake_servers.reply_gzipped, "bad-answer"),
        (fake_servers.reply_with([]), "bad-answer"),
        (fake_servers.reply_with("gradio"), "bad-answer"),
        (fake_servers.reply_with(space(runtime=None)), "bad-answer"),
        (fake_servers.reply_with(space(runtime="RUNNING")), "bad-answer"),
        (fake_servers.redirect_to("http://127.0.0.1:9/"), "bad-answer"),
    ],
)
def test_what_the_hub_answers_has_its_code(
    make_app: Site, fake_hub: FakeServer, behaviour: Behaviour, code: str
) -> None:
    fake_hub.behaviour = behaviour
    with pytest.raises(SpaceUnavailable) as caught:
        look_up(make_app())
    assert caught.value.code == code


@pytest.mark.parametrize("behaviour", [fake_servers.never_reply, fake_servers.drip_head, fake_servers.drip_body])
def test_a_hub_that_is_slow_ends_with_the_leash(make_app: Site, fake_hub: FakeServer, behaviour: Behaviour) -> None:
    fake_hub.behaviour, app = behaviour, make_app()
    result, seconds = time_call(lambda: look_up(app, seconds=0.5))
    assert isinstance(result, SpaceUnavailable)
    assert (result.code, seconds < 4) == ("timeout", True)


def test_a_silent_hub_keeps_nobody_longer_than_its_own_limit(
    make_app: Site, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hub_api.LOOKUP_TIMEOUT_SECONDS == 5
    monkeypatch.setattr(hub_api, "LOOKUP_TIMEOUT_SECONDS", 0.5)
    fake_hub.behaviour, app = fake_servers.never_reply, make_app()
    result, seconds = time_call(lambda: look_up(app, seconds=60))
    assert isinstance(result, SpaceUnavailable)
    assert seconds < 4


def test_no_hub_at_all_is_unreachable(make_app: Site, fake_hub: FakeServer) -> None:
    fake_hub.close()
    with pytest.raises(SpaceUnavailable) as caught:
        look_up(make_app())
    assert caught.value.code == "hub-unreachable"


@pytest.mark.parametrize(
    "host",
    [
        None,
        5,
        "",
        [],
        "http://169.254.169.254",
        "http://x.hf.space",
        "https://x.hf.space:7860",
        "https://xhf.space",
        "https://x.hf.space.evil.com",
        "https://x.hf.space@evil.com",
        "https://u:p@x.hf.space",
        "https://evil.com\\.hf.space",
        "https://evil.com/.hf.space",
        "https://evil.com#.hf.space",
        "https://evil.com?.hf.space",
        "https://x.hf.space/a",
        "https://x.hf.space\n",
        " https://x.hf.space",
        "https://x。hf.space",
        "https://ſ.hf.space",
        "https://-x.hf.space",
        "https://x-.hf.space",
        "https://x.y.hf.space",
        "https://.hf.space",
        "https://" + "x" * 64 + ".hf.space",
        "HTTPS://X.HF.SPACE",
        "https://spaces.example.org",
    ],
)
def test_an_address_that_is_not_at_hf_space_is_refused(make_app: Site, fake_hub: FakeServer, host: Any) -> None:
    fake_hub.behaviour = fake_servers.reply_with(space(host=host))
    with pytest.raises(SpaceUnavailable) as caught:
        look_up(make_app())
    assert caught.value.code == "bad-answer"


@pytest.mark.parametrize("host", ["https://a.hf.space", "https://a.hf.space/", "https://gradio-hello-world-2.hf.space"])
def test_an_address_at_hf_space_is_rebuilt(make_app: Site, fake_hub: FakeServer, host: str) -> None:
    fake_hub.behaviour = fake_servers.reply_with(space(host=host))
    assert look_up(make_app()).url == host.rstrip("/")


def test_an_origin_that_the_instructor_set_is_allowed_exactly(make_app: Site, fake_hub: FakeServer) -> None:
    app = make_app(SPACE_ORIGINS=("https://spaces.example.org",))
    fake_hub.behaviour = fake_servers.reply_with(space(host="https://spaces.example.org"))
    assert look_up(app).url == "https://spaces.example.org"
    fake_hub.behaviour = fake_servers.reply_with(space(host="https://spaces.example.org:8443"))
    with pytest.raises(SpaceUnavailable):
        look_up(app, "gradio/other")


class TestMemory:
    def test_a_room_of_students_makes_one_request(self, make_app: Site, fake_hub: FakeServer) -> None:
        app = make_app()
        for _ in range(30):
            look_up(app)
        assert len(fake_hub.requests) == 1

    def test_a_failure_is_remembered(self, make_app: Site, fake_hub: FakeServer) -> None:
        fake_hub.behaviour, app = fake_servers.never_reply, make_app()
        time_call(lambda: look_up(app, seconds=0.3))
        result, _ = time_call(lambda: look_up(app))
        assert isinstance(result, SpaceUnavailable)
        assert (result.code, len(fake_hub.requests)) == ("timeout", 1)

    def test_each_space_is_asked_for_by_its_own_name(self, make_app: Site, fake_hub: FakeServer) -> None:
        app = make_app()
        look_up(app, "a/b")
        look_up(app, "a/c")
        assert fake_hub.paths() == ["/api/spaces/a/b", "/api/spaces/a/c"]

    def test_a_space_that_wakes_is_asked_for_again(
        self, make_app: Site, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake_hub.behaviour, app = at("SLEEPING"), make_app()
        assert look_up(app).blocked_code == "space-sleeping"
        fake_hub.behaviour = at("RUNNING")
        assert look_up(app).blocked_code == "space-sleeping", "it is remembered"
        FakeMonotonic(monkeypatch, single_flight_cache).advance(1)  # its page asks once a second
        assert look_up(app).blocked_code == ""


class TestPages:
    """The page of a Space, whatever the Hub says."""

    @pytest.mark.parametrize(
        ("stage", "code"),
        [("PAUSED", "space-paused"), ("BUILDING", "space-building"), ("RUNTIME_ERROR", "space-broken")],
    )
    def test_answers_200_with_the_state_of_the_space(
        self, make_app: Site, fake_hub: FakeServer, stage: str, code: str
    ) -> None:
        fake_hub.behaviour = at(stage)
        page = BrowserClient(make_app().test_client()).open_page("/espaces/gradio/calculator")
        assert list_error_codes(page)[0] == code
        assert page.select_one("form[data-endpoint]") is None

    def test_answers_404_for_a_space_that_does_not_exist(self, make_app: Site, fake_hub: FakeServer) -> None:
        fake_hub.behaviour = fake_servers.reply_with({}, 404)
        page = BrowserClient(make_app().test_client()).open_page("/espaces/gradio/nope", 404)
        assert list_error_codes(page)[0] == "space-not-found"

    def test_says_so_when_the_hub_is_unreachable(self, make_app: Site, fake_hub: FakeServer) -> None:
        fake_hub.behaviour = fake_servers.close_at_once
        page = BrowserClient(make_app().test_client()).open_page("/espaces/gradio/calculator")
        assert list_error_codes(page)[0] == "hub-unreachable"

    def test_answers_in_eight_seconds_when_hub_and_space_are_both_slow(
        self, make_app: Site, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(resolver, "DESCRIBE_TIMEOUT_SECONDS", 3.0)
        mute = FakeSpace(answers={"/config": fake_servers.never_reply})
        app = make_app(SPACE_ORIGINS=(mute.url,))
        fake_hub.behaviour = lambda exchange: (exchange.server.closing.wait(2.5), exchange.reply(space(host=mute.url)))[
            1
        ]
        client = app.test_client()
        response, seconds = time_call(lambda: client.get("/espaces/gradio/calculator"))
        mute.close()
        assert b'data-error="timeout"' in response.data
        assert seconds < 3 + 2  # 2.5 + 3, were each given the whole

    def test_a_closed_catalogue_asks_the_hub_about_nothing_else(self, make_app: Site, fake_hub: FakeServer) -> None:
        page = BrowserClient(make_app(OPEN_CATALOGUE=False).test_client()).open_page("/espaces/gradio/other", 404)
        assert list_error_codes(page)[0] == "space-not-found"
        assert fake_hub.requests == []

    def test_a_closed_catalogue_still_opens_what_is_in_it(self, make_app: Site, fake_hub: FakeServer) -> None:
        fake_hub.behaviour = at("PAUSED")
        page = BrowserClient(make_app(OPEN_CATALOGUE=False).test_client()).open_page("/espaces/gradio/calculator")
        assert list_error_codes(page)[0] == "space-paused"

    @pytest.mark.parametrize(
        ("behaviour", "word"),
        [(fake_servers.reply_bad_json, "Hugging Face a répondu"), (fake_servers.reply_with({}, 429), "Trop d’appels")],
    )
    def test_says_of_the_hub_what_is_not_the_fault_of_the_space(
        self, make_app: Site, fake_hub: FakeServer, behaviour: Behaviour, word: str
    ) -> None:
        fake_hub.behaviour = behaviour
        page = BrowserClient(make_app().test_client()).open_page("/espaces/gradio/calculator")
        assert word in page.select("[data-error]")[0].get_text()

    def test_the_list_never_waits_for_the_hub(self, make_app: Site, fake_hub: FakeServer) -> None:
        fake_hub.behaviour = fake_servers.never_reply
        BrowserClient(make_app().test_client()).open_page("/espaces/")
        assert fake_hub.requests == []


class TestToken:
    """It goes to a Space that the catalogue marks, at an allowed address, and to nobody else."""

    @pytest.fixture
    def token(self, monkeypatch: pytest.MonkeyPatch) -> str:
        value = "hf_" + "b" * 30
        monkeypatch.setenv("HF_TOKEN", value)
        return value

    @pytest.fixture
    def hosted(self, fake_hub: FakeServer) -> Iterator[FakeSpace]:
        made = FakeSpace()
        fake_hub.behaviour = fake_servers.reply_with(space(host=made.url))
        yield made
        made.close()

    def mark(self, tmp_path: Path, entry: str) -> None:
        (tmp_path / "instance").mkdir()
        (tmp_path / "instance" / "spaces.toml").write_text(f"[[space]]\n{entry}\n")

    def test_a_marked_space_at_an_allowed_origin_is_lent_it(
        self, make_app: Site, hosted: FakeSpace, token: str, tmp_path: Path
    ) -> None:
        self.mark(tmp_path, 'id = "gradio/calculator"\ntoken = true')
        BrowserClient(make_app(SPACE_ORIGINS=(hosted.url,)).test_client()).open_page("/espaces/gradio/calculator")
        assert hosted.wait_for("/config").headers["x-hf-authorization"] == f"Bearer {token}"

    def test_a_space_that_is_not_marked_is_not(self, make_app: Site, hosted: FakeSpace, token: str) -> None:
        BrowserClient(make_app(SPACE_ORIGINS=(hosted.url,)).test_client()).open_page("/espaces/gradio/calculator")
        assert len(hosted.requests) == 2
        assert token not in repr(hosted.requests)

    def test_a_marked_space_at_an_address_of_its_own_is_not(
        self, make_app: Site, hosted: FakeSpace, token: str, tmp_path: Path
    ) -> None:
        self.mark(tmp_path, f'id = "a/b"\ntoken = true\nurl = "{hosted.url}"')
        BrowserClient(make_app().test_client()).open_page("/espaces/a/b")
        assert len(hosted.requests) == 2
        assert token not in repr(hosted.requests)

    def test_a_marked_space_that_the_hub_places_at_anothers_address_is_not_called(
        self, make_app: Site, fake_hub: FakeServer, token: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        fake_hub.behaviour = fake_servers.reply_with(space(host="https://somebody-else.hf.space"))
        self.mark(tmp_path, 'id = "gradio/calculator"\ntoken = true')
        app = make_app()
        with app.app_context(), pytest.raises(SpaceUnavailable) as refused:
            resolver.resolve_space("gradio/calculator", CancelScope(8))
        assert refused.value.code == "bad-answer"
        assert "gradio/calculator" in caplog.text
        assert token not in caplog.text

    def test_a_space_that_is_not_marked_may_be_anywhere_at_hf_space(self, make_app: Site, fake_hub: FakeServer) -> None:
        fake_hub.behaviour = fake_servers.reply_with(space(host="https://somebody-else.hf.space"))
        with make_app().app_context():
            assert resolver.resolve_space("gradio/calculator", CancelScope(8)).url == "https://somebody-else.hf.space"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("gradio/calculator", "gradio-calculator"),
        ("gradio/hello_world_3", "gradio-hello-world-3"),
        ("microsoft/TRELLIS.2", "microsoft-trellis-2"),
        ("NimaBoscarino/hotdog-gradio", "nimaboscarino-hotdog-gradio"),
    ],
)
def test_the_host_of_a_space_is_made_of_its_name(make_app: Site, name: str, label: str) -> None:
    with make_app(SPACE_ORIGINS=("https://hub.example.org",)).app_context():
        assert hub_api.is_space_address(name, f"https://{label}.hf.space")
        assert not hub_api.is_space_address(name, f"https://x{label}.hf.space")
        assert not hub_api.is_space_address(name, f"https://{label}-2.hf.space")
        assert hub_api.is_space_address(name, "https://hub.example.org")
        assert not hub_api.is_space_address(name, "https://hub.example.com")


class TestHubOnPlainHttp:
    """Whoever is between us and it could say where the Space is that is lent the token."""

    URL = "http://hub.example.org"
    LENT = '[[space]]\nid = "a/b"\ntoken = true\n'

    def start(self, folder: Path, entries: str, **settings: Any) -> Flask:
        folder.mkdir(exist_ok=True)
        (folder / "spaces.toml").write_text(entries)
        made = create_app({"INSTANCE": str(folder), "TESTING": True, "HUB_URL": self.URL} | settings)
        close_app(made)
        return made

    def test_the_site_does_not_start_while_a_space_is_lent_the_token(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_" + "b" * 30)
        with pytest.raises(SystemExit) as refused:
            self.start(tmp_path / "instance", self.LENT)
        assert "HF_ENDPOINT" in str(refused.value)
        assert "https://" in str(refused.value)
        assert "\n" not in str(refused.value)
        assert "bbbb" not in str(refused.value)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost", "https://hub.example.org"])
    def test_loopback_and_https_are_taken(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_" + "b" * 30)
        app = self.start(tmp_path / "instance", self.LENT, HUB_URL=url)
        assert app.config["HUB_URL"] == url

    def test_without_a_token_or_a_space_that_is_lent_it_the_site_starts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.start(tmp_path / "instance", self.LENT)
        monkeypatch.setenv("HF_TOKEN", "hf_" + "b" * 30)
        self.start(
            tmp_path / "instance", self.LENT.replace("token = true", 'token = true\nurl = "https://a-b.hf.space"')
        )
        app = self.start(tmp_path / "instance", self.LENT.replace("true", "false"))
        assert app.config["HUB_URL"] == self.URL

    def test_a_space_that_is_marked_while_the_site_runs_is_not_called(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_" + "b" * 30)
        monkeypatch.setattr(reloaded_file, "FILE_CHECK_INTERVAL_SECONDS", 0)
        app = create_app({"INSTANCE": str(tmp_path), "TESTING": True, "HUB_URL": self.URL})
        (tmp_path / "spaces.toml").write_text(self.LENT)
        with app.app_context(), pytest.raises(SpaceUnavailable) as refused:
            resolver.resolve_space("a/b", CancelScope(8))
        close_app(app)
        assert refused.value.code == "bad-answer"
        assert "a/b is not called: HF_ENDPOINT is not https://" in caplog.text
        assert "bbbb" not in caplog.text
