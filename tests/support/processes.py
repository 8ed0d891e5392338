"""Ports, environments and states of processes. Standard library only: environments of older Gradio import it."""

import os
import socket


def is_process_running(pid: int) -> bool:
    """Whether a process exists; one that ended and that nobody has reaped yet does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def find_free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def build_environment(**settings: str) -> dict[str, str]:
    """This environment with these settings and no other of ours, token included."""
    ours = ("HFCOURSE_", "HF_", "HUGGING_FACE_", "FLASK_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | settings
