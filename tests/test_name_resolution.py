"""Resolution of host names: within the deadline of a call, cancelled with it, shared by the calls to one host."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from hfcourse.errors import CallCancelled, CallError
from hfcourse.limits.deadline import CancelScope
from hfcourse.spaces.client.transport import name_resolution
from hfcourse.spaces.client.transport.connection_pool import ConnectionPool
from hfcourse.spaces.client.transport.http_messages import HttpRequest
from hfcourse.spaces.client.transport.name_resolution import NameLookup, NameResolver

TIMEOUT_SECONDS = 10
ADDRESS = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 443))]


class StuckNameServer:
    """A name server that answers once it is told to; what is an address already is no question for it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_asked, self.may_answer = threading.Semaphore(0), threading.Event()
        self._getaddrinfo = socket.getaddrinfo

    def resolve(self, host: str, port: int, flags: int = 0, **options: Any) -> list[Any]:
        if flags & socket.AI_NUMERICHOST:
            return self._getaddrinfo(host, port, flags=flags, **options)
        self.asked.append(host)
        self.is_asked.release()
        self.may_answer.wait(TIMEOUT_SECONDS)
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ADDRESS


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StuckNameServer]:
    made = StuckNameServer()
    monkeypatch.setattr(socket, "getaddrinfo", made.resolve)
    yield made
    made.may_answer.set()


def call(scope: CancelScope) -> None:
    request = HttpRequest("GET", "http://space.example/x", {"host": "space.example"})
    with closing(ConnectionPool(ssl.create_default_context())) as pool, scope.activate(), pool.stream(request):
        pass


def test_silence_ends_with_the_deadline_of_the_call(name_server: StuckNameServer) -> None:
    with pytest.raises(CallError) as caught:
        call(CancelScope(0.3))
    assert caught.value.code == "timeout"
    assert name_server.asked == ["space.example"]


@pytest.mark.usefixtures("name_server")
def test_silence_is_a_timeout_of_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfcourse.spaces.client.transport.connection_pool.CONNECT_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(CallError) as caught:
        call(CancelScope(60))
    assert caught.value.code == "timeout"


def test_call_that_waits_for_a_name_is_cancelled(name_server: StuckNameServer) -> None:
    scope = CancelScope(60)
    canceller = threading.Thread(target=lambda: (name_server.is_asked.acquire(), scope.cancel()))
    canceller.start()
    with pytest.raises(CallCancelled):
        call(scope)
    canceller.join()
    assert not name_server.may_answer.is_set()


def test_calls_to_one_host_share_a_lookup_and_later_ones_ask_again(
    name_server: StuckNameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver, found = NameResolver(), []
    share_lookup, shared = NameResolver._share_lookup, threading.Semaphore(0)

    def share_and_count(*arguments: Any) -> NameLookup:
        lookup = share_lookup(*arguments)
        shared.release()
        return lookup

    monkeypatch.setattr(NameResolver, "_share_lookup", share_and_count)
    waiters = [
        threading.Thread(target=lambda: found.append(resolver.resolve_addresses("space.example", 443, TIMEOUT_SECONDS)))
        for _ in range(5)
    ]
    for each in waiters:
        each.start()
    for _ in waiters:
        assert shared.acquire(timeout=TIMEOUT_SECONDS)
    name_server.may_answer.set()
    for each in waiters:
        each.join()
    assert found == [["192.0.2.7"]] * 5
    assert name_server.asked == ["space.example"]
    resolver.resolve_addresses("space.example", 443, TIMEOUT_SECONDS)
    assert name_server.asked == ["space.example"] * 2


def test_lookups_in_progress_are_limited(name_server: StuckNameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_resolution, "MAX_LOOKUPS", 2)
    resolver = NameResolver()
    for host in ("a.example", "b.example"):
        with pytest.raises(TimeoutError):
            resolver.resolve_addresses(host, 443, 0.01)
    with pytest.raises(OSError, match="too many names"):
        resolver.resolve_addresses("c.example", 443, TIMEOUT_SECONDS)
    assert name_server.asked == ["a.example", "b.example"]


def test_a_name_without_an_address_is_an_error_for_all_who_wait(name_server: StuckNameServer) -> None:
    name_server.may_answer.set()
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            NameResolver().resolve_addresses("space.invalid", 443, TIMEOUT_SECONDS)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_address_needs_no_lookup(name_server: StuckNameServer, address: str) -> None:
    assert NameResolver().resolve_addresses(address, 443, TIMEOUT_SECONDS) == [address]
    assert name_server.asked == []
