"""Latency of a Space's partial outputs in the page of a run, and the load of three hundred following pages.

    python bench/live.py [--pages 300] [--runs 100]

A test Space sends the time of day repeatedly; its age on arrival is the delay, measured with one clock, and compared
with the Space's own REST route. Then many runs are active, first with no page, then with many pages: the first use an
event stream, the others poll the fragment every two seconds. The site counts its queries. Processes are terminated by
their id.
"""

import argparse
import json
import re
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import Browser, find_free_port, processor_seconds, run_server

SPACE = "/espaces/bench/trivial"
STAMP = re.compile(r"\b(1\d{9}\.\d{4})\b")
TIMES, EVERY_SECONDS = 40, 0.25
WARM_SECONDS, WATCHED_SECONDS, ASK_SECONDS = 3, 12, 2
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
# Records the age of each time of day when it appears in the page.
RECORD_AGES = """() => {
  window.ages = [];
  const seen = new Set();
  new MutationObserver(() => {
    const stamp = document.querySelector("[data-output='0'] .output-text")?.textContent;
    if (!stamp || seen.has(stamp)) return;
    seen.add(stamp);
    window.ages.push(Date.now() - 1000 * Number(stamp));
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def serve_site(port: int) -> None:
    """Serve the site as `flask run` does, with its number of queries at `/queries`."""
    from sqlalchemy import event
    from werkzeug.serving import run_simple

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from hfcourse import create_app

    app, queries = create_app(), []
    event.listen(app.extensions["database"].kw["bind"], "before_cursor_execute", lambda *_: queries.append(None))
    app.add_url_rule("/queries", "queries", lambda: str(len(queries)))
    run_simple("127.0.0.1", port, app, threaded=True)


class Student(Browser):
    """Client that starts runs."""

    def __init__(self, site: str) -> None:
        super().__init__(site)
        self.site = site
        found = re.search(r'name="csrf_token"\s+value="([^"]+)"', self.get(f"{SPACE}?endpoint=/tell"))
        assert found, "no form"
        self.csrf = found[1]

    def start(self, times: int, seconds: float) -> str:
        """Start a run that sends the time `times` times; return its URL."""
        form = {
            "csrf_token": self.csrf,
            "space": "bench/trivial",
            "endpoint": "/tell",
            "arg-name": f"{times} {seconds}",
        }
        return self.post_form("/essais", form).headers["Location"]

    def stream(self, run: str) -> Iterator[bytes]:
        """Yield the chunks of a run's event stream; nothing if it is rejected."""
        host, _, port = self.site.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), 60) as connection:
            request = f"GET {run}/flux HTTP/1.1\r\nHost: {host}\r\nCookie: {self.cookie}\r\n\r\n"
            connection.sendall(request.encode())
            if b" 200 " not in (head := connection.recv(65536))[:15]:
                return
            yield head
            while piece := connection.recv(65536):
                yield piece
                if piece.endswith(b"0\r\n\r\n"):
                    return


def collect_delays(pieces: Iterator[bytes]) -> list[float]:
    """Return the delay of each time of day, in milliseconds from the Space to its arrival."""
    found: dict[str, float] = {}
    for piece in pieces:
        for stamp in STAMP.findall(piece.decode(errors="replace")):
            found.setdefault(stamp, (time.time() - float(stamp)) * 1000)
    return list(found.values())


def measure_rest_delays(space: str) -> list[float]:
    """Return the delays over the Space's own REST route."""
    asked = {"data": [f"{TIMES} {EVERY_SECONDS}"]}
    event = json.loads(Browser(space).post_json("/gradio_api/call/tell", asked))["event_id"]
    host, _, port = space.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 60) as connection:
        connection.sendall(f"GET /gradio_api/call/tell/{event} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        pieces = iter(lambda: connection.recv(65536), b"")
        return collect_delays(until_complete(pieces))


def until_complete(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        if b"event: complete" in piece:
            return


def measure_chromium_delays(site: str) -> list[float]:
    """Return the delays in Chromium, when the page has changed; [] if it is not installed."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not found:
        return []
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{site}{SPACE}?endpoint=/tell")
        page.locator("[name=arg-name]").fill(f"{TIMES} {EVERY_SECONDS}")
        page.locator("form[data-endpoint] .form-actions button").click()
        page.locator("article[data-run]").wait_for()
        page.evaluate(RECORD_AGES)
        page.locator("article[data-status=succeeded]").wait_for(timeout=60_000)
        recorded = page.evaluate("window.ages")
        browser.close()
    return recorded


def print_row(name: str, found: list[float]) -> None:
    if found:
        found.sort()
        p95 = found[int(len(found) * 0.95)]
        print(f"{name:32} {statistics.median(found):8.0f} {p95:8.0f} {found[-1]:8.0f} {len(found):7}")


@dataclass
class SiteLoad:
    """Load of the site over an interval, and the latency of its other pages."""

    queries: float
    processor: float
    threads: int
    page_ms: float


@contextmanager
def follow_runs(student: Student, runs: list[str], pages: int) -> Iterator[dict[str, int]]:
    """Follow runs with `pages` threads until the end of the block; yields the number of streams and polls."""
    over, counts = threading.Event(), {"stream": 0, "fragment": 0}

    def watch(run: str) -> None:
        for n, _ in enumerate(student.stream(run)):
            counts["stream"] += n == 0
            if over.is_set():
                return
        if over.is_set():
            return
        counts["fragment"] += 1
        browser, cursor = Browser(student.site), ""
        browser._cookies = student._cookies
        while not over.wait(ASK_SECONDS):
            browser._connection.request(
                "GET", f"{run}/statut", headers={"Cookie": student.cookie, "Last-Event-ID": cursor}
            )
            page = browser._connection.getresponse().read().decode()
            found = re.search(r'data-cursor="(\d+)"', page)
            cursor = found[1] if found else cursor

    threads = [threading.Thread(target=watch, args=(runs[n % len(runs)],)) for n in range(pages)]
    for thread in threads:
        thread.start()
        time.sleep(0.005)
    yield counts
    over.set()
    for thread in threads:
        thread.join()


def measure_load(site: str, process_id: int) -> SiteLoad:
    """Measure the load for WATCHED_SECONDS."""
    browser = Browser(site)
    time.sleep(WARM_SECONDS)
    queries, processor, begun = int(browser.get("/queries")), processor_seconds(process_id), time.monotonic()
    took = []
    while time.monotonic() - begun < WATCHED_SECONDS:
        start = time.perf_counter()
        browser.get("/lecons/3-1-presentation")
        took.append((time.perf_counter() - start) * 1000)
        time.sleep(0.1)
    seconds = time.monotonic() - begun
    return SiteLoad(
        (int(browser.get("/queries")) - queries) / seconds,
        (processor_seconds(process_id) - processor) / seconds,
        count_threads(process_id),
        statistics.median(took),
    )


def count_threads(process_id: int) -> int:
    """Return the number of threads of a process (Linux; 0 elsewhere)."""
    try:
        found = re.search(r"Threads:\s+(\d+)", Path(f"/proc/{process_id}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def print_followers_load(site: str, process_id: int, runs: int, pages: int) -> None:
    """Print the load of `runs` active runs without followers, then with `pages` pages."""
    student, costs = Student(site), {}
    times = WARM_SECONDS + WATCHED_SECONDS + 10
    for count in (0, pages):
        begun = [student.start(times, 1) for _ in range(runs)]
        with follow_runs(student, begun, count) as counts:
            costs[count] = measure_load(site, process_id)
        for run in begun:
            while json.loads(student.get(run + ".json"))["status"] in ("queued", "running"):
                time.sleep(0.5)
        if count:
            print(f"\n{runs} runs, {pages} pages: {counts['stream']} streams, {counts['fragment']} with the fragment")
    print(f"{'':24} queries/s   processor   threads   another page, ms")
    for count, spent in costs.items():
        print(
            f"{count:4} pages watch        {spent.queries:10.1f} {spent.processor:10.0%} {spent.threads:9}"
            f" {spent.page_ms:12.1f}"
        )
    each = (costs[pages].queries - costs[0].queries) / pages
    print(f"a page that watches costs {each:.2f} queries a second")


def main() -> None:
    """Start the Space and the site, print both tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pages", type=int, default=300)
    options.add_argument("--runs", type=int, default=100)
    options.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        serve_site(chosen.serve)
        return
    space, site = (f"http://127.0.0.1:{find_free_port()}" for _ in range(2))
    port: Callable[[str], str] = lambda address: address.rpartition(":")[2]  # noqa: E731
    with (
        tempfile.TemporaryDirectory() as instance,
        run_server([sys.executable, "bench/trivial_app.py", port(space)], space + "/config"),
    ):
        Path(instance, "spaces.toml").write_text(f'[[space]]\nid = "bench/trivial"\nurl = "{space}"\n')
        limits = {"RUNS_PER_MINUTE": "1000000", "RUNS_AT_ONCE_PER_VISITOR": "1000", "RUNS_WAITING": "10000"}
        variables = {f"HFCOURSE_{name}": value for name, value in (limits | {"INSTANCE": instance}).items()}
        with run_server([sys.executable, "bench/live.py", "--serve", port(site)], site, **variables) as process_id:
            print(f"{'ms from the Space to':32}   median      p95  longest   times")
            print_row("its own REST route", measure_rest_delays(space))
            student = Student(site)
            print_row("a stream of the site", collect_delays(student.stream(student.start(TIMES, EVERY_SECONDS))))
            print_row("the page in Chromium", measure_chromium_delays(site))
            print_followers_load(site, process_id, chosen.runs, chosen.pages)


if __name__ == "__main__":
    main()
