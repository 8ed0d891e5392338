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
from tests.conftest import end
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, FakeServer, timed
from tests.support.clients import Student, error_codes, read

TOKEN = "hf_" + "c" * 30
LISTED = "#resultats .lines a.whole"


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
def stand_in() -> Iterator[FakeServer]:
    """The Hub of these tests."""
    server = FakeServer(fake_servers.says([space()]))
    yield server
    server.close()


@pytest.fixture
def site(tmp_path: Path, stand_in: FakeServer) -> Iterator[Flask]:
    """A site whose Hub is the stand-in."""
    app = create_app({"INSTANCE": str(tmp_path / "instance"), "TESTING": True, "HUB_URL": stand_in.url})
    yield app
    end(app)


@pytest.fixture
def seeker(site: Flask) -> Student:
    return Student(site.test_client())


def listed(page: BeautifulSoup) -> list[str]:
    """The Spaces that the page found, by name."""
    return [str(link["href"]).removeprefix("/espaces/") for link in page.select(LISTED)]


class TestTheRequest:
    def test_words_are_sent_to_the_hub_by_the_server(self, seeker: Student, stand_in: FakeServer) -> None:
        seeker.open("/espaces/?q=%20%20speech to%09text ")
        asked = urlsplit(stand_in.requests[0].target)
        assert (asked.path, stand_in.requests[0].method, len(stand_in.requests)) == ("/api/spaces", "GET", 1)
        sent = parse_qs(asked.query)
        assert (sent["search"], sent["filter"], sent["limit"]) == (["speech to text"], ["gradio"], ["40"])
        assert sent["expand"] == ["cardData", "disabled", "likes", "private", "runtime", "sdk", "tags"]

    def test_words_cannot_add_to_it(self, seeker: Student, stand_in: FakeServer) -> None:
        seeker.client.get("/espaces/", query_string={"q": "a&full=true#x?é\0\ud83d".encode("utf-8", "replace")})
        assert set(parse_qs(urlsplit(stand_in.requests[0].target).query)) == {
            "search", "filter", "sort", "limit", "expand"
        }  # fmt: skip

    def test_long_words_are_cut(self, seeker: Student, stand_in: FakeServer) -> None:
        seeker.open("/espaces/?q=" + "x" * 5000)
        assert parse_qs(urlsplit(stand_in.requests[0].target).query)["search"] == ["x" * 100]

    def test_the_token_and_the_visitor_stay_here(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stand_in: FakeServer
    ) -> None:
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        app = create_app({"INSTANCE": str(tmp_path / "other"), "TESTING": True, "HUB_URL": stand_in.url})
        Student(app.test_client()).open("/espaces/?q=chat")
        end(app)
        assert TOKEN not in repr(stand_in.requests)
        assert set(stand_in.requests[0].headers) == {"host", "accept", "accept-encoding", "user-agent"}

    def test_a_room_of_students_makes_one_request(self, site: Flask, stand_in: FakeServer) -> None:
        for words in ["Chat", "chat", " chat ", "CHAT"] * 5:
            Student(site.test_client()).open(f"/espaces/?q={words}")
        assert len(stand_in.requests) == 1

    def test_a_proxy_of_the_school_is_used(self, tmp_path: Path) -> None:
        proxy = FakeServer(fake_servers.says([space()]))
        settings = {"HUB_URL": "http://hub.example.org", "PROXY_URL": proxy.url}
        app = create_app({"INSTANCE": str(tmp_path / "other"), "TESTING": True} | settings)
        page = Student(app.test_client()).open("/espaces/?q=chat")
        end(app)
        proxy.close()
        assert listed(page) == ["ann/translator"]
        assert proxy.requests[0].target.startswith("http://hub.example.org/api/spaces?search=chat")

    def test_a_page_without_words_asks_nothing(self, seeker: Student, stand_in: FakeServer) -> None:
        for address in ("/espaces/", "/espaces/?q=", "/espaces/?q=%20%00"):
            seeker.open(address)
        assert stand_in.requests == []

    def test_a_closed_catalogue_neither_shows_a_search_nor_makes_one(
        self, tmp_path: Path, stand_in: FakeServer
    ) -> None:
        settings = {"HUB_URL": stand_in.url, "OPEN_CATALOGUE": False}
        app = create_app({"INSTANCE": str(tmp_path / "other"), "TESTING": True} | settings)
        page = Student(app.test_client()).open("/espaces/?q=chat")
        end(app)
        assert (page.select("form"), stand_in.requests) == ([], [])
        assert "fermée" in page.get_text()


class TestWhatIsFound:
    def test_a_space_shows_its_name_its_authors_words_its_likes_and_its_state(self, seeker: Student) -> None:
        link = seeker.open("/espaces/?q=chat").select(LISTED)[0]
        text = link.get_text(" ", strip=True)
        assert link["href"] == "/espaces/ann/translator"
        for words in ("Translator", "ann/translator", "12", "English to French", "En marche"):
            assert words in text

    @pytest.mark.parametrize(
        ("stage", "word"),
        [("SLEEPING", "Endormi"), ("PAUSED", "En pause"), ("BUILDING", "En construction"), ("BUILD_ERROR", "En panne")],
    )
    def test_each_state_is_a_badge(self, seeker: Student, stand_in: FakeServer, stage: str, word: str) -> None:
        stand_in.behaviour = fake_servers.says([space(runtime={"stage": stage})])
        badge = seeker.open("/espaces/?q=chat").select_one(f"{LISTED} .badge")
        assert badge is not None
        assert word in badge.get_text()

    @pytest.mark.parametrize("runtime", [None, {}, "RUNNING", {"stage": "OF_TOMORROW"}, {"stage": ["RUNNING"]}])
    def test_a_state_that_is_not_known_is_not_shown(self, seeker: Student, stand_in: FakeServer, runtime: Any) -> None:
        stand_in.behaviour = fake_servers.says([space(runtime=runtime)])
        page = seeker.open("/espaces/?q=chat")
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
        self, seeker: Student, stand_in: FakeServer, left_out: Any
    ) -> None:
        stand_in.behaviour = fake_servers.says([left_out, space("a/good")])
        assert listed(seeker.open("/espaces/?q=chat")) == ["a/good"]

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
        self, seeker: Student, stand_in: FakeServer, parts: dict[str, Any]
    ) -> None:
        stand_in.behaviour = fake_servers.says([space(**parts)])
        assert listed(seeker.open("/espaces/?q=chat")) == ["ann/translator"]

    def test_the_hub_may_say_no_more_than_a_name(self, seeker: Student, stand_in: FakeServer) -> None:
        stand_in.behaviour = fake_servers.says([{"id": "a/b"}])
        assert listed(seeker.open("/espaces/?q=chat")) == ["a/b"]

    def test_its_words_are_escaped_bounded_and_on_one_line(self, seeker: Student, stand_in: FakeServer) -> None:
        hostile = {"title": "<script>alert(1)</script>\n" + "x" * 9999, "short_description": "\u202eabc\0" + "y" * 9999}
        stand_in.behaviour = fake_servers.says([space(cardData=hostile)])
        response = seeker.client.get("/espaces/?q=chat")
        page = read(response)
        title, about = (each.get_text() for each in page.select(f"{LISTED} bdi"))
        assert b"<script>alert" not in response.data
        assert title.startswith("<script>alert(1)</script> x")
        assert (len(title), len(about)) == (hub_search.MAX_RESULT_TITLE_CHARACTERS, hub_search.MAX_SUMMARY_CHARACTERS)
        assert about.startswith("abc y")

    def test_what_was_searched_for_is_escaped(self, seeker: Student) -> None:
        response = seeker.client.get("/espaces/", query_string={"q": '"><script>alert(1)<"'})
        assert b"<script>alert" not in response.data

    def test_those_that_can_be_called_come_first_and_twenty_are_shown(
        self, seeker: Student, stand_in: FakeServer
    ) -> None:
        paused = [space(f"a/paused{n}", runtime={"stage": "PAUSED"}) for n in range(10)]
        awake = [space(f"a/awake{n}") for n in range(15)]
        stand_in.behaviour = fake_servers.says(paused + awake)
        names = listed(seeker.open("/espaces/?q=chat"))
        assert names == [each["id"] for each in awake + paused][:20]

    def test_nothing_found_says_what_to_do(self, seeker: Student, stand_in: FakeServer) -> None:
        stand_in.behaviour = fake_servers.says([])
        page = seeker.open("/espaces/?q=zzz")
        assert "Aucun Space" in page.get_text()
        assert "/espaces/?q=translation" in {str(link["href"]) for link in page.select("#resultats a")}
        assert error_codes(page) == []


class TestAHubThatFails:
    @pytest.mark.parametrize(
        ("behaviour", "code"),
        [
            (fake_servers.close_at_once, "hub-unreachable"),
            (fake_servers.says({}, 500), "hub-unreachable"),
            (fake_servers.says({}, 503), "hub-unreachable"),
            (fake_servers.says({}, 429), "too-many-requests"),
            (fake_servers.says({}, 401), "bad-answer"),
            (fake_servers.says({}, 404), "bad-answer"),
            (fake_servers.says({"error": "no"}), "bad-answer"),
            (fake_servers.says("x"), "bad-answer"),
            (fake_servers.html, "bad-answer"),
            (fake_servers.bad_json, "bad-answer"),
            (fake_servers.deep_json, "bad-answer"),
            (fake_servers.gzipped, "bad-answer"),
            (fake_servers.not_http, "bad-answer"),
            (fake_servers.redirects("http://127.0.0.1:9/"), "bad-answer"),
            (fake_servers.endless, "answer-too-large"),
        ],
    )
    def test_is_a_sentence_above_the_catalogue(
        self, seeker: Student, stand_in: FakeServer, behaviour: Behaviour, code: str
    ) -> None:
        stand_in.behaviour = behaviour
        page = seeker.open("/espaces/?q=chat")
        sentence = page.select_one("[data-error]")
        assert sentence is not None
        assert error_codes(page) == [code]
        assert len(sentence.get_text()) > 20
        assert "Le Space" not in sentence.get_text()  # it is not at fault
        assert page.select_one(f"a[href='/espaces/{catalogue.PRACTICE_SPACE_ID}']")
        assert page.select_one("a[href='/espaces/gradio/calculator']")
        field = page.select_one("#q")
        assert field is not None
        assert field["value"] == "chat"

    @pytest.mark.parametrize("behaviour", [fake_servers.silent, fake_servers.drip_head, fake_servers.drip_body])
    def test_keeps_nobody_longer_than_its_limit(
        self, seeker: Student, stand_in: FakeServer, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
    ) -> None:
        assert hub_api.LOOKUP_TIMEOUT_SECONDS == 5
        monkeypatch.setattr(hub_api, "LOOKUP_TIMEOUT_SECONDS", 0.5)
        stand_in.behaviour = behaviour
        page, seconds = timed(lambda: seeker.open("/espaces/?q=chat"))
        assert error_codes(page) == ["timeout"]
        assert seconds < 4
        again = seeker.open("/espaces/?q=chat")
        assert error_codes(again) == ["timeout"]
        assert len(stand_in.requests) == 1  # remembered: a room does not wait in turn


class TestTheBox:
    @pytest.mark.parametrize(
        "written", ["a/b", "https://huggingface.co/spaces/a/b", "https://huggingface.co/spaces/a/b/"]
    )
    def test_a_name_opens_the_space_and_asks_nothing(self, seeker: Student, stand_in: FakeServer, written: str) -> None:
        response = seeker.client.get("/espaces/", query_string={"q": written})
        assert (response.status_code, response.headers["Location"]) == (302, "/espaces/a/b")
        assert stand_in.requests == []

    def test_an_address_at_hf_space_opens_the_space_that_the_hub_has_there(
        self, seeker: Student, stand_in: FakeServer
    ) -> None:
        stand_in.behaviour = fake_servers.says({"id": "a/b"})
        response = seeker.client.get("/espaces/?q=https://a-b.hf.space")
        assert response.headers["Location"] == "/espaces/a/b"
        assert stand_in.paths() == ["/api/spaces/by-subdomain/a-b"]

    @pytest.mark.parametrize("written", ["a/b/c", "http://169.254.169.254", "//evil.com/x", "..\\x", "/name"])
    def test_an_address_that_is_none_is_not_searched_for(
        self, seeker: Student, stand_in: FakeServer, written: str
    ) -> None:
        response = seeker.client.get("/espaces/", query_string={"q": written})
        assert (response.status_code, error_codes(read(response))) == (400, ["space-not-found"])
        assert stand_in.requests == []

    def test_a_name_that_is_none_still_has_its_own_parameter(self, seeker: Student, stand_in: FakeServer) -> None:
        page = seeker.open("/espaces/?nom=pas un nom", 400)
        assert error_codes(page) == ["space-not-found"]
        assert stand_in.requests == []

    @pytest.mark.parametrize("parameter", ["q", "nom"])
    @pytest.mark.parametrize("written", [TOKEN, f"chat {TOKEN}", f"a/{TOKEN}"])
    def test_a_token_is_refused_with_nothing_sent_and_masked(
        self, seeker: Student, stand_in: FakeServer, parameter: str, written: str
    ) -> None:
        response = seeker.client.get("/espaces/", query_string={parameter: written})
        page = read(response)
        field = page.select_one("#q")
        assert (response.status_code, error_codes(page)) == (400, ["secret-in-input"])
        assert field is not None
        assert field["value"] == written.replace(TOKEN, "[jeton masqué]")
        assert TOKEN.encode() not in response.data
        assert stand_in.requests == []

    def test_is_one_form_that_a_browser_sends_by_get(self, seeker: Student) -> None:
        form = seeker.open("/espaces/").select_one("form")
        assert form is not None
        assert (form["method"], form["action"]) == ("get", "/espaces/")
        assert [str(control["name"]) for control in form.select("input")] == ["q"]


class TestRecentSpaces:
    @pytest.fixture(autouse=True)
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> None:
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

    def visitor_of(self, seeker: Student) -> str:
        with seeker.client.session_transaction() as session:
            session["visitor"] = "me"
        return "me"

    def shown(self, seeker: Student) -> list[str]:
        page = seeker.open("/espaces/")
        return [str(link["href"]).removeprefix("/espaces/") for link in page.select(".examples a")]

    def test_the_latest_five_are_there_each_once(self, site: Flask, seeker: Student) -> None:
        self.tried(site, self.visitor_of(seeker), "a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/2", "a/2")
        assert self.shown(seeker) == ["a/2", "a/6", "a/5", "a/4", "a/3"]

    def test_they_are_nobody_elses(self, site: Flask, seeker: Student) -> None:
        self.tried(site, "somebody", "a/1")
        assert self.shown(seeker) == []
        self.visitor_of(seeker)
        assert self.shown(seeker) == []

    def test_a_closed_catalogue_shows_those_that_it_opens(self, site: Flask, seeker: Student) -> None:
        self.tried(site, self.visitor_of(seeker), "a/1", "gradio/calculator")
        site.config["OPEN_CATALOGUE"] = False
        assert self.shown(seeker) == ["gradio/calculator"]

    def test_looking_at_the_list_leaves_no_trace(self, seeker: Student) -> None:
        assert "Set-Cookie" not in seeker.client.get("/espaces/?q=chat").headers
