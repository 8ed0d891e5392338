"""Connections to `flask run` that stay open: what is answered on them, in which order, and when they are closed."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing

import pytest

from hfcourse.server import connections
from hfcourse.server.connections import ClientConnection
from hfcourse.server.dev_server import LimitedServer
from tests.support.clocks import FakeMonotonic
from tests.support.server_threads import serving_by
from tests.support.slow_clients import is_closed_within, open_connection
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

GET = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n"
Request = Callable[..., http.client.HTTPResponse]


def answer(environ, start_response) -> Iterable[bytes]:
    """An application with a response of each kind, by its path."""
    path = environ["PATH_INFO"]
    length = {"/wrong": "9", "/long": "2", "/fails": "9"}.get(path, "5")
    headers = [("Content-Length", length)] if path not in ("/stream", "/breaks", "/304") else []
    start_response("304 NOT MODIFIED" if path == "/304" else "200 OK", headers)
    if path in ("/fails", "/breaks"):
        return break_off()
    if path == "/error":
        raise ValueError
    if path == "/input":
        return [b"%05d" % (len(environ["wsgi.input"].read()) % 100_000)]
    return [b"first"]  # also to HEAD and with 304, where it must not be sent


def break_off() -> Iterator[bytes]:
    yield b"half"
    raise ValueError


@pytest.fixture
def url() -> Iterator[str]:
    with serving_by(LimitedServer("127.0.0.1", 0, answer)) as made:
        yield made


@pytest.fixture
def request_again(url: str) -> Iterator[Request]:
    """Sends a request on a connection that is opened once, and reads the whole response."""
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=WAIT_TIMEOUT_SECONDS)) as connection:
        connection.connect()
        connection.auto_open = 0

        def send(method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
            named = {name.replace("_", "-"): headers[name] for name in headers}
            connection.request(method, path, body or None, named)
            response = connection.getresponse()
            response.text = response.read().decode()  # type: ignore[attr-defined]
            return response

        yield send


def receive_all(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65_536), b""))


def test_requests_share_a_connection(request_again: Request) -> None:
    found = [
        (method, response.status, response.text, response.headers["Connection"])  # type: ignore[attr-defined]
        for method, path in [("GET", "/"), ("HEAD", "/"), ("GET", "/304"), ("GET", "/stream"), ("GET", "/")]
        for response in [request_again(method, path)]
    ]
    assert found == [
        ("GET", 200, "first", None),
        ("HEAD", 200, "", None),
        ("GET", 304, "", None),
        ("GET", 200, "first", None),
        ("GET", 200, "first", None),
    ]


def test_connection_stays_open_after_a_body_that_was_read(request_again: Request) -> None:
    for sent in ("", "abc", "x" * 100_000):
        response = request_again("POST", "/input", sent)
        assert response.text == f"{len(sent) % 100_000:05}"  # type: ignore[attr-defined]
        assert response.headers["Connection"] is None


@pytest.mark.parametrize(
    ("method", "body", "headers"),
    [
        ("GET", "", {"Connection": "close"}),
        ("POST", "unread", {}),
        ("POST", "", {"Transfer_Encoding": "chunked"}),
        ("POST", "abc", {"Expect": "100-continue"}),
        ("GET", "", {"Upgrade": "h2c"}),
        ("GET", "", {"Content_Length": "+0"}),
    ],
)
def test_connection_is_closed_where_the_end_of_a_request_is_not_certain(
    request_again: Request, method: str, body: str, headers: dict[str, str]
) -> None:
    assert request_again("GET", "/").headers["Connection"] is None
    if "Transfer_Encoding" in headers:
        body = "0\r\n\r\n"
    response = request_again(method, "/", body, **headers)
    assert (response.status, response.headers["Connection"]) == (200, "close")
    with pytest.raises((http.client.NotConnected, ConnectionError)):
        request_again("GET", "/")


def test_client_that_sends_a_body_nobody_reads_sees_the_response(url: str) -> None:
    with closing(open_connection(url)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000)
        assert receive_all(client).endswith(b"first")


def test_response_to_http_1_0_ends_with_its_connection(url: str) -> None:
    with closing(open_connection(url)) as client:
        client.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert receive_all(client).endswith(b"first")


def test_requests_that_are_sent_at_once_are_answered_in_order(url: str) -> None:
    with closing(open_connection(url)) as client:
        post = b"POST /input HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 7\r\n\r\nGET / H"
        client.sendall(GET % (b"input", b"") + post + GET % (b"", b"") + GET % (b"input", b"Connection: close\r\n"))
        received = receive_all(client)
    assert received.count(b"HTTP/1.1 200 OK") == 4
    assert [part[:5] for part in received.split(b"\r\n\r\n")[1:]] == [b"00000", b"00007", b"first", b"00000"]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: %d\r\n",
        b"Transfer-Encoding: chunked\r\nX: %d\r\n",
        b"Content-Length : %d\r\n",
        b"no header\r\nContent-Length: %d\r\n",
        b"Content\0-Length: %d\r\n",
        b"Content-Length: 0\r\nContent-Length: %d\r\n",
    ],
)
def test_body_is_never_taken_for_the_next_request(url: str, header: bytes) -> None:
    hidden = GET % (b"hidden", b"")
    with closing(open_connection(url)) as client:
        client.sendall(GET % (b"", header % len(hidden)) + hidden)
        client.shutdown(socket.SHUT_WR)
        received = receive_all(client)
    assert received.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("path", ["wrong", "long", "fails", "breaks"])
def test_response_that_is_not_what_its_head_says_closes_the_connection(url: str, path: str) -> None:
    with closing(open_connection(url)) as client:
        client.sendall(GET % (path.encode(), b""))
        received = receive_all(client)
    assert received.count(b"HTTP/1.1") == 1
    assert not received.endswith(b"0\r\n\r\n")


def test_application_that_fails_is_answered_500_in_french(url: str) -> None:
    with closing(open_connection(url)) as client:
        client.sendall(GET % (b"error", b""))
        received = receive_all(client).decode()
    assert received.startswith("HTTP/1.1 500")
    assert "de notre côté" in received
    assert "ValueError" not in received


def test_idle_connection_is_closed_in_silence(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "KEEP_ALIVE_TIMEOUT_SECONDS", 0.2)
    before = set(threading.enumerate())
    with caplog.at_level("INFO"), closing(open_connection(url)) as client:
        client.sendall(GET % (b"", b""))
        assert receive_all(client).endswith(b"first")
        assert wait_until(lambda: not set(threading.enumerate()) - before)
    assert [each.levelname for each in caplog.records] == ["INFO"]  # the request


def test_next_request_restores_the_time_of_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeMonotonic(monkeypatch, connections)
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        made = ClientConnection(ours, "a")
        made.start_keep_alive()
        assert made.budget_seconds == connections.KEEP_ALIVE_TIMEOUT_SECONDS
        theirs.sendall(b"G")
        assert made.receive_into(bytearray(9)) == 1
        assert made.budget_seconds == connections.CLIENT_TIMEOUT_SECONDS
        with made.spend_budget(is_writing=False):
            clock.advance(connections.CLIENT_TIMEOUT_SECONDS)
        with pytest.raises(TimeoutError, match="too slow"):
            made.receive_into(bytearray(9))


def test_idle_connections_give_way_to_new_ones() -> None:
    made = LimitedServer("127.0.0.1", 0, answer)
    made.connections.max_connections = 3
    with serving_by(made) as url, ExitStack() as stack:
        idle = [stack.enter_context(closing(open_connection(url))) for _ in range(3)]
        for each in idle:
            each.sendall(GET % (b"", b""))
            assert each.recv(65_536)
        with closing(open_connection(url)) as client:
            client.sendall(GET % (b"", b"Connection: close\r\n"))
            assert receive_all(client).endswith(b"first")
        assert any(is_closed_within(each, 1) for each in idle)
