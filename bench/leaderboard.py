"""Cost of describing a Space whose `/info` has 30 MB, compared with gradio_client, in one run.

    python bench/leaderboard.py [--megabytes 30]

A leaderboard repeats its table in the defaults, examples and code of each endpoint. Each contender is a separate
process that has already imported its modules; printed are the CPU time and peak memory of the description alone.
"""

import argparse
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROWS = [[f"organisation-{n % 90}/modele-{n}", *(n / 7 + column for column in range(14))] for n in range(4_000)]
TABLE = {"headers": ["modele", *map(str, range(14))], "data": ROWS, "metadata": None}
# Writing 5 to clear_refs resets the peak of a process to its current memory (Linux, proc_pid_clear_refs(5)).
MEASURE = """
import re, sys, time
from pathlib import Path
{imports}
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1000
Path("/proc/self/clear_refs").write_text("5")
before, start = peak(), time.process_time()
{action}
print(f"{{time.process_time() - start:10.2f}} s of processor {{peak() - before:8.0f}} MB above idle")
"""
OURS = (
    "from hfcourse.spaces.registry.space_registry import open_space_client\n"
    "from hfcourse.limits.deadline import CancelScope\n"
    "from hfcourse.spaces.client.http_client import HttpClient",
    "space = open_space_client(sys.argv[1], HttpClient(), CancelScope(60))\n"
    "assert len(space.description.endpoints) == int(sys.argv[2])",
)
THEIRS = (
    "from gradio_client import Client",
    "assert Client(sys.argv[1], token=False, verbose=False, analytics_enabled=False).endpoints",
)


def make_leaderboard(megabytes: float) -> tuple[bytes, bytes, int]:
    """Return `/config` and `/info` as JSON, and the number of their endpoints."""
    parameter = {"label": "Tableau", "parameter_name": "table", "parameter_has_default": True, "component": "Dataframe"}
    parameter |= {"type": {"type": "object"}, "python_type": {"type": "dict", "description": ""}}
    parameter |= {"parameter_default": TABLE, "example_input": TABLE}
    code = json.dumps(TABLE)
    entry = {"parameters": [parameter], "returns": [], "code_snippets": {"python": code, "js": code, "bash": code}}
    count = max(1, round(megabytes * 1e6 / len(json.dumps(entry))))
    names = [f"read_{n}" for n in range(count)]
    props = {"value": TABLE, "visible": False}
    config: dict[str, Any] = {
        "version": "6.31.0",
        "protocol": "sse_v3",
        "api_prefix": "/gradio_api",
        "components": [{"id": 1, "type": "dataframe", "props": props}],
        "dependencies": [
            {"id": n, "api_name": name, "inputs": [1], "outputs": [], "targets": [[1, "change"]], "backend_fn": True}
            for n, name in enumerate(names)
        ],
    }
    info = {"named_endpoints": {f"/{name}": entry for name in names}, "unnamed_endpoints": {}}
    return json.dumps(config).encode(), json.dumps(info).encode(), count


def serve_description(config: bytes, info: bytes) -> ThreadingHTTPServer:
    """Start a server with this description."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = info if "/info" in self.path else config if "/config" in self.path else b"{}"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    """Serve the description and print a line for each contender."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--megabytes", type=float, default=30)
    config, info, count = make_leaderboard(options.parse_args().megabytes)
    server = serve_description(config, info)
    print(f"/config {len(config) / 1e6:.1f} MB, /info {len(info) / 1e6:.1f} MB, {count} endpoints")
    for name, (imports, action) in {"hfcourse": OURS, "gradio_client": THEIRS}.items():
        script = MEASURE.format(imports=imports, action=action)
        address = f"http://127.0.0.1:{server.server_address[1]}"
        child = subprocess.run(  # noqa: S603 (both scripts are above)
            [sys.executable, "-c", script, address, str(count)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        print(f"{name:14}{child.stdout.rstrip() or child.stderr.splitlines()[-1]}")
    server.shutdown()


if __name__ == "__main__":
    main()
