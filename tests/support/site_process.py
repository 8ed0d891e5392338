"""The real site in a process of its own, and a Hub that knows a few Spaces in each of their states."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

from tests.support.migrated_database import put_database

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
WAKE_SECONDS = 90
FLASK = [sys.executable, "-m", "flask", "run", "--port"]
GUNICORN_EXEC = (
    "import os, sys; os.execv(sys.executable, [sys.executable, '-m', *sys.argv[1:-1], '127.0.0.1:' + sys.argv[-1]])"
)
PRACTICE = "/espaces/hfcourse/entrainement"
INSTRUCTOR_PASSWORD = "craie et tableau noir"


def gunicorn(*options: str) -> list[str]:
    """The command of gunicorn on loopback, in front of a port, with the settings of gunicorn.conf.py and these."""
    return [sys.executable, "-c", GUNICORN_EXEC, "gunicorn", "hfcourse:create_app()", *options, "--bind"]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def environment(**settings: str) -> dict[str, str]:
    """This environment with these settings and no other of ours, token included."""
    ours = ("HFCOURSE_", "HF_", "HUGGING_FACE_", "FLASK_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | settings


@dataclass
class Site:
    """A site that answers at `url`; what it says goes to `log`."""

    url: str
    process: subprocess.Popen
    log: Path

    def get(self, path: str) -> str:
        """The page at this path, asked without a browser."""
        with urllib.request.urlopen(self.url + path, timeout=START_SECONDS) as answer:
            return answer.read().decode()

    def enter(self, page: "Page") -> None:
        """Enter as the instructor, in the browser of this page."""
        page.goto("/enseignant/")
        page.locator("[name=mot-de-passe]").fill(INSTRUCTOR_PASSWORD)
        page.locator("[name=mot-de-passe]").press("Enter")
        page.wait_for_url("**/enseignant/")
        page.get_by_role("button", name="Sortir", exact=True).wait_for()

    def is_up(self) -> bool:
        """Does it answer? Nobody listens yet while it starts."""
        try:
            return bool(self.get("/sante"))
        except OSError:  # nobody listens yet, or it takes its time
            return False

    def wait_until_up(self) -> None:
        """Return once it answers."""
        self.wait(self.is_up, START_SECONDS)

    def wake(self) -> None:
        """Open the practice Space until it is awake."""
        self.wait(lambda: "data-endpoint" in self.get(PRACTICE), WAKE_SECONDS)

    def wait(self, is_so, seconds: float) -> None:
        """Ask again until it is so."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)


@contextmanager
def started(
    folder: Path, instance: Path | None = None, program: Sequence[str] = FLASK, **settings: str
) -> Iterator[Site]:
    """A site with its instance in `folder`, or in that of another site, by `flask run`; ended by its process id."""
    folder.mkdir(parents=True, exist_ok=True)
    if "HFCOURSE_DATABASE_URL" not in settings:
        put_database(instance or folder / "instance")
    port, log = free_port(), folder / "site.log"
    with log.open("wb") as kept:
        process = subprocess.Popen(
            [*program, str(port)],
            cwd=ROOT,
            env=environment(
                HFCOURSE_INSTANCE=str(instance or folder / "instance"),
                HFCOURSE_INSTRUCTOR_PASSWORD=INSTRUCTOR_PASSWORD,
                **settings,
            ),
            stdin=subprocess.DEVNULL,
            stdout=kept,
            stderr=kept,
        )
    site = Site(f"http://127.0.0.1:{port}", process, log)
    try:
        site.wait_until_up()
        yield site
    finally:
        process.terminate()
        process.wait()


def space(stage: str) -> dict[str, Any]:
    """What a Hub says of a Space in this stage."""
    return {"sdk": "gradio", "host": "https://etat.hf.space", "runtime": {"stage": stage}}


CARD = {"title": "A rather long title that nobody wrote for a telephone", "short_description": "From English to French"}
FOUND = [
    {"id": "etat/a-name-as-long-as-many-names-of-spaces-are", "likes": 1234, "cardData": CARD} | space("SLEEPING"),
    {"id": "etat/paused", "likes": 1} | space("PAUSED"),
]


class HubHandler(BaseHTTPRequestHandler):
    """Knows `etat/<stage>` for each stage of a Space, and finds two of them by a word; nothing else exists."""

    def do_GET(self) -> None:
        if self.path.startswith("/api/spaces?"):
            self.tell(FOUND if "search=traduire" in self.path else [], 503 if "search=panne" in self.path else 200)
            return
        found = self.path.startswith("/api/spaces/etat/")
        stage = self.path.rpartition("/")[2].replace("-", "_").upper()
        self.tell(space(stage), 200 if found else 404)

    def tell(self, answer: object, status: int) -> None:
        """Answer with this JSON."""
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def pretended_hub() -> Iterator[str]:
    """The address of a Hub of our own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), HubHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
