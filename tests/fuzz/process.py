"""The process in which examples are tried, seen from outside."""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.fuzz.stage import locate_frames

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, EXAMPLE_SECONDS = 180, 180
# Its memory grows with what allocators keep, and its database with runs.
EXAMPLES_PER_CHILD = 300
IDLE = re.compile(r"threading\.py|selectors\.py|socketserver\.py|socket\.py|queue\.py|concurrent/|/fake_servers\.py")


class Child:
    """The process that tries examples; started anew when it has ended, or has tried enough."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._folder = ""
        self._tried = 0

    def _start(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="hfcourse-fuzz-")
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.child", self._folder],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            env={**os.environ, "MALLOC_ARENA_MAX": "2", "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        self._tried = 0
        if not self._lines.get(timeout=START_SECONDS):
            raise RuntimeError("the process that tries examples did not start:\n" + self._read_errors())

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _read_errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-100_000:]

    def stop(self) -> None:
        """End the process, if there is one, and remove its files."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            for each in (self._process.stdin, self._process.stdout, self._errors):
                if each:
                    with suppress(BrokenPipeError):
                        each.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._process = None

    def try_out(self, name: str, example: dict[str, Any]) -> dict[str, Any]:
        """Try one example; its report, also when the process froze or was ended."""
        if self._process is None or self._tried >= EXAMPLES_PER_CHILD:
            self.stop()
            self._start()
        assert self._process
        assert self._process.stdin
        self._tried += 1
        self._process.stdin.write(json.dumps([name, example]) + "\n")
        self._process.stdin.flush()
        try:
            line = self._lines.get(timeout=EXAMPLE_SECONDS)
        except queue.Empty:  # frozen without using the processor: have it say where
            self._process.send_signal(signal.SIGXCPU)
            line = ""
        return json.loads(line) if line else self._explain_end()

    def _explain_end(self) -> dict[str, Any]:
        """The report of an example after which the process was gone."""
        assert self._process
        try:
            status = self._process.wait(10)
        except subprocess.TimeoutExpired:
            status = 0
        errors = self._read_errors()
        self.stop()
        kind = "processor" if status == -signal.SIGXCPU else "ended"
        return {
            "cpu_seconds": 10.0,
            "reached": [],
            "faults": [{"kind": kind, "where": locate_dump(errors), "detail": errors[-2_000:]}],
        }


def locate_dump(errors: str) -> str:
    """Name the place in what faulthandler wrote: that of the first thread that does not merely wait."""
    # The current thread is the one that the signal met, which is the one that works, if only one does.
    threads = re.split(r"^(?=(?:Current thread|Thread) 0x)", errors, flags=re.MULTILINE)
    for thread in sorted(threads, key=lambda each: not each.startswith("Current")):
        frames = re.findall(r'File "([^"]*)", line (\d+) in (\S+)', thread)
        if frames and "hfcourse/" in thread and not IDLE.search(frames[0][0]):
            return locate_frames([(name, int(line), function) for name, line, function in frames])
    return "unknown"
