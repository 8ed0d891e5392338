"""Bytes to and from strangers: what is bounded, what is refused, what is reused."""

import json
import socket
import ssl
import subprocess
import time
import tomllib
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from hfcourse.errors import CallCancelled, CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.transport.connection_pool import KEEPALIVE_EXPIRY_SECONDS
from hfcourse.spaces.client.transport.server_sent_events import iter_server_sent_events
from hfcourse.spaces.untrusted.json_nodes import count_nodes, count_raw_nodes
from hfcourse.spaces.untrusted.safe_json import parse_untrusted_json
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, Exchange, FakeServer
from tests.support.calls import ThreadedCall, get_error_code, time_call
from tests.support.cpu_time import measure_cpu_seconds
from tests.support.optional_tools import require_program
from tests.support.waiting import GRACE_SECONDS

SECONDS = 1.0
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
CAP = 100_000

Serve = Callable[[Behaviour], FakeServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that end with the test."""
    started: list[FakeServer] = []

    def start(behaviour: Behaviour) -> FakeServer:
        started.append(FakeServer(behaviour))
        return started[-1]

    yield start
    for server in started:
        server.close()


def ask(http_client: HttpClient, url: str, seconds: float = SECONDS, **more):
    with CancelScope(seconds).activate():
        return http_client.request(more.pop("method", "GET"), url, cap=CAP, **more)


def test_an_answer_comes_back_whole(http_client: HttpClient, serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply({"asked": exchange.request.body.decode()}, 201, X_Word="yes"))
    answer = ask(http_client, f"{server.url}/a/b?c=d", method="POST", body=b"hello")
    assert (answer.status, answer.parse_json_body(), answer.headers["x-word"]) == (201, {"asked": "hello"}, "yes")
    assert (server.requests[0].method, server.requests[0].target) == ("POST", "/a/b?c=d")


def test_nothing_but_identity_is_asked_for(http_client: HttpClient, serve: Serve) -> None:
    server = serve(fake_servers.reply_with({}))
    ask(http_client, server.url)
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_every_request_says_who_asks_and_nothing_of_the_visitor(http_client: HttpClient, serve: Serve) -> None:
    server = serve(fake_servers.reply_with({}))
    ask(http_client, server.url)
    version = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert server.requests[0].headers["user-agent"].startswith(f"hfcourse/{version} ")
    assert set(server.requests[0].headers) == {"host", "user-agent", "accept", "accept-encoding"}


def test_an_ipv6_address_is_asked_and_named_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port, heard = listener.getsockname()[1], []

        def answer() -> None:
            peer, _ = listener.accept()
            with peer:
                heard.append(peer.recv(4096))
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = ThreadedCall(answer)
        direct = HttpClient(proxy_url="http://127.0.0.1:9")  # never for loopback
        assert ask(direct, f"http://[::1]:{port}/config").parse_json_body() == {}
        direct.close()
        thread.end(5)
    assert f"host: [::1]:{port}\r\n".encode() in heard[0].lower()


class TestServerError:
    """Of an answer of 500 and above the status matters, and the first words of its JSON."""

    def test_json_of_a_server_error_is_read_and_its_connection_not_used_again(
        self, http_client: HttpClient, serve: Serve
    ) -> None:
        server = serve(fake_servers.reply_with({"detail": "Queue is full."}, 503))
        assert ask(http_client, server.url).parse_json_body() == {"detail": "Queue is full."}
        ask(http_client, server.url)
        assert len({request.connection for request in server.requests}) == 2

    def test_page_of_a_server_error_is_not_read_however_it_is_packed(
        self, http_client: HttpClient, serve: Serve
    ) -> None:
        server = serve(lambda exchange: exchange.reply(b"\x1f\x8b", 502, "text/html", Content_Encoding="gzip"))
        answer = ask(http_client, server.url)
        assert (answer.status, answer.body) == (502, b"")

    def test_json_that_does_not_come_keeps_nobody(self, http_client: HttpClient, serve: Serve) -> None:
        def promise(exchange: Exchange) -> None:
            exchange.send_raw(b"HTTP/1.1 503 Word\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
            exchange.stall()

        answer, seconds = time_call(lambda: ask(http_client, serve(promise).url, seconds=20))
        assert (answer.status, answer.body) == (503, b"{")
        assert seconds < 10

    def test_endless_json_is_cut(self, http_client: HttpClient, serve: Serve) -> None:
        def flood(exchange: Exchange) -> None:
            exchange.send_head(500, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
            exchange.send_chunk(b"x" * 1_000_000)
            exchange.stall()

        assert len(ask(http_client, serve(flood).url, seconds=20).body) <= 1_000_000


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (fake_servers.never_reply, "timeout"),
        (fake_servers.drip_head, "timeout"),
        (fake_servers.drip_body, "timeout"),
        (fake_servers.close_at_once, "connection-lost"),
        (fake_servers.close_early, "connection-lost"),
        (fake_servers.send_endless_json, "answer-too-large"),
        (fake_servers.reply_gzipped, "bad-answer"),
        (fake_servers.reply_not_http, "bad-answer"),
    ],
)
def test_a_hostile_answer_ends_with_its_code_within_the_leash(
    http_client: HttpClient, serve: Serve, behaviour: Behaviour, code: str
) -> None:
    server = serve(behaviour)
    result, seconds = time_call(lambda: ask(http_client, server.url))
    assert get_error_code(result) == code
    assert seconds < SECONDS + GRACE_SECONDS


def test_nobody_there_is_connection_lost(http_client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result, _ = time_call(lambda: ask(http_client, f"http://127.0.0.1:{port}"))
    assert get_error_code(result) == "connection-lost"


def test_a_server_that_does_not_read_ends_at_the_leash(http_client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepts by its backlog, reads nothing
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        result, seconds = time_call(lambda: ask(http_client, url, method="POST", body=b"x" * 30_000_000))
    assert get_error_code(result) == "timeout"
    assert seconds < SECONDS + GRACE_SECONDS


def test_a_body_of_exactly_the_cap_is_kept_and_one_byte_more_refused(http_client: HttpClient, serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(b"x" * int(exchange.request.path[1:])))
    assert len(ask(http_client, f"{server.url}/{CAP}").body) == CAP
    with pytest.raises(CallError) as caught:
        ask(http_client, f"{server.url}/{CAP + 1}")
    assert caught.value.code == "answer-too-large"


def test_a_redirection_is_not_followed(http_client: HttpClient, serve: Serve) -> None:
    other = serve(fake_servers.reply_with({}))
    server = serve(fake_servers.redirect_to(other.url))
    assert ask(http_client, server.url).status == 302
    assert other.requests == []


def test_cookies_are_forgotten(http_client: HttpClient, serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply({}, Set_Cookie="session=1; Path=/"))
    ask(http_client, server.url)
    ask(http_client, server.url)
    assert "cookie" not in server.requests[1].headers


def test_proxies_of_the_environment_are_ignored(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    other, server = serve(fake_servers.reply_with({})), serve(fake_servers.reply_with({}))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.url)
    http_client = HttpClient()
    ask(http_client, server.url)
    http_client.close()
    assert (len(server.requests), other.requests) == (1, [])


def test_the_connection_is_used_again(http_client: HttpClient, serve: Serve) -> None:
    server = serve(fake_servers.reply_with({}))
    for _ in range(3):
        ask(http_client, server.url, method="POST", body=b"{}")
    assert len({request.connection for request in server.requests}) == 1


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(http_client: HttpClient, serve: Serve) -> None:
    def answer_then_leave(exchange: Exchange) -> None:
        exchange.reply({"ok": True})
        exchange.hang_up()

    server = serve(answer_then_leave)
    for count in (1, 2, 3):
        assert ask(http_client, server.url, method="POST", body=b"{}").parse_json_body() == {"ok": True}
        server.wait_until_disconnected(count)
    assert len({request.connection for request in server.requests}) == 3


def test_an_idle_connection_is_closed_before_the_servers_of_gradio_close_it() -> None:
    servers_seconds = uvicorn.Config("app:app").timeout_keep_alive
    assert servers_seconds - 1 >= KEEPALIVE_EXPIRY_SECONDS


def test_a_stop_ends_a_silent_read_within_a_second(http_client: HttpClient, serve: Serve) -> None:
    server, leash = serve(fake_servers.never_reply), CancelScope(60)

    def call() -> None:
        with leash.activate():
            http_client.request("GET", f"{server.url}/x", cap=CAP)

    thread = ThreadedCall(call)
    server.wait_for("/x")
    leash.cancel()
    assert isinstance(thread.end(1), CallCancelled)


def test_a_stop_before_the_call_lets_nothing_leave(http_client: HttpClient, serve: Serve) -> None:
    server, leash = serve(fake_servers.reply_with({})), CancelScope(60)
    leash.cancel()
    with leash.activate(), pytest.raises(CallCancelled):
        http_client.request("GET", server.url, cap=CAP)
    assert server.requests == []


def test_a_stop_after_an_answer_does_not_close_the_connection_of_the_next_call(
    http_client: HttpClient, serve: Serve
) -> None:
    server, leash = serve(fake_servers.reply_with({})), CancelScope(60)
    with leash.activate():
        http_client.request("GET", server.url, cap=CAP)
        leash.cancel()  # while nothing of this call is under way: the connection is in the pool
    assert ask(http_client, server.url).status == 200
    assert len({request.connection for request in server.requests}) == 1


def test_a_leash_within_a_leash_gives_the_outer_one_back(http_client: HttpClient, serve: Serve) -> None:
    server = serve(lambda exchange: exchange.stall() if exchange.request.path == "/silent" else exchange.reply({}))
    with CancelScope(SECONDS).activate():
        with CancelScope(60).activate():
            http_client.request("GET", server.url, cap=CAP)
        result, seconds = time_call(lambda: http_client.request("GET", f"{server.url}/silent", cap=CAP))
    assert get_error_code(result) == "timeout"
    assert seconds < SECONDS + GRACE_SECONDS


def test_many_threads_at_once_each_get_their_own_answer(http_client: HttpClient, serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply({"path": exchange.request.path}))
    threads = [
        ThreadedCall(lambda number=number: ask(http_client, f"{server.url}/{number}", seconds=10).parse_json_body())
        for number in range(20)
    ]
    assert [thread.end(10) for thread in threads] == [{"path": f"/{number}"} for number in range(20)]


class TestProxy:
    """A school's own, set by the instructor."""

    @pytest.fixture
    def proxy(self, serve: Serve) -> FakeServer:
        return serve(
            lambda exchange: exchange.reply({"by": "the proxy"}, 200 if exchange.request.method == "GET" else 502)
        )

    @pytest.fixture
    def http_client(self, proxy: FakeServer) -> Iterator[HttpClient]:
        made = HttpClient(proxy_url=proxy.url.replace("http://", "http://pupil:s%40fe@"))
        yield made
        made.close()

    def test_an_http_address_is_asked_of_the_proxy_with_name_and_password(
        self, http_client: HttpClient, proxy: FakeServer
    ) -> None:
        assert ask(http_client, "http://spaces.example.org/config").parse_json_body() == {"by": "the proxy"}
        assert proxy.requests[0].target == "http://spaces.example.org/config"
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic cHVwaWw6c0BmZQ=="
        assert proxy.requests[0].headers["host"] == "spaces.example.org"

    def test_an_https_address_is_a_tunnel_which_the_proxy_may_refuse(
        self, http_client: HttpClient, proxy: FakeServer
    ) -> None:
        result, _ = time_call(lambda: ask(http_client, "https://a-b.hf.space/config"))
        assert get_error_code(result) == "connection-lost"
        assert (proxy.requests[0].method, proxy.requests[0].target) == ("CONNECT", "a-b.hf.space:443")

    def test_this_machine_is_asked_directly(self, http_client: HttpClient, proxy: FakeServer, serve: Serve) -> None:
        server = serve(fake_servers.reply_with({"by": "the server"}))
        assert ask(http_client, server.url).parse_json_body() == {"by": "the server"}
        assert proxy.requests == []

    def test_a_silent_proxy_ends_at_the_leash(self, serve: Serve) -> None:
        made = HttpClient(proxy_url=serve(fake_servers.never_reply).url)
        result, seconds = time_call(lambda: ask(made, "https://a-b.hf.space/config"))
        made.close()
        assert get_error_code(result) == "timeout"
        assert seconds < SECONDS + GRACE_SECONDS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    command = [require_program("openssl"), "req", "-x509", "-nodes", "-newkey", "ec"]
    command += ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-days", "2", *names, "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


class TestCertificates:
    @pytest.fixture
    def server(self, serve: Serve, certificate: tuple[Path, Path]) -> FakeServer:
        made = serve(lambda exchange: exchange.stall() if exchange.request.path == "/silent" else exchange.reply({}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        made._server.socket = context.wrap_socket(made._server.socket, server_side=True)
        made.url = made.url.replace("http://127.0.0.1", "https://localhost")
        return made

    def test_a_certificate_that_nobody_vouches_for_is_refused(
        self, http_client: HttpClient, server: FakeServer
    ) -> None:
        result, _ = time_call(lambda: ask(http_client, server.url))
        assert get_error_code(result) == "connection-lost"
        assert server.requests == []

    def test_the_schools_own_certificates_are_trusted_besides_the_systems(
        self, server: FakeServer, certificate: tuple[Path, Path]
    ) -> None:
        http_client = HttpClient(ca_bundle=str(certificate[0]))
        assert ask(http_client, server.url, seconds=5).status == 200
        http_client.close()

    def test_an_https_proxy_is_verified_against_the_schools_certificates(
        self, server: FakeServer, certificate: tuple[Path, Path]
    ) -> None:
        doubtful = HttpClient(proxy_url=server.url)
        trusting = HttpClient(proxy_url=server.url, ca_bundle=str(certificate[0]))
        result, _ = time_call(lambda: ask(doubtful, "http://spaces.example.org/config", seconds=5))
        assert (get_error_code(result), server.requests) == ("connection-lost", [])
        assert ask(trusting, "http://spaces.example.org/config", seconds=5).status == 200
        assert server.requests[0].target == "http://spaces.example.org/config"
        doubtful.close()
        trusting.close()

    def test_a_stop_ends_a_silent_read_over_tls(self, server: FakeServer, certificate: tuple[Path, Path]) -> None:
        http_client, leash = HttpClient(ca_bundle=str(certificate[0])), CancelScope(60)

        def call() -> None:
            with leash.activate():
                http_client.request("GET", f"{server.url}/silent", cap=CAP)

        thread = ThreadedCall(call)
        server.wait_for("/silent")
        leash.cancel()
        assert isinstance(thread.end(1), CallCancelled)
        http_client.close()


class TestServerSentEvents:
    def test_the_data_of_each_event_is_given(self) -> None:
        assert list(iter_server_sent_events([b'data: {"a": 1}\n\ndata: 2\n\n'], 100)) == [b'{"a": 1}', b"2"]

    @pytest.mark.parametrize("size", [1, 2, 3, 7])
    @pytest.mark.parametrize("end", [b"\n", b"\r\n"])
    def test_however_the_stream_is_cut(self, size: int, end: bytes) -> None:
        stream = b"data: one" + end + end + b": a comment" + end + end + b"data: two" + end + end
        cut = [stream[start : start + size] for start in range(0, len(stream), size)]
        assert list(iter_server_sent_events(cut, 100)) == [b"one", b"two"]

    def test_data_on_several_lines_is_one_event(self) -> None:
        assert list(iter_server_sent_events([b"event: x\ndata: {\ndata: }\nid: 3\n\n"], 100)) == [b"{\n}"]

    def test_comments_and_events_without_data_give_nothing(self) -> None:
        assert list(iter_server_sent_events([b": ping\n\nevent: heartbeat\n\n\n\n"], 100)) == []

    def test_an_event_that_is_not_finished_is_not_given(self) -> None:
        assert list(iter_server_sent_events([b"data: half"], 100)) == []

    def test_an_event_larger_than_the_cap_is_refused(self) -> None:
        with pytest.raises(CallError) as caught:
            list(iter_server_sent_events([b"data: ", b"x" * 101], 100))
        assert caught.value.code == "answer-too-large"

    def test_time_grows_with_the_length_and_not_with_its_square(self) -> None:
        chunks = [b"x" * 65536] * 480  # 31 MB in one event
        pieces = [b"data: ", *chunks, b"\n\n"]
        assert measure_cpu_seconds(lambda: list(iter_server_sent_events(pieces, 10**9))) < 3


class TestJson:
    @pytest.mark.parametrize("raw", [b"{", b"", b"<html>", b"[" * 50_000, b'{"a": 1}}', b"1" * 5000])
    def test_what_is_no_json_is_a_bad_answer(self, raw: bytes) -> None:
        with pytest.raises(CallError) as caught:
            parse_untrusted_json(raw)
        assert caught.value.code == "bad-answer"

    @pytest.mark.parametrize(
        "raw",
        [b"[" + b"[]," * 600_000 + b"[]]", b"[" + b"0," * 300_000 + b"0]", b"{" + b'"":0,' * 150_000 + b'"":0}'],
        ids=["lists", "numbers", "keys"],
    )
    def test_json_of_too_many_nodes_is_refused_before_it_fills_the_memory(self, raw: bytes) -> None:
        tracemalloc.start()
        try:
            with pytest.raises(CallError, match="answer-too-large"):
                parse_untrusted_json(raw)
            assert tracemalloc.get_traced_memory()[1] < 5 * len(raw)
        finally:
            tracemalloc.stop()

    def test_separators_inside_texts_are_no_nodes(self) -> None:
        text = '\\",[{:' * 300_000
        assert parse_untrusted_json(json.dumps({"text": text}).encode()) == {"text": text}

    @settings(derandomize=True, database=None, deadline=None)
    @given(value=JSON_VALUES)
    def test_the_nodes_of_a_text_are_those_of_its_value(self, value: Any) -> None:
        raw = json.dumps(value, indent=1).encode()
        assert count_raw_nodes(raw) == count_nodes(value)

    @pytest.mark.parametrize(
        "raw", [b'"\\"' * 300_000, b'"' * 999_999, b"\\" * 999_999, b"[ " * 500_000, b'"' + b"\\" * 999_999]
    )
    def test_the_nodes_of_a_text_are_counted_in_linear_time(self, raw: bytes) -> None:
        half = measure_cpu_seconds(lambda: count_raw_nodes(raw[: len(raw) // 2]))
        assert measure_cpu_seconds(lambda: count_raw_nodes(raw)) < 8 * half + 0.05

    @pytest.mark.parametrize("raw", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400"])
    def test_a_number_that_no_browser_reads_is_null(self, raw: bytes) -> None:
        assert parse_untrusted_json(b'{"a": [' + raw + b"]}") == {"a": [None]}

    @pytest.mark.parametrize("raw", [rb'"\ud800"', rb'"\uDFFF"', b'"\xed\xa0\x80"', b'"\xff"'])
    def test_half_a_character_is_replaced_by_what_can_be_stored(self, raw: bytes) -> None:
        text = parse_untrusted_json(raw)
        assert text.encode()
        assert json.loads(json.dumps(text)) == text

    def test_whole_characters_are_kept(self) -> None:
        assert parse_untrusted_json(rb'"\ud83d\ude00 \u00e9"') == "\U0001f600 é"
        assert parse_untrusted_json('{"é": "😀", "n": 1.5, "i": 12345678901234567890}'.encode()) == {
            "é": "😀",
            "n": 1.5,
            "i": 12345678901234567890,
        }


def test_a_leash_says_what_is_left_and_then_that_nothing_is() -> None:
    assert 59 < CancelScope(60).check_remaining_seconds() <= 60
    with pytest.raises(CallError) as caught:
        CancelScope(0).check_remaining_seconds()
    assert caught.value.code == "timeout"


def test_a_stopped_leash_is_stopped_even_after_its_end() -> None:
    leash = CancelScope(0)
    leash.cancel()
    with pytest.raises(CallCancelled):
        leash.check_remaining_seconds()
    assert time.monotonic() > leash.deadline


def test_a_connection_is_not_used_again_after_a_servers_error(http_client: HttpClient) -> None:
    server = FakeServer(fake_servers.reply_with({"detail": "broken"}, 500))
    with CancelScope(5).activate():
        for _ in range(3):
            assert http_client.request("GET", server.url, cap=1000).status == 500
    assert len({request.connection for request in server.requests}) == 3
    server.close()
