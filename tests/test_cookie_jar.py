"""The cookies of one call to a Space: sent with all its requests, to the origin that set them, then forgotten."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.files.file_store import FileHandle
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client import cookie_jar
from hfcourse.spaces.client.cookie_jar import CookieJar, SessionCookieJars
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.space_client import SpaceClient
from hfcourse.spaces.registry.space_registry import open_space_client
from tests.spaces.fake_servers import Exchange, FakeSpace, make_completed

URL = "https://space.example.org/app"


def jar_with(*lines: str, url: str = URL) -> CookieJar:
    made = CookieJar(URL)
    made.store_cookies(url, [(b"Set-Cookie", line.encode("latin-1")) for line in lines])
    return made


class TestJar:
    @pytest.mark.parametrize(
        ("lines", "sent"),
        [
            (["a=1; Path=/; HttpOnly"], "a=1"),
            (["AWSALB=x/y+z==; Expires=Sun, 06 Dec 2026 10:00:00 GMT; Path=/", "AWSALBCORS=x; Secure"],
             "AWSALB=x/y+z==; AWSALBCORS=x"),
            (['route="a b"; Max-Age=60'], 'route="a b"'),
            (["a=1", "a=2"], "a=2"),
            (["a=1", "a=; Max-Age=0"], ""),
            (["a=1", "a=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ""),
            (["=1", "a", "a b=1", "a=\x01", "é=1", "a=é", ""], ""),
            (["a=" + "x" * cookie_jar.MAX_COOKIE_CHARACTERS], ""),
        ],
    )  # fmt: skip
    def test_cookies_of_an_answer_go_with_the_next_request(self, lines: list[str], sent: str) -> None:
        assert jar_with(*lines).format_cookie_header(URL + "/queue/join") == sent

    @pytest.mark.parametrize(
        "other",
        [
            "http://space.example.org/",
            "https://space.example.org:8443/",
            "https://example.org/",
            "https://x.space.example.org/",
        ],
    )
    def test_no_other_origin_sets_or_gets_one(self, other: str) -> None:
        assert jar_with("a=1").format_cookie_header(other) == ""
        assert jar_with("a=1", url=other).format_cookie_header(URL) == ""

    def test_count_and_size_are_bounded(self) -> None:
        many = jar_with(*(f"c{number}=1" for number in range(1_000)))
        assert many.format_cookie_header(URL).count("=") == cookie_jar.MAX_COOKIES
        large = jar_with(*(f"c{number}=" + "x" * 3_000 for number in range(10)))
        assert len(large.format_cookie_header(URL)) < cookie_jar.MAX_JAR_CHARACTERS + 100

    @given(st.lists(st.binary(max_size=40)))
    def test_any_header_gives_a_line_that_can_be_sent(self, values: list[bytes]) -> None:
        made = CookieJar(URL)
        made.store_cookies(URL, [(b"set-cookie", value) for value in values])
        line = made.format_cookie_header(URL)
        assert line.isascii()
        assert not line or line.isprintable()


class TestSessions:
    def test_jar_of_a_session_is_the_same_at_each_call(self) -> None:
        jars = SessionCookieJars()
        assert jars.get_session_jar(URL, "one") is jars.get_session_jar(URL + "/", "one")
        assert jars.get_session_jar(URL, "one") is not jars.get_session_jar(URL, "two")
        assert jars.get_session_jar(URL, "one") is not jars.get_session_jar("https://other.example.org", "one")

    def test_least_used_sessions_are_dropped(self) -> None:
        jars = SessionCookieJars(max_sessions=2)
        first = jars.get_session_jar(URL, "one")
        jars.get_session_jar(URL, "two")
        assert jars.get_session_jar(URL, "one") is first
        jars.get_session_jar(URL, "three")
        assert jars.get_session_jar(URL, "one") is first


class TestCall:
    @pytest.fixture
    def space(self) -> Iterator[FakeSpace]:
        """A Space that gives each request without a cookie another one, as a balancer does."""
        made = FakeSpace(messages=[make_completed([{"path": "/tmp/gradio/x.png"}])])
        polite, given = made.behave, iter(range(1_000))

        def behave(exchange: Exchange) -> None:
            if "cookie" not in exchange.request.headers:
                exchange.extra_headers["Set-Cookie"] = f"replica={next(given)}; Path=/"
            polite(exchange)

        made.behaviour = behave
        yield made
        made.close()

    def called(self, connection: SpaceClient, value: Any, session: str | None = None) -> SpaceClient:
        """Call and fetch, as a run does; the connection that both went by."""
        caller = connection.bind_call_cookies(session)
        list(caller.call_endpoint("/echo", [value], CancelScope(5), session))
        list(caller.fetch_file("/tmp/gradio/x.png", CancelScope(5)))
        return caller

    def test_every_request_of_a_call_has_the_cookies_of_its_first_answer(
        self, space: FakeSpace, http_client: HttpClient, stored_file: FileHandle
    ) -> None:
        connection = open_space_client(space.url, http_client, CancelScope(5))
        described = [request.headers.get("cookie") for request in space.requests]
        assert described == [None, "replica=0"], "both parts of a description are of one replica"
        self.called(connection, stored_file)
        self.called(connection, stored_file)
        sent = [(request.path.rpartition("/")[2], request.headers.get("cookie")) for request in space.requests[2:]]
        assert sent == [
            ("upload", None), ("join", "replica=1"), ("data", "replica=1"), ("x.png", "replica=1"),
            ("upload", None), ("join", "replica=2"), ("data", "replica=2"), ("x.png", "replica=2"),
        ]  # fmt: skip

    def test_a_call_that_is_ended_is_cancelled_at_its_replica(self, space: FakeSpace, http_client: HttpClient) -> None:
        space.messages = [{"msg": "process_starts"}, make_completed(["fin"])]
        events = open_space_client(space.url, http_client, CancelScope(5)).call_endpoint("/echo", ["x"], CancelScope(5))
        next(events)
        events.close()
        assert space.wait_for("/cancel").headers["cookie"] == "replica=1"

    def test_a_session_keeps_its_replica_and_shares_it_with_nobody(
        self, space: FakeSpace, http_client: HttpClient
    ) -> None:
        connection = open_space_client(space.url, http_client, CancelScope(5))
        for session in ("awa", "zoe", "awa", None):
            self.called(connection, "x", session)
        joined = [request.headers.get("cookie") for request in space.requests_to("/join")]
        fetched = [request.headers.get("cookie") for request in space.requests_to("x.png")]
        assert joined == [None, None, "replica=1", None]
        assert fetched == ["replica=1", "replica=2", "replica=1", "replica=3"]

    def test_a_described_space_keeps_no_cookie(self, space: FakeSpace, http_client: HttpClient) -> None:
        assert open_space_client(space.url, http_client, CancelScope(5)).cookies is None
