"""What a piece of work costs, whatever else this process and this machine do meanwhile."""

import gc
import time
from collections.abc import Callable


def effort(work: Callable[[], object]) -> float:
    """Seconds of processor that the work takes in this thread.

    The collector waits meanwhile: what it looks through is what all tests of this process have left behind.
    """
    gc.disable()
    try:
        begun = time.thread_time()
        work()
        return time.thread_time() - begun
    finally:
        gc.enable()
