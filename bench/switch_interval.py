"""Limit of concurrent requests against Python's switch interval: waiting time and processor time of a class.

    python bench/switch_interval.py [--visitors 100] [--rounds 6]

Four sites run the same code: as it is, with the limit of hfcourse/limits/concurrency.py; without it; and without it
but with a longer `sys.setswitchinterval`, which also makes threads pass the interpreter lock less often. In each round
every site is visited once by a whole class, which opens a form, submits it and follows the run, at a Space that answers
at once; each round begins with another site. Figures are medians over the rounds, and ratios to the site with the limit
are taken within a round: so what else the machine does meanwhile weighs on all alike.
"""

import argparse
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from harness import ROOT, find_free_port, flask_command, run_server
from visitors import Contender, Outcome, make_settings, make_student_visit, measure_visits, p95

sys.path.insert(0, str(ROOT))

from flask import Flask

from hfcourse import create_app as create_site

LIMIT = "limit of requests"
# Seconds of the switch interval of the sites without the limit; Python's own is 0.005.
SWITCH_INTERVALS = {"neither": 0.005, "interval of 20 ms": 0.02, "interval of 50 ms": 0.05}
# Of the outcome of a class: what a column of the table shows.
COLUMNS = {
    "stored p95 (s)": lambda outcome: p95(outcome.stored),
    "seen median (s)": lambda outcome: statistics.median(outcome.seen),
    "seen p95 (s)": lambda outcome: p95(outcome.seen),
    "ms CPU a visitor": lambda outcome: outcome.processor * 1000,
}


def create_app() -> Flask:
    """Create the site as `BENCH_SWITCH_INTERVAL` asks: without the limit, with that interval; as it is if unset."""
    app = create_site()
    if seconds := os.environ.get("BENCH_SWITCH_INTERVAL"):
        app.wsgi_app = app.wsgi_app.application  # type: ignore[attr-defined, method-assign]
        sys.setswitchinterval(float(seconds))
    return app


def measure_rounds(contenders: dict[str, Contender], count: int, rounds: int) -> dict[str, list[Outcome]]:
    """Measure every contender once a round, each round from another one on."""
    names, found = list(contenders), {name: [] for name in contenders}
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            found[name].append(measure_visits(contenders[name], count, "greet"))
    return found


def print_outcomes(found: dict[str, list[Outcome]], count: int) -> None:
    """Print the median of each column, and of its ratio to the site with the limit in the same round."""
    print(f"{count} visitors at once, {len(found[LIMIT])} rounds: median, and ratio to the limit in the same round")
    print(" " * 20 + "".join(f"{column:>24}" for column in COLUMNS) + "   not ended")
    for name, outcomes in found.items():
        cells = []
        for measure in COLUMNS.values():
            values = [measure(each) for each in outcomes]
            ratios = [value / measure(base) for value, base in zip(values, found[LIMIT], strict=True)]
            spread = f"{statistics.median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"
            cells.append(f"{statistics.median(values):8.2f} {spread:>15}")
        missed = sum(each.ends.total() - each.ends["succeeded"] for each in outcomes)
        print(f"{name:20}" + "".join(cells) + f"{missed:12d}")


def main() -> None:
    """Start the Space and the four sites, and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--visitors", type=int, default=100)
    options.add_argument("--rounds", type=int, default=6)
    chosen = options.parse_args()
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        port = find_free_port()
        space = f"http://127.0.0.1:{port}"
        running.enter_context(run_server([sys.executable, "bench/trivial_app.py", str(port)], space + "/config"))
        contenders = {}
        for name, seconds in {LIMIT: "", **SWITCH_INTERVALS}.items():
            port = find_free_port()
            settings = make_settings(folder / str(port), space) | {"BENCH_SWITCH_INTERVAL": str(seconds)}
            site = f"http://127.0.0.1:{port}"
            command = flask_command("bench/switch_interval.py", port)
            process = running.enter_context(run_server(command, site + "/sante", **settings))
            contenders[name] = Contender(make_student_visit([site]), [process])
            contenders[name].visit(0, "greet")  # warm
        print_outcomes(measure_rounds(contenders, chosen.visitors, chosen.rounds), chosen.visitors)


if __name__ == "__main__":
    main()
