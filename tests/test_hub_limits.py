"""How often the Hub is asked, when it is not asked at all, and what a student gets instead."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from hfcourse.errors import CallError
from hfcourse.limits import bulkhead
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client import single_flight_cache
from hfcourse.spaces.hub import hub_api, limits
from hfcourse.spaces.hub.limits import parse_bounded_retry_after
from hfcourse.spaces.registry import resolver
from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeServer, FakeSpace
from tests.support.apps import open_app
from tests.support.calls import time_call
from tests.support.clients import BrowserClient
from tests.support.clocks import FakeMonotonic
from tests.support.form_parsing import collect_form_fields, list_error_codes, parse_page
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

TOKEN = "hf_" + "d" * 30
PAUSED = {"id": "a/b", "sdk": "gradio", "host": "https://a-b.hf.space", "runtime": {"stage": "PAUSED"}}


@pytest.fixture
def fake_hub() -> Iterator[FakeServer]:
    """The Hub: any Space that is asked for is paused, nothing is found by any word."""

    def tell(exchange: fake_servers.Exchange) -> None:
        exchange.reply([] if "?" in exchange.request.target else PAUSED)

    server = FakeServer(tell)
    yield server
    server.close()


@pytest.fixture
def site(tmp_path: Path, empty_database: bytes, fake_hub: FakeServer) -> Iterator[Flask]:
    with open_app(tmp_path / "instance", empty_database, HUB_URL=fake_hub.url) as made:
        yield made


def codes_at(site: Flask, address: str, remote: str = "127.0.0.1") -> list[str]:
    answer = site.test_client().get(address, environ_base={"REMOTE_ADDR": remote})
    assert answer.status_code == 200, (address, answer.headers)
    return list_error_codes(parse_page(answer))[:1]


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let so many seconds pass, for the limits."""
    FakeMonotonic(monkeypatch, limits).advance(seconds)


class TestTheRate:
    @pytest.fixture(autouse=True)
    def frozen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The requests of a test take no time, in which a busy machine would have others allowed."""
        later(monkeypatch, 0)

    def test_names_and_searches_of_one_address_are_limited_together(self, site: Flask, fake_hub: FakeServer) -> None:
        names = [codes_at(site, f"/espaces/a/b{n}") for n in range(40)]
        searches = [codes_at(site, f"/espaces/?q=mot{n}") for n in range(40)]
        assert names == [["space-paused"]] * 40
        assert searches[-1] == ["too-many-requests"]
        assert limits.MAX_UNKNOWN_PER_MINUTE - 15 < len(fake_hub.requests) < limits.MAX_UNKNOWN_PER_MINUTE

    def test_another_address_still_asks(self, site: Flask) -> None:
        for n in range(80):
            codes_at(site, f"/espaces/a/b{n}", "192.0.2.1")
        assert codes_at(site, "/espaces/a/other", "192.0.2.2") == ["space-paused"]
        assert codes_at(site, "/espaces/?q=autre", "192.0.2.2") == []

    def test_what_is_remembered_counts_nothing(
        self, site: Flask, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(single_flight_cache, "FAILURE_TTL_SECONDS", 1000)
        for _ in range(70):
            assert codes_at(site, "/espaces/a/b") == ["space-paused"]
            assert codes_at(site, "/espaces/?q=mot") == []
        assert len(fake_hub.requests) == 2

    def test_a_space_of_the_catalogue_is_always_asked_for(self, site: Flask) -> None:
        for n in range(80):
            codes_at(site, f"/espaces/a/b{n}")
        assert codes_at(site, "/espaces/gradio/calculator") == ["space-paused"]

    def test_a_run_is_not_counted_again(self, site: Flask, fake_hub: FakeServer) -> None:
        with site.app_context():
            for n in range(80):
                with pytest.raises(hub_api.SpaceUnavailable):
                    hub_api.look_up_space(f"a/b{n}", resolver.get_registry().http_client, CancelScope(8))
        assert len(fake_hub.requests) == 80

    def test_limit_is_told_in_french_with_the_box_still_filled(self, site: Flask) -> None:
        for n in range(80):
            codes_at(site, f"/espaces/?q=mot{n}")
        page = BrowserClient(site.test_client()).open_page("/espaces/?q=encore")
        box = page.select_one("#q")
        assert list_error_codes(page) == ["too-many-requests"]
        assert "Trop d’appels" in page.select("[data-error]")[0].get_text()
        assert box is not None
        assert box["value"] == "encore"


class TestASilentHub:
    @pytest.fixture(autouse=True)
    def hurried(self, monkeypatch: pytest.MonkeyPatch, fake_hub: FakeServer) -> None:
        monkeypatch.setattr(hub_api, "LOOKUP_TIMEOUT_SECONDS", 0.3)
        fake_hub.behaviour = fake_servers.never_reply

    def test_after_two_timeouts_it_is_unreachable_for_everybody(self, site: Flask, fake_hub: FakeServer) -> None:
        assert [codes_at(site, "/espaces/a/b1"), codes_at(site, "/espaces/?q=mot")] == [["timeout"]] * 2
        for address in ("/espaces/a/b2", "/espaces/?q=autre", "/espaces/?nom=https://a-b.hf.space"):
            codes, seconds = time_call(lambda address=address: codes_at(site, address))
            assert codes == ["hub-unreachable"]
            assert seconds < 0.3 + WAIT_TIMEOUT_SECONDS / 10
        assert len(fake_hub.requests) == 2

    def test_one_probe_finds_out_that_it_is_back(
        self, site: Flask, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for n in range(3):
            codes_at(site, f"/espaces/a/b{n}")
        fake_hub.behaviour = fake_servers.reply_with(PAUSED)
        assert codes_at(site, "/espaces/a/c1") == ["hub-unreachable"]
        later(monkeypatch, 31)
        assert [codes_at(site, "/espaces/a/c2"), codes_at(site, "/espaces/a/c1")] == [["space-paused"]] * 2

    def test_a_probe_that_fails_keeps_it_unreachable(
        self, site: Flask, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for n in range(2):
            codes_at(site, f"/espaces/a/b{n}")
        later(monkeypatch, 31)
        assert [codes_at(site, f"/espaces/a/c{n}") for n in range(3)] == [["timeout"], *[["hub-unreachable"]] * 2]
        assert len(fake_hub.requests) == 3

    def test_a_refused_connection_opens_nothing(self, site: Flask, fake_hub: FakeServer) -> None:
        fake_hub.behaviour = fake_servers.close_at_once
        for n in range(4):
            assert codes_at(site, f"/espaces/a/b{n}") == ["hub-unreachable"]
        assert len(fake_hub.requests) == 4

    def test_what_it_said_lately_is_still_used(
        self, tmp_path: Path, empty_database: bytes, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        space = FakeSpace()
        fake_hub.behaviour = fake_servers.reply_with(
            {"sdk": "gradio", "host": space.url, "runtime": {"stage": "RUNNING"}}
        )
        settings: dict[str, Any] = {"HUB_URL": fake_hub.url, "SPACE_ORIGINS": (space.url,)}
        with open_app(tmp_path / "other", empty_database, **settings) as site:
            BrowserClient(site.test_client()).open_page("/espaces/a/b")
            fake_hub.behaviour = fake_servers.never_reply
            FakeMonotonic(monkeypatch, single_flight_cache).advance(hub_api.AWAKE_TTL_SECONDS)
            page = BrowserClient(site.test_client()).open_page("/espaces/a/b")
        space.close()
        assert page.select_one("form[data-endpoint]") is not None


class TestAHubThatAsksToWait:
    def test_hub_that_asks_to_wait_is_left_alone_for_as_long_as_it_says(
        self, site: Flask, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fake_hub.behaviour = lambda exchange: exchange.reply({}, 429, Retry_After="120")
        assert codes_at(site, "/espaces/a/b1") == ["too-many-requests"]
        assert codes_at(site, "/espaces/gradio/calculator") == ["too-many-requests"]
        assert len(fake_hub.requests) == 1
        fake_hub.behaviour = fake_servers.reply_with(PAUSED)
        later(monkeypatch, 121)
        assert codes_at(site, "/espaces/a/b2") == ["space-paused"]

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("120", 120),
            ("0", 30),
            ("", 300),
            ("bientôt", 300),
            ("-5", 300),
            ("9" * 5000, 900),
            ("²", 300),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 30),
            ("Wed, 99 Oct 9999 07:28:00 GMT", 300),
        ],
    )
    def test_says_how_long_within_bounds(self, header: str, seconds: float) -> None:
        assert parse_bounded_retry_after(header) == seconds

    def test_may_say_it_by_a_date(self) -> None:
        until_then = format_datetime(datetime.now(UTC) + timedelta(seconds=200), usegmt=True)
        assert 190 < parse_bounded_retry_after(until_then) <= 200


class TestATokenInAName:
    @pytest.mark.parametrize("name", [f"{TOKEN}/x", f"x/{TOKEN}", f"a.{TOKEN}/b"])
    def test_token_in_a_name_is_refused_with_nothing_asked_and_nothing_repeated(
        self, site: Flask, fake_hub: FakeServer, name: str
    ) -> None:
        answer = site.test_client().get("/espaces/" + quote(name))
        assert (answer.status_code, list_error_codes(parse_page(answer))[0]) == (400, "secret-in-input")
        assert TOKEN.encode() not in answer.data
        assert fake_hub.requests == []

    def test_token_in_a_name_is_refused_in_a_form_too(
        self, site: Flask, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        space = FakeSpace()
        site.config["SPACE_ORIGINS"] = (space.url,)
        fake_hub.behaviour = fake_servers.reply_with(
            {"sdk": "gradio", "host": space.url, "runtime": {"stage": "RUNNING"}}
        )
        student = BrowserClient(site.test_client())
        form = student.open_page("/espaces/a/b").select_one("form[data-endpoint]")
        assert form is not None
        asked = len(fake_hub.requests)
        sent = {name: values[0] for name, values in collect_form_fields(form).items()} | {"space": f"{TOKEN}/x"}
        answer = student.client.post("/essais", data=sent)
        space.close()
        assert (answer.status_code, list_error_codes(parse_page(answer))[0]) == (400, "secret-in-input")
        assert TOKEN.encode() not in answer.data
        assert len(fake_hub.requests) == asked


class TestTheBulkhead:
    def test_bulkhead_has_so_many_slots_and_refuses_the_rest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bulkhead, "SLOT_TIMEOUT_SECONDS", 0.05)
        made = bulkhead.Bulkhead()
        with made.acquire_slot(2), made.acquire_slot(2), pytest.raises(CallError) as caught, made.acquire_slot(2):
            pass
        assert caught.value.code == "timeout"
        with made.acquire_slot(1):
            pass

    def test_lets_who_waits_in_when_a_slot_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bulkhead, "SLOT_TIMEOUT_SECONDS", WAIT_TIMEOUT_SECONDS)
        made, waits = bulkhead.Bulkhead(), []

        def wait() -> bool:
            waits.append(True)
            with made.acquire_slot(1):
                return True

        with ThreadPoolExecutor(1) as pool:
            with made.acquire_slot(1):
                waiting = pool.submit(wait)
                assert wait_until(lambda: bool(waits))
                assert not waiting.done()
            assert waiting.result(WAIT_TIMEOUT_SECONDS)

    def test_keeps_three_of_four_threads_from_waiting_for_the_hub(
        self, site: Flask, fake_hub: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulkhead, "SLOT_TIMEOUT_SECONDS", 0.05)
        site.extensions["server_threads"] = 8
        fake_hub.behaviour = fake_servers.never_reply
        threaded = {"wsgi.multithread": True}

        def visit(number: int) -> list[str]:
            answer = site.test_client().get(f"/espaces/a/b{number}", environ_overrides=threaded)
            return list_error_codes(parse_page(answer))[:1]

        with ThreadPoolExecutor(8) as pool:
            visits = [pool.submit(visit, n) for n in range(8)]
            assert wait_until(lambda: sum(each.done() for each in visits) == 6)
            assert len(fake_hub.requests) == 2
            fake_hub.closing.set()
        assert sorted(each.result() for each in visits)[:6] == [["hub-unreachable"]] * 6
