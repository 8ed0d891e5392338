"""The Hub from outside: what it says of a Space, and what a student in front of the site gets to read of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, Exchange, FakeServer, FakeSpace
from tests.support.http_browser import HttpBrowser
from tests.support.site_process import SiteProcess, run_site
from tests.support.waiting import wait_until

DEADLINE_SECONDS = 3
HUB_PATH = "/api/spaces/"
REFUSED = (
    "../x", "owner/..", "owner/name/extra", "name", "owner/", "/name", "owner//name", "owner/name\nx", "owner/name?x",
    "owner/name#f", "owner%2Fname", "owner/name.git", "owner/na--me", "_owner/name", "localhost:7860",
    "http://169.254.169.254", "http://127.0.0.1:7860", "http://[::ffff:127.0.0.1]", "file:///etc/passwd",
    "//evil.com/x",
    "https://x.hf.space.evil.com", "https://x.hf.space@evil.com", "https://evil.com\\.hf.space", "https://xhf.space",
    "http://x.hf.space", "https://x.hf.space:7860", "https://x.hf.space/a", "https://x.hf.space?a", "https://x.y.hf.space",
    "https://-x.hf.space", "https://x。hf.space", "https://ſ.hf.space", "HTTPS://X.HF.SPACE", "https://u:p@x.hf.space",
    "https://huggingface.co/spaces/a", "https://huggingface.co.evil.com/spaces/a/b",
    "https://huggingface.co/spaces/a/b/c", "оwner/name", "ｏwner/name", "owner/na\u200bme", "a" * 97 + "/b",
)  # fmt: skip


def space(stage: Any = "RUNNING", **parts: Any) -> dict[str, Any]:
    """The Hub's answer about a Space."""
    return {"id": "a/b", "sdk": "gradio", "host": "https://a-b.hf.space", "runtime": {"stage": stage}} | parts


class StandIn(FakeServer):
    """A Hub that answers as each test wants, by the name of the Space."""

    def __init__(self) -> None:
        self.spaces: dict[str, Behaviour] = {}
        super().__init__(self.behave)

    def behave(self, exchange: Exchange) -> None:
        name = exchange.request.target.removeprefix(HUB_PATH)
        self.spaces.get(name, fake_servers.reply_with({"error": "Repository not found"}, 404))(exchange)


@pytest.fixture(scope="module")
def fake_hub() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.close()


@pytest.fixture(scope="module")
def awake_space() -> Iterator[FakeSpace]:
    """A Space that is not at hf.space, at an origin that the instructor set."""
    made = FakeSpace()
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, fake_hub: StandIn, awake_space: FakeSpace) -> Iterator[SiteProcess]:
    settings = {
        "HF_ENDPOINT": fake_hub.url,
        "HFCOURSE_SPACE_ORIGINS": awake_space.url,
        "HFCOURSE_CALL_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
    }
    with run_site(tmp_path_factory.mktemp("hub"), **settings) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "behaviour", "shown"),
    [
        ("building", fake_servers.reply_with(space("BUILDING")), ("space-building", "En construction")),
        ("paused", fake_servers.reply_with(space("PAUSED")), ("space-paused", "En pause")),
        ("stopped", fake_servers.reply_with(space("STOPPED")), ("space-paused", "En pause")),
        ("runtime", fake_servers.reply_with(space("RUNTIME_ERROR")), ("space-broken", "En panne")),
        ("build", fake_servers.reply_with(space("BUILD_ERROR")), ("space-broken", "En panne")),
        ("config", fake_servers.reply_with(space("CONFIG_ERROR")), ("space-broken", "En panne")),
        ("no-file", fake_servers.reply_with(space("NO_APP_FILE")), ("space-broken", "En panne")),
        ("private", fake_servers.reply_with(space(private=True)), ("space-private", "Privé")),
        ("forbidden", fake_servers.reply_with({}, 403), ("space-private", "Privé")),
        ("docker", fake_servers.reply_with(space(sdk="docker")), ("no-api", "Sans API")),
        ("static", fake_servers.reply_with(space(sdk="static")), ("no-api", "Sans API")),
        ("silent", fake_servers.never_reply, ("timeout", "Injoignable")),
        (
            "closed",
            fake_servers.close_at_once,
            ("hub-unreachable", "Injoignable"),
        ),  # two time-outs in turn open the breaker
        ("drip", fake_servers.drip_body, ("timeout", "Injoignable")),
        ("error", fake_servers.reply_with({}, 500), ("hub-unreachable", "Injoignable")),
        ("down", fake_servers.reply_with({}, 503), ("hub-unreachable", "Injoignable")),
        ("nonsense", fake_servers.reply_bad_json, ("bad-answer", "Injoignable")),
        ("list", fake_servers.reply_with([]), ("bad-answer", "Injoignable")),
        ("html", fake_servers.reply_html, ("bad-answer", "Injoignable")),
        ("tomorrow", fake_servers.reply_with(space("OF_TOMORROW")), ("bad-answer", "Injoignable")),
        ("host", fake_servers.reply_with(space(host="http://169.254.169.254")), ("bad-answer", "Injoignable")),
        ("host-too", fake_servers.reply_with(space(host="https://a.hf.space.evil.com")), ("bad-answer", "Injoignable")),
        ("redirect", fake_servers.redirect_to("http://127.0.0.1:9/"), ("bad-answer", "Injoignable")),
    ],
)
def test_each_state_has_its_code_and_its_badge(
    fake_hub: StandIn, http_browser: HttpBrowser, name: str, behaviour: Behaviour, shown: tuple[str, str]
) -> None:
    code, badge = shown
    fake_hub.spaces[f"etat/{name}"] = behaviour
    assert http_browser.open_form(f"/espaces/etat/{name}") is None
    assert http_browser.record.outcome == code
    assert http_browser.record.page_seconds < DEADLINE_SECONDS + 3
    answer = http_browser.record.responses[-1]
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 200
    assert badge in page.select(".badge")[0].get_text()
    assert "Traceback" not in answer.text


def test_a_hub_that_asks_to_wait_is_not_asked_again(tmp_path: Path, fake_hub: StandIn) -> None:
    for name in ("etat/busy", "by-subdomain/busy"):
        fake_hub.spaces[name] = fake_servers.reply_with({}, 429)
    with run_site(tmp_path, HF_ENDPOINT=fake_hub.url) as site:
        somebody = HttpBrowser(site)
        assert somebody.open_form("/espaces/etat/busy") is None
        asked = len(fake_hub.requests)
        for address in ("/espaces/etat/other", "/espaces/?q=traduire", "/espaces/?nom=https://busy.hf.space"):
            answer = somebody.get(address)
            assert (answer.status_code, 'data-error="too-many-requests"' in answer.text) == (200, True), address
        somebody.close()
    assert somebody.record.outcome == "too-many-requests"
    assert len(fake_hub.requests) == asked


@pytest.mark.parametrize(
    "behaviour",
    [fake_servers.reply_with({}, 404), fake_servers.reply_with({}, 401), fake_servers.reply_with(space("DELETING"))],
)
def test_a_space_that_does_not_exist_is_404(fake_hub: StandIn, http_browser: HttpBrowser, behaviour: Behaviour) -> None:
    name = f"a/gone-{len(fake_hub.spaces)}"
    fake_hub.spaces[name] = behaviour
    assert http_browser.open_form(f"/espaces/{name}") is None
    assert (http_browser.record.outcome, http_browser.record.responses[-1].status_code) == ("space-not-found", 404)


def test_a_space_at_an_allowed_origin_has_its_form(
    fake_hub: StandIn, awake_space: FakeSpace, http_browser: HttpBrowser
) -> None:
    fake_hub.spaces["a/awake"] = fake_servers.reply_with(space(host=awake_space.url))
    assert http_browser.visit_space("/espaces/a/awake").outcome == "succeeded"


def test_a_sleeping_space_is_woken_by_a_visit_and_the_page_follows(
    fake_hub: StandIn, awake_space: FakeSpace, http_browser: HttpBrowser
) -> None:
    """Asleep until its own address is visited, as on the Hub."""
    before = len(awake_space.requests)

    def tell(exchange: Exchange) -> None:
        visited = "/" in awake_space.paths()[before:]
        exchange.reply(space("RUNNING" if visited else "SLEEPING", host=awake_space.url))

    fake_hub.spaces["a/asleep"] = tell
    assert http_browser.open_form("/espaces/a/asleep") is None
    page = BeautifulSoup(http_browser.record.responses[-1].text, "html.parser")
    assert http_browser.record.outcome == "space-sleeping"
    assert page.select_one("#espace[data-refresh]") is not None
    assert page.select_one("noscript meta[http-equiv=refresh]") is not None
    assert wait_until(lambda: http_browser.open_form("/espaces/a/asleep") is not None)


class TestTheBox:
    """What somebody writes or pastes in the box of /espaces/."""

    @pytest.mark.parametrize("address", ["https://a-b.hf.space", "https://a-b.hf.space/", " https://a-b.hf.space "])
    def test_takes_the_address_of_a_space_by_asking_the_hub(
        self, fake_hub: StandIn, http_browser: HttpBrowser, address: str
    ) -> None:
        fake_hub.spaces["by-subdomain/a-b"] = fake_servers.reply_with({"id": "a/b", "_id": "0"})
        answer = http_browser.get("/espaces/", nom=address)
        assert (answer.status_code, answer.headers["location"]) == (302, "/espaces/a/b")
        assert fake_hub.requests[-1].target == HUB_PATH + "by-subdomain/a-b"

    @pytest.mark.parametrize(
        ("behaviour", "status", "code"),
        [
            (fake_servers.reply_with({}, 404), 404, "space-not-found"),
            (fake_servers.close_at_once, 200, "hub-unreachable"),
            (fake_servers.reply_with([]), 200, "bad-answer"),
            (fake_servers.reply_with({"id": "../../etc"}), 200, "bad-answer"),
            (fake_servers.reply_with({"id": "//evil.com"}), 200, "bad-answer"),
            (fake_servers.reply_with({"id": ["a/b"]}), 200, "bad-answer"),
        ],
    )
    def test_says_why_the_hub_gives_no_name(
        self, fake_hub: StandIn, http_browser: HttpBrowser, behaviour: Behaviour, status: int, code: str
    ) -> None:
        label = f"c-{len(fake_hub.spaces)}"  # what was answered is remembered
        fake_hub.spaces[f"by-subdomain/{label}"] = behaviour
        answer = http_browser.get("/espaces/", nom=f"https://{label}.hf.space")
        assert (answer.status_code, f'data-error="{code}"' in answer.text) == (status, True)

    @pytest.mark.parametrize("name", ["a/b", "https://huggingface.co/spaces/a/b", "https://huggingface.co/spaces/a/b/"])
    def test_takes_a_name_without_asking_anybody(self, fake_hub: StandIn, http_browser: HttpBrowser, name: str) -> None:
        before = len(fake_hub.requests)
        assert http_browser.get("/espaces/", nom=name).headers["location"] == "/espaces/a/b"
        assert len(fake_hub.requests) == before

    @pytest.mark.parametrize("written", REFUSED)
    def test_refuses_everything_else_before_any_request(
        self, fake_hub: StandIn, awake_space: FakeSpace, http_browser: HttpBrowser, written: str
    ) -> None:
        before = len(fake_hub.requests) + len(awake_space.requests)
        answer = http_browser.get("/espaces/", nom=written)
        assert (answer.status_code, 'data-error="space-not-found"' in answer.text) == (400, True)
        assert len(fake_hub.requests) + len(awake_space.requests) == before

    @pytest.mark.parametrize("written", REFUSED)
    def test_a_posted_form_cannot_name_it_either(
        self, fake_hub: StandIn, awake_space: FakeSpace, poster: Callable[[str], int], written: str
    ) -> None:
        before = len(fake_hub.requests) + len(awake_space.requests)
        assert poster(written) == 404
        assert len(fake_hub.requests) + len(awake_space.requests) == before

    @pytest.fixture
    def poster(self, fake_hub: StandIn, awake_space: FakeSpace, http_browser: HttpBrowser) -> Callable[[str], int]:
        """Posts a run of the Space of that name; gives the status."""
        fake_hub.spaces["a/awake"] = fake_servers.reply_with(space(host=awake_space.url))
        form = http_browser.open_form("/espaces/a/awake")
        assert form is not None
        named = form.select_one("input[name=space]")
        assert named is not None

        def post(written: str) -> int:
            named["value"] = written
            return http_browser.submit_form(form).status_code

        return post


def test_a_token_that_is_searched_for_is_not_even_in_the_log_of_the_server(
    site: SiteProcess, http_browser: HttpBrowser
) -> None:
    token = "hf_" + "e" * 30
    assert http_browser.get("/espaces/", q=token).status_code == 400
    assert wait_until(lambda: "GET /espaces/?… " in site.log.read_text("utf-8"))
    assert token not in site.log.read_text()


def test_a_closed_catalogue_asks_the_hub_about_no_address(tmp_path: Path, fake_hub: StandIn) -> None:
    before = len(fake_hub.requests)
    with run_site(tmp_path, HF_ENDPOINT=fake_hub.url, HFCOURSE_OPEN_CATALOGUE="no") as closed:
        visitor = HttpBrowser(closed)
        assert visitor.get("/espaces/", nom="https://a-b.hf.space").status_code == 400
        visitor.close()
    assert len(fake_hub.requests) == before
