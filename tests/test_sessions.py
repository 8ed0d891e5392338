"""A class before one real Space: separate sessions, one description for all, and a Space that changes meanwhile."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.spaces.program_runner import run_program
from tests.support.http_browser import HttpBrowser
from tests.support.processes import find_free_port
from tests.support.site_process import SiteProcess, run_site
from tests.support.waiting import wait_until

VISITORS, CALLS = 30, 3
START_SECONDS = 60
SPACE = "/espaces/essai/compteur"


class Counter:
    """The Space, in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def asked(self) -> list[str]:
        """The requests that it got so far."""
        return httpx.get(self.url + "/asked", trust_env=False, verify=False).json()

    def renew(self) -> None:
        """Put the next version of the app in its place."""
        httpx.post(self.url + "/renew", trust_env=False, verify=False, timeout=30).raise_for_status()

    def is_up(self) -> bool:
        try:
            return httpx.get(self.url + "/asked", trust_env=False, verify=False).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def counting(folder: Path) -> Iterator[Counter]:
    """The Space, until the end of the block."""
    port, log = find_free_port(), folder / "counter.log"
    environment = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(folder)}
    counter = Counter(f"http://127.0.0.1:{port}")
    with run_program(sys.executable, "tests.spaces.session_counter", str(port), log, environment) as has_ended:
        assert wait_until(lambda: counter.is_up() or has_ended(), START_SECONDS), log.read_text()
        assert not has_ended(), log.read_text()
        yield counter


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counting(tmp_path_factory.mktemp("counter")) as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, counter: Counter) -> Iterator[SiteProcess]:
    folder = tmp_path_factory.mktemp("sessions")
    (folder / "instance").mkdir()
    (folder / "instance" / "spaces.toml").write_text(f'[[space]]\nid = "essai/compteur"\nurl = "{counter.url}"\n')
    with run_site(folder) as running:
        yield running


def counted(site: SiteProcess, name: str) -> list[str]:
    """What a visitor of that name gets of three calls, sent together."""
    visitor = HttpBrowser(site)
    form = visitor.open_form(SPACE, endpoint="/compter")
    assert form is not None, visitor.record.outcome
    runs = [visitor.submit_form(form, name=name).headers["location"] for _ in range(CALLS)]
    ends = [visitor.wait_for_end(run) for run in runs]
    visitor.close()
    return [end["outputs"][0]["value"] if end["outputs"] else str(end["error"]) for end in ends]


def test_thirty_visitors_at_once_count_each_for_themselves(site: SiteProcess) -> None:
    names = [f"élève-{number}" for number in range(VISITORS)]
    with ThreadPoolExecutor(VISITORS) as students:
        found = list(students.map(lambda name: counted(site, name), names))
    assert found == [[f"{name} {count}" for count in range(1, CALLS + 1)] for name in names]


def test_the_second_visitor_costs_the_space_two_requests(site: SiteProcess, counter: Counter) -> None:
    counted(site, "premier")
    before = len(counter.asked())
    visitor = HttpBrowser(site)
    run = visitor.start_run(SPACE + "?endpoint=/compter", name="seconde")
    assert visitor.wait_for_end(run)["outputs"][0]["value"] == "seconde 1"
    visitor.close()
    assert counter.asked()[before:] == ["POST /gradio_api/queue/join", "GET /gradio_api/queue/data"]


def test_a_space_without_the_endpoint_any_more_is_described_anew_at_once(site: SiteProcess, counter: Counter) -> None:
    visitor = HttpBrowser(site)
    form = visitor.open_form(SPACE, endpoint="/ancien")
    assert form is not None
    counter.renew()
    run = visitor.wait_for_end(visitor.submit_form(form, name="perdu").headers["location"])
    assert run["error"]["code"] == "endpoint-gone"
    assert run["inputs"]["name"] == "perdu"
    assert visitor.open_form(SPACE, endpoint="/nouveau") is not None
    assert visitor.get(SPACE, endpoint="/ancien").status_code == 404
    visitor.close()
