"""Latency and throughput of a call through hfcourse, compared with the alternatives, in one run on this machine.

    python bench/call.py [--visitors 1,30,100] [--seconds 6]

One trivial Gradio app is the target of all: its REST route (the floor), a gradio_client created for each call, a
reused gradio_client, a naive Flask view that creates a client for each request, and hfcourse from the POST of the
form to the stored result. Each visitor calls, waits for the end, calls again. hfcourse is called as a browser does: the
form in its own encoding, then the page of the run, then its event stream if the run goes on. Processes are terminated
by their id.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from gradio_client import Client
from harness import Browser, Peak, find_free_port, flask_command, memory_bytes, processor_seconds, run_server

SLOW_RUNS = 100
POLL_SECONDS = 0.25
PAGE_POLL_SECONDS = 0.7  # the page's own poll interval, for the load of a hundred waiting students

Duration = float | Callable[[], float]  # in seconds; a function where it is looked up once the load has ended
Caller = Callable[[str], Duration]  # calls an endpoint once and returns the duration


def look_up(durations: Iterable[Duration]) -> list[float]:
    """Return durations in seconds."""
    return [each() if callable(each) else each for each in durations]


def measure_seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def make_rest_caller(space: str) -> Caller:
    """Call the Space's own REST route over one persistent connection."""
    browser = Browser(space)

    def call(endpoint: str) -> None:
        event = json.loads(browser.post_json(f"/gradio_api/call/{endpoint}", {"data": ["Awa"]}))["event_id"]
        assert "event: complete" in browser.get(f"/gradio_api/call/{endpoint}/{event}")

    return lambda endpoint: measure_seconds(lambda: call(endpoint))


def make_client(space: str) -> Client:
    return Client(space, token=False, download_files=False, verbose=False, analytics_enabled=False)


def make_fresh_client_caller(space: str) -> Caller:
    return lambda endpoint: measure_seconds(lambda: make_client(space).predict("Awa", api_name=f"/{endpoint}"))


def make_reused_client_caller(space: str) -> Caller:
    client = make_client(space)
    return lambda endpoint: measure_seconds(lambda: client.predict("Awa", api_name=f"/{endpoint}"))


def make_naive_view_caller(address: str) -> Caller:
    browser = Browser(address)

    def call(endpoint: str) -> None:
        assert browser.post_form(f"/{endpoint}", {"name": "Awa"}).status == 200

    return lambda endpoint: measure_seconds(lambda: call(endpoint))


def make_site_caller(address: str, poll_seconds: float = POLL_SECONDS) -> Caller:
    """Call as a student's browser: load the form once, then POST it, open the run's page and follow its stream.

    Args:
        poll_seconds: interval at which the page polls if the site has no slot for a stream.
    """
    browser = Browser(address)
    page = browser.get("/espaces/bench/trivial")
    csrf = re.search(r'name="csrf_token"\s+value="([^"]+)"', page)
    assert csrf, "no form"
    is_multipart = 'enctype="multipart/form-data"' in page

    def call(endpoint: str) -> Duration:
        form = {"csrf_token": csrf[1], "space": "bench/trivial", "endpoint": f"/{endpoint}", "arg-name": "Awa"}
        sent = time.time()
        address = browser.post_form("/essais", form, is_multipart=is_multipart).headers["Location"]
        follow_run(browser, address, poll_seconds)
        return lambda: fetch_finish_time(browser, address) - sent

    return call


def fetch_finish_time(browser: Browser, address: str) -> float:
    """Return the time at which a run was stored; no browser asks for its JSON, so this is not part of a call."""
    report = json.loads(browser.get(address + ".json"))
    assert report["status"] == "succeeded", report
    return datetime.fromisoformat(report["timings"]["finished"]).timestamp()


def follow_run(browser: Browser, address: str, poll_seconds: float) -> None:
    """Open the page of a run and follow it to its end: by its stream, or polled where the site has no slot for one."""
    page = browser.get(address)
    while found := re.search(r'data-cursor="(\d+)" data-stream="([^"]+)"', " ".join(page.split())):
        page = browser.get(f"{found[2]}?depuis={found[1]}").rpartition("<article")[2]  # the last fragment
        if not page:
            time.sleep(poll_seconds)
            page = browser.get(address)


@dataclass
class Load:
    """Load generator: concurrent visitors that call repeatedly for `seconds`, or once."""

    caller: Callable[[], Caller]
    visitors: int
    seconds: float
    endpoint: str = "greet"
    process_id: int | None = None  # the server whose processor time is measured
    took: list[float] = field(default_factory=list)
    wall: float = 0
    processor: float = 0
    _calls: list[Duration] = field(default_factory=list)

    def run(self) -> "Load":
        callers = [self.caller() for _ in range(self.visitors)]
        for caller in callers[:3]:
            caller("greet")  # warm
        before = processor_seconds(self.process_id) if self.process_id else 0
        start = time.perf_counter()
        threads = [threading.Thread(target=self._visit, args=(caller, start)) for caller in callers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.wall = time.perf_counter() - start
        self.processor = processor_seconds(self.process_id) - before if self.process_id else 0
        self.took = look_up(self._calls)
        return self

    def _visit(self, caller: Caller, start: float) -> None:
        self._calls.append(caller(self.endpoint))
        while time.perf_counter() - start < self.seconds:
            self._calls.append(caller(self.endpoint))

    @property
    def median(self) -> float:
        return statistics.median(self.took)

    @property
    def p95(self) -> float:
        return sorted(self.took)[int(len(self.took) * 0.95)]

    @property
    def rate(self) -> float:
        return len(self.took) / self.wall


def fetch_request_count(space: str) -> int:
    return httpx.get(space + "/requests").json()


def print_table(contenders: dict[str, Callable[[], Caller]], visitors: list[int], seconds: float, space: str) -> None:
    """Print a table for each number of visitors; ratios are to the floor (time) and to the naive view (rate)."""
    for count in visitors:
        print(f"\n{count} visitor(s)      median ms   p95 ms   calls/s   requests/call   time/floor   rate/naive")
        loads, asked = {}, {}
        for name, caller in contenders.items():
            before = fetch_request_count(space)
            loads[name] = Load(caller, count, seconds).run()
            asked[name] = (fetch_request_count(space) - before) / len(loads[name].took)
        for name, load in loads.items():
            print(
                f"{name:16} {load.median * 1000:10.1f} {load.p95 * 1000:8.0f} {load.rate:9.1f} {asked[name]:15.1f}"
                f" {load.median / loads['REST floor'].median:12.2f} {load.rate / loads['naive view'].rate:12.2f}"
            )


def print_throughput_limit(caller: Callable[[], Caller], process_id: int, seconds: float) -> None:
    """Print the CPU time of a call in the site's process, and the maximal rate that follows from it."""
    load = Load(caller, 30, seconds, process_id=process_id).run()
    each = load.processor / len(load.took)
    if each:
        print(
            f"\na call costs the site {each * 1000:.1f} ms of processor: at most {1 / each:.0f} calls/s in one process"
        )


def print_slow_runs(space: str, site: str, process_id: int) -> None:
    """Print the duration of 100 concurrent runs of 2 s, compared with the floor, and the memory that they add."""
    floor_seconds = max(Load(lambda: make_rest_caller(space), SLOW_RUNS, 0, "wait").run().took)
    idle = memory_bytes(process_id)
    with Peak(process_id) as peak:
        seconds = max(Load(lambda: make_site_caller(site, PAGE_POLL_SECONDS), SLOW_RUNS, 0, "wait").run().took)
    print(
        f"\n{SLOW_RUNS} runs of 2 s at once: the last is stored after {seconds:.1f} s"
        f" (REST floor {floor_seconds:.1f} s), {(peak.bytes - idle) / 1e6:.0f} MB above idle"
    )


def main() -> None:
    """Start the three servers and print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--visitors", default="1,30,100")
    options.add_argument("--seconds", type=float, default=6)
    chosen = options.parse_args()
    ports = [find_free_port() for _ in range(3)]
    space, plain, site = (f"http://127.0.0.1:{port}" for port in ports)
    with (
        tempfile.TemporaryDirectory() as instance,
        run_server([sys.executable, "bench/trivial_app.py", str(ports[0])], space + "/config"),
        run_server(flask_command("bench/naive_view.py", ports[1]), plain, SPACE=space) as naive_id,
    ):
        Path(instance, "spaces.toml").write_text(f'[[space]]\nid = "bench/trivial"\nurl = "{space}"\n')
        variables = {"HFCOURSE_INSTANCE": instance, "HFCOURSE_RUNS_PER_MINUTE": "1000000"}
        with run_server(flask_command("hfcourse", ports[2]), site, **variables) as process_id:
            contenders = {
                "REST floor": lambda: make_rest_caller(space),
                "fresh client": lambda: make_fresh_client_caller(space),
                "reused client": lambda: make_reused_client_caller(space),
                "naive view": lambda: make_naive_view_caller(plain),
                "hfcourse": lambda: make_site_caller(site),
            }
            print_table(contenders, [int(word) for word in chosen.visitors.split(",")], chosen.seconds, space)
            sizes = [memory_bytes(each) / 1e6 for each in (process_id, naive_id)]
            print(
                f"\nmemory: hfcourse {sizes[0]:.0f} MB, naive view {sizes[1]:.0f} MB: {sizes[0] / sizes[1]:.2f} times"
            )
            print_throughput_limit(contenders["hfcourse"], process_id, chosen.seconds)
            print_slow_runs(space, site, process_id)


if __name__ == "__main__":
    main()
