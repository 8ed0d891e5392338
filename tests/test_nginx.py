"""The reverse proxy of docs/nginx.conf, a real nginx in front of a gunicorn with few threads."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.spaces import hostile_spaces
from tests.spaces.fake_servers import FakeServer, FakeSpace
from tests.spaces.slow_space import SlowSpace
from tests.support.http_browser import HttpBrowser
from tests.support.optional_tools import require_program
from tests.support.paths import ROOT
from tests.support.scripted_space import RunStreamListener
from tests.support.services import fill_template, run_nginx
from tests.support.site_process import SiteProcess, build_gunicorn_command, run_site
from tests.support.slow_clients import (
    LESSON_PATH,
    STALLED_REQUESTS,
    open_connection,
    open_non_reading_clients,
    open_slow_clients,
)
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

MANY = 32
THREADS = 4  # of gunicorn: eight times fewer than there are slow clients
FILE_BYTES = 19_000_000
MAX_RESPONSE_SECONDS = 5


@pytest.fixture(scope="module")
def file_space() -> Iterator[FakeSpace]:
    """A Space that gives a large file."""
    made = FakeSpace(**hostile_spaces.build_file_giving_space(), file_content=os.urandom(FILE_BYTES))
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, module_slow_space: SlowSpace, file_space: FakeSpace
) -> Iterator[SiteProcess]:
    """gunicorn behind nginx; the address is nginx's."""
    require_program("nginx")
    folder, spaces = tmp_path_factory.mktemp("nginx"), {"a/slow": module_slow_space.url, "a/file": file_space.url}
    (folder / "instance").mkdir()
    entries = (f'[[space]]\nid = "{name}"\nurl = "{url}"\n' for name, url in spaces.items())
    (folder / "instance" / "spaces.toml").write_text("".join(entries))
    with (
        run_site(
            folder, program=build_gunicorn_command("--threads", str(THREADS)), HFCOURSE_TRUSTED_PROXIES="1"
        ) as behind,
        run_nginx(folder / "proxy", behind.url) as nginx,
    ):
        yield SiteProcess(nginx.url, behind.process, behind.log)


def time_lesson(site: SiteProcess) -> float:
    begun = time.monotonic()
    assert (
        httpx.get(site.url + LESSON_PATH, timeout=WAIT_TIMEOUT_SECONDS, trust_env=False, verify=False).status_code
        == 200
    )
    return time.monotonic() - begun


@pytest.mark.parametrize("kind", STALLED_REQUESTS)
def test_slow_clients_keep_nobody_from_a_lesson(site: SiteProcess, kind: str) -> None:
    with open_slow_clients(site.url, kind, MANY):
        assert max(time_lesson(site) for _ in range(3)) < MAX_RESPONSE_SECONDS


def test_deaf_clients_keep_nobody_from_a_lesson(site: SiteProcess, http_browser: HttpBrowser) -> None:
    visit = http_browser.visit_space("/espaces/a/file")
    (given,) = visit.file_responses
    assert len(given.content) == FILE_BYTES
    cookie = "; ".join(f"{each.name}={each.value}" for each in http_browser.http.cookies.jar)
    with open_non_reading_clients(site.url, given.request.url.path, cookie, MANY):
        assert max(time_lesson(site) for _ in range(3)) < MAX_RESPONSE_SECONDS


def test_a_stream_passes_unbuffered(http_browser: HttpBrowser, module_slow_space: SlowSpace) -> None:
    module_slow_space.may_finish.clear()
    run = http_browser.start_run("/espaces/a/slow")
    listener = RunStreamListener(http_browser, run)
    try:
        assert listener.wait_for(lambda shown: "un" in shown.text).status == "running"  # the Space goes on
        assert wait_until(lambda: bool(listener.comments)), "its heartbeats come one by one"
        module_slow_space.may_finish.set()
        assert listener.wait_for(lambda shown: shown.status == "succeeded")
        listener.wait_for_end()
    finally:
        module_slow_space.may_finish.set()
        listener.disconnect()


def test_a_file_that_is_too_large_for_the_proxy_is_refused_in_french(site: SiteProcess) -> None:
    client = open_connection(site.url)
    client.sendall(b"POST /essais HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 41943041\r\n\r\n")
    answer = client.recv(65536).decode()
    client.close()
    assert answer.startswith("HTTP/1.1 413")
    assert "plus léger" in answer


def test_a_request_without_sense_is_refused_in_french(site: SiteProcess) -> None:
    client = open_connection(site.url)
    client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: " + b"a" * 40_000 + b"\r\n\r\n")
    answer = client.recv(65536).decode()
    client.close()
    assert answer.startswith("HTTP/1.1 400")
    assert "rechargez la page" in answer


def test_a_site_that_does_not_run_is_told_in_french(tmp_path: Path) -> None:
    with run_nginx(tmp_path / "proxy", "http://127.0.0.1:9") as nginx:
        answer = httpx.get(nginx.url, trust_env=False, verify=False)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "Attendez une minute" in answer.text


def test_forwarded_headers_are_one_value_of_the_proxy(tmp_path: Path) -> None:
    require_program("nginx")
    upstream = FakeServer(lambda exchange: exchange.reply({}))
    claimed = {
        "X-Forwarded-For": "9.9.9.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "stranger.example",
        "X-Forwarded-Prefix": "//stranger.example",
        "Forwarded": "for=9.9.9.9",
    }
    with run_nginx(tmp_path / "proxy", upstream.url) as nginx:
        answer = httpx.get(nginx.url, headers=claimed, trust_env=False, verify=False)
    upstream.close()
    heard = {name: value for name, value in upstream.requests[0].headers.items() if "orwarded" in name.lower()}
    assert {name.lower(): value for name, value in heard.items()} == {
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
    }
    assert "strict-transport-security" not in answer.headers  # over http it would be ignored, and must not be sent


def test_requests_of_one_address_are_limited(tmp_path: Path) -> None:
    require_program("nginx")
    template = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    most = int(template.partition("limit_conn hfcourse_address ")[2].partition(";")[0])
    may_answer = threading.Event()
    upstream = FakeServer(lambda exchange: (may_answer.wait(WAIT_TIMEOUT_SECONDS), exchange.reply({}))[1])
    with run_nginx(tmp_path / "proxy", upstream.url) as nginx:
        clients = [open_connection(nginx.url) for _ in range(most)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert wait_until(lambda: len(upstream.requests) == most)
        answer = httpx.get(nginx.url, trust_env=False, verify=False)
        may_answer.set()
        for client in clients:
            client.close()
    upstream.close()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    assert "Attendez dix secondes" in answer.text


def test_the_template_has_no_variable_but_those_of_its_head() -> None:
    template = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    filled = fill_template(template, {"LISTEN_ADDRESS": "80", "UPSTREAM_ADDRESS": "web:8000"})
    assert "${" not in filled
