"""The practice Space in the foreground, for the processes of a campus to share: `flask practice`.

It never falls asleep, since nobody here sees who uses it, and ends with the process that asked for it (see `child`).
"""

import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .child import COMMAND, Child, StartError

START_SECONDS = 60
CHECK_SECONDS = 10


def serve(folder: Path, host: str, port: int, say: Callable[[str], object]) -> None:
    """Runs the app until it ends, which it does only by a fault, or until something is raised here.

    `folder` will hold its log and its temporary files; `say` is told its address once it answers there.
    Raises StartError when it cannot listen there, does not start, or ends.
    """
    check_free(host, port)
    child = Child(folder, (*COMMAND, "--host", host, "--port", str(port)))
    try:
        say(child.wait_until_ready(START_SECONDS))
        while child.alive:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(CHECK_SECONDS)
            child.trim_log()
        raise StartError(f"it ended with code {child.process.returncode}; its log: {child.log_path}")
    finally:
        child.end()


def check_free(host: str, port: int) -> None:
    """Listens there for a moment, to say what is in the way before gradio is loaded, which takes seconds."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise StartError(f"it cannot listen on {host}:{port}: {error.strerror} (see --host and --port)") from error
