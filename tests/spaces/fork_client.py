"""A client of `fork_server`: a program in a fork, as `subprocess.Popen` would have it. Standard library only.

As a command it stands for the program, with its standard streams and its exit status:
`python tests/spaces/fork_client.py SERVER MODULE ARGUMENTS…`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FORK_CLIENT = Path(__file__).resolve()  # as a command


def connect_server(name: str) -> socket.socket:
    """Connect to the server of this name.

    Raises:
        ConnectionRefusedError: there is none.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect("\0" + name)
    except OSError:
        connection.close()
        raise
    return connection


class ForkedProcess:
    """A program in a fork of the server; `close()` kills it, as the end of this process does."""

    def __init__(
        self,
        server: str,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        streams: tuple[int, int, int],
    ) -> None:
        """Start `python -m module arguments`.

        Args:
            streams: descriptors of its standard input, output and error.
        """
        self.args = [module, *arguments]
        self.returncode: int | None = None
        self._connection, self._received = connect_server(server), b""
        request = {"module": module, "arguments": list(arguments), "environment": dict(environment)}
        data = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(self._connection, [data], streams)
        self._connection.sendall(data[sent:])
        self.pid = int(self._receive_line(None))

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; return its exit status.

        Raises:
            TimeoutExpired: it runs still.
        """
        if self.returncode is None:
            self.returncode = int(self._receive_line(timeout) or -signal.SIGKILL)  # nothing: the server was killed
            self.close()
        return self.returncode

    def _receive_line(self, timeout: float | None) -> bytes:
        self._connection.settimeout(timeout)
        while b"\n" not in self._received:
            try:
                data = self._connection.recv(64)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            if not data:
                return b""
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Close the connection; the server then kills the program if it runs still."""
        self._connection.close()


def main(server: str, module: str, *arguments: str) -> int:
    """Run a program in the place of this process."""
    return ForkedProcess(server, module, arguments, os.environ, (0, 1, 2)).wait()


if __name__ == "__main__":
    status = main(*sys.argv[1:])
    sys.exit(status if status >= 0 else 128 - status)
