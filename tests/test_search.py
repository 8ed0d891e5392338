"""Finding a Space: the search on the Hub and what it leaves out, a Hub that fails, a box that takes names too."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from hfcourse import create_app, database
from hfcourse.runs.store import run_store
from hfcourse.spaces import catalogue
from hfcourse.spaces.hub import hub_api, hub_search
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, FakeServer
from tests.support.apps import close_app
from tests.support.calls import time_call
from tests.support.clients import BrowserClient
from tests.support.form_parsing import list_error_codes, parse_page

TOKEN = "hf_" + "c" * 30
LISTED = "#resultats .ruled-list a.row-link"


def space(name: str = "ann/translator", **parts: Any) -> dict[str, Any]:
    """One Space of the Hub's answer."""
    return {
        "id": name,
        "likes": 12,
        "private": False,
        "disabled": False,
        "sdk": "gradio",
        "tags": ["gradio", "region:us"],
        "runtime": {"stage": "RUNNING"},
        "cardData": {"title": "Translator", "short_description": "English to French"},
    } | parts


@pytest.fixture
def fake_hub() -> Iterator[FakeServer]:
    """The Hub of these tests."""
    server = FakeServer(fake_servers.reply_with([space()]))
    yield server
    server.close()


@pytest.fixture
def site(tmp_path: Path, fake_hub: FakeServer) -> Iterator[Flask]:
    """A site whose Hub is the stand-in."""
    app = create_app({"INSTANCE": str(tmp_path / "instance"), "TESTING": True, "HUB_URL": fake_hub.url})
    yield app
    close_app(app)


def listed(page: BeautifulSoup) -> list[str]:
    """The Spaces that the page found, by name."""
    return [str(link["href"]).removeprefix("/espaces/") for link in page.select(LISTED)]


class TestTheRequest:
    def test_words_are_sent_to_the_hub_by_the_server(self, site_student: BrowserClient, fake_hub: FakeServer) -> None:
        site_student.open_page("/espaces/?q=%20%20speech to%09text ")
        asked = urlsplit(fake_hub.requests[0].target)
        assert (asked.path, fake_hub.requests[0].method, len(fake_hub.requests)) == ("/api/spaces", "GET", 1)
        sent = parse_qs(asked.query)
        assert (sent["search"], sent["filter"], sent["limit"]) == (["speech to text"], ["gradio"], ["40"])
        assert sent["expand"] == ["cardData", "disabled", "likes", "private", "runtime", "sdk", "tags"]

    def test_words_cannot_add_to_it(self, site_student: BrowserClient, fake_hub: FakeServer) -> None:
        site_student.client.get("/espaces/", query_string={"q": "a&full=true#x?é\0\ud83d".encode("utf-8", "replace")})
        assert set(parse_qs(urlsplit(fake_hub.requests[0].target).query)) == {
            "search", "filter", "sort", "limit", "expand"
        }  # fmt: skip

    def test_long_words_are_cut(self, site_student: BrowserClient, fake_hub: FakeServer) -> None:
        site_student.open_page("/espaces/?q=" + "x" * 5000)
        assert parse_qs(urlsplit(fake_hub.requests[0].target).query)["search"] == ["x" * 100]

    def test_the_token_and_the_visitor_stay_here(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake_hub: FakeServer
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        app = create_app({"INSTANCE": str(tmp_path / "other"), "TESTING": True, "HUB_URL": fake_hub.url})
        BrowserClient(app.test_client()).open_page("/espaces/?q=chat")
        close_app(app)
        assert TOKEN not in repr(fake_hub.requests)
        assert set(fake_hub.requests[0].headers) == {"host", "accept", "accept-encoding", "user-agent"}

    def test_a_room_of_students_makes_one_request(self, site: Flask, fake_hub: FakeServer) -> None:
        for words in ["Chat", "chat", " chat ", "CHAT"] * 5:
            BrowserClient(site.test_client()).open_page(f"/espaces/?q={words}")
        assert len(fake_hub.requests) == 1

    def test_a_proxy_of_the_school_is_used(self, tmp_path: Path) -> None:
        proxy = FakeServer(fake_servers.reply_with([space()]))
        settings = {"HUB_URL": "http://hub.example.org", "PROXY_URL": proxy.url}
        app = create_app({"INSTANCE": str(tmp_path / "other"), "TESTING": True} | settings)
        page = BrowserClient(app.test_client()).open_page("/espaces/?q=chat")
        close_app(app)
        proxy.close()
        assert listed(page) == ["ann/translator"]
        assert proxy.requests[0].target.startswith("http://hub.example.org/api/spaces?search=chat")

    def test_a_page_without_words_asks_nothing(self, site_student: BrowserClient, fake_hub: FakeServer) -> None:
        for address in ("/espaces/", "/espaces/?q=", "/espaces/?q=%20%00"):
            site_student.open_page(address)
        assert fake_hub.requests == []

    def test_a_closed_catalogue_neither_shows_a_search_nor_makes_one(
        self, tmp_path: Path, fake_hub: FakeServer
    ) -> None:
        settings = {"HUB_URL": fake_hub.url, "OPEN_CATALOGUE": False}
        app = create_app({"INSTANCE": str(tmp_path / "other"), "TESTING": True} | settings)
        page = BrowserClient(app.test_client()).open_page("/espaces/?q=chat")
        close_app(app)
        assert (page.select("form"), fake_hub.requests) == ([], [])
        assert "fermée" in page.get_text()


class TestSearchResults:
    def test_a_space_shows_its_name_its_authors_words_its_likes_and_its_state(
        self, site_student: BrowserClient
    ) -> None:
        link = site_student.open_page("/espaces/?q=chat").select(LISTED)[0]
        text = link.get_text(" ", strip=True)
        assert link["href"] == "/espaces/ann/translator"
        for words in ("Translator", "ann/translator", "12", "English to French", "En marche"):
            assert words in text

    @pytest.mark.parametrize(
        ("stage", "word"),
        [("SLEEPING", "Endormi"), ("PAUSED", "En pause"), ("BUILDING", "En construction"), ("BUILD_ERROR", "En panne")],
    )
    def test_each_state_is_a_badge(
        self, site_student: BrowserClient, fake_hub: FakeServer, stage: str, word: str
    ) -> None:
        fake_hub.behaviour = fake_servers.reply_with([space(runtime={"stage": stage})])
        badge = site_student.open_page("/espaces/?q=chat").select_one(f"{LISTED} .badge")
        assert badge is not None
        assert word in badge.get_text()

    @pytest.mark.parametrize("runtime", [None, {}, "RUNNING", {"stage": "OF_TOMORROW"}, {"stage": ["RUNNING"]}])
    def test_a_state_that_is_not_known_is_not_shown(
        self, site_student: BrowserClient, fake_hub: FakeServer, runtime: Any
    ) -> None:
        fake_hub.behaviour = fake_servers.reply_with([space(runtime=runtime)])
        page = site_student.open_page("/espaces/?q=chat")
        assert (listed(page), page.select(f"{LISTED} .badge")) == (["ann/translator"], [])

    @pytest.mark.parametrize(
        "left_out",
        [
            space(tags=["gradio", "not-for-all-audiences"]),
            space(tags=["Not-For-All-Audiences"]),
            space(cardData={"title": "x", "tags": ["not-for-all-audiences"]}),
            space(private=True),
            space(disabled=True),
            space(sdk="docker"),
            space(sdk="static"),
            space(runtime={"stage": "DELETING"}),
            *(space(name) for name in ("../etc", "//evil.com", "a", "a/b/c", "a/b?x", "javascript:alert(1)", "a/b\n")),
            space(id=None),
            space(id=["a/b"]),
            "a/b",
            None,
            5,
            [],
            {},
        ],
    )
    def test_what_is_not_for_a_class_or_makes_no_sense_is_left_out(
        self, site_student: BrowserClient, fake_hub: FakeServer, left_out: Any
    ) -> None:
        fake_hub.behaviour = fake_servers.reply_with([left_out, space("a/good")])
        assert listed(site_student.open_page("/espaces/?q=chat")) == ["a/good"]

    @pytest.mark.parametrize(
        "parts",
        [
            {"cardData": None},
            {"cardData": "x"},
            {"cardData": {"title": 5, "short_description": ["x"], "tags": "x"}},
            {"tags": None},
            {"tags": [None, 5, {}]},
            {"likes": None},
            {"likes": True},
            {"likes": -1},
            {"likes": 10**400},
            {"sdk": None},
        ],
    )
    def test_a_space_of_which_little_is_known_is_shown(
        self, site_student: BrowserClient, fake_hub: FakeServer, parts: dict[str, Any]
    ) -> None:
        fake_hub.behaviour = fake_servers.reply_with([space(**parts)])
        assert listed(site_student.open_page("/espaces/?q=chat")) == ["ann/translator"]

    def test_the_hub_may_say_no_more_than_a_name(self, site_student: BrowserClient, fake_hub: FakeServer) -> None:
        fake_hub.behaviour = fake_servers.reply_with([{"id": "a/b"}])
        assert listed(site_student.open_page("/espaces/?q=chat")) == ["a/b"]

    def test_words_of_a_result_are_escaped_bounded_and_on_one_line(
        self, site_student: BrowserClient, fake_hub: FakeServer
    ) -> None:
        hostile = {"title": "<script>alert(1)</script>\n" + "x" * 9999, "short_description": "\u202eabc\0" + "y" * 9999}
        fake_hub.behaviour = fake_servers.reply_with([space(cardData=hostile)])
        response = site_student.client.get("/espaces/?q=chat")
        page = parse_page(response)
        title, about = (each.get_text() for each in page.select(f"{LISTED} bdi"))
        assert b"<script>alert" not in response.data
        assert title.startswith("<script>alert(1)</script> x")
        assert (len(title), len(about)) == (hub_search.MAX_RESULT_TITLE_CHARACTERS, hub_search.MAX_SUMMARY_CHARACTERS)
        assert about.startswith("abc y")

    def test_what_was_searched_for_is_escaped(self, site_student: BrowserClient) -> None:
        response = site_student.client.get("/espaces/", query_string={"q": '"><script>alert(1)<"'})
        assert b"<script>alert" not in response.data

    def test_those_that_can_be_called_come_first_and_twenty_are_shown(
        self, site_student: BrowserClient, fake_hub: FakeServer
    ) -> None:
        paused = [space(f"a/paused{n}", runtime={"stage": "PAUSED"}) for n in range(10)]
        awake = [space(f"a/awake{n}") for n in range(15)]
        fake_hub.behaviour = fake_servers.reply_with(paused + awake)
        names = listed(site_student.open_page("/espaces/?q=chat"))
        assert names == [each["id"] for each in awake + paused][:20]

    def test_nothing_found_says_what_to_do(self, site_student: BrowserClient, fake_hub: FakeServer) -> None:
        fake_hub.behaviour = fake_servers.reply_with([])
        page = site_student.open_page("/espaces/?q=zzz")
        assert "Aucun Space" in page.get_text()
        assert "/espaces/?q=translation" in {str(link["href"]) for link in page.select("#resultats a")}
        assert list_error_codes(page) == []


class TestAHubThatFails:
    @pytest.mark.parametrize(
        ("behaviour", "code"),
        [
            (fake_servers.close_at_once, "hub-unreachable"),
            (fake_servers.reply_with({}, 500), "hub-unreachable"),
            (fake_servers.reply_with({}, 503), "hub-unreachable"),
            (fake_servers.reply_with({}, 429), "too-many-requests"),
            (fake_servers.reply_with({}, 401), "bad-answer"),
            (fake_servers.reply_with({}, 404), "bad-answer"),
            (fake_servers.reply_with({"error": "no"}), "bad-answer"),
            (fake_servers.reply_with("x"), "bad-answer"),
            (fake_servers.reply_html, "bad-answer"),
            (fake_servers.reply_bad_json, "bad-answer"),
            (fake_servers.reply_deep_json, "bad-answer"),
            (fake_servers.reply_gzipped, "bad-answer"),
            (fake_servers.reply_not_http, "bad-answer"),
            (fake_servers.redirect_to("http://127.0.0.1:9/"), "bad-answer"),
            (fake_servers.send_endless_json, "answer-too-large"),
        ],
    )
    def test_failure_of_the_hub_is_a_sentence_above_the_catalogue(
        self, site_student: BrowserClient, fake_hub: FakeServer, behaviour: Behaviour, code: str
    ) -> None:
        fake_hub.behaviour = behaviour
        page = site_student.open_page("/espaces/?q=chat")
        sentence = page.select_one("[data-error]")
        assert sentence is not None
        assert list_error_codes(page) == [code]
        assert len(sentence.get_text()) > 20
        assert "Le Space" not in sentence.get_text()  # it is not at fault
        assert page.select_one(f"a[href='/espaces/{catalogue.PRACTICE_SPACE_ID}']")
        assert page.select_one("a[href='/espaces/gradio/calculator']")
        field = page.select_one("#q")
        assert field is not None
        assert field["value"] == "chat"

    @pytest.mark.parametrize("behaviour", [fake_servers.never_reply, fake_servers.drip_head, fake_servers.drip_body])
    def test_keeps_nobody_longer_than_its_limit(
        self, site_student: BrowserClient, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
    ) -> None:
        assert hub_api.LOOKUP_TIMEOUT_SECONDS == 5
        monkeypatch.setattr(hub_api, "LOOKUP_TIMEOUT_SECONDS", 0.5)
        fake_hub.behaviour = behaviour
        page, seconds = time_call(lambda: site_student.open_page("/espaces/?q=chat"))
        assert list_error_codes(page) == ["timeout"]
        assert seconds < 4
        again = site_student.open_page("/espaces/?q=chat")
        assert list_error_codes(again) == ["timeout"]
        assert len(fake_hub.requests) == 1  # remembered: a room does not wait in turn


class TestTheBox:
    @pytest.mark.parametrize(
        "written", ["a/b", "https://huggingface.co/spaces/a/b", "https://huggingface.co/spaces/a/b/"]
    )
    def test_a_name_opens_the_space_and_asks_nothing(
        self, site_student: BrowserClient, fake_hub: FakeServer, written: str
    ) -> None:
        response = site_student.client.get("/espaces/", query_string={"q": written})
        assert (response.status_code, response.headers["Location"]) == (302, "/espaces/a/b")
        assert fake_hub.requests == []

    def test_an_address_at_hf_space_opens_the_space_that_the_hub_has_there(
        self, site_student: BrowserClient, fake_hub: FakeServer
    ) -> None:
        fake_hub.behaviour = fake_servers.reply_with({"id": "a/b"})
        response = site_student.client.get("/espaces/?q=https://a-b.hf.space")
        assert response.headers["Location"] == "/espaces/a/b"
        assert fake_hub.paths() == ["/api/spaces/by-subdomain/a-b"]

    @pytest.mark.parametrize("written", ["a/b/c", "http://169.254.169.254", "//evil.com/x", "..\\x", "/name"])
    def test_an_address_that_is_none_is_not_searched_for(
        self, site_student: BrowserClient, fake_hub: FakeServer, written: str
    ) -> None:
        response = site_student.client.get("/espaces/", query_string={"q": written})
        assert (response.status_code, list_error_codes(parse_page(response))) == (400, ["space-not-found"])
        assert fake_hub.requests == []

    def test_a_name_that_is_none_still_has_its_own_parameter(
        self, site_student: BrowserClient, fake_hub: FakeServer
    ) -> None:
        page = site_student.open_page("/espaces/?nom=pas un nom", 400)
        assert list_error_codes(page) == ["space-not-found"]
        assert fake_hub.requests == []

    @pytest.mark.parametrize("parameter", ["q", "nom"])
    @pytest.mark.parametrize("written", [TOKEN, f"chat {TOKEN}", f"a/{TOKEN}"])
    def test_a_token_is_refused_with_nothing_sent_and_masked(
        self, site_student: BrowserClient, fake_hub: FakeServer, parameter: str, written: str
    ) -> None:
        response = site_student.client.get("/espaces/", query_string={parameter: written})
        page = parse_page(response)
        field = page.select_one("#q")
        assert (response.status_code, list_error_codes(page)) == (400, ["secret-in-input"])
        assert field is not None
        assert field["value"] == written.replace(TOKEN, "[jeton masqué]")
        assert TOKEN.encode() not in response.data
        assert fake_hub.requests == []

    def test_box_is_one_form_that_a_browser_sends_by_get(self, site_student: BrowserClient) -> None:
        form = site_student.open_page("/espaces/").select_one("form")
        assert form is not None
        assert (form["method"], form["action"]) == ("get", "/espaces/")
        assert [str(control["name"]) for control in form.select("input")] == ["q"]


class TestRecentSpaces:
    @pytest.fixture(autouse=True)
    def ticking_clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each run is made a second after the one before."""
        ticks = count(1)
        monkeypatch.setattr(
            database, "utc_now", lambda: datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=next(ticks))
        )

    def tried(self, app: Flask, visitor: str, *spaces: str) -> None:
        """Runs of this visitor at these Spaces, the last the newest."""
        with app.app_context():
            for space_id in spaces:
                run_store.create_run(
                    visitor, space=space_id, endpoint="/x", title="", parameters=[], inputs={}, files={}
                )

    def visitor_of(self, seeker: BrowserClient) -> str:
        with seeker.client.session_transaction() as session:
            session["visitor"] = "me"
        return "me"

    def shown(self, seeker: BrowserClient) -> list[str]:
        page = seeker.open_page("/espaces/")
        return [str(link["href"]).removeprefix("/espaces/") for link in page.select(".examples a")]

    def test_the_latest_five_are_there_each_once(self, site: Flask, site_student: BrowserClient) -> None:
        self.tried(site, self.visitor_of(site_student), "a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/2", "a/2")
        assert self.shown(site_student) == ["a/2", "a/6", "a/5", "a/4", "a/3"]

    def test_recent_spaces_are_nobody_elses(self, site: Flask, site_student: BrowserClient) -> None:
        self.tried(site, "somebody", "a/1")
        assert self.shown(site_student) == []
        self.visitor_of(site_student)
        assert self.shown(site_student) == []

    def test_a_closed_catalogue_shows_those_that_it_opens(self, site: Flask, site_student: BrowserClient) -> None:
        self.tried(site, self.visitor_of(site_student), "a/1", "gradio/calculator")
        site.config["OPEN_CATALOGUE"] = False
        assert self.shown(site_student) == ["gradio/calculator"]

    def test_looking_at_the_list_leaves_no_trace(self, site_student: BrowserClient) -> None:
        assert "Set-Cookie" not in site_student.client.get("/espaces/?q=chat").headers
