"""A campaign: examples from Hypothesis, tried in a process of their own, failures shrunk and written to files.

Hypothesis makes the examples and, in its target phase, climbs towards those that cost most: the seconds of processor
are its score. It does not shrink them itself, since a failure may end the process that tries it.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings, target

from tests.fuzz.process import Child
from tests.fuzz.recipes import simplify
from tests.fuzz.strategies import EXAMPLES

SHRINK_SECONDS = 30
Fault = dict[str, str]


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
