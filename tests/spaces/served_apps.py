"""Our apps in a process of their own, in the environment of one version of Gradio, and a site that knows them all."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.spaces.program_runner import run_program
from tests.support.site_process import SiteProcess, run_site
from tests.support.waiting import wait_until

STARTUP_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class ServedApps:
    """Apps that answer, by name; `components` are those of this Gradio; `site` knows each app as `essai/<name>`."""

    gradio: str
    addresses: dict[str, str]
    components: set[str]
    site: SiteProcess
    _described: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get_api_root(self, app: str) -> str:
        """Where the API of an app begins; Gradio 4 has no prefix of its own."""
        return self.addresses[app] + ("" if self.gradio.startswith("4.") else "/gradio_api")

    def fetch_endpoints(self, app: str) -> dict[str, Any]:
        """What an app itself says of its endpoints, by name."""
        if app not in self._described:
            answer = httpx.get(self.get_api_root(app) + "/info", trust_env=False, verify=False)
            self._described[app] = answer.json()["named_endpoints"]
        return self._described[app]


@contextmanager
def run_apps(folder: Path, python: str | Path, program: str) -> Iterator[dict[str, Any]]:
    """What a program of ours says of its apps, in the environment of `python`; until the end of the block."""
    log, addresses = folder / "apps.log", folder / "addresses.json"
    environment = {"GRADIO_TEMP_DIR": str(folder / "gradio"), "HF_HOME": str(folder / "hf")}
    with run_program(python, program, str(folder), log, environment) as has_ended:
        assert wait_until(lambda: addresses.exists() or has_ended(), STARTUP_TIMEOUT_SECONDS), log.read_text()
        assert addresses.exists(), log.read_text()
        yield json.loads(addresses.read_text())


@contextmanager
def run_site_with_apps(
    folder: Path, python: str | Path = sys.executable, program: str = "tests.spaces.serve_components"
) -> Iterator[ServedApps]:
    """The apps, and a site in front of them."""
    with run_apps(folder, python, program) as found:
        (folder / "instance").mkdir()
        entries = [f'[[space]]\nid = "essai/{name}"\nurl = "{url}"\n' for name, url in found["addresses"].items()]
        (folder / "instance" / "spaces.toml").write_text("\n".join(entries))
        with run_site(folder) as site:
            yield ServedApps(found["gradio"], found["addresses"], set(found["components"]), site)
