"""Sites before a Space that a test leads, and somebody who listens to the stream of a run."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag

from tests.spaces.program_runner import run_program
from tests.support.http_browser import HttpBrowser
from tests.support.processes import find_free_port
from tests.support.site_process import SiteProcess, run_site
from tests.support.waiting import WAIT_TIMEOUT_SECONDS, wait_until

STARTUP_TIMEOUT_SECONDS = 60
SCRIPTED_SPACE_PATH = "/espaces/essai/mene"


@dataclass
class ScriptedSpace:
    """The Space."""

    url: str

    def send_commands(self, *orders: str) -> None:
        """Tell the call in progress what to do: see tests/spaces/scripted.py."""
        for order in orders:
            httpx.post(self.url + "/say", content=order.encode(), trust_env=False, verify=False).raise_for_status()

    def fetch_state(self) -> dict[str, int]:
        return httpx.get(self.url + "/state", trust_env=False, verify=False).json()

    def is_up(self) -> bool:
        try:
            return httpx.get(self.url + "/state", trust_env=False, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def wait_until(self, is_so: Callable[[dict[str, int]], bool]) -> None:
        assert wait_until(lambda: is_so(self.fetch_state())), self.fetch_state()

    def wait_until_idle(self) -> None:
        """Let no call of this test go on into the next one."""
        self.wait_until(lambda state: state["begun"] == state["ended"] and not state["waiting"])


@contextmanager
def run_scripted_space(folder: Path, program: str = "tests.spaces.scripted", port: int = 0) -> Iterator[ScriptedSpace]:
    """The Space, in a process of its own; at a port that another one has left, if it is given."""
    folder.mkdir(parents=True, exist_ok=True)
    port, log = port or find_free_port(), folder / "led.log"
    environment = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(folder)}
    led = ScriptedSpace(f"http://127.0.0.1:{port}")
    with run_program(sys.executable, program, str(port), log, environment) as has_ended:
        assert wait_until(lambda: led.is_up() or has_ended(), STARTUP_TIMEOUT_SECONDS), log.read_text()
        assert not has_ended(), log.read_text()
        yield led


@contextmanager
def run_sites_for(
    led: ScriptedSpace, folder: Path, count: int = 1, program: Sequence[str] = (), **settings: str
) -> Iterator[list[SiteProcess]]:
    """So many site processes on one instance folder, before the Space."""
    (folder / "instance").mkdir(parents=True)
    (folder / "instance" / "spaces.toml").write_text(f'[[space]]\nid = "essai/mene"\nurl = "{led.url}"\n')
    settings = {"HFCOURSE_RUNS_PER_MINUTE": "1000", "HFCOURSE_RUNS_AT_ONCE_PER_VISITOR": "10"} | settings
    with ExitStack() as stack:
        yield [
            stack.enter_context(run_site(folder / str(n), folder / "instance", program, **settings))
            for n in range(count)
        ]


@dataclass(frozen=True)
class StreamedFragment:
    """One event of a stream: its number, and the fragment in it."""

    id: int
    html: str

    @property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.html, "html.parser")

    @property
    def article(self) -> Tag:
        found = self.soup.select_one("article[data-run]")
        assert found is not None, self.html
        return found

    @property
    def status(self) -> str:
        return str(self.article["data-status"])

    @property
    def text(self) -> str:
        return self.article.get_text(" ", strip=True)


class RunStreamListener:
    """Somebody who follows a run over one connection, in a thread of their own, until it ends or they leave."""

    def __init__(self, visitor: HttpBrowser, run: str, last: int | None = None, query: str = "") -> None:
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        self._context = visitor.http.stream("GET", f"{run}/flux{query}", headers=headers)
        self.response = self._context.__enter__()
        self.fragments: list[StreamedFragment] = []
        self.comments: list[str] = []
        self.event_names: list[str] = []
        self.has_ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        event: dict[str, list[str]] = {}
        try:
            for line in self.response.iter_lines():
                name, _, value = line.partition(":")
                if line.startswith(":"):
                    self.comments.append(value.strip())
                elif line:
                    event.setdefault(name, []).append(value.removeprefix(" "))
                elif event:
                    self._record_event(event)
                    event = {}
        except httpx.HTTPError:
            pass
        with self._changed:
            self.has_ended = True
            self._changed.notify_all()

    def _record_event(self, event: dict[str, list[str]]) -> None:
        with self._changed:
            if "event" in event:
                self.event_names.append(event["event"][0])
            else:
                self.fragments.append(StreamedFragment(int(event["id"][0]), "\n".join(event["data"])))
            self._changed.notify_all()

    def wait_for(self, is_so: Callable[[StreamedFragment], bool]) -> StreamedFragment:
        """The first event that is so."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: any(map(is_so, self.fragments)) or self.has_ended, WAIT_TIMEOUT_SECONDS
            )
            assert found, [each.text for each in self.fragments]
        return next(filter(is_so, self.fragments))

    def wait_for_end(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.has_ended, WAIT_TIMEOUT_SECONDS), self.fragments

    def disconnect(self) -> None:
        """Close the connection."""
        self.response.close()


def shows_text(words: str) -> Callable[[Any], bool]:
    """Does an event show these words?"""
    return lambda shown: words in shown.text
