"""A campaign: examples from Hypothesis, tried in a process of their own, failures shrunk and written to files.

Hypothesis makes the examples and, in its target phase, climbs towards those that cost most: the seconds of processor
are its score. It does not shrink them itself, since a failure may end the process that tries it.
"""

import hashlib
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
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, target

from tests.fuzz.recipes import simplify
from tests.fuzz.strategies import EXAMPLES
from tests.fuzz.targets import locate_frames

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, EXAMPLE_SECONDS = 180, 180
# Its memory grows with what allocators keep, and its database with runs.
EXAMPLES_PER_CHILD = 300
SHRINK_SECONDS = 30
IDLE = re.compile(r"threading\.py|selectors\.py|socketserver\.py|socket\.py|queue\.py|concurrent/|/fake\.py")

Fault = dict[str, str]


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


def sign(name: str, fault: Fault) -> str:
    """What tells one failure from another: target, kind and place."""
    return f"{name} {fault['kind']} {fault['where']}"


class Campaign:
    """Tries examples until a moment; `found` are the failures by signature, each as small as there was time for."""

    def __init__(self, until: float, folder: Path | None = None, say: Callable[[str], None] = print) -> None:
        self.until, self.folder, self.say = until, folder, say
        self.child = Child()
        self.found: dict[str, dict[str, Any]] = {}
        self.tried = dict.fromkeys(EXAMPLES, 0)
        self.costs = dict.fromkeys(EXAMPLES, 0.0)

    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def explore(self, name: str, max_examples: int, number: int | None) -> None:
        """Try so many examples on one target; `number` seeds them, None takes the same ones in each run."""

        def try_one(example: dict[str, Any]) -> None:
            if not self.is_over():
                target(self.judge(name, example), label="seconds of processor")

        # The climb follows measured seconds, so that no two runs would take the same way.
        phases = [Phase.generate] if number is None else [Phase.generate, Phase.target]
        limits = settings(max_examples=max_examples, deadline=None, database=None, phases=phases,
                          verbosity=Verbosity.quiet, derandomize=number is None,
                          suppress_health_check=list(HealthCheck))  # fmt: skip
        test = limits(given(EXAMPLES[name])(try_one))
        (seed(number)(test) if number is not None else test)()

    def judge(self, name: str, example: dict[str, Any]) -> float:
        """Try one example and keep each failure that is new; its seconds of processor."""
        report = self.child.try_out(name, example)
        self.tried[name] += 1
        self.costs[name] = max(self.costs[name], report["cpu_seconds"])
        for fault in report["faults"]:
            signature = sign(name, fault)
            if signature not in self.found:
                self.found[signature] = {"target": name, **fault, "example": example}
                self.say(f"{signature}: {fault['detail'].splitlines()[0] if fault['detail'] else ''}")
                self.found[signature]["example"] = self.shrink(name, example, signature)
                self.write(signature)
        return min(report["cpu_seconds"], 10.0)

    def shrink(self, name: str, example: dict[str, Any], signature: str) -> dict[str, Any]:
        """Make an example smaller as long as it fails in the same way and there is time."""
        until = min(time.monotonic() + SHRINK_SECONDS, self.until)
        smaller: dict[str, Any] | None = example
        while smaller is not None:
            example = smaller
            smaller = next(
                (each for each in simplify_example(example) if self._still_fails(name, each, signature, until)), None
            )
        return example

    def _still_fails(self, name: str, example: dict[str, Any], signature: str, until: float) -> bool:
        if time.monotonic() >= until:
            return False
        return any(sign(name, fault) == signature for fault in self.child.try_out(name, example)["faults"])

    def write(self, signature: str) -> None:
        """Write a failure to a file that a test replays."""
        if self.folder:
            failure = {key: self.found[signature][key] for key in ("target", "kind", "where", "example")}
            name = f"{failure['target']}-{failure['kind']}-{hashlib.sha256(signature.encode()).hexdigest()[:8]}.json"
            self.folder.mkdir(exist_ok=True)
            (self.folder / name).write_text(json.dumps(failure, indent=1) + "\n", encoding="utf-8")

    def run(self) -> None:
        """Take the targets in turn, with other examples each time, until the time is over."""
        number = int(time.time())
        try:
            while not self.is_over():
                for name in EXAMPLES:
                    number += 1
                    self.explore(name, 40, number)
        finally:
            self.child.stop()


def simplify_example(example: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Smaller variants of an example: one of its parts left out or simplified."""
    for key, part in example.items():
        if isinstance(part, list) and part and not isinstance(part[0], str):
            yield from ({**example, key: part[:place] + part[place + 1 :]} for place in range(len(part)))
        if key != "kinds":
            yield from ({**example, key: simpler} for simpler in simplify(part))
