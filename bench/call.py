"""What a call costs through hfcourse, beside the ways that one would otherwise take, in one run on this machine.

    python bench/call.py [--visitors 1,30,100] [--seconds 6]

One trivial Gradio app answers all of them: its REST route (the floor), a gradio_client made for each call, a
gradio_client kept, a naive Flask view that makes a client for each request, and hfcourse from the POST of the
form to the stored result. Each visitor calls, waits for the end, calls again. hfcourse's own moment of the end
is taken from the run's JSON, so that how often we look does not count. Processes are ended by their id.
"""

import argparse
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx
from gradio_client import Client

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PATIENCE_SECONDS = 120
SLOW_RUNS = 100
LOOK_SECONDS = 0.25
PAGE_LOOK_SECONDS = 0.7  # how often the page of a run asks how it goes: what a hundred waiting students cost

Caller = Callable[[str], float]  # calls an endpoint once; how long it took, in seconds


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def serving(command: list[str], address: str, **variables: str) -> Iterator[int]:
    """A server in a process of its own, from its first answer to the end of the block; yields its process id."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables, stdout=log, stderr=log)  # noqa: S603
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not is_answering(address):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    sys.exit(f"{command} did not start:\n{log.read().decode()}")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def is_answering(address: str) -> bool:
    try:
        httpx.get(address, timeout=5)
    except httpx.HTTPError:
        return False
    return True


def flask_command(app: str, port: int) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", app, "run", "--port", str(port)]


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class Browser:
    """As little of a browser as will do, so that it does not take the time of what is measured: it keeps cookies."""

    def __init__(self, address: str, source: str = "") -> None:
        """Connect to `address`, from the address `source` of this machine if it is given."""
        own = (source, 0) if source else None
        host = address.removeprefix("http://")
        self._connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS, source_address=own)
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str = "", kind: str = "") -> tuple[http.client.HTTPResponse, str]:
        """The answer and its text; a connection that the server closed is opened anew by http.client."""
        headers = {"Cookie": self.cookie}
        if kind:
            headers["Content-Type"] = kind
        self._connection.request(method, path, body or None, headers)
        answer = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer, answer.read().decode()

    def open(self, path: str) -> http.client.HTTPResponse:
        """An answer that is still to be read."""
        self._connection.request("GET", path, headers={"Cookie": self.cookie})
        return self._connection.getresponse()

    def keep_cookies(self, cookies: Mapping[str, str]) -> None:
        """Keep cookies as if the server had set them."""
        self._cookies |= cookies

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def get(self, path: str) -> str:
        return self.ask("GET", path)[1]

    def post_json(self, path: str, value: object) -> str:
        return self.ask("POST", path, json.dumps(value), "application/json")[1]

    def post_form(self, path: str, fields: dict[str, str]) -> http.client.HTTPResponse:
        return self.ask("POST", path, urlencode(fields), "application/x-www-form-urlencoded")[0]


def floor(space: str) -> Caller:
    """The Space's own REST route, over one kept connection."""
    browser = Browser(space)

    def call(endpoint: str) -> None:
        event = json.loads(browser.post_json(f"/gradio_api/call/{endpoint}", {"data": ["Awa"]}))["event_id"]
        assert "event: complete" in browser.get(f"/gradio_api/call/{endpoint}/{event}")

    return lambda endpoint: timed(lambda: call(endpoint))


def new_client(space: str) -> Client:
    return Client(space, token=False, download_files=False, verbose=False, analytics_enabled=False)


def fresh(space: str) -> Caller:
    return lambda endpoint: timed(lambda: new_client(space).predict("Awa", api_name=f"/{endpoint}"))


def reused(space: str) -> Caller:
    client = new_client(space)
    return lambda endpoint: timed(lambda: client.predict("Awa", api_name=f"/{endpoint}"))


def naive(address: str) -> Caller:
    browser = Browser(address)

    def call(endpoint: str) -> None:
        assert browser.post_form(f"/{endpoint}", {"name": "Awa"}).status == 200

    return lambda endpoint: timed(lambda: call(endpoint))


def hfcourse(address: str, look_seconds: float = LOOK_SECONDS) -> Caller:
    """A student's browser: the form once, then the POST and the run's JSON until it is over."""
    browser = Browser(address)
    csrf = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/espaces/bench/trivial"))
    assert csrf, "no form"

    def call(endpoint: str) -> float:
        form = {"csrf_token": csrf[1], "space": "bench/trivial", "endpoint": f"/{endpoint}", "arg-name": "Awa"}
        sent = time.time()
        run = browser.post_form("/essais", form).headers["Location"] + ".json"
        seen = {"status": "queued"}
        while seen["status"] in ("queued", "running"):
            time.sleep(look_seconds)
            seen = json.loads(browser.get(run))
        assert seen["status"] == "succeeded", seen
        return datetime.fromisoformat(seen["timings"]["finished"]).timestamp() - sent

    return call


@dataclass
class Load:
    """So many visitors, each calling again and again for so many seconds, or once."""

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


def memory_bytes(process_id: int) -> int:
    """Resident memory of a process (Linux; 0 elsewhere)."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


class Peak:
    """The most memory that a process had while the block ran."""

    def __init__(self, process_id: int) -> None:
        self.process_id, self.bytes, self._over = process_id, 0, threading.Event()

    def __enter__(self) -> "Peak":
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.bytes = max(self.bytes, memory_bytes(self.process_id))

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def requests_seen(space: str) -> int:
    return httpx.get(space + "/requests").json()


def table(contenders: dict[str, Callable[[], Caller]], visitors: list[int], seconds: float, space: str) -> None:
    """Print one block a number of visitors; ratios are to the floor (time) and to the naive view (rate)."""
    for count in visitors:
        print(f"\n{count} visitor(s)      median ms   p95 ms   calls/s   requests/call   time/floor   rate/naive")
        loads, asked = {}, {}
        for name, caller in contenders.items():
            before = requests_seen(space)
            loads[name] = Load(caller, count, seconds).run()
            asked[name] = (requests_seen(space) - before) / len(loads[name].took)
        for name, load in loads.items():
            print(
                f"{name:16} {load.median * 1000:10.1f} {load.p95 * 1000:8.0f} {load.rate:9.1f} {asked[name]:15.1f}"
                f" {load.median / loads['REST floor'].median:12.2f} {load.rate / loads['naive view'].rate:12.2f}"
            )


def processor_seconds(process_id: int) -> float:
    """Time that a process spent on a processor (Linux; 0 elsewhere)."""
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ceiling(caller: Callable[[], Caller], process_id: int, seconds: float) -> None:
    """Print what a call costs the site's process, which uses one processor at a time, and so how many it can serve."""
    before = processor_seconds(process_id)
    calls = len(Load(caller, 30, seconds).run().took)
    each = (processor_seconds(process_id) - before) / calls
    if each:
        print(
            f"\na call costs the site {each * 1000:.1f} ms of processor: at most {1 / each:.0f} calls/s in one process"
        )


def slow_runs(space: str, site: str, process_id: int) -> None:
    """Print how long 100 runs at once take that each take 2 s, beside the floor, and the memory that they add."""
    floor_seconds = max(Load(lambda: floor(space), SLOW_RUNS, 0, "wait").run().took)
    idle = memory_bytes(process_id)
    with Peak(process_id) as peak:
        seconds = max(Load(lambda: hfcourse(site, PAGE_LOOK_SECONDS), SLOW_RUNS, 0, "wait").run().took)
    print(
        f"\n{SLOW_RUNS} runs of 2 s at once: the last is stored after {seconds:.1f} s"
        f" (REST floor {floor_seconds:.1f} s), {(peak.bytes - idle) / 1e6:.0f} MB above idle"
    )


def main() -> None:
    """Start the three servers, print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--visitors", default="1,30,100")
    options.add_argument("--seconds", type=float, default=6)
    chosen = options.parse_args()
    ports = [free_port() for _ in range(3)]
    space, plain, site = (f"http://127.0.0.1:{port}" for port in ports)
    with (
        tempfile.TemporaryDirectory() as instance,
        serving([sys.executable, "bench/trivial_app.py", str(ports[0])], space + "/config"),
        serving(flask_command("bench/naive_view.py", ports[1]), plain, SPACE=space) as naive_id,
    ):
        Path(instance, "spaces.toml").write_text(f'[[space]]\nid = "bench/trivial"\nurl = "{space}"\n')
        variables = {"HFCOURSE_INSTANCE": instance, "HFCOURSE_RUNS_PER_MINUTE": "1000000"}
        with serving(flask_command("hfcourse", ports[2]), site, **variables) as process_id:
            contenders = {
                "REST floor": lambda: floor(space),
                "fresh client": lambda: fresh(space),
                "reused client": lambda: reused(space),
                "naive view": lambda: naive(plain),
                "hfcourse": lambda: hfcourse(site),
            }
            table(contenders, [int(word) for word in chosen.visitors.split(",")], chosen.seconds, space)
            sizes = [memory_bytes(each) / 1e6 for each in (process_id, naive_id)]
            print(
                f"\nmemory: hfcourse {sizes[0]:.0f} MB, naive view {sizes[1]:.0f} MB: {sizes[0] / sizes[1]:.2f} times"
            )
            ceiling(contenders["hfcourse"], process_id, chosen.seconds)
            slow_runs(space, site, process_id)


if __name__ == "__main__":
    main()
