"""The server of `flask run` before slow, silent and deaf clients, and before more connections than it holds."""

import errno
import io
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import pytest
from flask import Flask
from werkzeug import serving
from werkzeug.serving import ThreadedWSGIServer

from hfcourse.server import connections, dev_server
from hfcourse.server.connections import ClientConnection, ConnectionTable
from hfcourse.server.dev_server import LimitedServer
from tests.support.clocks import FakeMonotonic
from tests.support.server_threads import serving_by
from tests.support.site_process import FLASK_COMMAND, SiteProcess, run_site
from tests.support.slow_clients import (
    LESSON_PATH,
    REQUEST_HEAD,
    STALLED_REQUESTS,
    is_closed_within,
    open_connection,
    open_non_reading_clients,
    open_slow_clients,
    reset_connection,
)
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

MAX_RESPONSE_SECONDS = 5
PIECE, PIECES = b"x" * 100_000, 200


def answer(environ, start_response) -> Iterable[bytes]:
    """An application: its body back, 20 MB, or what lasts three time-outs."""
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/large":
        return (PIECE for _ in range(PIECES))
    if path == "/stream":
        return stream(3 * connections.CLIENT_TIMEOUT_SECONDS)
    return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"nothing"]


def stream(seconds: float) -> Iterator[bytes]:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        yield b": battement\n\n"
        time.sleep(0.1)
    yield b"end"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that waits a second for its clients."""
    monkeypatch.setattr(connections, "CLIENT_TIMEOUT_SECONDS", 1)
    made = LimitedServer("127.0.0.1", 0, answer)
    with serving_by(made) as url:
        yield url


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteProcess]:
    """The site by plain `flask run`."""
    with run_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=WAIT_TIMEOUT_SECONDS, trust_env=False, verify=False)


def time_lesson(site: SiteProcess) -> float:
    begun = time.monotonic()
    assert get(site.url + LESSON_PATH).status_code == 200
    return time.monotonic() - begun


@pytest.mark.parametrize("kind", STALLED_REQUESTS)
def test_a_slow_client_is_closed_when_its_time_is_over(impatient: str, kind: str) -> None:
    with open_slow_clients(impatient, kind, 1) as (client,):
        assert is_closed_within(client, WAIT_TIMEOUT_SECONDS)


def test_a_deaf_client_is_closed_when_its_time_is_over(impatient: str) -> None:
    before = set(threading.enumerate())
    with open_non_reading_clients(impatient, "/large", "a=b", 1) as (client,):
        received = len(client.recv(1))  # it is being answered
        assert wait_until(lambda: not set(threading.enumerate()) - before)
        with suppress(ConnectionResetError):
            while piece := client.recv(65536):
                received += len(piece)
    assert received < len(PIECE) * PIECES, "it did not get all"


def test_a_stream_lives_longer_than_the_timeout(impatient: str) -> None:
    assert get(impatient + "/stream").text.endswith("end")


def test_a_download_lives_as_long_as_it_goes_on(impatient: str) -> None:
    begun, received = time.monotonic(), 0
    with httpx.stream(
        "GET", impatient + "/large", trust_env=False, verify=False, timeout=WAIT_TIMEOUT_SECONDS
    ) as response:
        for piece in response.iter_raw(len(PIECE)):
            received += len(piece)
            time.sleep(0.02)  # a slow network: four time-outs in all
    assert received == len(PIECE) * PIECES
    assert time.monotonic() - begun > 2 * connections.CLIENT_TIMEOUT_SECONDS


def test_an_upload_lives_as_long_as_it_goes_on(impatient: str) -> None:
    pieces = 30
    with closing(open_connection(impatient)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (pieces * 1000))
        for _ in range(pieces):
            client.sendall(b"x" * 1000)
            time.sleep(0.1)  # a slow network: three time-outs in all
        assert client.makefile("rb").read().endswith(b"x" * pieces * 1000 + b"\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1 and more\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (REQUEST_HEAD + b"X-A: b\r\n" * 200 + b"\r\n", 431),
        (REQUEST_HEAD + b"X-A: " + b"b" * 70_000 + b"\r\n\r\n", 431),
        (REQUEST_HEAD + (b"X-A: " + b"b" * 9_000 + b"\r\n") * 90 + b"\r\n", 431),
    ],
)
def test_a_head_that_makes_no_sense_is_refused_in_french(impatient: str, sent: bytes, status: int) -> None:
    with closing(open_connection(impatient)) as client:
        client.sendall(sent)
        said = b""
        while b"</html>" not in said:
            piece = client.recv(65536)
            assert piece, said
            said += piece
    assert f"({status})" in said.decode()  # of HTTP before 1.0, which has no status line, nothing else tells it
    assert "rechargez la page" in said.decode()


@pytest.mark.parametrize("received", [0, 20, None])
def test_response_is_closed_once_when_its_client_resets_the_connection(received: int | None) -> None:
    closed: list[str] = []

    class Body(list[bytes]):
        def close(self) -> None:
            closed.append("")

    def redirect(_environ, start_response) -> Body:
        start_response("303 SEE OTHER", [("Content-Length", "8"), ("Location", "/x")])
        return Body([b"redirect"])

    with serving_by(LimitedServer("127.0.0.1", 0, redirect)) as url:
        for count in range(1, 6):
            with closing(open_connection(url)) as client:
                client.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
                said = client.recv(received) if received else b""
                while received is None and not said.endswith(b"redirect"):
                    said += client.recv(65536)
                reset_connection(client)
            assert wait_until(lambda count=count: len(closed) == count)
    assert len(closed) == 5


def test_flask_run_gets_the_limited_server(app: Flask) -> None:
    made = serving.make_server("127.0.0.1", 0, app, threaded=True)
    made.server_close()
    assert isinstance(made, LimitedServer)


@pytest.mark.parametrize("kind", ["nothing", "headers that drip", "a body that does not come"])
def test_more_slow_clients_than_connections_keep_nobody_from_a_lesson(site: SiteProcess, kind: str) -> None:
    time_lesson(site)
    with open_slow_clients(site.url, kind, connections.MAX_CONNECTIONS + 100):
        assert max(time_lesson(site) for _ in range(3)) < MAX_RESPONSE_SECONDS


def test_a_process_with_few_descriptors_answers_and_does_not_spin(tmp_path: Path) -> None:
    few = [
        sys.executable,
        "-c",
        f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (96, 96)); os.execv({sys.executable!r}, "
        f"{FLASK_COMMAND!r} + [sys.argv[-1]])",
    ]
    with run_site(tmp_path, program=few) as site, open_slow_clients(site.url, "nothing", 150):
        time_lesson(site)
        before = cpu_seconds(site.process.pid)
        begun = time.monotonic()
        assert time_lesson(site) < MAX_RESPONSE_SECONDS
        time.sleep(1)  # in which it has nothing to do
        assert cpu_seconds(site.process.pid) - before < 0.5 * (time.monotonic() - begun)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, where the system has /proc."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        pytest.skip("this system has no /proc")
    user, system = path.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_accept_without_a_descriptor_waits_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = []

    def fail(_: object) -> None:
        attempts.append(time.monotonic())
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    made = LimitedServer("127.0.0.1", 0, answer)
    with serving_by(made) as url:
        monkeypatch.setattr(ThreadedWSGIServer, "get_request", fail)
        with closing(open_connection(url)):
            assert wait_until(lambda: len(attempts) > 3)
            monkeypatch.undo()
            assert get(url).text == "nothing"
    assert (attempts[3] - attempts[0]) >= 2 * dev_server.ACCEPT_RETRY_INTERVAL_SECONDS


def test_the_soft_limit_of_descriptors_is_raised_as_far_as_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    for limits, expected in [
        ((256, resource.RLIM_INFINITY), 4096),  # macOS
        ((1024, 1_048_576), 4096),  # Linux
        ((256, 1024), 1024),
    ]:
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        assert dev_server.raise_descriptor_limit(4096) == expected
        assert asked.pop() == (expected, limits[1])
    for enough in ((65_536, 65_536), (4096, resource.RLIM_INFINITY)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=enough: limits)
        assert dev_server.raise_descriptor_limit(4096) == enough[0]
    assert asked == []


class Clients:
    """Pairs of sockets: those of a table's connections, and their other ends."""

    def __init__(self, table: ConnectionTable) -> None:
        self.table, self.stack = table, ExitStack()
        self.ends: dict[ClientConnection, socket.socket] = {}

    def add(self, address: str, is_waiting: bool = True, has_sent: bool = False) -> ClientConnection:
        ours, theirs = (self.stack.enter_context(closing(each)) for each in socket.socketpair())
        self.table.add(ours, address)
        made = self.table.find_connection(ours)
        self.ends[made] = theirs
        if has_sent:
            theirs.sendall(b"x")
        if is_waiting:
            self.stack.enter_context(made.spend_budget(is_writing=False))
        return made

    def is_aborted(self, connection: ClientConnection) -> bool:
        self.ends[connection].settimeout(0)
        try:
            return self.ends[connection].recv(1) == b""
        except BlockingIOError:
            return False


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Clients]]:
    """Makes the clients of a table of that size, where every connection that waits is idle at once."""
    monkeypatch.setattr(connections, "MIN_IDLE_SECONDS", 0)
    with ExitStack() as stack:

        def make(max_connections: int) -> Clients:
            made = Clients(ConnectionTable(max_connections))
            stack.enter_context(made.stack)
            return made

        yield make


def test_a_full_table_closes_the_one_that_has_waited_longest(
    clients: Callable[[int], Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, clock = clients(3), FakeMonotonic(monkeypatch, connections)
    first = made.add("a")
    clock.advance(1)
    second, third = made.add("b"), made.add("c")
    assert made.table.wait_for_room(0)
    assert [made.is_aborted(each) for each in (first, second, third)] == [True, False, False]
    assert len(made.table) == 2


def test_a_full_table_spares_whoever_is_worked_for_or_has_sent_something(clients: Callable[[int], Clients]) -> None:
    made = clients(2)
    known = [made.add("a", is_waiting=False), made.add("a", has_sent=True)]
    assert not made.table.wait_for_room(0.01)
    assert not any(made.is_aborted(each) for each in known)
    made.table.remove(known[0].sock)
    assert made.table.wait_for_room(0)


def test_a_connection_that_has_just_begun_to_wait_is_not_idle(
    clients: Callable[[int], Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = clients(1)
    monkeypatch.setattr(connections, "MIN_IDLE_SECONDS", WAIT_TIMEOUT_SECONDS)
    made.add("a")
    assert not made.table.wait_for_room(0.01)


def test_who_waits_for_room_is_told_when_a_connection_ends(clients: Callable[[int], Clients]) -> None:
    made = clients(1)
    only = made.add("a", is_waiting=False)
    found: list[bool] = []
    waiting = threading.Thread(target=lambda: found.append(made.table.wait_for_room(WAIT_TIMEOUT_SECONDS)))
    waiting.start()
    made.table.remove(only.sock)
    waiting.join(WAIT_TIMEOUT_SECONDS)
    assert found == [True]


def test_an_address_is_limited_only_under_pressure(
    clients: Callable[[int], Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_IDLE_PER_ADDRESS", 2)
    made = clients(10)
    greedy = [made.add("greedy") for _ in range(5)]
    other = made.add("other")
    assert not any(made.is_aborted(each) for each in [*greedy, other]), "half of the table is free"
    made.add("greedy")
    assert [made.is_aborted(each) for each in [*greedy, other]] == [True, *[False] * 5]
    made.add("third")
    assert not made.is_aborted(other)


def test_the_budget_is_drained_by_waiting_and_filled_by_bytes_up_to_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, size = FakeMonotonic(monkeypatch, connections), connections.CLIENT_TIMEOUT_SECONDS
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        made = ClientConnection(ours, "a")
        with made.spend_budget(is_writing=False):
            clock.advance(size - 5)
            assert made.budget_seconds == 5
        theirs.sendall(b"x" * 3000)
        assert made.receive_into(bytearray(3000)) == 3000
        assert made.budget_seconds == 5 + 3000 / connections.MIN_BYTES_PER_SECOND
        assert made.send(memoryview(bytes(100_000))) > 30_000
        assert made.budget_seconds == size
        with made.spend_budget(is_writing=True):
            clock.advance(size)
        with pytest.raises(TimeoutError, match="too slow"):
            made.receive_into(bytearray(1))


def test_a_client_stream_sends_all_of_a_large_piece(impatient: str) -> None:
    content = os.urandom(1_000_000)
    response = httpx.post(
        impatient, content=io.BytesIO(content), headers={"Content-Length": str(len(content))}, trust_env=False
    )
    assert response.content == content


@pytest.mark.usefixtures("app")  # whose start filters the log
def test_the_access_log_has_no_query_and_the_server_no_version(caplog: pytest.LogCaptureFixture) -> None:
    made = LimitedServer("127.0.0.1", 0, answer)
    with caplog.at_level("INFO", logger="werkzeug"), serving_by(made) as url:
        headers = httpx.get(f"{url}/enseignant/?code=chose.secrete", timeout=WAIT_TIMEOUT_SECONDS).headers
        assert wait_until(lambda: "/enseignant/" in caplog.text)
    made.server_close()
    assert "secrete" not in caplog.text
    assert headers["server"] == "hfcourse"


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("request_line", [b"GET", b"GET / HTTP/9.9", b"\xff\x00 / HTTP/1.1", b"GET /?code=secrete x y"])
def test_an_error_of_the_protocol_names_no_version(request_line: bytes, caplog: pytest.LogCaptureFixture) -> None:
    made = LimitedServer("127.0.0.1", 0, answer)
    with (
        caplog.at_level("INFO", logger="werkzeug"),
        serving_by(made),
        closing(socket.create_connection(("127.0.0.1", made.port), WAIT_TIMEOUT_SECONDS)) as client,
    ):
        client.sendall(request_line + b"\r\n\r\n")
        told = b"".join(iter(lambda: client.recv(65_536), b""))
    made.server_close()
    assert b"Werkzeug" not in told
    assert b"Python" not in told
    assert "secrete" not in caplog.text


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", ["http://127.0.0.1:5000"]),
        ("::1", ["http://[::1]:5000"]),
        ("0.0.0.0", ["http://127.0.0.1:5000", "http://192.168.1.12:5000"]),
        ("::", ["http://[::1]:5000", "http://[fd00::12]:5000"]),
    ],
)
def test_the_start_says_where_the_site_is_and_what_to_give_to_a_class(
    host: str, addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = {socket.AF_INET: "192.168.1.12", socket.AF_INET6: "fd00::12"}
    monkeypatch.setattr(serving, "get_interface_ip", outside.__getitem__)
    lines = dev_server.describe_addresses(host, 5000)
    assert [next(word for word in line.split() if word.startswith("http")) for line in lines] == addresses
    assert all("classe" in line for line in lines[1:])


def test_the_start_says_so_where_there_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "get_interface_ip", lambda _family: "127.0.0.1")
    assert "sur aucun réseau" in dev_server.describe_addresses("0.0.0.0", 5000)[1]
