"""The real site in a process of its own, and a Hub that knows a few Spaces in each of their states."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tests.spaces.fork_client import ForkedProcess
from tests.spaces.program_runner import (
    CAN_FORK,
    GRADIO_MODULE,
    PRACTICE_SERVER_VARIABLE,
    start_fork_server,
    start_forked,
)
from tests.support.paths import ROOT
from tests.support.processes import build_environment, find_free_port

if TYPE_CHECKING:
    from playwright.sync_api import Page

from tests.support.migrated_database import install_database

STARTUP_TIMEOUT_SECONDS = 60
WAKE_TIMEOUT_SECONDS = 90
# The command of a site whose process is what a test looks at; the others are forks of a server that has imported them.
FLASK_COMMAND = [sys.executable, "-m", "flask", "run", "--port"]
GUNICORN_EXEC_CODE = (
    "import os, sys; os.execv(sys.executable, [sys.executable, '-m', *sys.argv[1:-1], '127.0.0.1:' + sys.argv[-1]])"
)
PRACTICE_PATH = "/espaces/hfcourse/entrainement"
INSTRUCTOR_PASSWORD = "craie et tableau noir"


def build_gunicorn_command(*options: str) -> list[str]:
    """The command of gunicorn on loopback, in front of a port, with the settings of gunicorn.conf.py and these."""
    return [sys.executable, "-c", GUNICORN_EXEC_CODE, "gunicorn", "hfcourse:create_app()", *options, "--bind"]


@dataclass
class SiteProcess:
    """A site that answers at `url`; what it says goes to `log`."""

    url: str
    process: subprocess.Popen[bytes] | ForkedProcess
    log: Path

    def fetch_page(self, path: str) -> str:
        """The page at this path, asked without a browser."""
        with urllib.request.urlopen(self.url + path, timeout=STARTUP_TIMEOUT_SECONDS) as answer:
            return answer.read().decode()

    def log_in_instructor(self, page: "Page") -> None:
        """Enter as the instructor, in the browser of this page."""
        page.goto("/enseignant/")
        page.locator("[name=mot-de-passe]").fill(INSTRUCTOR_PASSWORD)
        page.locator("[name=mot-de-passe]").press("Enter")
        page.wait_for_url("**/enseignant/")
        page.get_by_role("button", name="Sortir", exact=True).wait_for()

    def is_up(self) -> bool:
        """Does it answer? Nobody listens yet while it starts."""
        try:
            return bool(self.fetch_page("/sante"))
        except OSError:  # nobody listens yet, or it takes its time
            return False

    def wait_until_up(self) -> None:
        """Return once it answers."""
        self.wait_for(self.is_up, STARTUP_TIMEOUT_SECONDS)

    def wake_practice_space(self) -> None:
        """Open the practice Space until it is awake."""
        self.wait_for(lambda: "data-endpoint" in self.fetch_page(PRACTICE_PATH), WAKE_TIMEOUT_SECONDS)

    def wait_for(self, is_so, seconds: float) -> None:
        """Ask again until it is so."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)


@contextmanager
def run_site(
    folder: Path, instance: Path | None = None, program: Sequence[str] = (), port: int = 0, **settings: str
) -> Iterator[SiteProcess]:
    """A site with its instance in `folder`, or in that of another site, by `flask run`; ended by its process id.

    Args:
        program: a command that is run instead, with the port as its last argument.
        port: one that another site has left.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if "HFCOURSE_DATABASE_URL" not in settings:
        install_database(instance or folder / "instance")
    port, log = port or find_free_port(), folder / "site.log"
    environment = build_environment(
        HFCOURSE_INSTANCE=str(instance or folder / "instance"),
        HFCOURSE_INSTRUCTOR_PASSWORD=INSTRUCTOR_PASSWORD,
        **settings,
    )
    with log.open("wb") as kept:
        process = start_process(program, port, environment, kept)
    site = SiteProcess(f"http://127.0.0.1:{port}", process, log)
    try:
        site.wait_until_up()
        yield site
    finally:
        process.terminate()
        process.wait()


def start_process(
    program: Sequence[str], port: int, environment: Mapping[str, str], log: IO[bytes]
) -> subprocess.Popen[bytes] | ForkedProcess:
    """Start a command that serves a site at this port; without one, `flask run`, as a fork where Linux lets us."""
    if program or not CAN_FORK:
        command = [*(program or FLASK_COMMAND), str(port)]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    os.environ[PRACTICE_SERVER_VARIABLE] = start_fork_server(sys.executable, GRADIO_MODULE)
    server = start_fork_server(sys.executable, "tests.support.preloaded_site")
    return start_forked(server, "flask", ["run", "--port", str(port)], environment, log.fileno())
