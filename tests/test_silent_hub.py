"""Lessons and the catalogue while the Hub says nothing at all, under both servers, each in a process of its own."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeServer
from tests.support.site_process import FLASK_COMMAND, SiteProcess, build_gunicorn_command, run_site
from tests.support.slow_clients import LESSON_PATH
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

MANY = 32
MAX_RESPONSE_SECONDS = 4  # a look-up of the Hub takes five


@pytest.fixture
def silent_hub() -> Iterator[FakeServer]:
    server = FakeServer(fake_servers.never_reply)
    yield server
    server.close()


@pytest.fixture(params=[FLASK_COMMAND, build_gunicorn_command()], ids=["flask run", "gunicorn"])
def site(request: pytest.FixtureRequest, tmp_path: Path, silent_hub: FakeServer) -> Iterator[SiteProcess]:
    with run_site(tmp_path, program=request.param, HF_ENDPOINT=silent_hub.url) as running:
        for page in (LESSON_PATH, "/espaces/"):  # drawn once: that takes its time
            assert httpx.get(running.url + page, trust_env=False, verify=False).status_code == 200
        yield running


@pytest.mark.parametrize(
    "address",
    ["/espaces/a/b{}", "/espaces/a/b", "/espaces/?q=mot{}", "/espaces/?nom=https://a-b{}.hf.space"],
    ids=["many names", "one name", "searches", "addresses"],
)
def test_a_silent_hub_keeps_nobody_from_a_lesson(site: SiteProcess, silent_hub: FakeServer, address: str) -> None:
    answers: list[httpx.Response] = []

    def ask(number: int) -> None:
        url = site.url + address.format(number)
        answers.append(httpx.get(url, timeout=WAIT_TIMEOUT_SECONDS, trust_env=False, verify=False))

    asking = [threading.Thread(target=ask, args=(n,)) for n in range(MANY)]
    for each in asking:
        each.start()
    assert wait_until(lambda: bool(silent_hub.requests))
    for page in (LESSON_PATH, "/espaces/", LESSON_PATH):
        begun = time.monotonic()
        assert (
            httpx.get(site.url + page, timeout=WAIT_TIMEOUT_SECONDS, trust_env=False, verify=False).status_code == 200
        )
        assert time.monotonic() - begun < MAX_RESPONSE_SECONDS
    for each in asking:
        each.join(WAIT_TIMEOUT_SECONDS)
    assert len(answers) == MANY
    assert {answer.status_code for answer in answers} == {200}
    assert all(any(f'data-error="{code}"' in each.text for code in ("hub-unreachable", "timeout")) for each in answers)
