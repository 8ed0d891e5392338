"""The process that tries examples: `python -m tests.fuzz.child FOLDER` reads one as JSON from each line of stdin.

It answers each with a line of JSON. It may freeze or be ended by the kernel: whoever started it says then what did it.
"""

import faulthandler
import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.stage import Stage, StageReport
from tests.fuzz.targets import try_out

EXTRA_MEMORY_BYTES = 768 * 1024 * 1024


def limit_memory() -> None:
    """Bound the address space to what there is now and some more; a MemoryError is then a fault of the example."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if os.path.exists("/proc/self/statm") else 0
    if pages:
        limit = pages * resource.getpagesize() + EXTRA_MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> None:
    """Try what comes, until stdin ends."""
    # Written in C, without the interpreter's lock: it tells where a regular expression does not come back.
    faulthandler.register(signal.SIGXCPU, all_threads=True, chain=True)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    stage = Stage(Path(sys.argv[1]))
    try_out(stage, "description", {"config": ["json", {}], "info": ["json", {}]})  # imports what takes long to import
    limit_memory()
    print(json.dumps(asdict(StageReport())), file=answers, flush=True)
    for line in sys.stdin:
        report = try_out(stage, *json.loads(line))
        print(json.dumps(asdict(report)), file=answers, flush=True)
    stage.close()


if __name__ == "__main__":
    main()
