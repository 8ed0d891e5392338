"""The practice Space in the foreground, for the processes of a campus to share: `flask practice`.

It never falls asleep, since nobody here sees who uses it, and ends with the process that asked for it (see `child`).
"""

import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from hfcourse.practice.app_process import APP_COMMAND, AppProcess, AppStartError

START_TIMEOUT_SECONDS = 60
CHECK_INTERVAL_SECONDS = 10
UNROUTABLE_ADDRESS = "192.0.2.1"  # reserved (RFC 5737): never assigned, so it leads to the default route


class ListenError(Exception):
    """The app cannot listen at this address; its cause is the OSError of the system."""

    def __init__(self, address: str, cause: OSError) -> None:
        super().__init__(f"cannot listen on {address}: {cause}")
        self.address, self.cause = address, cause


class EndedError(Exception):
    """The app did not start, or ended by itself; its log says why."""

    def __init__(self, log_path: Path, was_ready: bool) -> None:
        super().__init__(f"ended, its log: {log_path}")
        self.log_path, self.was_ready = log_path, was_ready


def run_foreground_server(folder: Path, host: str, port: int, say: Callable[[str], object]) -> None:
    """Runs the app until it ends, which it does only by a fault, or until something is raised here.

    `folder` will hold its log and its temporary files; `say` is told its address once it answers there.
    Raises ListenError when it cannot listen there, EndedError when it does not start, or ends.
    """
    check_port_free(host, port)
    child = AppProcess(folder, (*APP_COMMAND, "--host", host, "--port", str(port)))
    try:
        say(wait_until_ready(child))
        while child.is_alive:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(CHECK_INTERVAL_SECONDS)
            child.trim_log()
        raise EndedError(child.log_path, was_ready=True)
    finally:
        child.end_process()


def wait_until_ready(child: AppProcess) -> str:
    """Returns the address of the app once it answers there."""
    try:
        return child.wait_until_ready(START_TIMEOUT_SECONDS)
    except AppStartError as error:
        raise EndedError(child.log_path, was_ready=False) from error


def check_port_free(host: str, port: int) -> None:
    """Listens there for a moment, to say what is in the way before gradio is loaded, which takes seconds."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise ListenError(f"{host}:{port}", error) from error


def find_network_address() -> str:
    """Return the IPv4 address by which other machines of the network reach this one, '' if there is none.

    Connecting a UDP socket sends nothing: the system only chooses the interface of its default route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((UNROUTABLE_ADDRESS, 9))
            address: str = probe.getsockname()[0]
        except OSError:  # no network
            return ""
    return "" if ip_address(address).is_loopback else address
