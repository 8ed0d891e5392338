"""Throughput of lessons, compared with a bare Flask view that returns the same bytes, in one run.

    python bench/load.py [--seconds 2] [--pairs 7]

Both are served by gunicorn with one worker of 16 threads, and requested alternately over persistent connections by
another process. The rule: at least 0.8 times the requests per second of the bare view, compressed or not. A reader
with a visitor cookie costs a database query: that line is for information, and has no rule.
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from harness import Browser, find_free_port, run_server

HERE = Path(__file__).resolve().parent
LESSON = "/lecons/3-1-presentation"
LEAST_RATIO = 0.8
THREADS, CONNECTIONS = 16, 4
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Reader:
    """Client that requests one page repeatedly over one connection, with minimal parsing of the response."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        parts = urlsplit(address)
        lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", *(f"{k}: {v}" for k, v in headers.items())]
        self._question = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self._socket = socket.create_connection((parts.hostname, parts.port), 10)

    def read(self) -> bytes:
        """Return the body of one response."""
        self._socket.sendall(self._question)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        length = LENGTH.search(received, 0, end)
        if not received.startswith(b"HTTP/1.1 200") or not length:
            sys.exit(f"unexpected response: {received[:end].decode()}")
        pieces, left = [received[end + 4 :]], int(length[1]) - len(received) + end + 4
        while left > 0:
            pieces.append(self._more())
            left -= len(pieces[-1])
        return b"".join(pieces)

    def _more(self) -> bytes:
        if piece := self._socket.recv(1 << 18):
            return piece
        sys.exit("the server closed the connection")


def measure_rate(address: str, headers: dict[str, str], seconds: float) -> float:
    """Return the requests per second over several concurrent connections, measured in the process of `--client`."""
    counts = []

    def read_repeatedly() -> None:
        reader, count = Reader(address, headers), 0
        while time.perf_counter() < end:
            reader.read()
            count += 1
        counts.append(count)

    begun = time.perf_counter()
    end = begun + seconds
    threads = [threading.Thread(target=read_repeatedly) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begun)


def measure_separately(address: str, headers: dict[str, str], seconds: float) -> float:
    """Measure the rate in a separate process."""
    words = [f"{name}={value}" for name, value in headers.items()]
    command = [sys.executable, __file__, "--seconds", str(seconds), "--client", address, *words]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603 (ours)


def make_reader_cookie(site: str) -> str:
    """Return the cookie of a reader who has stored progress in a lesson, and deleted it."""
    browser = Browser(site)
    for answer in ("oui", "non"):
        browser.post_form(LESSON, {"lue": answer})
    return "; ".join(f"{name}={value}" for name, value in browser._cookies.items())


def gunicorn_command(application: str, port: int) -> list[str]:
    options = ["--threads", str(THREADS), "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", *options, application]


def compare(site: str, headers: dict[str, str], folder: str, seconds: float, pairs: int) -> tuple[float, float, float]:
    """Return the medians of the site's rate, of the bare view's, and of the ratio of each pair."""
    asked = urllib.request.Request(site + LESSON, headers=headers)  # noqa: S310 (http, and ours)
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        body, encoding = answer.read(), answer.headers.get("Content-Encoding", "")
    Path(folder, "body").write_bytes(body)
    bare = f"http://127.0.0.1:{find_free_port()}"
    command = [
        *gunicorn_command("bare_view:app", urlsplit(bare).port or 0),
        "--chdir",
        str(HERE),
        "--config",
        os.devnull,
    ]
    with run_server(command, bare + LESSON, BODY=str(Path(folder, "body")), ENCODING=encoding):
        for address in (site, bare):
            measure_separately(address + LESSON, headers, 0.5)  # warm
        both = [
            tuple(measure_separately(each + LESSON, headers, seconds) for each in (site, bare)) for _ in range(pairs)
        ]
    ratios = [ours / theirs for ours, theirs in both]
    return *(statistics.median(column) for column in zip(*both, strict=True)), statistics.median(ratios)


def main() -> int:
    """Print a line for each kind of reader; 1 if the rule is broken."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=2)
    options.add_argument("--pairs", type=int, default=7)
    options.add_argument("--client", nargs="+", metavar=("ADDRESS", "NAME=VALUE"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.client:
        address, *words = chosen.client
        print(measure_rate(address, dict(word.split("=", 1) for word in words), chosen.seconds))
        return 0
    is_met = True
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        site = f"http://127.0.0.1:{find_free_port()}"
        command = gunicorn_command("hfcourse:create_app()", urlsplit(site).port or 0)
        stack.enter_context(run_server(command, site + LESSON, HFCOURSE_INSTANCE=folder))
        readers = {
            "compressed (br)": {"Accept-Encoding": "br"},
            "not compressed": {},
            "known by a cookie": {"Accept-Encoding": "br", "Cookie": make_reader_cookie(site)},
        }
        print(f"{'reader':<20}{'lessons/s':>10}{'bare view/s':>13}{'ratio':>8}")
        for name, headers in readers.items():
            ours, theirs, ratio = compare(site, headers, folder, chosen.seconds, chosen.pairs)
            print(f"{name:<20}{ours:>10.0f}{theirs:>13.0f}{ratio:>8.2f}")
            is_met = is_met and ("Cookie" in headers or ratio >= LEAST_RATIO)
    print(f"rule: at least {LEAST_RATIO} times the bare view's: {'met' if is_met else 'BROKEN'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
