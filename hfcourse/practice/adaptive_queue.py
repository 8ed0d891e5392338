"""Queue of Gradio whose polling interval is longer while it is idle.

Gradio 6 looks for calls every millisecond and for progress every ten (`gradio/queueing.py`, `start_processing` and
`start_progress_updates`): 7 % of a core for an idle app.
"""

import time
from typing import Any

from gradio import queueing

BUSY_SECONDS = 2  # after the last call: those that follow one another do not wait
IDLE_INTERVAL_SECONDS, IDLE_PROGRESS_INTERVAL_SECONDS = 0.05, 0.1  # those of Gradio 3 to 5


class AdaptiveQueue(queueing.Queue):
    """Gradio's queue, with its own polling intervals only during a call and for BUSY_SECONDS after it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._busy_until = 0.0
        super().__init__(*args, **kwargs)

    def is_idle(self) -> bool:
        """Has there been no call for BUSY_SECONDS?"""
        now = time.monotonic()
        if len(self) or any(self.active_jobs):
            self._busy_until = now + BUSY_SECONDS
        return now >= self._busy_until

    @property
    def sleep_when_free(self) -> float:
        """Interval of the poll for calls, in seconds."""
        return max(self._call_interval_seconds, IDLE_INTERVAL_SECONDS if self.is_idle() else 0)

    @sleep_when_free.setter
    def sleep_when_free(self, seconds: float) -> None:
        self._call_interval_seconds = seconds

    @property
    def progress_update_sleep_when_free(self) -> float:
        """Interval of the poll for progress, in seconds."""
        return max(self._progress_interval_seconds, IDLE_PROGRESS_INTERVAL_SECONDS if self.is_idle() else 0)

    @progress_update_sleep_when_free.setter
    def progress_update_sleep_when_free(self, seconds: float) -> None:
        self._progress_interval_seconds = seconds


def install_adaptive_queue() -> None:
    """Have the apps that are built from now on use this queue."""
    queueing.Queue = AdaptiveQueue  # type: ignore[misc]
