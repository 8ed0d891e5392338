"""A Space that cannot be called, and one that is not ours: what its page says, and the ways out that it offers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse import create_app
from hfcourse.practice.server import PracticeServer
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, FakeServer, FakeSpace
from tests.support.apps import close_app, forget_space_descriptions
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes, parse_page

HUB = "https://huggingface.co/spaces/ann/app"
OTHER, AGAIN = {"Choisir un autre Space": "/espaces/"}, {"Réessayer": "/espaces/ann/app"}
AT_THE_HUB, TO_THE_AUTHOR = {"Ouvrir sur le Hub": HUB}, {"Écrire à l’auteur": HUB + "/discussions"}
# As 3.50.2 and 4.8.0 answer, measured; the rest of what they say does not matter here.
GRADIO_3 = {key: value for key, value in fake_servers.ECHO_CONFIG.items() if key != "protocol"} | {"version": "3.50.2"}
GRADIO_4_0 = fake_servers.ECHO_CONFIG | {"version": "4.8.0", "protocol": "sse"}


@pytest.fixture
def fake_hub() -> Iterator[FakeServer]:
    server = FakeServer(fake_servers.reply_with({}, 404))
    yield server
    server.close()


@pytest.fixture
def site(tmp_path: Path, fake_hub: FakeServer, space: FakeSpace) -> Iterator[Flask]:
    """A site whose Hub is the stand-in; `ann/own` is a Space of the instructor."""
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "ann/own"\nurl = "{space.url}"\n')
    settings = {"HUB_URL": fake_hub.url, "SPACE_ORIGINS": (space.url,)}
    app = create_app({"INSTANCE": str(folder), "TESTING": True} | settings)
    yield app
    close_app(app)


def at(stage: str) -> dict[str, Any]:
    """The part of the Hub's answer that tells a stage."""
    return {"runtime": {"stage": stage}}


@dataclass
class Hosted:
    """`ann/app`, a Space that the Hub has, and a student who opens it."""

    student: BrowserClient
    hub: FakeServer
    space: FakeSpace

    def page(self, status: int = 200, **parts: Any) -> BeautifulSoup:
        """Its page, when the Hub's answer has these parts."""
        running = {"id": "ann/app", "sdk": "gradio", "host": self.space.url} | at("RUNNING")
        self.hub.behaviour = fake_servers.reply_with(running | parts)
        return self.student.open_page("/espaces/ann/app", status)


@pytest.fixture
def hosted(site_student: BrowserClient, fake_hub: FakeServer, space: FakeSpace) -> Hosted:
    return Hosted(site_student, fake_hub, space)


def ways(page: BeautifulSoup) -> dict[str, str]:
    """The links of the error, by their words."""
    return {link.get_text(" ", strip=True): str(link["href"]) for link in page.select(".error-panel .row a")}


class TestWaysOut:
    @pytest.mark.parametrize(
        ("parts", "code", "offered"),
        [
            (at("PAUSED"), "space-paused", AT_THE_HUB | TO_THE_AUTHOR),
            (at("RUNTIME_ERROR"), "space-broken", AGAIN | AT_THE_HUB | TO_THE_AUTHOR),
            ({"private": True}, "space-private", {}),
            ({"sdk": "docker"}, "no-api", AT_THE_HUB),
            (at("DELETING"), "space-not-found", {}),
        ],
    )
    def test_of_a_state_that_the_hub_tells(
        self, hosted: Hosted, parts: dict[str, Any], code: str, offered: dict[str, str]
    ) -> None:
        page = hosted.page(404 if code == "space-not-found" else 200, **parts)
        assert list_error_codes(page) == [code]
        assert ways(page) == offered | OTHER
        assert page.select_one(".error-panel a[href='/espaces/hfcourse/entrainement']")

    @pytest.mark.parametrize(
        ("answers", "code", "offered"),
        [
            ({"/config": fake_servers.reply_with({"detail": "Not authenticated"}, 401)}, "space-login", {}),
            ({"/config": fake_servers.reply_with(GRADIO_3)}, "space-too-old", {}),
            ({"/config": fake_servers.reply_with(GRADIO_4_0)}, "space-too-old", {}),
            ({"/info": fake_servers.reply_with({"named_endpoints": {}, "unnamed_endpoints": {}})}, "no-api", {}),
            ({"/config": fake_servers.reply_html}, "no-api", {}),
            ({"/config": fake_servers.reply_bad_json}, "bad-answer", AGAIN),
            ({"/config": fake_servers.close_at_once}, "connection-lost", AGAIN),
        ],
    )
    def test_of_a_space_that_cannot_be_described(
        self, hosted: Hosted, answers: dict[str, Behaviour], code: str, offered: dict[str, str]
    ) -> None:
        hosted.space.answers = answers
        page = hosted.page()
        assert list_error_codes(page) == [code]
        assert ways(page) == offered | AT_THE_HUB | OTHER

    def test_a_hub_that_is_silent_can_be_asked_again_with_the_same_words(
        self, site_student: BrowserClient, fake_hub: FakeServer
    ) -> None:
        fake_hub.behaviour = fake_servers.close_at_once
        page = site_student.open_page("/espaces/ann/app?endpoint=/x%26y")
        assert ways(page) == {"Réessayer": "/espaces/ann/app?endpoint=/x%26y"} | OTHER

    def test_a_space_that_is_not_on_the_hub_has_no_page_there(
        self, site_student: BrowserClient, space: FakeSpace
    ) -> None:
        space.answers = {"/config": fake_servers.reply_bad_json}
        page = site_student.open_page("/espaces/ann/own")
        assert ways(page) == {"Réessayer": "/espaces/ann/own"} | OTHER
        assert "huggingface.co" not in str(page.main)

    def test_a_name_that_is_none_is_not_repeated(self, site_student: BrowserClient) -> None:
        page = site_student.open_page("/espaces/na--me/x", 404)
        assert (list_error_codes(page), ways(page)) == (["space-not-found"], OTHER)

    def test_a_form_that_was_refused_has_its_remedy_on_the_page(self, site_student: BrowserClient, site: Flask) -> None:
        page = parse_page(site_student.submit_form(site_student.open_page("/espaces/ann/own"), words="hf_" + "d" * 30))
        assert (list_error_codes(page)[0], ways(page)) == ("secret-in-input", {})

    def test_a_post_that_finds_the_space_gone_leads_back_to_its_page(
        self, site_student: BrowserClient, space: FakeSpace, site: Flask
    ) -> None:
        page = site_student.open_page("/espaces/ann/own")
        space.answers = {"/config": fake_servers.reply_bad_json}
        forget_space_descriptions(site)
        refused = parse_page(site_student.submit_form(page, words="bonjour"))
        assert ways(refused)["Réessayer"] == "/espaces/ann/own"

    @pytest.mark.parametrize("stage", ["SLEEPING", "BUILDING"])
    def test_who_waits_for_a_space_may_try_ours_meanwhile(self, hosted: Hosted, stage: str) -> None:
        page = hosted.page(**at(stage))
        assert page.select_one("#espace a.button[href='/espaces/hfcourse/entrainement']")
        assert page.select_one("#espace a.button[href='/espaces/']")


def test_a_space_of_the_instructor_may_be_under_a_path(tmp_path: Path) -> None:
    space = FakeSpace(prefix="/myapp/gradio/gradio_api", answers={
        "/config": fake_servers.reply_with(fake_servers.ECHO_CONFIG | {"api_prefix": "/gradio_api", "root": "http://127.0.0.1:9/elsewhere"}),
    })  # fmt: skip
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "spaces.toml").write_text(f'[[space]]\nid = "ann/own"\nurl = "{space.url}/myapp/gradio"\n')
    app = create_app({"INSTANCE": str(folder), "TESTING": True})
    student = BrowserClient(app.test_client())
    run = student.wait_for_end(
        student.submit_form(student.open_page("/espaces/ann/own"), words="bonjour").headers["Location"]
    )
    close_app(app)
    space.close()
    assert [output["value"] for output in run["outputs"]] == ["bonjour"]
    assert all(path.startswith("/myapp/gradio/") for path in space.paths())


class TestWhereItGoes:
    """Before the first call, a sentence beside the button says where what is typed goes."""

    def sentence(self, page: BeautifulSoup) -> str:
        button = page.select_one("form[data-endpoint] .form-actions button.button--primary")
        assert button is not None
        told = page.find(id=str(button["aria-describedby"]))
        assert told is not None
        return told.get_text(" ", strip=True)

    def test_a_space_of_the_hub_is_a_third_party(self, hosted: Hosted) -> None:
        said = self.sentence(hosted.page())
        assert "part chez un tiers" in said
        assert "rien de personnel" in said

    def test_a_space_of_the_instructor_is_on_a_machine_of_their_choice(self, site_student: BrowserClient) -> None:
        said = self.sentence(site_student.open_page("/espaces/ann/own"))
        assert "la personne qui anime le cours" in said
        assert "Hugging Face" not in said

    def test_a_practice_space_that_runs_elsewhere_is_too(self, tmp_path: Path, space: FakeSpace) -> None:
        app = create_app({"INSTANCE": str(tmp_path / "other"), "TESTING": True, "PRACTICE_URL": space.url})
        said = self.sentence(BrowserClient(app.test_client()).open_page("/espaces/hfcourse/entrainement"))
        close_app(app)
        assert "la personne qui anime le cours" in said

    def test_the_practice_space_is_ours(
        self, site_student: BrowserClient, site: Flask, practice: PracticeServer
    ) -> None:
        site.extensions["practice"] = practice
        said = self.sentence(site_student.open_form("/saluer"))
        assert "tiers" not in said
        assert "ne va pas plus loin" in said
