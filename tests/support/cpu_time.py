"""What a piece of work costs, whatever else this process and this machine do meanwhile."""

import gc
import sys
import time
from collections.abc import Callable


def measure_cpu_seconds(work: Callable[[], object]) -> float:
    """Seconds of processor that the work takes in this thread.

    The collector waits meanwhile: what it looks through is what all tests of this process have left behind. So does
    the measure of coverage, which slows Python down.
    """
    tracer = sys.gettrace()
    gc.disable()
    sys.settrace(None)
    try:
        begun = time.thread_time()
        work()
        return time.thread_time() - begun
    finally:
        sys.settrace(tracer)
        gc.enable()
