"""The Hub from outside: what it says of a Space, and what a student in front of the site gets to read of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, Exchange, FakeServer, FakeSpace
from tests.support.http_browser import Visitor
from tests.support.practice_space import until
from tests.support.site_process import Site, started

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
        self.spaces.get(name, fake_servers.says({"error": "Repository not found"}, 404))(exchange)


@pytest.fixture(scope="module")
def hub() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.close()


@pytest.fixture(scope="module")
def awake() -> Iterator[FakeSpace]:
    """A Space that is not at hf.space, at an origin that the instructor set."""
    made = FakeSpace()
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, hub: StandIn, awake: FakeSpace) -> Iterator[Site]:
    settings = {
        "HF_ENDPOINT": hub.url,
        "HFCOURSE_SPACE_ORIGINS": awake.url,
        "HFCOURSE_CALL_DEADLINE_SECONDS": str(DEADLINE_SECONDS),
    }
    with started(tmp_path_factory.mktemp("hub"), **settings) as running:
        yield running


@pytest.fixture
def visitor(site: Site) -> Iterator[Visitor]:
    somebody = Visitor(site)
    yield somebody
    somebody.close()


@pytest.mark.parametrize(
    ("name", "behaviour", "shown"),
    [
        ("building", fake_servers.says(space("BUILDING")), ("space-building", "En construction")),
        ("paused", fake_servers.says(space("PAUSED")), ("space-paused", "En pause")),
        ("stopped", fake_servers.says(space("STOPPED")), ("space-paused", "En pause")),
        ("runtime", fake_servers.says(space("RUNTIME_ERROR")), ("space-broken", "En panne")),
        ("build", fake_servers.says(space("BUILD_ERROR")), ("space-broken", "En panne")),
        ("config", fake_servers.says(space("CONFIG_ERROR")), ("space-broken", "En panne")),
        ("no-file", fake_servers.says(space("NO_APP_FILE")), ("space-broken", "En panne")),
        ("private", fake_servers.says(space(private=True)), ("space-private", "Privé")),
        ("forbidden", fake_servers.says({}, 403), ("space-private", "Privé")),
        ("docker", fake_servers.says(space(sdk="docker")), ("no-api", "Sans API")),
        ("static", fake_servers.says(space(sdk="static")), ("no-api", "Sans API")),
        ("silent", fake_servers.silent, ("timeout", "Injoignable")),
        (
            "closed",
            fake_servers.close_at_once,
            ("hub-unreachable", "Injoignable"),
        ),  # two time-outs in turn open the breaker
        ("drip", fake_servers.drip_body, ("timeout", "Injoignable")),
        ("error", fake_servers.says({}, 500), ("hub-unreachable", "Injoignable")),
        ("down", fake_servers.says({}, 503), ("hub-unreachable", "Injoignable")),
        ("nonsense", fake_servers.bad_json, ("bad-answer", "Injoignable")),
        ("list", fake_servers.says([]), ("bad-answer", "Injoignable")),
        ("html", fake_servers.html, ("bad-answer", "Injoignable")),
        ("tomorrow", fake_servers.says(space("OF_TOMORROW")), ("bad-answer", "Injoignable")),
        ("host", fake_servers.says(space(host="http://169.254.169.254")), ("bad-answer", "Injoignable")),
        ("host-too", fake_servers.says(space(host="https://a.hf.space.evil.com")), ("bad-answer", "Injoignable")),
        ("redirect", fake_servers.redirects("http://127.0.0.1:9/"), ("bad-answer", "Injoignable")),
    ],
)
def test_each_state_has_its_code_and_its_badge(
    hub: StandIn, visitor: Visitor, name: str, behaviour: Behaviour, shown: tuple[str, str]
) -> None:
    code, badge = shown
    hub.spaces[f"etat/{name}"] = behaviour
    assert visitor.form_at(f"/espaces/etat/{name}") is None
    assert visitor.visit.end == code
    assert visitor.visit.page_seconds < DEADLINE_SECONDS + 3
    answer = visitor.visit.answers[-1]
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 200
    assert badge in page.select(".badge")[0].get_text()
    assert "Traceback" not in answer.text


def test_a_hub_that_asks_to_wait_is_not_asked_again(tmp_path: Path, hub: StandIn) -> None:
    for name in ("etat/busy", "by-subdomain/busy"):
        hub.spaces[name] = fake_servers.says({}, 429)
    with started(tmp_path, HF_ENDPOINT=hub.url) as site:
        somebody = Visitor(site)
        assert somebody.form_at("/espaces/etat/busy") is None
        asked = len(hub.requests)
        for address in ("/espaces/etat/other", "/espaces/?q=traduire", "/espaces/?nom=https://busy.hf.space"):
            answer = somebody.get(address)
            assert (answer.status_code, 'data-error="too-many-requests"' in answer.text) == (200, True), address
        somebody.close()
    assert somebody.visit.end == "too-many-requests"
    assert len(hub.requests) == asked


@pytest.mark.parametrize(
    "behaviour", [fake_servers.says({}, 404), fake_servers.says({}, 401), fake_servers.says(space("DELETING"))]
)
def test_a_space_that_does_not_exist_is_404(hub: StandIn, visitor: Visitor, behaviour: Behaviour) -> None:
    name = f"a/gone-{len(hub.spaces)}"
    hub.spaces[name] = behaviour
    assert visitor.form_at(f"/espaces/{name}") is None
    assert (visitor.visit.end, visitor.visit.answers[-1].status_code) == ("space-not-found", 404)


def test_a_space_at_an_allowed_origin_has_its_form(hub: StandIn, awake: FakeSpace, visitor: Visitor) -> None:
    hub.spaces["a/awake"] = fake_servers.says(space(host=awake.url))
    assert visitor.try_out("/espaces/a/awake").end == "succeeded"


def test_a_sleeping_space_is_woken_by_a_visit_and_the_page_follows(
    hub: StandIn, awake: FakeSpace, visitor: Visitor
) -> None:
    """Asleep until its own address is visited, as on the Hub."""
    before = len(awake.requests)

    def tell(exchange: Exchange) -> None:
        visited = "/" in awake.paths()[before:]
        exchange.reply(space("RUNNING" if visited else "SLEEPING", host=awake.url))

    hub.spaces["a/asleep"] = tell
    assert visitor.form_at("/espaces/a/asleep") is None
    page = BeautifulSoup(visitor.visit.answers[-1].text, "html.parser")
    assert visitor.visit.end == "space-sleeping"
    assert page.select_one("#espace[hx-get]") is not None
    assert page.select_one("noscript meta[http-equiv=refresh]") is not None
    assert until(lambda: visitor.form_at("/espaces/a/asleep") is not None)


class TestTheBox:
    """What somebody writes or pastes in the box of /espaces/."""

    @pytest.mark.parametrize("address", ["https://a-b.hf.space", "https://a-b.hf.space/", " https://a-b.hf.space "])
    def test_takes_the_address_of_a_space_by_asking_the_hub(self, hub: StandIn, visitor: Visitor, address: str) -> None:
        hub.spaces["by-subdomain/a-b"] = fake_servers.says({"id": "a/b", "_id": "0"})
        answer = visitor.get("/espaces/", nom=address)
        assert (answer.status_code, answer.headers["location"]) == (302, "/espaces/a/b")
        assert hub.requests[-1].target == HUB_PATH + "by-subdomain/a-b"

    @pytest.mark.parametrize(
        ("behaviour", "status", "code"),
        [
            (fake_servers.says({}, 404), 404, "space-not-found"),
            (fake_servers.close_at_once, 200, "hub-unreachable"),
            (fake_servers.says([]), 200, "bad-answer"),
            (fake_servers.says({"id": "../../etc"}), 200, "bad-answer"),
            (fake_servers.says({"id": "//evil.com"}), 200, "bad-answer"),
            (fake_servers.says({"id": ["a/b"]}), 200, "bad-answer"),
        ],
    )
    def test_says_why_the_hub_gives_no_name(
        self, hub: StandIn, visitor: Visitor, behaviour: Behaviour, status: int, code: str
    ) -> None:
        label = f"c-{len(hub.spaces)}"  # what was answered is remembered
        hub.spaces[f"by-subdomain/{label}"] = behaviour
        answer = visitor.get("/espaces/", nom=f"https://{label}.hf.space")
        assert (answer.status_code, f'data-error="{code}"' in answer.text) == (status, True)

    @pytest.mark.parametrize("name", ["a/b", "https://huggingface.co/spaces/a/b", "https://huggingface.co/spaces/a/b/"])
    def test_takes_a_name_without_asking_anybody(self, hub: StandIn, visitor: Visitor, name: str) -> None:
        before = len(hub.requests)
        assert visitor.get("/espaces/", nom=name).headers["location"] == "/espaces/a/b"
        assert len(hub.requests) == before

    @pytest.mark.parametrize("written", REFUSED)
    def test_refuses_everything_else_before_any_request(
        self, hub: StandIn, awake: FakeSpace, visitor: Visitor, written: str
    ) -> None:
        before = len(hub.requests) + len(awake.requests)
        answer = visitor.get("/espaces/", nom=written)
        assert (answer.status_code, 'data-error="space-not-found"' in answer.text) == (400, True)
        assert len(hub.requests) + len(awake.requests) == before

    @pytest.mark.parametrize("written", REFUSED)
    def test_a_posted_form_cannot_name_it_either(
        self, hub: StandIn, awake: FakeSpace, poster: Callable[[str], int], written: str
    ) -> None:
        before = len(hub.requests) + len(awake.requests)
        assert poster(written) == 404
        assert len(hub.requests) + len(awake.requests) == before

    @pytest.fixture
    def poster(self, hub: StandIn, awake: FakeSpace, visitor: Visitor) -> Callable[[str], int]:
        """Posts a run of the Space of that name; gives the status."""
        hub.spaces["a/awake"] = fake_servers.says(space(host=awake.url))
        form = visitor.form_at("/espaces/a/awake")
        assert form is not None
        named = form.select_one("input[name=space]")
        assert named is not None

        def post(written: str) -> int:
            named["value"] = written
            return visitor.send(form).status_code

        return post


def test_a_token_that_is_searched_for_is_not_even_in_the_log_of_the_server(site: Site, visitor: Visitor) -> None:
    token = "hf_" + "e" * 30
    assert visitor.get("/espaces/", q=token).status_code == 400
    assert until(lambda: "GET /espaces/?… " in site.log.read_text("utf-8"))
    assert token not in site.log.read_text()


def test_a_closed_catalogue_asks_the_hub_about_no_address(tmp_path: Path, hub: StandIn) -> None:
    before = len(hub.requests)
    with started(tmp_path, HF_ENDPOINT=hub.url, HFCOURSE_OPEN_CATALOGUE="no") as closed:
        visitor = Visitor(closed)
        assert visitor.get("/espaces/", nom="https://a-b.hf.space").status_code == 400
        visitor.close()
    assert len(hub.requests) == before
