"""The practice Space in the foreground, shared by the processes of a campus: `flask practice`.

It has no idle timeout, since its users are unknown here, and ends with its parent process (see
`app_process`).
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
    """The app cannot listen at this address; the cause is the OSError."""

    def __init__(self, address: str, cause: OSError) -> None:
        super().__init__(f"cannot listen on {address}: {cause}")
        self.address, self.cause = address, cause


class EndedError(Exception):
    """The app did not start, or ended by itself; the log has the reason."""

    def __init__(self, log_path: Path, was_ready: bool) -> None:
        super().__init__(f"ended, its log: {log_path}")
        self.log_path, self.was_ready = log_path, was_ready


def run_foreground_server(folder: Path, host: str, port: int, say: Callable[[str], object]) -> None:
    """Run the app until it fails, or until an exception such as KeyboardInterrupt is raised here.

    Args:
        folder: for its log and its temporary files.
        say: callback for its address, called once when it is ready.

    Raises:
        ListenError: the address cannot be bound.
        EndedError: the app did not start, or ended.
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
    """Wait until the app is ready, and return its address."""
    try:
        return child.wait_until_ready(START_TIMEOUT_SECONDS)
    except AppStartError as error:
        raise EndedError(child.log_path, was_ready=False) from error


def check_port_free(host: str, port: int) -> None:
    """Bind the port and close it, to report an error before gradio loads, which takes seconds."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise ListenError(f"{host}:{port}", error) from error


def find_network_address() -> str:
    """Return the IPv4 address of this machine in its network, '' without one.

    Connecting a UDP socket sends nothing: the system only chooses the interface of its default
    route.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((UNROUTABLE_ADDRESS, 9))
            address: str = probe.getsockname()[0]
        except OSError:  # no network
            return ""
    return "" if ip_address(address).is_loopback else address
