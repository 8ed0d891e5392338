"""A campus on one machine: web processes under gunicorn and workers, each in a process of its own, on one database."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.browser.site import ROOT, Site, environment, free_port
from tests.services import START_SECONDS

WEB = [sys.executable, "-m", "gunicorn", "hfcourse:create_app()", "--bind"]
WORKER = [sys.executable, "-m", "flask", "--app", "hfcourse", "worker"]
MIGRATE = [sys.executable, "-m", "flask", "--app", "hfcourse", "migrate"]


@dataclass
class Campus:
    """Web processes and workers that share what `settings` names."""

    folder: Path
    settings: dict[str, str]
    webs: list[Site] = field(default_factory=list)
    workers: list[subprocess.Popen] = field(default_factory=list)

    def start(self, webs: int, workers: int) -> None:
        """Bring the database up to date, start so many of each, and wait until they are there."""
        self.run(MIGRATE).wait(START_SECONDS)
        for _ in range(workers):
            self.add_worker()
        for _ in range(webs):
            self.add_web()
        for each in self.webs:
            each.wait_until_up()
        if workers:
            self.webs[0].wait(lambda: self.health()["workers"], START_SECONDS)

    def run(self, command: list[str]) -> subprocess.Popen:
        """Start one of the site's programs; what it says goes to a file of its own."""
        with (self.folder / "campus.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=ROOT, env=environment(**self.settings), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def add_web(self) -> Site:
        port = free_port()
        site = Site(f"http://127.0.0.1:{port}", self.run([*WEB, f"127.0.0.1:{port}"]), self.folder / "campus.log")
        self.webs.append(site)
        return site

    def add_worker(self) -> subprocess.Popen:
        self.workers.append(self.run(WORKER))
        return self.workers[-1]

    def health(self) -> dict:
        return httpx.get(self.webs[0].url + "/sante", timeout=START_SECONDS).json()

    def end(self) -> None:
        """End them all, as they are ended on a server."""
        processes = [*(each.process for each in self.webs), *self.workers]
        for each in processes:
            each.terminate()
        for each in processes:
            try:
                each.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
