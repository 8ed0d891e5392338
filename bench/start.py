"""How long until the first lesson is answered, against a Flask application of one view on this machine.

    python bench/start.py

The rule: at most 1.5 times the bare application, plus 0.5 s. Both are started in turn with `flask run` of this
interpreter, each N times, and the medians are compared. The instance folder is temporary; a first start, which
is not counted, makes its database and the .pyc files of both.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
TIMES, PLUS_SECONDS = 1.5, 0.5
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.005
LESSON = "/lecons/3-1-presentation"
BARE = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "<h1>Bonjour</h1>"
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def environment(**more: str) -> dict[str, str]:
    """The environment without anything that would set either application up otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HFCOURSE_", "HF_", "FLASK_"))}
    return kept | more


def is_answered(address: str) -> bool:
    """Is the page there? Nobody listens yet while the application is imported."""
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 (http, and ours)
            return answer.status == 200
    except urllib.error.HTTPError:
        raise
    except (urllib.error.URLError, ConnectionError):
        return False


def seconds_to_answer(folder: Path, path: str, settings: dict[str, str]) -> float:
    """Start `flask run` in `folder`, wait for the page, end it; the seconds from start to answer."""
    port = free_port()
    command = [sys.executable, "-m", "flask", "run", "--port", str(port)]
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 (a command of ours, and no shell)
        command,
        cwd=folder,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not is_answered(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE_SECONDS:
                raise SystemExit(f"{' '.join(command)} does not answer in {folder}.")
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def measure(folder: Path) -> tuple[list[float], list[float]]:
    """The seconds of hfcourse and of the bare application, started in turn; a first start of each is not counted."""
    (folder / "bare.py").write_text(BARE)
    course = (ROOT, LESSON, environment(HFCOURSE_INSTANCE=str(folder / "instance"), FLASK_APP="hfcourse"))
    bare = (folder, "/", environment(FLASK_APP="bare"))
    pairs = [(seconds_to_answer(*course), seconds_to_answer(*bare)) for _ in range(RUNS + 1)][1:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def main() -> int:
    """Print the two medians and the verdict; 1 if the rule is broken."""
    with tempfile.TemporaryDirectory() as folder:
        course, bare = measure(Path(folder))
    ours, theirs = statistics.median(course), statistics.median(bare)
    limit = TIMES * theirs + PLUS_SECONDS
    for name, all_seconds in (("hfcourse", course), ("bare Flask", bare)):
        listed = " ".join(f"{seconds:.2f}" for seconds in all_seconds)
        print(f"{name:<10}  median {statistics.median(all_seconds):.2f} s  ({listed})")
    print(f"ratio       {ours / theirs:.2f}")
    kept = ours <= limit
    print(f"rule        at most {TIMES} times + {PLUS_SECONDS} s = {limit:.2f} s: {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
