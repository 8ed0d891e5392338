"""Lessons and the catalogue while the Hub says nothing at all, under both servers, each in a process of its own."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.spaces import fake_servers
from tests.spaces.fake_servers import FakeServer
from tests.support.practice_space import until
from tests.support.site_process import FLASK, Site, gunicorn, started
from tests.support.slow_clients import LESSON

MANY = 32
PATIENCE_SECONDS, SOON_SECONDS = 30, 4  # a look-up of the Hub takes five


@pytest.fixture
def silent_hub() -> Iterator[FakeServer]:
    server = FakeServer(fake_servers.silent)
    yield server
    server.close()


@pytest.fixture(params=[FLASK, gunicorn()], ids=["flask run", "gunicorn"])
def site(request: pytest.FixtureRequest, tmp_path: Path, silent_hub: FakeServer) -> Iterator[Site]:
    with started(tmp_path, program=request.param, HF_ENDPOINT=silent_hub.url) as running:
        for page in (LESSON, "/espaces/"):  # drawn once: that takes its time
            assert httpx.get(running.url + page, trust_env=False, verify=False).status_code == 200
        yield running


@pytest.mark.parametrize(
    "address",
    ["/espaces/a/b{}", "/espaces/a/b", "/espaces/?q=mot{}", "/espaces/?nom=https://a-b{}.hf.space"],
    ids=["many names", "one name", "searches", "addresses"],
)
def test_a_silent_hub_keeps_nobody_from_a_lesson(site: Site, silent_hub: FakeServer, address: str) -> None:
    answers: list[httpx.Response] = []

    def ask(number: int) -> None:
        url = site.url + address.format(number)
        answers.append(httpx.get(url, timeout=PATIENCE_SECONDS, trust_env=False, verify=False))

    asking = [threading.Thread(target=ask, args=(n,)) for n in range(MANY)]
    for each in asking:
        each.start()
    assert until(lambda: bool(silent_hub.requests), PATIENCE_SECONDS)
    for page in (LESSON, "/espaces/", LESSON):
        begun = time.monotonic()
        assert httpx.get(site.url + page, timeout=PATIENCE_SECONDS, trust_env=False, verify=False).status_code == 200
        assert time.monotonic() - begun < SOON_SECONDS
    for each in asking:
        each.join(PATIENCE_SECONDS)
    assert len(answers) == MANY
    assert {answer.status_code for answer in answers} == {200}
    assert all(any(f'data-error="{code}"' in each.text for code in ("hub-unreachable", "timeout")) for each in answers)
