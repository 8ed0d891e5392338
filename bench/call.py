"""Latency and throughput of a call through hfcourse, compared with the alternatives, in one run on this machine.

    python bench/call.py [--visitors 1,30,100] [--seconds 6]

One trivial Gradio app is the target of all: its REST route (the floor), a gradio_client created for each call, a
reused gradio_client, a naive Flask view that creates a client for each request, and hfcourse from the POST of the
form to the stored result. Each visitor calls, waits for the end, calls again. The end of a run is read from its JSON,
so that the poll interval does not count. Processes are terminated by their id.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from gradio_client import Client
from harness import Browser, Peak, find_free_port, flask_command, memory_bytes, processor_seconds, run_server

SLOW_RUNS = 100
POLL_SECONDS = 0.25
PAGE_POLL_SECONDS = 0.7  # the page's own poll interval, for the load of a hundred waiting students

Caller = Callable[[str], float]  # calls an endpoint once and returns the duration in seconds


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
    """Call through the site as a student's browser: load the form once, then POST it and poll the run's JSON."""
    browser = Browser(address)
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/espaces/bench/trivial"))
    assert csrf, "no form"

    def call(endpoint: str) -> float:
        form = {"csrf_token": csrf[1], "space": "bench/trivial", "endpoint": f"/{endpoint}", "arg-name": "Awa"}
        sent = time.time()
        run = browser.post_form("/essais", form).headers["Location"] + ".json"
        report = {"status": "queued"}
        while report["status"] in ("queued", "running"):
            time.sleep(poll_seconds)
            report = json.loads(browser.get(run))
        assert report["status"] == "succeeded", report
        return datetime.fromisoformat(report["timings"]["finished"]).timestamp() - sent

    return call


@dataclass
class Load:
    """Load generator: concurrent visitors that call repeatedly for `seconds`, or once."""

    caller: Callable[[], Caller]
    visitors: int
    seconds: float
    endpoint: str = "greet"
    took: list[float] = field(default_factory=list)
    wall: float = 0

    def run(self) -> "Load":
        callers = [self.caller() for _ in range(self.visitors)]
        for caller in callers[:3]:
            caller("greet")  # warm
        start = time.perf_counter()
        threads = [threading.Thread(target=self._visit, args=(caller, start)) for caller in callers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.wall = time.perf_counter() - start
        return self

    def _visit(self, caller: Caller, start: float) -> None:
        self.took.append(caller(self.endpoint))
        while time.perf_counter() - start < self.seconds:
            self.took.append(caller(self.endpoint))

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
    before = processor_seconds(process_id)
    calls = len(Load(caller, 30, seconds).run().took)
    each = (processor_seconds(process_id) - before) / calls
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
