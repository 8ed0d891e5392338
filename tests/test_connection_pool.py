"""Sockets of the connection pool: none is left open, however a request or the pool ends."""

import gc
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator

import httpcore2
import pytest

from hfcourse.errors import CallCancelled, CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client.transport.connection_pool import CONNECT_TIMEOUT_SECONDS, ConnectionPool
from hfcourse.spaces.client.transport.http_messages import HttpRequest, SizedBody

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
TIMEOUT_SECONDS = 10


class Listener:
    """A TCP server that answers one request of each connection, and keeps what it received until the client closes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.received: list[bytes] = []
        self.all_closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        peer, _ = self._socket.accept()
        with peer:
            peer.settimeout(TIMEOUT_SECONDS)
            received = peer.recv(65_536)
            if received:
                peer.sendall(ANSWER)
            while piece := peer.recv(65_536):
                received += piece
        self.received.append(received)
        self.all_closed.set()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def pool() -> Iterator[ConnectionPool]:
    made = ConnectionPool(ssl.create_default_context())
    yield made
    made.close()


def make_request(url: str) -> HttpRequest:
    return HttpRequest("GET", url, {"host": "x"})


def after_connecting(monkeypatch: pytest.MonkeyPatch, action) -> None:
    """Run `action` between the connection to the server and the first byte."""
    connect = httpcore2.SyncBackend.connect_tcp

    def connect_then_act(*arguments):
        stream = connect(*arguments)
        action()
        return stream

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", connect_then_act)


def test_cancellation_before_the_tls_handshake_closes_the_socket(
    pool: ConnectionPool, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = CancelScope(60)
    after_connecting(monkeypatch, scope.cancel)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(CallCancelled), scope.activate(), pool.stream(make_request(f"https://{listener.authority}")):
            pass
        gc.collect()
    assert listener.all_closed.wait(TIMEOUT_SECONDS)
    assert [each.message for each in warned if each.category is ResourceWarning] == []
    assert listener.received == [b""]


def test_request_that_connects_while_the_pool_closes_is_answered_and_its_socket_closed(
    pool: ConnectionPool, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_connecting(monkeypatch, pool.close)
    with CancelScope(60).activate(), pool.stream(make_request(f"http://{listener.authority}/x")) as response:
        assert b"".join(response.iter_body(10)) == b"{}"
    assert listener.all_closed.wait(TIMEOUT_SECONDS)


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which `space.example` resolves."""
    found: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 0)) for address in found])
    return found


def test_addresses_of_a_host_share_the_deadline(
    pool: ConnectionPool, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses += ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"]
    scope, tried = CancelScope(CONNECT_TIMEOUT_SECONDS + 2), {}

    def drop_packets(_, address: str, _port: int, timeout: float, *_options) -> None:
        tried[address] = round(timeout)
        scope.deadline -= timeout  # it takes this long
        raise httpcore2.ConnectTimeout

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", drop_packets)
    with pytest.raises(CallError) as caught, scope.activate(), pool.stream(make_request("http://space.example/x")):
        pass
    assert caught.value.code == "timeout"
    assert tried == {"192.0.2.1": CONNECT_TIMEOUT_SECONDS, "192.0.2.2": 2}


def test_address_that_refuses_is_followed_by_the_next(
    pool: ConnectionPool, listener: Listener, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses += ["192.0.2.1", "192.0.2.2"]
    connect, tried = httpcore2.SyncBackend.connect_tcp, []

    def refuse_the_first(backend, address: str, port: int, *others):
        tried.append(address)
        if address == "192.0.2.1":
            raise httpcore2.ConnectError
        monkeypatch.undo()  # of the resolver, which the listener's own address needs
        return connect(backend, "127.0.0.1", port, *others)

    monkeypatch.setattr(httpcore2.SyncBackend, "connect_tcp", refuse_the_first)
    port = listener.authority.partition(":")[2]
    with CancelScope(60).activate(), pool.stream(make_request(f"http://space.example:{port}/x")) as response:
        assert response.status == 200
    assert tried == ["192.0.2.1", "192.0.2.2"]


def fail_to_resolve(*_arguments: object, **_named: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_host_without_an_address_is_connection_lost(pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", fail_to_resolve)
    with pytest.raises(CallError) as caught, CancelScope(60).activate(), pool.stream(make_request("http://a.b/x")):
        pass
    assert caught.value.code == "connection-lost"


def test_host_with_a_label_that_is_too_long_is_connection_lost(pool: ConnectionPool) -> None:
    request = make_request(f"http://{'x' * 64}.example/x")
    with pytest.raises(CallError) as caught, CancelScope(60).activate(), pool.stream(request):
        pass
    assert caught.value.code == "connection-lost"


def test_response_that_is_left_unread_closes_its_socket(pool: ConnectionPool, listener: Listener) -> None:
    with CancelScope(60).activate(), pool.stream(make_request(f"http://{listener.authority}/x")) as response:
        assert response.status == 200
    assert listener.all_closed.wait(TIMEOUT_SECONDS)


def test_body_of_pieces_is_sent_as_they_come(pool: ConnectionPool, listener: Listener) -> None:
    body = SizedBody(6, iter([b"abc", b"", b"def"]))
    request = HttpRequest("POST", f"http://{listener.authority}/x", {"host": "x", "content-length": "6"}, body)
    with CancelScope(60).activate(), pool.stream(request) as response:
        assert response.get_header("content-length") == "2"
    assert listener.all_closed.wait(TIMEOUT_SECONDS)
    assert listener.received[0].endswith(b"\r\n\r\nabcdef")
