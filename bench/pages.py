"""Lighthouse scores of lessons, chat, experiments and the practice Space's page, compared with Material for MkDocs.

    python bench/pages.py [--runs 5] [--only 3-1]

Phone and desktop, the median of the runs. The rules for our pages: 100 in accessibility, best practices and SEO, at
least 95 in performance; with headers, at most 8 requests and 45 KB for what is read, 24 and 60 KB for what is used
(forms and the chat load their scripts as modules); no render-blocking script. The peer site has the same text and no
rules: its lines are a reference. Both sites are served by gunicorn. Lighthouse (npm) and Material (pip) are installed
once, in a cache outside this repository; Chromium is the system's, or that of CHROME_PATH.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from harness import find_free_port, run_server
from load import gunicorn_command
from peer_site import write_sources

HERE = Path(__file__).resolve().parent
CONTENT = HERE.parent / "hfcourse" / "content"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hfcourse-bench"
LIGHTHOUSE, MATERIAL = "lighthouse@12.8.2", "mkdocs-material==9.8.2"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
READING_LIMITS, USING_LIMITS = (8, 45_000), (24, 60_000)  # requests, bytes with their headers
PRESETS = {"phone": [], "desktop": ["--preset=desktop"]}
SPACE = "/espaces/hfcourse/entrainement?endpoint=/saluer"
CHAT, EXPERIMENTS = "/discussion", "/et-si/"
WAKE_SECONDS = 120


@dataclass(frozen=True)
class LighthouseResult:
    """Result of one Lighthouse run, or the median of several."""

    scores: dict[str, float]
    requests: float
    bytes: float
    faults: frozenset[str] = frozenset()

    @classmethod
    def of(cls, report: dict) -> "LighthouseResult":
        """Parse a report; a fault is an audit below 1 in a category that must be perfect."""
        scores = {name: round((report["categories"][name]["score"] or 0) * 100) for name in CATEGORIES}
        loaded = report["audits"]["network-requests"]["details"]["items"]
        faults = {
            part["id"]
            for name in CATEGORIES[1:]
            for part in report["categories"][name]["auditRefs"]
            if part["weight"] and report["audits"][part["id"]]["score"] not in (None, 1)
        }
        return cls(scores, len(loaded), sum(each["transferSize"] for each in loaded), frozenset(faults))

    @classmethod
    def median(cls, all_seen: list["LighthouseResult"]) -> "LighthouseResult":
        scores = {name: statistics.median(seen.scores[name] for seen in all_seen) for name in CATEGORIES}
        requests, sent = ([getattr(seen, name) for seen in all_seen] for name in ("requests", "bytes"))
        faults = frozenset().union(*(seen.faults for seen in all_seen))
        return cls(scores, statistics.median(requests), statistics.median(sent), faults)

    def list_broken_rules(self, max_requests: int, max_bytes: int) -> list[str]:
        """List the names of the broken rules."""
        broken = [name for name, least in LEAST.items() if self.scores[name] < least]
        over = {"requests": self.requests > max_requests, "weight": self.bytes > max_bytes}
        return [*broken, *(name for name, is_over in over.items() if is_over)]


class BlockingScripts(HTMLParser):
    """Parser that collects a page's render-blocking scripts: in the head, without defer, async or module."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.blocking: list[str] = []
        self._in_head = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._in_head = tag == "head" or (self._in_head and tag != "body")
        is_late = {"defer", "async"} & named.keys() or named.get("type") == "module"
        if tag == "script" and self._in_head and not is_late:
            self.blocking.append(named.get("src") or "inline")


def run_command(*command: str | Path, attempts: int = 1, **variables: str) -> None:
    """Run a command, with retries up to `attempts`."""
    words = [str(word) for word in command]
    for _ in range(attempts):
        ended = subprocess.run(  # noqa: S603 (a command of ours, and no shell)
            words, env=os.environ | variables, capture_output=True, text=True, check=False
        )
        if ended.returncode == 0:
            return
    sys.exit(f"{' '.join(words)} failed:\n{ended.stdout[-1000:]}{ended.stderr[-2000:]}")


def install_lighthouse() -> Path:
    """Return the path of Lighthouse, installed on first use."""
    folder = CACHE / LIGHTHOUSE.replace("@", "-")
    program = folder / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        run_command("npm", "install", "--no-audit", "--no-fund", "--prefix", folder, LIGHTHOUSE)
    return program


def install_mkdocs() -> Path:
    """Return the path of MkDocs with Material, installed in its own environment on first use."""
    folder = CACHE / MATERIAL.replace("==", "-")
    program = folder / "bin" / "mkdocs"
    if not program.exists():
        venv.create(folder, with_pip=True, clear=True)
        run_command(folder / "bin" / "pip", "install", "--quiet", MATERIAL)
    return program


def find_chromium() -> str:
    """Return the path of Chromium."""
    found = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    return found or sys.exit("Chromium is missing: install it, or say where it is in CHROME_PATH.")


def run_lighthouse(address: str, preset: str, runs: int) -> LighthouseResult:
    """Return the median of Lighthouse's results for this URL."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [install_lighthouse(), address, "--quiet", "--chrome-flags=--headless=new --no-sandbox"]
        command += ["--output=json", f"--output-path={report}", *PRESETS[preset]]
        command += [f"--only-categories={','.join(CATEGORIES)}"]
        found = []
        for _ in range(runs):
            # On a busy machine Chromium occasionally returns no trace; Lighthouse's own advice is to retry.
            run_command(*command, attempts=3, CHROME_PATH=find_chromium())
            found.append(LighthouseResult.of(json.loads(report.read_text(encoding="utf-8"))))
        return LighthouseResult.median(found)


def fetch_text(address: str) -> str:
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 (http, and ours)
        return answer.read().decode()


def wait_for_form(address: str) -> str:
    """Wait for the form of a Space's page; return its URL."""
    deadline = time.monotonic() + WAKE_SECONDS
    while "data-endpoint" not in fetch_text(address):
        if time.monotonic() > deadline:
            sys.exit(f"the Space of {address} does not wake")
        time.sleep(1)
    return address


def serve_application(stack: ExitStack, application: str, page: str, **variables: str) -> str:
    """Serve an application until the end of the stack; return its URL."""
    port = find_free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        *gunicorn_command(application, port),
        *(["--chdir", str(HERE), "--config", os.devnull] if page != "/" else []),
    ]
    stack.enter_context(run_server(command, address + page, **variables))
    return address


def iterate_pages(stack: ExitStack, only: str) -> Iterator[tuple[str, str, tuple[int, int] | None]]:
    """Yield name, URL and limits of each page; a lesson is followed by its peer, which has none."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    lessons = sorted(CONTENT.glob("*.md"))
    names = write_sources(lessons, folder / "peer")
    run_command(
        install_mkdocs(), "build", "--quiet", "--config-file", folder / "peer" / "mkdocs.yml", NO_MKDOCS_2_WARNING="1"
    )
    ours = serve_application(stack, "hfcourse:create_app()", "/", HFCOURSE_INSTANCE=str(folder / "instance"))
    peer = serve_application(stack, "peer_site:create_app()", "/index.html", SITE=str(folder / "peer" / "site"))
    for path, name in zip(lessons, names, strict=True):
        slug = next(row.split('"')[1] for row in path.read_text(encoding="utf-8").splitlines() if "slug" in row)
        if slug.startswith(only):
            yield slug, f"{ours}/lecons/{slug}", READING_LIMITS
            yield f"  {path.stem} (Material)", peer + name, None
    if "et-si".startswith(only):
        yield "experiments", ours + EXPERIMENTS, READING_LIMITS
    if "espace".startswith(only):
        yield "the practice Space", wait_for_form(ours + SPACE), USING_LIMITS
    if "discussion".startswith(only):
        wait_for_form(ours + SPACE)  # a chat with a Space that still starts says so
        yield "the chat", ours + CHAT, USING_LIMITS


def format_row(name: str, preset: str, seen: LighthouseResult, blocking: int) -> str:
    scores = "".join(f"{seen.scores[each]:>8.0f}" for each in CATEGORIES)
    return f"{name:<36}{preset:<8}{scores}{seen.requests:>10.0f}{seen.bytes / 1000:>7.1f}{blocking:>10}"


def main() -> int:
    """Print a line for each page and preset; 1 if one of ours breaks a rule."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--runs", type=int, default=5)
    options.add_argument(
        "--only", default="", help="the lessons whose slug begins so, or `espace`, `discussion`, `et-si`"
    )
    chosen = options.parse_args()
    is_kept = True
    print(f"{'page':<36}{'preset':<8}{'speed':>8}{'access':>8}{'best':>8}{'seo':>8}{'requests':>10}{'KB':>7}  blocking")
    with ExitStack() as stack:
        for name, address, limits in iterate_pages(stack, chosen.only):
            blocking = BlockingScripts(fetch_text(address)).blocking
            for preset in PRESETS:
                seen = run_lighthouse(address, preset, chosen.runs)
                print(format_row(name, preset, seen, len(blocking)), flush=True)
                broken = [*seen.list_broken_rules(*limits), *(["scripts"] if blocking else [])] if limits else []
                is_kept = is_kept and not broken
                if broken:
                    print(f"  BROKEN: {', '.join(broken)} {' '.join(sorted(seen.faults))}")
    print(f"rules for our pages: {'kept' if is_kept else 'BROKEN'}")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
