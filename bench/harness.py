"""Harness of the benchmarks: server processes, a minimal HTTP client, memory and CPU time."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 120
BOUNDARY = "----hfcourse-bench"


def find_free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def run_server(command: list[str], address: str, **variables: str) -> Iterator[int]:
    """Run a server process from its first response to the end of the block; yields its process id."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables, stdout=log, stderr=log)  # noqa: S603
        try:
            deadline = time.monotonic() + TIMEOUT_SECONDS
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


class Browser:
    """Minimal HTTP client with cookies, cheap enough not to distort the measurement."""

    def __init__(self, address: str, source: str = "") -> None:
        """Connect to `address`, optionally from the local address `source`."""
        own = (source, 0) if source else None
        host = address.removeprefix("http://")
        self._connection = http.client.HTTPConnection(host, timeout=TIMEOUT_SECONDS, source_address=own)
        self._cookies: dict[str, str] = {}

    def request(self, method: str, path: str, body: str = "", kind: str = "") -> tuple[http.client.HTTPResponse, str]:
        """Send a request; return the response and its text.

        http.client reconnects if the server closed the connection.
        """
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
        """Send a GET request; return the unread response."""
        self._connection.request("GET", path, headers={"Cookie": self.cookie})
        return self._connection.getresponse()

    def add_cookies(self, cookies: Mapping[str, str]) -> None:
        """Add cookies as if the server had set them."""
        self._cookies |= cookies

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def get(self, path: str) -> str:
        return self.request("GET", path)[1]

    def post_json(self, path: str, value: object) -> str:
        return self.request("POST", path, json.dumps(value), "application/json")[1]

    def post_form(self, path: str, fields: dict[str, str], *, is_multipart: bool = False) -> http.client.HTTPResponse:
        """Post a form in the encoding that it asks for."""
        if not is_multipart:
            return self.request("POST", path, urlencode(fields), "application/x-www-form-urlencoded")[0]
        lines = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
            for name, text in fields.items()
        ]
        body = f"{''.join(lines)}--{BOUNDARY}--\r\n"
        return self.request("POST", path, body, f"multipart/form-data; boundary={BOUNDARY}")[0]


def memory_bytes(process_id: int) -> int:
    """Return the resident memory of a process (Linux; 0 elsewhere)."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


class Peak:
    """Sampler of the peak memory of a process inside the block."""

    def __init__(self, process_id: int) -> None:
        self.process_id, self.bytes, self._stopped = process_id, 0, threading.Event()

    def __enter__(self) -> "Peak":
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def _sample(self) -> None:
        while not self._stopped.wait(0.02):
            self.bytes = max(self.bytes, memory_bytes(self.process_id))

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()


def processor_seconds(process_id: int) -> float:
    """Return the CPU time of a process (Linux; 0 elsewhere)."""
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
