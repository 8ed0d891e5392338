"""Cost of recording a trace: time and processor time of a call with it and without it, in pairs, on this machine.

    python bench/trace.py [--pairs 400] [--rounds 5]

Two sites run the same code; one records nothing. Each pair is a call to each of them, in alternating order, so that
what else the machine does weighs on both alike. A call is from the POST of the form to the stored result, of an app
that answers at once: the one whose share of recording is greatest. Processor time is that of the sites' processes.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from call import Caller, Duration, look_up, make_site_caller
from harness import ROOT, find_free_port, flask_command, processor_seconds, run_server

sys.path.insert(0, str(ROOT))

from flask import Flask

from hfcourse import create_app as create_site

WARM_CALLS = 20
POLL_SECONDS = 0.05  # the first request for the result finds it, so that both sites answer as many
TRACED, UNTRACED = "with a trace", "without"


def create_app() -> Flask:
    """Create the site; with `BENCH_UNTRACED` set, one whose runs leave no trace."""
    if os.environ.get("BENCH_UNTRACED"):
        from hfcourse.runs.trace import browser_recording, recording

        # Before the modules that import them.
        recording.record_call = lambda _run: nullcontext()  # type: ignore[assignment]
        browser_recording.record_validation = lambda view: view
        browser_recording.record_submission = lambda _run_id, _space, response: response
    return create_site()


@contextmanager
def run_sites(space: str) -> Iterator[dict[str, tuple[Caller, int]]]:
    """Run both sites; yield the caller of each and its process id."""
    with ExitStack() as stack:
        sites = {}
        for name in (TRACED, UNTRACED):
            instance, port = stack.enter_context(tempfile.TemporaryDirectory()), find_free_port()
            Path(instance, "spaces.toml").write_text(f'[[space]]\nid = "bench/trivial"\nurl = "{space}"\n')
            variables = {"HFCOURSE_INSTANCE": instance, "HFCOURSE_RUNS_PER_MINUTE": "1000000"}
            if name == UNTRACED:
                variables["BENCH_UNTRACED"] = "1"
            address = f"http://127.0.0.1:{port}"
            process_id = stack.enter_context(run_server(flask_command("bench/trace.py", port), address, **variables))
            sites[name] = make_site_caller(address, POLL_SECONDS), process_id
        yield sites


def measure_round(sites: dict[str, tuple[Caller, int]], pairs: int) -> dict[str, tuple[float, float]]:
    """Return the median seconds and the processor seconds of a call to each site."""
    before = {name: processor_seconds(process_id) for name, (_, process_id) in sites.items()}
    took: dict[str, list[Duration]] = {name: [] for name in sites}
    for number in range(pairs):
        for name in sorted(sites, reverse=bool(number % 2)):
            took[name].append(sites[name][0]("greet"))
    processor = {name: processor_seconds(process_id) - before[name] for name, (_, process_id) in sites.items()}
    return {name: (statistics.median(look_up(took[name])), processor[name] / pairs) for name in sites}


def main() -> None:
    """Print the cost of a call with and without a trace, and the median ratios over the rounds."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pairs", type=int, default=400)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    port = find_free_port()
    space = f"http://127.0.0.1:{port}"
    app = run_server([sys.executable, "bench/trivial_app.py", str(port)], space + "/config")
    with app, run_sites(space) as sites:
        measure_round(sites, WARM_CALLS)
        rounds = [measure_round(sites, chosen.pairs) for _ in range(chosen.rounds)]
    for name in sites:
        seconds, processor = (statistics.median(each[name][column] for each in rounds) for column in (0, 1))
        print(f"{name:14} {seconds * 1000:6.1f} ms to the stored result, {processor * 1000:6.2f} ms of processor")
    ratios = [statistics.median(each[TRACED][column] / each[UNTRACED][column] for each in rounds) for column in (0, 1)]
    print(f"ratio          {ratios[0]:.3f} in time, {ratios[1]:.3f} in processor time")


if __name__ == "__main__":
    main()
