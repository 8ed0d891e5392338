"""The trace of a run: true to what a logging Space and Hub saw, without secrets, bounded, its visitor's alone."""

import base64
import io
import json
import logging
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select

from hfcourse import create_app, database
from hfcourse.runs.retention import disk_usage, pruning
from hfcourse.runs.store import run_traces
from hfcourse.runs.store.models import Run
from hfcourse.runs.store.run_traces import TRACES_TABLE, TracePart
from hfcourse.runs.trace import model, presenter, views
from hfcourse.runs.trace.model import BrowserTrace, CallTrace, StoredExchange, StoredNote
from hfcourse.spaces.client.transport import exchange_recorder
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Exchange, FakeServer, FakeSpace, make_completed
from tests.support.apps import close_app, forget_space_descriptions
from tests.support.clients import BrowserClient
from tests.support.har_spec import check_har
from tests.support.logging_relay import LoggingRelay
from tests.support.waiting import wait_until

TOKEN = "hf_" + "a1B2" * 8  # made here, so that no file holds anything that looks like one
SPACE, ARCHIVE = "/espaces/a/b", "/essais/archive.zip"
SESSION_HASH = re.compile(rb"""(session_hash(?:=|": "))([A-Za-z0-9]+)""")
MASK = "••••".encode()


class TracedSite:
    """A site with one Space behind a logging relay, and a visitor.

    Args:
        path: below which the Space is.
        is_on_hub: is the Space found by a Hub, behind a logging relay too, or by an address in the catalogue?
    """

    def __init__(
        self, folder: Path, space: FakeServer, settings: dict[str, Any], path: str = "", is_on_hub: bool = False
    ) -> None:
        self.space, self.relay = space, LoggingRelay(space.url)
        self.instance = folder / "instance"
        self.instance.mkdir(parents=True)
        self.url = self.relay.url + path
        status = {"id": "a/b", "sdk": "gradio", "host": self.relay.url, "runtime": {"stage": "RUNNING"}}
        self.hub = FakeServer(fake_servers.reply_with(status))
        self.hub_relay = LoggingRelay(self.hub.url)
        entry = '[[space]]\nid = "a/b"\ntoken = true\n' + ("" if is_on_hub else f'url = "{self.url}"\n')
        (self.instance / "spaces.toml").write_text(entry)
        settings = {"HUB_URL": self.hub_relay.url} | settings
        overrides = {"INSTANCE": str(self.instance), "TESTING": True, "SPACE_ORIGINS": self.relay.url}
        self.app: Flask = create_app(overrides | settings)
        self.visitor = BrowserClient(self.app.test_client())

    def start(self, **values: Any) -> str:
        """Send the form; the id of the run."""
        page = self.visitor.open_form("/echo", space=SPACE)
        response = self.visitor.submit_form(page, **values or {"words": "bonjour"})
        assert response.status_code == 303, response.text
        response.close()  # as a server does: the browser's part is stored then
        return response.headers["Location"].rpartition("/")[2]

    def run(self, **values: Any) -> str:
        """Send the form, wait until the run is over and its trace stored; its id."""
        run_id = self.start(**values)
        self.visitor.wait_for_end(f"/essais/{run_id}")
        self.wait_for_trace(run_id)
        return run_id

    def wait_for_trace(self, run_id: str) -> None:
        with self.app.app_context():
            assert wait_until(lambda: {"browser", "call"} <= set(run_traces.load_traces(run_id)))

    def load(self, run_id: str) -> tuple[BrowserTrace, CallTrace]:
        with self.app.app_context():
            found = model.unpack_parts(run_traces.load_traces(run_id))
        assert found.browser is not None
        assert found.call is not None
        return found.browser, found.call

    def exchanges(self, run_id: str) -> list[StoredExchange]:
        return [item for item in self.load(run_id)[1].items if isinstance(item, StoredExchange)]

    def page(self, run_id: str) -> BeautifulSoup:
        return self.visitor.open_page(f"/essais/{run_id}/echanges")

    def mask(self, data: bytes) -> bytes:
        """What the relays saw as a trace must have it."""
        data = data.replace(self.hub_relay.url[7:].encode(), b"<Hub>")
        masked = data.replace(TOKEN.encode(), "hf_••••".encode()).replace(self.url.encode(), b"<Space>")
        masked = masked.replace(self.relay.url.encode(), b"<Space>").replace(self.relay.url[7:].encode(), b"<Space>")
        return SESSION_HASH.sub(rb"\1" + MASK, masked)

    def close(self) -> None:
        close_app(self.app)
        for each in (self.relay, self.space, self.hub_relay, self.hub):
            each.close()


OpenSite = Callable[..., TracedSite]


@pytest.fixture
def open_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenSite]:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    opened: list[TracedSite] = []

    def open_one(
        space: FakeServer | None = None, path: str = "", is_on_hub: bool = False, **settings: Any
    ) -> TracedSite:
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        opened.append(TracedSite(tmp_path / str(len(opened)), space or FakeSpace(), settings, path, is_on_hub))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


def joined(*parts: str) -> bytes:
    return "".join(parts).encode("latin-1")


class TestTruth:
    def test_call_is_message_by_message_what_the_relay_saw(self, open_site: OpenSite) -> None:
        site = open_site()
        site.visitor.open_page(f"{SPACE}?endpoint=/echo")
        before_sent, before_received = len(site.relay.sent), len(site.relay.received)
        exchanges = site.exchanges(site.run(words="Bonjour à toi 💡"))
        assert [each.method for each in exchanges] == ["POST", "GET"]
        sent, received = site.relay.sent[before_sent:], site.relay.received[before_received:]
        assert joined(*(each.sent.first for each in exchanges)) == site.mask(sent)
        assert sum(each.sent.size for each in exchanges) == len(sent)
        assert sum(each.received_bytes for each in exchanges) == len(received)
        for each in exchanges:
            assert joined(each.received_head) in received
        assert joined(exchanges[0].body.first) in received

    def test_known_description_is_noted_as_such(self, open_site: OpenSite) -> None:
        site = open_site()
        run_id = site.run()
        notes = [item for item in site.load(run_id)[1].items if isinstance(item, StoredNote)]
        assert [(note.kind, note.subject) for note in notes] == [("cached", "description")]
        assert "Déjà connu, rien demandé" in site.page(run_id).get_text()
        with site.app.app_context():
            assert set(run_traces.load_traces(run_id)) == {"browser", "call"}

    def test_validation_of_a_form_is_what_the_relays_of_hub_and_space_saw(self, open_site: OpenSite) -> None:
        site = open_site(is_on_hub=True)
        page = site.visitor.open_form("/echo", space=SPACE)
        forget_space_descriptions(site.app)
        site.app.extensions.pop("look_ups")
        seen = [len(relay.sent) for relay in (site.hub_relay, site.relay)]
        received = len(site.hub_relay.received)
        response = site.visitor.submit_form(page, words="a")
        response.close()
        run_id = response.headers["Location"].rpartition("/")[2]
        site.visitor.wait_for_end(f"/essais/{run_id}")
        site.wait_for_trace(run_id)
        with site.app.app_context():
            validation = model.unpack_parts(run_traces.load_traces(run_id)).validation
        assert validation is not None
        exchanges = [item for item in validation.items if isinstance(item, StoredExchange)]
        lookup, *description = exchanges
        assert (lookup.actor, lookup.url) == ("hub", "<Hub>/api/spaces/a/b")
        assert joined(lookup.sent.first) == site.mask(site.hub_relay.sent[seen[0] :])
        answer = site.mask(site.hub_relay.received[received:])
        assert joined(lookup.received_head, lookup.body.first) == answer
        assert {each.actor for each in description} == {"space"}
        call = joined(*(each.sent.first for each in site.exchanges(run_id)))
        assert joined(*(each.sent.first for each in description)) + call == site.mask(site.relay.sent[seen[1] :])
        lanes = [step["data-lane"] for step in site.page(run_id).select(".flow > [data-lane]")]
        assert lanes[:4] == ["browser", "hub", "hub", "space"]
        assert "Le Hub et le Space" in site.page(run_id).get_text()
        assert len(site.visitor.client.get(f"/essais/{run_id}/echanges.har").json["log"]["entries"]) == (
            len(exchanges) + 1 + len(site.exchanges(run_id))
        )

    def test_browser_part_is_the_form_as_it_was_sent_and_the_redirect(self, open_site: OpenSite) -> None:
        site = open_site()
        run_id = site.run(words="<b>été</b>")
        browser, call = site.load(run_id)
        fields = {name: value for name, value, _ in browser.fields}
        assert fields["arg-words"] == "<b>été</b>"
        assert fields["csrf_token"] == "••••"
        assert (browser.method, browser.target, browser.status) == ("POST", "/essais", 303)
        assert dict(map(tuple, browser.response_headers))["Location"] == f"/essais/{run_id}"
        assert "Content-Security-Policy" in dict(map(tuple, browser.response_headers))
        cookies = [value for name, value in browser.request_headers if name == "Cookie"]
        assert cookies == ["hfcourse=••••"]
        assert browser.started <= browser.ended
        assert browser.started <= call.started

    def test_events_are_in_order_with_their_times(self, open_site: OpenSite) -> None:
        messages = [{"msg": "process_starts"}, {"msg": "progress", "progress_data": []}, make_completed(["a"])]
        site = open_site(FakeSpace(messages=messages))
        stream = site.exchanges(site.run())[-1]
        shown = presenter.present_events(stream, 0)
        assert [event.name for event in shown] == ["process_starts", "progress", "process_completed", "close_stream"]
        assert len(stream.event_times) == 4
        assert stream.event_times == sorted(stream.event_times)

    def test_uploads_and_downloads_are_recorded_with_their_sizes(self, open_site: OpenSite) -> None:
        content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
        config = {
            "components": [fake_servers.make_component(1, "textbox"), fake_servers.make_component(2, "image")],
        }
        info = json.loads(json.dumps(fake_servers.ECHO_INFO))
        info["named_endpoints"]["/echo"]["returns"][0] |= {"component": "Image", "type": {"type": "object"}}
        file = {"path": "/tmp/x.png", "orig_name": "x.png", "meta": {"_type": "gradio.FileData"}}
        space = FakeSpace(config=config, info=info, messages=[make_completed([file])], file_content=content)
        exchange = site_download = None
        site = open_site(space)
        exchange = site.exchanges(site.run())[-1]
        site_download = joined(exchange.body.first)
        assert "/file=" in exchange.url
        assert exchange.body.size == len(content)
        assert content.startswith(site_download)
        assert exchange.body.omitted_bytes == len(content) - len(exchange.body.first) - len(exchange.body.last)


class TestSecrets:
    def test_token_is_nowhere_that_a_browser_a_row_a_file_or_a_log_can_show(
        self, open_site: OpenSite, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)

        def repeat(exchange: Exchange) -> None:
            said = exchange.request.headers["x-hf-authorization"]
            encoded = base64.b64encode(said.encode()).decode()
            exchange.reply({"event_id": "event-1", "said": said, "b64": encoded, "rev": said[::-1]}, X_Echo=said)

        site = open_site(FakeSpace(answers={"/queue/join": repeat}))
        run_id = site.run()
        assert TOKEN.encode() in site.relay.sent  # it travelled
        ends = ("", ".json", "/echanges", "/echanges.har")
        pages = [site.visitor.client.get(f"/essais/{run_id}{end}") for end in ends]
        in_base64 = base64.b64encode(b"Bearer " + TOKEN.encode()).decode()[12:40]
        forms = [TOKEN, TOKEN[::-1], TOKEN.encode().hex(), in_base64]
        for form in forms:
            assert all(form not in page.text + str(page.headers) for page in pages), form
        assert TOKEN not in caplog.text
        with site.app.app_context(), database.read_connection() as connection:
            rows = connection.execute(select(TRACES_TABLE.c.content)).scalars().all()
        for content in rows:
            text = model.zlib.decompress(content).decode()
            assert all(form not in text for form in forms)
        stored = b"".join(each.read_bytes() for each in site.instance.rglob("*") if each.is_file())
        assert TOKEN.encode() not in stored
        join, stream = site.exchanges(run_id)
        assert join.has_token
        assert stream.has_token
        assert joined(join.sent.first).decode().count("hf_••••") == 1

    def test_token_cut_by_the_end_of_a_sample_is_not_stored_in_part(self, open_site: OpenSite) -> None:
        limit = exchange_recorder.MAX_BODY_BYTES
        for shift in (3, 20, len(TOKEN) - 1):

            def overflow(exchange: Exchange, shift: int = shift) -> None:
                body = b"x" * (limit - shift) + TOKEN.encode() + b"y" * 9_000
                exchange.reply(body, 500)

            site = open_site(FakeSpace(answers={"/queue/data": overflow}))
            stream = site.exchanges(site.run())[-1]
            assert TOKEN[:12] not in stream.body.first + stream.body.last

    def test_token_in_the_name_of_a_field_is_masked_and_names_are_bounded(self, open_site: OpenSite) -> None:
        site = open_site()
        page = site.visitor.open_form("/echo", space=SPACE)
        form = page.select_one("form[data-endpoint]")
        assert form is not None
        for name in (TOKEN, "n" * 5_000):
            form.append(page.new_tag("input", attrs={"type": "hidden", "name": name, "value": "x"}))
        response = site.visitor.submit_form(page, words="bonjour")
        response.close()
        run_id = response.headers["Location"].rpartition("/")[2]
        site.visitor.wait_for_end(f"/essais/{run_id}")
        site.wait_for_trace(run_id)
        browser, _ = site.load(run_id)
        assert browser.token_check == "found"
        assert max(len(name) for name, _, _ in browser.fields) <= 200
        for end in ("echanges", "echanges.har"):
            assert TOKEN not in site.visitor.client.get(f"/essais/{run_id}/{end}").text
        with site.app.app_context():
            assert all(
                TOKEN.encode() not in model.zlib.decompress(each) for each in run_traces.load_traces(run_id).values()
            )

    def test_sessions_cookies_and_the_address_of_the_space_are_masked(self, open_site: OpenSite) -> None:
        def join(exchange: Exchange) -> None:
            exchange.reply(
                {"event_id": "event-1", "root": exchange.server.relay_url, "s": exchange.request.json["session_hash"]},
                Set_Cookie="spaces-jwt=abcdefghijkl; Path=/; HttpOnly",
            )

        space = FakeSpace(answers={"/queue/join": join})
        site = open_site(space)
        space.relay_url = site.relay.url
        run_id = site.run()
        session = space.requests_to("/queue/join")[0].json["session_hash"]
        assert space.requests_to("/queue/data")[0].headers["cookie"] == "spaces-jwt=abcdefghijkl"
        har = site.visitor.client.get(f"/essais/{run_id}/echanges.har").text
        text = site.visitor.client.get(f"/essais/{run_id}/echanges").text + har
        for secret in (session, "abcdefghijkl", site.relay.url, site.relay.url[7:]):
            assert secret not in text, secret
        assert "spaces-jwt=••••; Path=/; HttpOnly" in har
        assert "&lt;Space&gt;/gradio_api/queue/join" in text

    def test_address_of_the_visitor_behind_a_proxy_is_not_kept(self, open_site: OpenSite) -> None:
        site = open_site()
        names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP")
        for name in names:
            site.visitor.client.environ_base[f"HTTP_{name.upper().replace('-', '_')}"] = "203.0.113.9"
        browser, _ = site.load(site.run())
        found = {name.lower(): value for name, value in browser.request_headers}
        assert [found[name.lower()] for name in names] == ["••••"] * len(names)

    def test_path_of_the_address_is_masked_in_the_request_line(self, open_site: OpenSite) -> None:
        space = FakeSpace(prefix="")
        behave = space.behave

        def behave_below(exchange: Exchange) -> None:
            exchange.request.target = exchange.request.target.removeprefix("/classe-b")
            behave(exchange)

        space.behaviour = behave_below
        site = open_site(space, path="/classe-b")
        run_id = site.run()
        assert "classe-b" not in site.visitor.client.get(f"/essais/{run_id}/echanges").text
        assert [each.url.partition("?")[0] for each in site.exchanges(run_id)] == [
            "<Space>/queue/join",
            "<Space>/queue/data",
        ]
        assert site.exchanges(run_id)[0].sent.first.startswith("POST /queue/join HTTP/1.1")

    def test_statement_on_the_token_is_the_result_of_a_search(
        self, open_site: OpenSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site = open_site()
        page = site.page(site.run())
        assert page.select_one("[data-token-check=absent]") is not None
        for name in ("X-Old", "Referer"):
            site.visitor.client.environ_base[f"HTTP_{name.upper().replace('-', '_')}"] = (
                f"http://localhost/?jeton={TOKEN[:3]}%{ord(TOKEN[3]):x}{TOKEN[4:]}"
            )
        page = site.page(site.run())
        assert page.select_one("[data-token-check=found]") is not None
        assert "Vérifié" not in page.get_text()

    def test_site_without_a_token_says_that_there_was_nothing_to_look_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("HF_TOKEN", raising=False)
        site = TracedSite(tmp_path, FakeSpace(), {})
        page = site.page(site.run())
        assert page.select_one("[data-token-check=no-token]") is not None
        assert "Aucun message de cet essai ne portait de jeton" in " ".join(page.get_text().split())
        site.close()


class TestEnds:
    @pytest.mark.parametrize(
        ("behaviour", "status", "code"),
        [
            (fake_servers.close_at_once, "failed", "connection-lost"),
            (fake_servers.reply_not_http, "failed", "bad-answer"),
            (fake_servers.reply_with({"detail": "no"}, 429), "failed", "too-many-requests"),
        ],
    )
    def test_failed_run_has_its_trace_with_the_reason(
        self, open_site: OpenSite, behaviour: fake_servers.Behaviour, status: str, code: str
    ) -> None:
        site = open_site(FakeSpace(answers={"/queue/data": behaviour}))
        run_id = site.run()
        run = site.visitor.client.get(f"/essais/{run_id}.json").json
        assert (run["status"], run["error"]["code"]) == (status, code)
        stream = site.exchanges(run_id)[1]
        assert stream.error == code
        check_har(site.visitor.client.get(f"/essais/{run_id}/echanges.har").json)
        assert site.page(run_id).select_one(".flow-step--failed") is not None

    def test_stopped_and_timed_out_runs_have_their_trace(self, open_site: OpenSite) -> None:
        site = open_site(FakeSpace(answers={"/queue/data": fake_servers.never_reply}), CALL_DEADLINE_SECONDS=2)
        run_id = site.start()
        site.space.wait_for("/queue/data")
        token = site.visitor.open_form("/echo", space=SPACE).select_one("[name=csrf_token]")["value"]
        site.visitor.client.post(f"/essais/{run_id}/arreter", data={"csrf_token": token})
        site.visitor.wait_for_end(f"/essais/{run_id}")
        site.wait_for_trace(run_id)
        paths = [each.url.partition("?")[0].rpartition("/")[2] for each in site.exchanges(run_id)]
        assert paths == ["join", "data", "cancel"]
        assert site.exchanges(run_id)[1].error == "stopped"
        late = site.run()
        assert site.exchanges(late)[1].error == "timeout"
        for each in (run_id, late):
            check_har(site.visitor.client.get(f"/essais/{each}/echanges.har").json)

    def test_run_stopped_in_our_queue_says_that_nothing_left(self, open_site: OpenSite) -> None:
        site = open_site(
            FakeSpace(answers={"/queue/data": fake_servers.never_reply}), RUNS_AT_ONCE=1, CALL_DEADLINE_SECONDS=20
        )
        first, second = site.start(), site.start()
        site.space.wait_for("/queue/data")
        token = site.visitor.open_form("/echo", space=SPACE).select_one("[name=csrf_token]")["value"]
        for run_id in (second, first):
            site.visitor.client.post(f"/essais/{run_id}/arreter", data={"csrf_token": token})
            site.visitor.wait_for_end(f"/essais/{run_id}")
        assert "Rien n’est parti vers le Space" in site.page(second).get_text()

    def test_run_without_a_trace_says_so(self, open_site: OpenSite, monkeypatch: pytest.MonkeyPatch) -> None:
        site = open_site()
        run_id = site.run()
        with site.app.app_context(), database.write_connection() as connection:
            connection.execute(TRACES_TABLE.delete())
        assert site.page(run_id).select_one("[data-trace-state=pending]") is not None
        monkeypatch.setattr(views, "MAX_WRITE_DELAY", timedelta(0))
        page = site.page(run_id)
        assert page.select_one("[data-trace-state=missing]") is not None
        assert site.visitor.client.get(f"/essais/{run_id}/echanges.har").json["log"]["entries"] == []

    def test_trace_waits_for_the_part_of_the_browser_a_moment(
        self, open_site: OpenSite, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site = open_site()
        run_id = site.run()
        with site.app.app_context(), database.write_connection() as connection:
            connection.execute(TRACES_TABLE.delete().where(TRACES_TABLE.c.part == "browser"))
        monkeypatch.setattr(views, "MAX_BROWSER_WRITE_DELAY", timedelta(minutes=1))
        assert site.page(run_id).select_one("[data-trace-state=pending]") is not None
        monkeypatch.setattr(views, "MAX_BROWSER_WRITE_DELAY", timedelta(0))
        page = site.page(run_id)
        assert page.select_one("[data-trace-state=stored]") is not None
        assert page.select_one("[data-lane=browser]") is None
        assert page.select_one("[data-token-check=unknown]") is not None


class TestHostile:
    def test_what_a_space_writes_is_escaped_and_visible(self, open_site: OpenSite) -> None:
        evil = "<script>alert(1)</script>\x1b[31m\u202e"

        def join(exchange: Exchange) -> None:
            exchange.send_raw(
                f"HTTP/1.1 200 OK{evil}\r\nX-Evil: {evil}\r\nContent-Length: 23\r\n"
                "Content-Type: application/json\r\n\r\n".encode()
                + b'{"event_id": "event-1"}'
            )

        site = open_site(FakeSpace(answers={"/queue/join": join}, messages=[{"msg": evil}, make_completed([evil])]))
        run_id = site.run()
        response = site.visitor.client.get(f"/essais/{run_id}/echanges")
        assert "<script>alert" not in response.text
        assert "\x1b" not in response.text
        assert "\u202e" not in response.text
        assert "&lt;script&gt;alert(1)" in response.text

    def test_huge_head_and_a_thousand_events_are_bounded(self, open_site: OpenSite) -> None:
        def stream(exchange: Exchange) -> None:
            exchange.extra_headers = {f"X-{number}": "v" * 500 for number in range(90)}
            exchange.start_chunked()
            for number in range(1_000):
                exchange.send_event(msg="log", log=f"n{number}", level="info", event_id="event-1")
            exchange.send_event(**make_completed(["a"]) | {"event_id": "event-1"})
            exchange.send_event(msg="close_stream", event_id=None)
            exchange.send_chunk(b"")

        site = open_site(FakeSpace(answers={"/queue/data": stream}))
        run_id = site.run()
        stored = site.exchanges(run_id)[-1]
        assert len(stored.received_head) <= exchange_recorder.MAX_HEAD_BYTES
        assert stored.body.size > 60_000
        shown = presenter.present_events(stored, 0)
        assert len(shown) <= 2 * presenter.MAX_TIMELINE_EVENTS
        assert [event.name for event in shown][-2:] == ["process_completed", "close_stream"]
        with site.app.app_context():
            assert len(run_traces.load_traces(run_id)["call"]) < 50_000
        response = site.visitor.client.get(f"/essais/{run_id}/echanges")
        assert len(response.data) < 600_000
        assert "de plus, comptés et non gardés" in response.text

    def test_binary_answer_is_shown_as_bytes(self, open_site: OpenSite) -> None:
        site = open_site(FakeSpace(answers={"/queue/join": lambda exchange: exchange.reply(bytes(range(256)))}))
        run_id = site.run()
        assert "00 01 02 03" in site.page(run_id).get_text()
        har = site.visitor.client.get(f"/essais/{run_id}/echanges.har").json
        content = har["log"]["entries"][1]["response"]["content"]
        assert (content["encoding"], base64.b64decode(content["text"])) == ("base64", bytes(range(256)))


class TestAccess:
    def test_stranger_gets_404_for_page_fragment_and_har(self, open_site: OpenSite) -> None:
        site = open_site()
        run_id = site.run()
        other = BrowserClient(site.app.test_client())
        other.client.get("/espaces/")
        for end in ("echanges", "echanges.har"):
            assert other.client.get(f"/essais/{run_id}/{end}").status_code == 404
            assert other.client.get(f"/essais/{run_id}/{end}", headers={"X-Fragment": "trace"}).status_code == 404
        assert site.visitor.client.get(f"/essais/{run_id}/echanges").headers["Cache-Control"] == "private, no-store"

    def test_fragment_is_the_timeline_alone_and_the_run_page_links_to_it(self, open_site: OpenSite) -> None:
        site = open_site()
        run_id = site.run()
        fragment = site.visitor.client.get(f"/essais/{run_id}/echanges", headers={"X-Fragment": "trace"}).text
        assert "<html" not in fragment
        assert '<ol class="flow">' in fragment
        folded = site.visitor.open_page(f"/essais/{run_id}").select_one("details.run-trace[data-fragment=trace]")
        assert folded is not None
        assert not folded.has_attr("open")
        assert folded.select_one("a")["href"] == f"/essais/{run_id}/echanges"


class TestStorage:
    def test_trace_is_counted_in_the_size_of_its_run_and_deleted_with_it(self, open_site: OpenSite) -> None:
        site = open_site()
        run_id = site.run()
        with site.app.app_context():
            parts = run_traces.load_traces(run_id)
            with database.read_session() as session:
                counted = session.get_one(Run, run_id).text_bytes
            assert counted > sum(map(len, parts.values()))
            assert disk_usage.sum_total_bytes() >= counted
            assert pruning.delete_run(run_id) == 1
            with database.read_session() as session:
                assert session.scalar(select(func.count()).select_from(TRACES_TABLE)) == 0

    def test_trace_of_a_deleted_run_is_not_stored(self, open_site: OpenSite) -> None:
        site = open_site()
        with site.app.app_context():
            run_id = site.run()
            gone, known = TracePart("gone", "call", b"x"), TracePart(run_id, "other", b"y")
            run_traces.store_traces([gone, known])
            assert run_traces.load_traces(run_id)["other"] == b"y"
            assert run_traces.load_traces("gone") == {}

    def test_archive_of_runs_has_the_har_of_each(self, open_site: OpenSite) -> None:
        site = open_site()
        run_id = site.run()
        archive = zipfile.ZipFile(io.BytesIO(site.visitor.client.get(ARCHIVE).data))
        (name,) = [each for each in archive.namelist() if each.endswith(".har")]
        assert json.loads(archive.read(name)) == site.visitor.client.get(f"/essais/{run_id}/echanges.har").json


class TestHar:
    def test_har_is_valid_and_has_each_message(self, open_site: OpenSite) -> None:
        site = open_site()
        run_id = site.run(words="été 💡")
        response = site.visitor.client.get(f"/essais/{run_id}/echanges.har")
        assert f"essai-{run_id}.har" in response.headers["Content-Disposition"]
        check_har(response.json)
        form, join, _stream = response.json["log"]["entries"]
        assert {"name": "arg-words", "value": "été 💡"} in form["request"]["postData"]["params"]
        assert json.loads(join["request"]["postData"]["text"])["data"] == ["été 💡"]
        sent = site.space.requests_to("/queue/join")[0]
        assert join["request"]["bodySize"] == len(sent.body)
