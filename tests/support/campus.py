"""A campus on one machine: web processes under gunicorn and workers, each in a process of its own, on one database."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from tests.support.paths import ROOT
from tests.support.processes import build_environment, find_free_port
from tests.support.services import STARTUP_TIMEOUT_SECONDS
from tests.support.site_process import SiteProcess

COMPOSE_CONFIG = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
COMPOSE_BIND_ADDRESS = "0.0.0.0:8000"


def get_compose_command(service: str) -> list[str]:
    """What `compose.yaml` starts as this service, with the programs of this environment."""
    program, *arguments = COMPOSE_CONFIG["services"][service]["command"]
    return [sys.executable, "-m", program, *arguments]


def build_web_command(address: str) -> list[str]:
    command = get_compose_command("web")
    assert COMPOSE_BIND_ADDRESS in command
    return [address if word == COMPOSE_BIND_ADDRESS else word for word in command]


@dataclass
class Campus:
    """Web processes and workers that share what `settings` names."""

    folder: Path
    settings: dict[str, str]
    webs: list[SiteProcess] = field(default_factory=list)
    workers: list[subprocess.Popen] = field(default_factory=list)

    def start(self, webs: int, workers: int) -> None:
        """Bring the database up to date, start so many of each, and wait until they are there."""
        assert self.start_process(get_compose_command("migrate")).wait(STARTUP_TIMEOUT_SECONDS) == 0
        for _ in range(workers):
            self.add_worker()
        for _ in range(webs):
            self.add_web()
        for each in self.webs:
            each.wait_until_up()
        if workers:
            self.webs[0].wait_for(lambda: self.fetch_health()["workers"], STARTUP_TIMEOUT_SECONDS)

    def start_process(self, command: list[str]) -> subprocess.Popen:
        """Start one of the site's programs; what it says goes to a file of its own."""
        settings = build_environment(FLASK_APP="hfcourse", **self.settings)
        with (self.folder / "campus.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def add_web(self) -> SiteProcess:
        port = find_free_port()
        site = SiteProcess(
            f"http://127.0.0.1:{port}",
            self.start_process(build_web_command(f"127.0.0.1:{port}")),
            self.folder / "campus.log",
        )
        self.webs.append(site)
        return site

    def add_worker(self) -> subprocess.Popen:
        self.workers.append(self.start_process(get_compose_command("worker")))
        return self.workers[-1]

    def kill_worker(self, n: int) -> None:
        """Kill a worker as the kernel does: it can do nothing more."""
        self.workers[n].kill()
        self.workers.pop(n).wait()

    def fetch_health(self) -> dict:
        return httpx.get(self.webs[0].url + "/sante", timeout=STARTUP_TIMEOUT_SECONDS).json()

    def stop(self) -> None:
        """End them all, as they are ended on a server."""
        processes = [*(each.process for each in self.webs), *self.workers]
        for each in processes:
            each.terminate()
        for each in processes:
            try:
                each.wait(STARTUP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
