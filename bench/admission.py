"""Processor time of admission per run: counts in memory, as a class uses them, or in the database, as workers do.

    python bench/admission.py [--runs 300] [--rounds 5]

A class sends one run for each visitor at once; 8 or 128 may be active. Both ways store, claim and finish
the same runs on SQLite, in one thread, and ask the same rule (`slot_allocator`) at each arrival and each end;
no Space is called. The rounds of both alternate, so that other load of the machine meets both.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import deque

from harness import ROOT

sys.path.insert(0, str(ROOT))

from hfcourse import create_app
from hfcourse.runs.queue import admission
from hfcourse.runs.queue.limits import Limits
from hfcourse.runs.queue.slot_allocator import SlotAllocator
from hfcourse.runs.store import effective_status, run_store
from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun

SPACE, ORIGIN = "many/calls", "one-address"


def make_limits(slots: int) -> Limits:
    return Limits(slots, 2, None, 20, 500)


def store_run(number: int, owner: str = "") -> QueuedRun:
    """Store the run of one newcomer."""
    visitor = f"visitor {number}"
    call = {"space": SPACE, "endpoint": "/echo", "title": "Echo", "parameters": [], "inputs": {"words": "x"}}
    run_id = run_store.create_run(visitor, **call, owner=owner, origin=ORIGIN, is_newcomer=True)
    return QueuedRun(run_id, visitor, SPACE, origin=ORIGIN, is_newcomer=True, endpoint="/echo")


def admit_in_memory(count: int, limits: Limits) -> None:
    """Admit by counts in memory."""
    counts, queued, active = ActiveCounts(), [], deque()
    allocator = SlotAllocator(limits, counts, limits.count_recent_starts)

    def start_admissible() -> None:
        while (run := allocator.select_next(queued, limits.max_active)) is not None:
            queued.remove(run)
            counts.add(run)
            limits.record_start(run.visitor)
            run_store.claim_run(run.run_id)
            active.append(run)

    for number in range(count):
        queued.append(store_run(number))
        start_admissible()
    while active:
        run = active.popleft()
        run_store.finish_run(run.run_id, "succeeded", [])
        counts.remove(run)
        start_admissible()


def admit_in_database(count: int, limits: Limits) -> None:
    """Admit by counts in the database."""
    active: deque[str] = deque()

    def claim(run_ids: list[str]) -> None:
        active.extend(run_id for run_id in run_ids if admission.claim_admissible_run(run_id, limits))

    for number in range(count):
        claim([store_run(number, effective_status.ANY_WORKER).run_id])
    while active:
        run_store.finish_run(active.popleft(), "succeeded", [])
        claim(admission.admit_next(limits))


def measure_milliseconds(admit, count: int, slots: int) -> float:
    """Return the processor time of one run, of a new site."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"INSTANCE": folder, "TESTING": True})
        with app.app_context():
            if admit is admit_in_database:
                admission.record_worker_heartbeat()
            begun = time.process_time()
            admit(count, make_limits(slots))
            return (time.process_time() - begun) / count * 1000


def main() -> None:
    """Print a line for each number of slots."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=300)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    for slots in (8, 128):
        found: dict[str, list[float]] = {"in memory": [], "in the database": []}
        for _ in range(chosen.rounds):
            found["in memory"].append(measure_milliseconds(admit_in_memory, chosen.runs, slots))
            found["in the database"].append(measure_milliseconds(admit_in_database, chosen.runs, slots))
        for name, values in found.items():
            print(
                f"{chosen.runs} runs, {slots:3} slots, admission {name:16}"
                f" {statistics.median(values):6.2f} ms of processor a run ({min(values):.2f} to {max(values):.2f})"
            )


if __name__ == "__main__":
    main()
