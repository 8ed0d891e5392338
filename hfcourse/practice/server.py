"""Starts the practice app when somebody opens it, puts it to sleep when idle, never lets it outlive us.

                 wake()                    it answers
    asleep ------------------> waking ------------------> awake
       ^                          |  it does not             |
       |                          v                          |
       |        wake() <------ broken                        |
       +----------- idle, sleep(), stop(), or it died -------+

The app runs in a process of its own (`child`), so nothing here imports gradio.
"""

import atexit
import os
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from hfcourse.practice.app_process import APP_COMMAND, AppProcess, AppStartError

PracticeState = Literal["asleep", "waking", "awake", "broken"]

IDLE_TIMEOUT_SECONDS = 900
START_TIMEOUT_SECONDS = 60
# How often, while awake, the log is looked at and a death noticed; a look at `state` notices it at once.
CHECK_INTERVAL_SECONDS = 10


class PracticeServer:
    """The practice app of this process. Every method may be called from any thread."""

    def __init__(
        self,
        folder: Path,
        idle_seconds: float = IDLE_TIMEOUT_SECONDS,
        start_seconds: float = START_TIMEOUT_SECONDS,
        command: Sequence[str] = APP_COMMAND,
    ):
        """Starts nothing. `folder` will hold the app's log and its temporary files."""
        self.folder = Path(folder)
        self.idle_seconds = idle_seconds
        self.start_seconds = start_seconds
        self.command = command
        self._stopped = False
        self._reset_state()
        _servers.add(self)
        # Here and not in wake(): what is registered after us ends first, and its calls end before the app does.
        atexit.register(_stop_at_exit, weakref.ref(self))

    def _reset_state(self) -> None:
        self._changed = threading.Condition()
        self._state: PracticeState = "asleep"
        self._process: AppProcess | None = None
        self._url: str | None = None
        self._failure: str | None = None
        self._last_used_at = 0.0
        self._active_calls = 0

    @property
    def state(self) -> PracticeState:
        """What it is doing now. Costs no more than asking the system whether the process runs."""
        with self._changed:
            self._detect_exit()
            return self._state

    @property
    def url(self) -> str | None:
        """The app's address, `http://127.0.0.1:PORT`, while it is awake."""
        with self._changed:
            self._detect_exit()
            return self._url

    @property
    def pid(self) -> int | None:
        """The number of the app's process, if there is one."""
        with self._changed:
            return self._process.process.pid if self._process else None

    @property
    def failure(self) -> str | None:
        """Why it is broken, in English, with the end of its log: for the instructor's log, not for a page."""
        with self._changed:
            return self._failure

    def wake(self) -> None:
        """Starts the app if it is asleep or broken, and returns at once; after `stop()`, does nothing."""
        with self._changed:
            self._detect_exit()
            if self._stopped or self._state in ("waking", "awake"):
                return
            try:
                child = AppProcess(self.folder, self.command)
            except OSError as error:
                self._set_state("broken", failure=f"{type(error).__name__}: {error}")
                return
            self._set_state("waking", child)
        threading.Thread(target=self._supervise_process, args=(child,), name="practice", daemon=True).start()

    def wait_until_awake(self, seconds: float) -> bool:
        """Waits until it no longer is waking, for some seconds at most; returns whether it is awake."""
        with self._changed:
            self._changed.wait_for(lambda: self._state != "waking", seconds)
            self._detect_exit()
            return self._state == "awake"

    def record_use(self) -> None:
        """Says that somebody uses it: the time before it sleeps starts again."""
        with self._changed:
            self._last_used_at = time.monotonic()

    @contextmanager
    def track_call(self) -> Iterator[None]:
        """Around a call: it does not fall asleep meanwhile, however long that lasts."""
        with self._changed:
            self._active_calls += 1
        try:
            yield
        finally:
            with self._changed:
                # A fork in between has forgotten the calls of the original process.
                self._active_calls = max(self._active_calls - 1, 0)
                self._last_used_at = time.monotonic()

    def sleep(self) -> None:
        """Ends the app now, within some 2 seconds; `wake()` starts it again."""
        with self._changed:
            child = self._process
            self._set_state("asleep")
        if child:
            child.end_process()

    def stop(self) -> None:
        """Ends the app for good; called at the exit of the interpreter too, and any number of times."""
        self._stopped = True
        self.sleep()

    def _set_state(
        self, state: PracticeState, child: AppProcess | None = None, url: str | None = None, failure: str | None = None
    ):
        """Changes the state (the lock is held) and tells whoever waits."""
        self._state, self._process, self._url, self._failure = state, child, url, failure
        self._last_used_at = time.monotonic()
        self._changed.notify_all()

    def _detect_exit(self) -> None:
        # A process that dies while waking is left to its keeper, which knows why.
        if self._state == "awake" and self._process and not self._process.is_alive:
            self._set_state("asleep")

    def _supervise_process(self, child: AppProcess) -> None:
        """The life of one process, in a thread: until it is ready, then until idle, dead or replaced."""
        try:
            url = child.wait_until_ready(self.start_seconds)
        except AppStartError as error:
            with self._changed:
                if self._process is child:
                    self._set_state("broken", failure=str(error))
        else:
            with self._changed:
                if self._process is child:
                    self._set_state("awake", child, url)
                    self._watch_until_idle(child)
        child.end_process()

    def _watch_until_idle(self, child: AppProcess) -> None:
        """Returns, the lock held as it was on entry, once this process is idle, dead or no longer ours."""
        while self._process is child:
            left = (
                self.idle_seconds if self._active_calls else self._last_used_at + self.idle_seconds - time.monotonic()
            )
            if left <= 0:
                self._set_state("asleep")
            else:
                self._changed.wait(min(left, CHECK_INTERVAL_SECONDS))
                child.trim_log()
                self._detect_exit()

    def _detach_after_fork(self) -> None:
        """After a fork, in the copy: the app belongs to the original process; this one may start its own."""
        if self._process:
            self._process.detach_after_fork()
        self._reset_state()


_servers: "weakref.WeakSet[PracticeServer]" = weakref.WeakSet()


def _stop_at_exit(reference: "weakref.ref[PracticeServer]") -> None:
    if server := reference():
        server.stop()


def _detach_servers_after_fork() -> None:
    for server in list(_servers):
        server._detach_after_fork()


if hasattr(os, "register_at_fork"):
    # A copy of the app's pipe, kept open by a worker, would keep the app alive after its owner was killed.
    os.register_at_fork(after_in_child=_detach_servers_after_fork)
