"""What the Hub says of a Space, and what a Hub that is silent, broken or hostile gets."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from hfcourse import create_app
from hfcourse.errors import SpaceUnavailable
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces import reloaded_file
from hfcourse.spaces.hub import hub_api
from hfcourse.spaces.registry import resolver
from tests.conftest import end
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, FakeServer, FakeSpace, timed
from tests.support.clients import Student, error_codes

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
    return fake_servers.says(space(runtime={"stage": stage}))


@pytest.fixture
def stand_in() -> Iterator[FakeServer]:
    """The Hub of these tests; what it answers is set by each."""
    server = FakeServer(fake_servers.says(space()))
    yield server
    server.close()


@pytest.fixture
def site(tmp_path: Path, stand_in: FakeServer) -> Iterator[Site]:
    """Makes sites whose Hub is the stand-in."""
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        given = {"INSTANCE": str(tmp_path / "instance"), "TESTING": True, "HUB_URL": stand_in.url}
        made.append(create_app(given | settings))
        return made[-1]

    yield make
    for app in made:
        end(app)


def look_up(app: Flask, name: str = "gradio/calculator", seconds: float = 8) -> hub_api.SpaceStatus:
    with app.app_context():
        return hub_api.look_up_space(name, resolver.get_registry().http_client, CancelScope(seconds))


def test_a_space_that_runs_is_found_at_its_own_address(site: Site, stand_in: FakeServer) -> None:
    assert look_up(site()) == hub_api.SpaceStatus(HOST, "")
    assert [(request.method, request.target) for request in stand_in.requests] == [
        ("GET", "/api/spaces/gradio/calculator")
    ]


def test_the_hub_is_told_nothing_of_the_token(
    site: Site, stand_in: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "hf_" + "a" * 30
    monkeypatch.setenv("HF_TOKEN", token)
    look_up(site())
    assert token not in repr(stand_in.requests)


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
    site: Site, stand_in: FakeServer, stage: str, obstacle: str
) -> None:
    stand_in.behaviour = at(stage)
    assert look_up(site()).blocked_code == obstacle


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
def test_a_stage_in_which_a_space_cannot_be_called(site: Site, stand_in: FakeServer, stage: Any, code: str) -> None:
    stand_in.behaviour = at(stage)
    with pytest.raises(SpaceUnavailable) as caught:
        look_up(site())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (fake_servers.says({}, 401), "space-not-found"),
        (fake_servers.says({}, 404), "space-not-found"),
        (fake_servers.says({}, 403), "space-private"),
        (fake_servers.says(space(private=True)), "space-private"),
        (fake_servers.says(space(sdk="docker")), "no-api"),
        (fake_servers.says(space(sdk=None)), "no-api"),
        (fake_servers.says({}, 429), "too-many-requests"),
        (fake_servers.says({}, 500), "hub-unreachable"),
        (fake_servers.says({}, 503), "hub-unreachable"),
        (fake_servers.close_at_once, "hub-unreachable"),
        (fake_servers.close_early, "hub-unreachable"),
        (fake_servers.not_http, "bad-answer"),
        (fake_servers.html, "bad-answer"),  # the page of a school's network that asks for a password
        (fake_servers.bad_json, "bad-answer"),
        (fake_servers.deep_json, "bad-answer"),
        (fake_servers.endless, "answer-too-large"),
        (fake_servers.gzipped, "bad-answer"),
        (fake_servers.says([]), "bad-answer"),
        (fake_servers.says("gradio"), "bad-answer"),
        (fake_servers.says(space(runtime=None)), "bad-answer"),
        (fake_servers.says(space(runtime="RUNNING")), "bad-answer"),
        (fake_servers.redirects("http://127.0.0.1:9/"), "bad-answer"),
    ],
)
def test_what_the_hub_answers_has_its_code(site: Site, stand_in: FakeServer, behaviour: Behaviour, code: str) -> None:
    stand_in.behaviour = behaviour
    with pytest.raises(SpaceUnavailable) as caught:
        look_up(site())
    assert caught.value.code == code


@pytest.mark.parametrize("behaviour", [fake_servers.silent, fake_servers.drip_head, fake_servers.drip_body])
def test_a_hub_that_is_slow_ends_with_the_leash(site: Site, stand_in: FakeServer, behaviour: Behaviour) -> None:
    stand_in.behaviour, app = behaviour, site()
    result, seconds = timed(lambda: look_up(app, seconds=0.5))
    assert isinstance(result, SpaceUnavailable)
    assert (result.code, seconds < 4) == ("timeout", True)


def test_a_silent_hub_keeps_nobody_longer_than_its_own_limit(
    site: Site, stand_in: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hub_api.LOOKUP_TIMEOUT_SECONDS == 5
    monkeypatch.setattr(hub_api, "LOOKUP_TIMEOUT_SECONDS", 0.5)
    stand_in.behaviour, app = fake_servers.silent, site()
    result, seconds = timed(lambda: look_up(app, seconds=60))
    assert isinstance(result, SpaceUnavailable)
    assert seconds < 4


def test_no_hub_at_all_is_unreachable(site: Site, stand_in: FakeServer) -> None:
    stand_in.close()
    with pytest.raises(SpaceUnavailable) as caught:
        look_up(site())
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
def test_an_address_that_is_not_at_hf_space_is_refused(site: Site, stand_in: FakeServer, host: Any) -> None:
    stand_in.behaviour = fake_servers.says(space(host=host))
    with pytest.raises(SpaceUnavailable) as caught:
        look_up(site())
    assert caught.value.code == "bad-answer"


@pytest.mark.parametrize("host", ["https://a.hf.space", "https://a.hf.space/", "https://gradio-hello-world-2.hf.space"])
def test_an_address_at_hf_space_is_rebuilt(site: Site, stand_in: FakeServer, host: str) -> None:
    stand_in.behaviour = fake_servers.says(space(host=host))
    assert look_up(site()).url == host.rstrip("/")


def test_an_origin_that_the_instructor_set_is_allowed_exactly(site: Site, stand_in: FakeServer) -> None:
    app = site(SPACE_ORIGINS=("https://spaces.example.org",))
    stand_in.behaviour = fake_servers.says(space(host="https://spaces.example.org"))
    assert look_up(app).url == "https://spaces.example.org"
    stand_in.behaviour = fake_servers.says(space(host="https://spaces.example.org:8443"))
    with pytest.raises(SpaceUnavailable):
        look_up(app, "gradio/other")


class TestMemory:
    def test_a_room_of_students_makes_one_request(self, site: Site, stand_in: FakeServer) -> None:
        app = site()
        for _ in range(30):
            look_up(app)
        assert len(stand_in.requests) == 1

    def test_a_failure_is_remembered(self, site: Site, stand_in: FakeServer) -> None:
        stand_in.behaviour, app = fake_servers.silent, site()
        timed(lambda: look_up(app, seconds=0.3))
        result, _ = timed(lambda: look_up(app))
        assert isinstance(result, SpaceUnavailable)
        assert (result.code, len(stand_in.requests)) == ("timeout", 1)

    def test_each_space_is_asked_for_by_its_own_name(self, site: Site, stand_in: FakeServer) -> None:
        app = site()
        look_up(app, "a/b")
        look_up(app, "a/c")
        assert stand_in.paths() == ["/api/spaces/a/b", "/api/spaces/a/c"]

    def test_a_space_that_wakes_is_asked_for_again(self, site: Site, stand_in: FakeServer) -> None:
        stand_in.behaviour, app = at("SLEEPING"), site()
        assert look_up(app).blocked_code == "space-sleeping"
        stand_in.behaviour = at("RUNNING")
        deadline = time.monotonic() + 5
        while look_up(app).blocked_code:
            assert time.monotonic() < deadline
            time.sleep(0.05)  # what is waited for is the end of what is remembered


class TestPages:
    """The page of a Space, whatever the Hub says."""

    @pytest.mark.parametrize(
        ("stage", "code"),
        [("PAUSED", "space-paused"), ("BUILDING", "space-building"), ("RUNTIME_ERROR", "space-broken")],
    )
    def test_answers_200_with_the_state_of_the_space(
        self, site: Site, stand_in: FakeServer, stage: str, code: str
    ) -> None:
        stand_in.behaviour = at(stage)
        page = Student(site().test_client()).open("/espaces/gradio/calculator")
        assert error_codes(page)[0] == code
        assert page.select_one("form[data-endpoint]") is None

    def test_answers_404_for_a_space_that_does_not_exist(self, site: Site, stand_in: FakeServer) -> None:
        stand_in.behaviour = fake_servers.says({}, 404)
        page = Student(site().test_client()).open("/espaces/gradio/nope", 404)
        assert error_codes(page)[0] == "space-not-found"

    def test_says_so_when_the_hub_is_unreachable(self, site: Site, stand_in: FakeServer) -> None:
        stand_in.behaviour = fake_servers.close_at_once
        page = Student(site().test_client()).open("/espaces/gradio/calculator")
        assert error_codes(page)[0] == "hub-unreachable"

    def test_answers_in_eight_seconds_when_hub_and_space_are_both_slow(
        self, site: Site, stand_in: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(resolver, "DESCRIBE_TIMEOUT_SECONDS", 3.0)
        mute = FakeSpace(answers={"/config": fake_servers.silent})
        app = site(SPACE_ORIGINS=(mute.url,))
        stand_in.behaviour = lambda exchange: (exchange.server.closing.wait(2.5), exchange.reply(space(host=mute.url)))[
            1
        ]
        client = app.test_client()
        response, seconds = timed(lambda: client.get("/espaces/gradio/calculator"))
        mute.close()
        assert b'data-error="timeout"' in response.data
        assert seconds < 3 + 2  # 2.5 + 3, were each given the whole

    def test_a_closed_catalogue_asks_the_hub_about_nothing_else(self, site: Site, stand_in: FakeServer) -> None:
        page = Student(site(OPEN_CATALOGUE=False).test_client()).open("/espaces/gradio/other", 404)
        assert error_codes(page)[0] == "space-not-found"
        assert stand_in.requests == []

    def test_a_closed_catalogue_still_opens_what_is_in_it(self, site: Site, stand_in: FakeServer) -> None:
        stand_in.behaviour = at("PAUSED")
        page = Student(site(OPEN_CATALOGUE=False).test_client()).open("/espaces/gradio/calculator")
        assert error_codes(page)[0] == "space-paused"

    @pytest.mark.parametrize(
        ("behaviour", "word"),
        [(fake_servers.bad_json, "Hugging Face a répondu"), (fake_servers.says({}, 429), "Trop d’appels")],
    )
    def test_says_of_the_hub_what_is_not_the_fault_of_the_space(
        self, site: Site, stand_in: FakeServer, behaviour: Behaviour, word: str
    ) -> None:
        stand_in.behaviour = behaviour
        page = Student(site().test_client()).open("/espaces/gradio/calculator")
        assert word in page.select("[data-error]")[0].get_text()

    def test_the_list_never_waits_for_the_hub(self, site: Site, stand_in: FakeServer) -> None:
        stand_in.behaviour = fake_servers.silent
        Student(site().test_client()).open("/espaces/")
        assert stand_in.requests == []


class TestToken:
    """It goes to a Space that the catalogue marks, at an allowed address, and to nobody else."""

    @pytest.fixture
    def token(self, monkeypatch: pytest.MonkeyPatch) -> str:
        value = "hf_" + "b" * 30
        monkeypatch.setenv("HF_TOKEN", value)
        return value

    @pytest.fixture
    def hosted(self, stand_in: FakeServer) -> Iterator[FakeSpace]:
        made = FakeSpace()
        stand_in.behaviour = fake_servers.says(space(host=made.url))
        yield made
        made.close()

    def mark(self, tmp_path: Path, entry: str) -> None:
        (tmp_path / "instance").mkdir()
        (tmp_path / "instance" / "spaces.toml").write_text(f"[[space]]\n{entry}\n")

    def test_a_marked_space_at_an_allowed_origin_is_lent_it(
        self, site: Site, hosted: FakeSpace, token: str, tmp_path: Path
    ) -> None:
        self.mark(tmp_path, 'id = "gradio/calculator"\ntoken = true')
        Student(site(SPACE_ORIGINS=(hosted.url,)).test_client()).open("/espaces/gradio/calculator")
        assert hosted.wait_for("/config").headers["x-hf-authorization"] == f"Bearer {token}"

    def test_a_space_that_is_not_marked_is_not(self, site: Site, hosted: FakeSpace, token: str) -> None:
        Student(site(SPACE_ORIGINS=(hosted.url,)).test_client()).open("/espaces/gradio/calculator")
        assert len(hosted.requests) == 2
        assert token not in repr(hosted.requests)

    def test_a_marked_space_at_an_address_of_its_own_is_not(
        self, site: Site, hosted: FakeSpace, token: str, tmp_path: Path
    ) -> None:
        self.mark(tmp_path, f'id = "a/b"\ntoken = true\nurl = "{hosted.url}"')
        Student(site().test_client()).open("/espaces/a/b")
        assert len(hosted.requests) == 2
        assert token not in repr(hosted.requests)

    def test_a_marked_space_that_the_hub_places_at_anothers_address_is_not_called(
        self, site: Site, stand_in: FakeServer, token: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        stand_in.behaviour = fake_servers.says(space(host="https://somebody-else.hf.space"))
        self.mark(tmp_path, 'id = "gradio/calculator"\ntoken = true')
        app = site()
        with app.app_context(), pytest.raises(SpaceUnavailable) as refused:
            resolver.resolve_space("gradio/calculator", CancelScope(8))
        assert refused.value.code == "bad-answer"
        assert "gradio/calculator" in caplog.text
        assert token not in caplog.text

    def test_a_space_that_is_not_marked_may_be_anywhere_at_hf_space(self, site: Site, stand_in: FakeServer) -> None:
        stand_in.behaviour = fake_servers.says(space(host="https://somebody-else.hf.space"))
        with site().app_context():
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
def test_the_host_of_a_space_is_made_of_its_name(site: Site, name: str, label: str) -> None:
    with site(SPACE_ORIGINS=("https://hub.example.org",)).app_context():
        assert hub_api.is_space_address(name, f"https://{label}.hf.space")
        assert not hub_api.is_space_address(name, f"https://x{label}.hf.space")
        assert not hub_api.is_space_address(name, f"https://{label}-2.hf.space")
        assert hub_api.is_space_address(name, "https://hub.example.org")
        assert not hub_api.is_space_address(name, "https://hub.example.com")


class TestHubOnPlainHttp:
    """Whoever is between us and it could say where the Space is that is lent the token."""

    URL = "http://hub.example.org"
    LENT = '[[space]]\nid = "a/b"\ntoken = true\n'

    def start(self, folder: Path, entries: str, **settings: Any) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "spaces.toml").write_text(entries)
        end(create_app({"INSTANCE": str(folder), "TESTING": True, "HUB_URL": self.URL} | settings))

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
        self.start(tmp_path / "instance", self.LENT, HUB_URL=url)

    def test_without_a_token_or_a_space_that_is_lent_it_the_site_starts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.start(tmp_path / "instance", self.LENT)
        monkeypatch.setenv("HF_TOKEN", "hf_" + "b" * 30)
        self.start(
            tmp_path / "instance", self.LENT.replace("token = true", 'token = true\nurl = "https://a-b.hf.space"')
        )
        self.start(tmp_path / "instance", self.LENT.replace("true", "false"))

    def test_a_space_that_is_marked_while_the_site_runs_is_not_called(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", "hf_" + "b" * 30)
        monkeypatch.setattr(reloaded_file, "FILE_CHECK_INTERVAL_SECONDS", 0)
        app = create_app({"INSTANCE": str(tmp_path), "TESTING": True, "HUB_URL": self.URL})
        (tmp_path / "spaces.toml").write_text(self.LENT)
        with app.app_context(), pytest.raises(SpaceUnavailable) as refused:
            resolver.resolve_space("a/b", CancelScope(8))
        end(app)
        assert refused.value.code == "bad-answer"
        assert "a/b is not called: HF_ENDPOINT is not https://" in caplog.text
        assert "bbbb" not in caplog.text
