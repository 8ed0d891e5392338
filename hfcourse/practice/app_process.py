"""One run of the practice app: its process, its temporary folder, its log. `server` decides when."""

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
# A temporary folder this old was left by a machine that lost its power: a living app writes in its own.
TEMP_FOLDER_TTL_SECONDS = 24 * 3600
_TEMP_FOLDER_PREFIX = "practice-"

# What the app needs of the site's environment, and nothing else: no token, password, database or proxy.
_INHERITED_VARIABLES = frozenset([
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP",
    "TMP", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE",
    "NUMBER_OF_PROCESSORS", "USERNAME", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
])  # fmt: skip


class AppStartError(Exception):
    """The app did not start; its text says why, for the instructor's log only."""


class AppProcess:
    """The app's process. It ends when `end()` is called, or when this process disappears in whatever way."""

    def __init__(self, folder: Path, command: Sequence[str] = APP_COMMAND):
        """Starts the process; its log and its temporary folder are made in `folder`. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        _remove_stale_folders(folder)
        self.temp_folder = Path(tempfile.mkdtemp(prefix=_TEMP_FOLDER_PREFIX, dir=folder))
        self.log_path = folder / "practice.log"
        self.trim_log()
        self._end_lock = threading.Lock()
        try:
            self.process = self._start(command)
            # Popen's two pipes are None only when none was asked for.
            self._to_app = cast(IO[bytes], self.process.stdin)
            self._from_app = cast(IO[bytes], self.process.stdout)
        except OSError:
            shutil.rmtree(self.temp_folder, ignore_errors=True)
            raise

    def _start(self, command: Sequence[str]) -> subprocess.Popen:
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
        """Whether the process still runs."""
        return self.process.poll() is None

    def wait_until_ready(self, seconds: float) -> str:
        """The app's address once it answers, for instance `http://127.0.0.1:41873`.

        Raises AppStartError when the process ends first, or is not ready in time (it is then killed).
        """
        # Reading a pipe has no time limit of its own: killing the process is what ends the wait.
        deadline = threading.Timer(seconds, self.process.kill)
        deadline.daemon = True
        deadline.start()
        try:
            url = _build_app_url(json.loads(self._from_app.readline()))
            # The port listens before gradio is imported, so this one call waits exactly as long as it must.
            with _direct_opener.open(f"{url}/gradio_api/info", timeout=seconds):
                return url
        except Exception as error:
            # Of any kind: an answer that makes no sense must not leave it waking for ever.
            raise AppStartError(self._describe_failure(error)) from error
        finally:
            deadline.cancel()

    def end_process(self) -> None:
        """Ends the process, within some 2 seconds, and removes its temporary folder. Does nothing twice."""
        with self._end_lock:
            # The app leaves at once when this pipe closes, on every system, as it does if we are killed.
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
        """For a copy of this process made by fork: the app belongs to the original, and must end with it."""
        # Unbuffered (bufsize=0), these have no lock that a thread may have held at the fork.
        for pipe in (self._to_app, self._from_app):
            with suppress(OSError):
                pipe.close()
        # Else Popen would wait, here, for a process that is not a child of this one.
        self.process.returncode = 0

    def trim_log(self) -> None:
        """Empties a log that has grown too large: a Space that fails in a loop must not fill the disk."""
        with suppress(OSError):
            if self.log_path.stat().st_size > MAX_LOG_BYTES:
                os.truncate(self.log_path, 0)

    def _describe_failure(self, error: Exception) -> str:
        state = "still running"
        # A process that ends closes its pipes a moment before it can be reaped.
        with suppress(subprocess.TimeoutExpired):
            state = f"ended with code {self.process.wait(REAP_TIMEOUT_SECONDS)}"
        with suppress(OSError), self.log_path.open("rb") as log:
            log.seek(self._log_start)
            tail = log.read()[-MAX_REASON_CHARACTERS:].decode(errors="replace").strip()
            return f"{type(error).__name__}, process {state}: {tail or 'nothing in its log'}"
        return f"{type(error).__name__}, process {state}"


def _build_app_url(told: dict[str, Any]) -> str:
    """Where the app that told this can be asked from here: one that listens everywhere does so on this machine too."""
    host = told.get("host", ALL_INTERFACES)
    return f"http://{LOOPBACK if host == ALL_INTERFACES else host}:{told['port']}"


def build_app_environment() -> dict[str, str]:
    """The environment of the app: the few variables that Python and the system need."""
    kept = {name: value for name, value in os.environ.items() if name.upper() in _INHERITED_VARIABLES}
    # Two arenas: with one for each of its threads, glibc keeps most of the memory of pictures that are done with.
    return kept | {"PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2"}


def _get_process_group_options() -> dict[str, Any]:
    """So that Ctrl-C in the instructor's terminal reaches the site alone, which ends the app itself."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _remove_stale_folders(folder: Path) -> None:
    for left in folder.glob(f"{_TEMP_FOLDER_PREFIX}*"):
        with suppress(OSError):
            if left.is_dir() and time.time() - left.stat().st_mtime > TEMP_FOLDER_TTL_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


# A school's http_proxy is not for this machine itself.
_direct_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
