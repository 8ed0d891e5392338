"""The lifecycle of the practice app: started on demand, stopped when idle or with this process.

                 wake()                      ready
    asleep ------------------> waking ------------------> awake
       ^                          |  not ready             |
       |                          v                        |
       |        wake() <------ broken                      |
       +--------- idle, sleep(), stop(), or exited --------+

The app runs in a process of its own (`app_process`), so nothing here imports gradio.
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
# The interval, while awake, of trimming the log and of detecting an exit (reading `state` does too).
CHECK_INTERVAL_SECONDS = 10


class PracticeServer:
    """The practice app of this process; thread-safe."""

    def __init__(
        self,
        folder: Path,
        idle_seconds: float = IDLE_TIMEOUT_SECONDS,
        start_seconds: float = START_TIMEOUT_SECONDS,
        command: Sequence[str] = APP_COMMAND,
    ):
        """Initialize without starting; `folder` is for the app's log and its temporary files."""
        self.folder = Path(folder)
        self.idle_seconds = idle_seconds
        self.start_seconds = start_seconds
        self.command = command
        self._stopped = False
        self._reset_state()
        _servers.add(self)
        # Not in wake(): exit handlers run in reverse order, so that calls end before the app does.
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
        """Return the current state; costs one poll of the process."""
        with self._changed:
            self._detect_exit()
            return self._state

    @property
    def url(self) -> str | None:
        """Return the app's address, `http://127.0.0.1:PORT`, while it is awake."""
        with self._changed:
            self._detect_exit()
            return self._url

    @property
    def pid(self) -> int | None:
        """Return the app's process id, if it has a process."""
        with self._changed:
            return self._process.process.pid if self._process else None

    @property
    def failure(self) -> str | None:
        """Return why it is broken, in English, with the tail of its log: for the log, not for a page."""
        with self._changed:
            return self._failure

    def wake(self) -> None:
        """Start the app if it is asleep or broken, without waiting; a no-op after `stop()`."""
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
        """Wait until it is no longer waking, with a timeout; return whether it is awake."""
        with self._changed:
            self._changed.wait_for(lambda: self._state != "waking", seconds)
            self._detect_exit()
            return self._state == "awake"

    def record_use(self) -> None:
        """Reset the idle timeout."""
        with self._changed:
            self._last_used_at = time.monotonic()

    @contextmanager
    def track_call(self) -> Iterator[None]:
        """Return a context manager for a call: the idle timeout is suspended inside, however long it lasts."""
        with self._changed:
            self._active_calls += 1
        try:
            yield
        finally:
            with self._changed:
                # A fork since the start of the call has reset the count.
                self._active_calls = max(self._active_calls - 1, 0)
                self._last_used_at = time.monotonic()

    def sleep(self) -> None:
        """End the app, within some 2 seconds; `wake()` starts it again."""
        with self._changed:
            child = self._process
            self._set_state("asleep")
        if child:
            child.end_process()

    def stop(self) -> None:
        """End the app permanently; also called at the exit of the interpreter. Idempotent."""
        self._stopped = True
        self.sleep()

    def _set_state(
        self, state: PracticeState, child: AppProcess | None = None, url: str | None = None, failure: str | None = None
    ) -> None:
        """Set the state and notify all waiting threads; the caller holds the lock."""
        self._state, self._process, self._url, self._failure = state, child, url, failure
        self._last_used_at = time.monotonic()
        self._changed.notify_all()

    def _detect_exit(self) -> None:
        # An exit while waking is handled by the supervisor thread, which has the reason.
        if self._state == "awake" and self._process and not self._process.is_alive:
            self._set_state("asleep")

    def _supervise_process(self, child: AppProcess) -> None:
        """Supervise one process, in a thread: until it is ready, then until idle, exited or replaced."""
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
        """Return when this process is idle, exited or replaced; the lock is held on entry and on return."""
        while self._process is child:
            remaining = (
                self.idle_seconds if self._active_calls else self._last_used_at + self.idle_seconds - time.monotonic()
            )
            if remaining <= 0:
                self._set_state("asleep")
            else:
                self._changed.wait(min(remaining, CHECK_INTERVAL_SECONDS))
                child.trim_log()
                self._detect_exit()

    def _detach_after_fork(self) -> None:
        """Reset a forked copy: the app belongs to the original process, and this one may start its own."""
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
    # A copy of the app's pipe in a forked worker would keep the app alive after its owner was
    # killed.
    os.register_at_fork(after_in_child=_detach_servers_after_fork)
