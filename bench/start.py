"""Time to the first lesson after start-up, compared with a one-view Flask application on this machine.

    python bench/start.py

The rule: at most 1.5 times the bare application, plus 0.5 s. Both are started alternately with `flask run` of this
interpreter, each N times, and the medians are compared. The instance folder is temporary; a first start, which is not
counted, creates its database and the .pyc files of both.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness import find_free_port

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
TIMES, PLUS_SECONDS = 1.5, 0.5
TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.005
LESSON = "/lecons/3-1-presentation"
BARE = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "<h1>Bonjour</h1>"
"""


def make_environment(**more: str) -> dict[str, str]:
    """Return the environment without settings of either application, updated with `more`."""
    prefixes = ("HFCOURSE_", "HF_", "FLASK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)} | more


def is_page_ready(address: str) -> bool:
    """Does the page respond? The connection is refused while the application is imported."""
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (http, and ours)
            return answer.status == 200
    except urllib.error.HTTPError:
        raise
    except (urllib.error.URLError, ConnectionError):
        return False


def measure_startup(folder: Path, path: str, settings: dict[str, str]) -> float:
    """Start `flask run` in `folder`, wait for the page, terminate it; return the seconds to the response."""
    port = find_free_port()
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
        while not is_page_ready(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.perf_counter() - begun > TIMEOUT_SECONDS:
                raise SystemExit(f"{' '.join(command)} does not answer in {folder}.")
            time.sleep(POLL_SECONDS)
        return time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def measure(folder: Path) -> tuple[list[float], list[float]]:
    """Return the seconds of hfcourse and of the bare application, started alternately.

    The first start of each is not counted.
    """
    (folder / "bare.py").write_text(BARE)
    course = (ROOT, LESSON, make_environment(HFCOURSE_INSTANCE=str(folder / "instance"), FLASK_APP="hfcourse"))
    bare = (folder, "/", make_environment(FLASK_APP="bare"))
    pairs = [(measure_startup(*course), measure_startup(*bare)) for _ in range(RUNS + 1)][1:]
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
    is_met = ours <= limit
    print(f"rule        at most {TIMES} times + {PLUS_SECONDS} s = {limit:.2f} s: {'met' if is_met else 'BROKEN'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
