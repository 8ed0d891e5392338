"""What a piece of work costs, whatever else this process and this machine do meanwhile."""

import gc
import statistics
import sys
import time
from collections.abc import Callable

REFERENCE_LOOP_SECONDS = 0.0007  # of the machine on which the limits of the tests were chosen
LOOP_STEPS, LOOP_REPEATS = 10_000, 7


def measure_cpu_seconds(work: Callable[[], object]) -> float:
    """Seconds of processor that the work takes in this thread, on a machine of ordinary speed.

    A host that is shared may be three times slower than it was a minute ago: what the work takes is divided by how much
    slower a known loop is right after it. The collector waits meanwhile: what it looks through is what all tests of
    this process have left behind. So does the measure of coverage, which slows Python down.
    """
    tracer = sys.gettrace()
    gc.disable()
    sys.settrace(None)
    try:
        begun = time.thread_time()
        work()
        return (time.thread_time() - begun) / measure_slowness()
    finally:
        sys.settrace(tracer)
        gc.enable()


def measure_slowness() -> float:
    """How many times longer than on a machine of ordinary speed does this thread take now? At least 1."""
    return max(1.0, statistics.median(measure_loop() for _ in range(LOOP_REPEATS)) / REFERENCE_LOOP_SECONDS)


def measure_loop() -> float:
    """Seconds of processor that a loop takes."""
    begun, total = time.thread_time(), 0
    for number in range(LOOP_STEPS):
        total += number * number % 7
    return time.thread_time() - begun
