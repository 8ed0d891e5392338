"""The practice Space in the foreground, for the processes of a campus to share: `flask practice`.

It never falls asleep, since nobody here sees who uses it, and ends with the process that asked for it (see `child`).
"""

import os
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from .child import COMMAND, Child, StartError

START_SECONDS = 60
CHECK_SECONDS = 10
DOCUMENTATION_ADDRESS = "192.0.2.1"  # reserved (RFC 5737): never assigned, so it leads to the default route


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
        # `strerror` of create_server repeats the address in a way that differs between versions of Python.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StartError(f"it cannot listen on {host}:{port}: {reason} (see --host and --port)") from error


def network_address() -> str:
    """Return the IPv4 address by which other machines of the network reach this one, '' if there is none.

    Connecting a UDP socket sends nothing: the system only chooses the interface of its default route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((DOCUMENTATION_ADDRESS, 9))
            address: str = probe.getsockname()[0]
        except OSError:  # no network
            return ""
    return "" if ip_address(address).is_loopback else address
