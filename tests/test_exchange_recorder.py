"""Recorder of exchanges: what it keeps is what a logging relay saw, byte by byte, and it is bounded."""

import json
import ssl
import subprocess
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfcourse.errors import CallCancelled, CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client.http_client import HttpClient
from hfcourse.spaces.client.single_flight_cache import SingleFlightCache
from hfcourse.spaces.client.transport import exchange_recorder
from hfcourse.spaces.client.transport.exchange_recorder import (
    ByteSample,
    Exchange,
    Note,
    TraceRecorder,
    bind_recorder,
    get_current_exchange,
    get_current_recorder,
)
from hfcourse.spaces.client.transport.http_messages import SizedBody
from hfcourse.spaces.registry.space_registry import open_space_client
from tests.spaces import fake_servers
from tests.spaces.fake_servers import Behaviour, FakeServer, FakeSpace
from tests.support.calls import ThreadedCall
from tests.support.logging_relay import LoggingRelay
from tests.support.optional_tools import require_program

TIMEOUT_SECONDS = 10
CAP = 100_000_000
StartServer = Callable[[Behaviour], FakeServer]


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts servers that end with the test."""
    with ExitStack() as stack:
        yield lambda behaviour: stack.enter_context(closing(FakeServer(behaviour)))


def record(http_client: HttpClient, url: str, seconds: float = TIMEOUT_SECONDS, **options) -> Exchange:
    """The recorded exchange of one request, whatever became of it."""
    recorder = TraceRecorder()
    with recorder.activate(), CancelScope(seconds).activate(), suppress(CallError, CallCancelled):
        http_client.request(options.pop("method", "GET"), url, cap=CAP, **options)
    (exchange,) = recorder.seal()
    assert isinstance(exchange, Exchange)
    return exchange


def exchanges_of(recorder: TraceRecorder) -> list[Exchange]:
    return [item for item in recorder.seal() if isinstance(item, Exchange)]


class TestBytes:
    def test_exchange_is_byte_by_byte_what_the_relay_saw(
        self, http_client: HttpClient, start_server: StartServer
    ) -> None:
        server = start_server(lambda exchange: exchange.reply({"é": 1}, 201, X_Word="a"))
        relay = LoggingRelay(server.url)
        exchange = record(http_client, f"{relay.url}/a?b=c", method="POST", body="été\0\r\n\r\n".encode())
        assert bytes(exchange.sent.first) == relay.sent
        assert bytes(exchange.received_head + exchange.body.first) == relay.received
        assert (exchange.sent.size, exchange.received_bytes) == (len(relay.sent), len(relay.received))
        assert (exchange.status, exchange.error, exchange.is_body_complete) == (201, "", True)
        relay.close()

    def test_whole_call_is_what_the_relay_saw_message_by_message(self, http_client: HttpClient) -> None:
        space = FakeSpace()
        relay = LoggingRelay(space.url)
        recorder = TraceRecorder()
        with recorder.activate():
            client = open_space_client(relay.url, http_client, CancelScope(TIMEOUT_SECONDS))
            list(client.call_endpoint("/echo", ["bonjour"], CancelScope(TIMEOUT_SECONDS)))
        exchanges = exchanges_of(recorder)
        assert [each.url.removeprefix(relay.url).partition("?")[0] for each in exchanges] == space.paths()
        assert b"".join(bytes(each.sent.first) for each in exchanges) == relay.sent
        assert sum(each.received_bytes for each in exchanges) == len(relay.received)
        rest = relay.received
        for each in exchanges:
            assert rest.startswith(bytes(each.received_head))
            rest = rest[each.received_bytes :]
        assert len(relay.connections) == sum(each.connected_at is not None for each in exchanges)
        relay.close()
        space.close()

    def test_event_stream_is_recorded_without_its_transfer_encoding(
        self, http_client: HttpClient, start_server: StartServer
    ) -> None:
        def reply(exchange: fake_servers.Exchange) -> None:
            exchange.start_chunked()
            for number in range(3):
                exchange.send_event(msg="log", n=number)
            exchange.send_chunk(b"")

        exchange = record(http_client, start_server(reply).url)
        assert exchange.body.first.count(b"\n\n") == 3
        assert exchange.chunk_marks[0][0] == 0
        assert exchange.body.size == len(exchange.body.first) < exchange.received_bytes
        times = [at for _, at in exchange.chunk_marks]
        assert times == sorted(times)

    def test_upload_in_pieces_is_counted_and_its_start_kept(
        self, http_client: HttpClient, start_server: StartServer
    ) -> None:
        server = start_server(fake_servers.reply_with({}))
        pieces = SizedBody(5_000_000, iter([b"x" * 1_000_000] * 5))
        exchange = record(http_client, server.url, method="POST", body=pieces)
        head = bytes(exchange.sent.first).partition(b"\r\n\r\n")[0]
        assert exchange.sent.size == len(head) + 4 + 5_000_000
        assert len(exchange.sent.first) <= exchange_recorder.MAX_SENT_BYTES + exchange_recorder.CUT_MARGIN_BYTES
        assert b"content-length: 5000000" in head

    def test_interim_response_is_no_response(self, http_client: HttpClient, start_server: StartServer) -> None:
        def reply(exchange: fake_servers.Exchange) -> None:
            exchange.send_raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            exchange.reply({})

        exchange = record(http_client, start_server(reply).url)
        assert exchange.received_head.startswith(b"HTTP/1.1 200 ")

    def test_connection_is_new_then_reused(self, http_client: HttpClient, start_server: StartServer) -> None:
        server = start_server(fake_servers.reply_with({}))
        first, second = (record(http_client, server.url) for _ in range(2))
        assert first.connected_at is not None
        assert second.connected_at is None

    def test_nested_exchange_does_not_mix_with_the_stream_around_it(
        self, http_client: HttpClient, start_server: StartServer
    ) -> None:
        def reply(exchange: fake_servers.Exchange) -> None:
            if exchange.request.path == "/file":
                exchange.reply(b"FILE", kind="text/plain")
                return
            exchange.start_chunked()
            exchange.send_event(n=1)
            exchange.send_event(n=2)
            exchange.send_chunk(b"")

        server, recorder = start_server(reply), TraceRecorder()
        around = http_client.stream("GET", f"{server.url}/stream")
        with recorder.activate(), CancelScope(TIMEOUT_SECONDS).activate(), around as response:
            chunks = response.iter_body(CAP)
            next(chunks)
            http_client.request("GET", f"{server.url}/file", cap=CAP)
            list(chunks)
        stream, file = exchanges_of(recorder)
        assert bytes(file.body.first) == b"FILE"
        assert b"FILE" not in stream.body.first
        assert stream.body.first.count(b"data:") == 2
        assert get_current_exchange() is None


class TestTunnel:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> tuple[Path, Path]:
        chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
        command = [
            require_program("openssl"),
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ]
        names = ["-subj", "/CN=space.test", "-addext", "subjectAltName=DNS:space.test"]
        subprocess.run([*command, "-days", "2", *names, "-keyout", key, "-out", chain], check=True, capture_output=True)
        return chain, key

    def test_tunnel_is_separate_from_the_message_that_only_tls_reveals(
        self, start_server: StartServer, certificate: tuple[Path, Path]
    ) -> None:
        server = start_server(lambda exchange: exchange.reply({"said": exchange.request.body.decode()}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        proxy = LoggingRelay(server.url, is_proxy=True)
        http_client = HttpClient(proxy_url=proxy.url.replace("//", "//awa:s%40fe@"), ca_bundle=str(certificate[0]))
        exchange = record(http_client, "https://space.test/x", method="POST", body=b"secret")
        (log,) = proxy.connections
        assert exchange.status == 200, exchange.error
        assert (exchange.tunnel_sent, exchange.tunnel_received) == (log.tunnel_sent, log.tunnel_received)
        assert b"secret" not in log.sent
        assert exchange.sent.first.startswith(b"POST /x HTTP/1.1\r\n")
        assert exchange.sent.first.endswith(b"\r\n\r\nsecret")
        assert b"CONNECT" not in exchange.sent.first
        assert exchange.tls_version.startswith("TLSv1")
        assert exchange.started_at <= exchange.connected_at <= exchange.secured_at <= exchange.sent_at
        assert server.requests[0].body == b"secret"
        http_client.close()
        proxy.close()

    def test_refused_tunnel_is_recorded_as_it_was_said(self, start_server: StartServer) -> None:
        proxy = start_server(lambda exchange: exchange.reply(b"no", 403))
        http_client = HttpClient(proxy_url=proxy.url)
        exchange = record(http_client, "https://a-b.hf.space/config")
        assert exchange.sent.first.startswith(b"CONNECT a-b.hf.space:443 HTTP/1.1\r\n")
        assert exchange.received_head.startswith(b"HTTP/1.1 403 ")
        assert exchange.error == "connection-lost"
        http_client.close()


class TestEnds:
    @pytest.mark.parametrize(
        ("behaviour", "code"),
        [
            (fake_servers.close_at_once, "connection-lost"),
            (fake_servers.close_early, "connection-lost"),
            (fake_servers.reply_not_http, "bad-answer"),
            (fake_servers.never_reply, "timeout"),
            (fake_servers.drip_body, "timeout"),
        ],
    )
    def test_exchange_that_fails_has_its_code(
        self, http_client: HttpClient, start_server: StartServer, behaviour: Behaviour, code: str
    ) -> None:
        exchange = record(http_client, start_server(behaviour).url, seconds=0.5)
        assert exchange.error == code
        assert not exchange.is_body_complete
        assert exchange.ended_at is not None

    def test_stopped_exchange_says_so(self, http_client: HttpClient, start_server: StartServer) -> None:
        server, scope, recorder = start_server(fake_servers.never_reply), CancelScope(60), TraceRecorder()

        def call() -> None:
            with recorder.activate(), scope.activate():
                http_client.request("GET", f"{server.url}/x", cap=CAP)

        thread = ThreadedCall(call)
        server.wait_for("/x")
        scope.cancel()
        assert isinstance(thread.end(TIMEOUT_SECONDS), CallCancelled)
        (exchange,) = exchanges_of(recorder)
        assert (exchange.error, exchange.received_bytes) == ("stopped", 0)
        assert exchange.sent.first.startswith(b"GET /x ")

    def test_nothing_is_recorded_without_a_recorder_or_after_its_end(
        self, http_client: HttpClient, start_server: StartServer
    ) -> None:
        server, recorder = start_server(fake_servers.reply_with({})), TraceRecorder()
        http_client.request("GET", server.url, cap=CAP)
        assert recorder.seal() == []
        with recorder.activate():
            http_client.request("GET", server.url, cap=CAP)
        assert recorder.seal() == []
        assert recorder.omitted_exchanges == 0
        assert get_current_recorder() is None

    def test_two_threads_record_each_their_own(self, http_client: HttpClient, start_server: StartServer) -> None:
        server = start_server(lambda exchange: exchange.reply({"path": exchange.request.path}))

        def call(number: int) -> list[bytes]:
            recorder = TraceRecorder()
            with recorder.activate():
                for _ in range(5):
                    http_client.request("GET", f"{server.url}/{number}", cap=CAP)
            return [bytes(each.body.first) for each in exchanges_of(recorder)]

        threads = [ThreadedCall(lambda number=number: call(number)) for number in range(8)]
        for number, thread in enumerate(threads):
            assert thread.end(TIMEOUT_SECONDS) == [json.dumps({"path": f"/{number}"}).encode()] * 5

    def test_fetch_of_another_thread_records_for_the_run_that_bound_it(
        self, http_client: HttpClient, start_server: StartServer
    ) -> None:
        server, recorder = start_server(fake_servers.reply_with({})), TraceRecorder()

        def fetch() -> Iterator[bytes]:
            yield http_client.request("GET", server.url, cap=CAP).body

        with recorder.activate():
            bound = bind_recorder(fetch)
        assert ThreadedCall(lambda: list(bound())).end(TIMEOUT_SECONDS) == [b"{}"]
        assert len(exchanges_of(recorder)) == 1


class TestLimits:
    def test_large_response_is_counted_and_not_kept(self, http_client: HttpClient, start_server: StartServer) -> None:
        piece, count = b"a" * 65_536, 800

        def reply(exchange: fake_servers.Exchange) -> None:
            exchange.start_chunked("text/plain")
            for _ in range(count):
                exchange.send_chunk(piece)
            exchange.send_chunk(b"the end")
            exchange.send_chunk(b"")

        server, recorder, size = start_server(reply), TraceRecorder(), 0
        tracemalloc.start()
        with recorder.activate(), CancelScope(60).activate(), http_client.stream("GET", server.url) as response:
            for chunk in response.iter_body(CAP):
                size += len(chunk)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        (exchange,) = exchanges_of(recorder)
        assert size == exchange.body.size == len(piece) * count + 7
        assert exchange.body.last.endswith(b"the end")
        assert len(exchange.body.first) + len(exchange.body.last) <= 22_000
        assert len(exchange.chunk_marks) <= exchange_recorder.MAX_CHUNK_MARKS
        assert peak < 5_000_000

    def test_exchanges_and_bytes_of_a_run_are_bounded(
        self, http_client: HttpClient, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exchange_recorder, "MAX_EXCHANGES", 8)
        monkeypatch.setattr(exchange_recorder, "MAX_RUN_BYTES", 50_000)
        server, recorder = (
            start_server(lambda exchange: exchange.reply(b"x" * 15_000, kind="text/plain")),
            TraceRecorder(),
        )
        with recorder.activate(), CancelScope(60).activate():
            for _ in range(exchange_recorder.MAX_EXCHANGES + 5):
                http_client.request("GET", server.url, cap=CAP)
        exchanges = exchanges_of(recorder)
        assert (len(exchanges), recorder.omitted_exchanges) == (exchange_recorder.MAX_EXCHANGES, 5)
        kept = sum(len(each.sent.first) + len(each.received_head) + len(each.body.first) for each in exchanges)
        assert kept <= exchange_recorder.MAX_RUN_BYTES
        assert [each.body.size for each in exchanges] == [15_000] * len(exchanges)

    @given(pieces=st.lists(st.binary(max_size=60)), first=st.integers(0, 80), last=st.integers(0, 40))
    def test_sample_is_the_start_and_the_end_of_what_was_added(
        self, pieces: list[bytes], first: int, last: int
    ) -> None:
        sample, whole = ByteSample(first, last), b"".join(pieces)
        for piece in pieces:
            sample.append(piece, lambda wanted: wanted)
        assert sample.size == len(whole)
        assert bytes(sample.first) == whole[:first]
        rest = whole[len(sample.first) :]
        assert bytes(sample.last) == (rest[-last:] if last else b"")


class TestNotes:
    @pytest.fixture
    def cache(self) -> SingleFlightCache[int]:
        return SingleFlightCache(lambda _value: 60, subject="description")

    def test_cached_value_is_noted_and_a_fetched_one_is_not(
        self, cache: SingleFlightCache[int], http_client: HttpClient, start_server: StartServer
    ) -> None:
        server = start_server(fake_servers.reply_with({}))

        def fetch() -> int:
            return http_client.request("GET", server.url, cap=CAP).status

        first, second = TraceRecorder(), TraceRecorder()
        for recorder in (first, second):
            with recorder.activate():
                cache.get_or_fetch("a", CancelScope(TIMEOUT_SECONDS), fetch)
        assert [type(item) for item in first.seal()] == [Exchange]
        (note,) = second.seal()
        assert isinstance(note, Note)
        assert (note.kind, note.subject) == ("cached", "description")

    def test_refusal_before_any_request_is_noted_with_its_code(self, cache: SingleFlightCache[int]) -> None:
        def fetch() -> int:
            raise CallError("server-busy")

        recorder = TraceRecorder()
        with recorder.activate():
            for _ in range(2):
                with pytest.raises(CallError):
                    cache.get_or_fetch("a", CancelScope(TIMEOUT_SECONDS), fetch)
        assert [(note.kind, note.code) for note in recorder.seal()] == [
            ("refused", "server-busy"),
            ("cached", "server-busy"),
        ]
