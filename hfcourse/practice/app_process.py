"""A process of the practice app, its temporary folder and its log; `server` decides when it runs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

APP_COMMAND = (sys.executable, "-m", "hfcourse.practice.app")
LOOPBACK, ALL_INTERFACES = "127.0.0.1", "0.0.0.0"  # noqa: S104 (nothing listens here)
END_TIMEOUT_SECONDS = 2
REAP_TIMEOUT_SECONDS = 0.5
MAX_LOG_BYTES = 1_000_000
MAX_REASON_CHARACTERS = 1000
# A temporary folder this old was left by a power failure: a running app writes in its own.
TEMP_FOLDER_TTL_SECONDS = 24 * 3600
_TEMP_FOLDER_PREFIX = "practice-"

# The variables inherited by the app: no token, password, database or proxy of the site.
_INHERITED_VARIABLES = frozenset([
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP",
    "TMP", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE",
    "NUMBER_OF_PROCESSORS", "USERNAME", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
])  # fmt: skip


class AppStartError(Exception):
    """The app did not start; the message has the reason, for the instructor's log only."""


class AppProcess:
    """The process of the app. It ends on `end_process()`, or when this process ends in any way."""

    def __init__(self, folder: Path, command: Sequence[str] = APP_COMMAND):
        """Start the process, with its log and its temporary folder in `folder`.

        Raises:
            OSError: the folder is not writable, or the process does not start.
        """
        folder.mkdir(parents=True, exist_ok=True)
        _remove_stale_folders(folder)
        self.temp_folder = Path(tempfile.mkdtemp(prefix=_TEMP_FOLDER_PREFIX, dir=folder))
        self.log_path = folder / "practice.log"
        self.trim_log()
        self._end_lock = threading.Lock()
        try:
            self.process = self._start(command)
            # Popen's pipes are None only without PIPE.
            self._to_app = cast(IO[bytes], self.process.stdin)
            self._from_app = cast(IO[bytes], self.process.stdout)
        except OSError:
            shutil.rmtree(self.temp_folder, ignore_errors=True)
            raise

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log_path.open("ab") as log:
            self._log_start = log.tell()
            return subprocess.Popen(  # noqa: S603 (a command of ours, and no shell)
                [*command, "--parent-pipe", "--temp-folder", str(self.temp_folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                env=build_app_environment(),
                cwd=Path(__file__).parents[2],
                **_get_process_group_options(),
            )

    @property
    def is_alive(self) -> bool:
        """Return whether the process still runs."""
        return self.process.poll() is None

    def wait_until_ready(self, seconds: float) -> str:
        """Wait until the app answers, and return its address, for instance `http://127.0.0.1:41873`.

        Raises:
            AppStartError: the process ended, or was killed at the timeout.
        """
        # Reading a pipe has no timeout: killing the process at the deadline ends the wait.
        deadline = threading.Timer(seconds, self.process.kill)
        deadline.daemon = True
        deadline.start()
        try:
            url = _build_app_url(json.loads(self._from_app.readline()))
            # The port listens before gradio is imported, so one request waits until the app is
            # ready: no polling.
            with _direct_opener.open(f"{url}/gradio_api/info", timeout=seconds):
                return url
        except Exception as error:
            # Any exception: an unexpected response must not leave the state at "waking" for ever.
            raise AppStartError(self._describe_failure(error)) from error
        finally:
            deadline.cancel()

    def end_process(self) -> None:
        """End the process, within some 2 seconds, and delete its temporary folder. Idempotent."""
        with self._end_lock:
            # The app exits when this pipe closes, on every system, as it does if this process is
            # killed.
            with suppress(OSError):
                self._to_app.close()
            try:
                self.process.wait(END_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self._from_app.close()
            shutil.rmtree(self.temp_folder, ignore_errors=True)

    def detach_after_fork(self) -> None:
        """Detach a forked copy of this process: the app belongs to the original, and must end with it."""
        # Unbuffered pipes (bufsize=0) have no lock that a thread may have held at the fork.
        for pipe in (self._to_app, self._from_app):
            with suppress(OSError):
                pipe.close()
        # Otherwise Popen would wait for a process that is not a child of this one.
        self.process.returncode = 0

    def trim_log(self) -> None:
        """Truncate the log above a size limit: a Space that fails in a loop must not fill the disk."""
        with suppress(OSError):
            if self.log_path.stat().st_size > MAX_LOG_BYTES:
                os.truncate(self.log_path, 0)

    def _describe_failure(self, error: Exception) -> str:
        state = "still running"
        # A process that exits closes its pipes shortly before it can be reaped.
        with suppress(subprocess.TimeoutExpired):
            state = f"ended with code {self.process.wait(REAP_TIMEOUT_SECONDS)}"
        with suppress(OSError), self.log_path.open("rb") as log:
            log.seek(self._log_start)
            tail = log.read()[-MAX_REASON_CHARACTERS:].decode(errors="replace").strip()
            return f"{type(error).__name__}, process {state}: {tail or 'nothing in its log'}"
        return f"{type(error).__name__}, process {state}"


def _build_app_url(address: dict[str, Any]) -> str:
    """Return the URL of the app from this machine; the loopback address if it listens on all interfaces."""
    host = address.get("host", ALL_INTERFACES)
    return f"http://{LOOPBACK if host == ALL_INTERFACES else host}:{address['port']}"


def build_app_environment() -> dict[str, str]:
    """Return the environment of the app: the few variables that Python and the system need."""
    inherited = {name: value for name, value in os.environ.items() if name.upper() in _INHERITED_VARIABLES}
    # Limit glibc to two arenas: with one per thread, it retains most of the memory of closed
    # pictures.
    return inherited | {"PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2"}


def _get_process_group_options() -> dict[str, Any]:
    """Put the app in a process group of its own: Ctrl-C reaches the site alone, which ends the app."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _remove_stale_folders(folder: Path) -> None:
    for path in folder.glob(f"{_TEMP_FOLDER_PREFIX}*"):
        with suppress(OSError):
            if path.is_dir() and time.time() - path.stat().st_mtime > TEMP_FOLDER_TTL_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


# Requests to this machine must not use the http_proxy of a school.
_direct_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
