"""A process that has imported Gradio and runs programs of ours in forks of itself: the import takes seconds each time.

`python -m tests.spaces.fork_server NAME` returns once a server listens on the abstract socket NAME; all workers of a
test session share it. A connection that sends a line of JSON (`program`, `argument`, `log`, `environment`) has that
program run with a fork of its own for as long as it stays open; the server closes it when the program ends first. The
server ends with its last connection. Linux alone has abstract sockets, which no file outlives.
"""

import gc
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

REAP_INTERVAL_SECONDS = 0.2


class ForkServer:
    """The connections, each with the process of its program once it has asked for one."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._pids: dict[socket.socket, int | None] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)

    def serve(self) -> None:
        """Serve until the last connection is closed."""
        has_served = False
        while self._pids or not has_served:
            for key, _ in self._selector.select(REAP_INTERVAL_SECONDS):
                if key.fileobj is self._listener:
                    self._accept()
                    has_served = True
                elif isinstance(key.fileobj, socket.socket):
                    self._read(key.fileobj)
            self._reap()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self._pids[connection] = None
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection: socket.socket) -> None:
        """Start the program of a request; a connection that is closed ends its own."""
        if line := connection.makefile("rb").readline():
            self._pids[connection] = self._fork(json.loads(line))
        else:
            self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()
        if pid := self._pids.pop(connection):
            os.kill(pid, signal.SIGKILL)  # uvicorn would wait for its clients, and all other programs for it
            os.waitpid(pid, 0)

    def _reap(self) -> None:
        for connection, pid in list(self._pids.items()):
            if pid and os.waitpid(pid, os.WNOHANG)[0]:
                self._pids[connection] = None
                self._drop(connection)

    def _fork(self, request: dict[str, Any]) -> int:
        if pid := os.fork():
            return pid
        for each in (self._listener, *self._pids):
            each.close()
        self._selector.close()
        run_program(**request)
        os._exit(0)


def run_program(program: str, argument: str, log: str, environment: dict[str, str]) -> None:
    """Run a module as `python -m` does, what it prints to the end of `log`."""
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.environ |= environment
    sys.argv = [program, argument]
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def open_listener(name: str) -> socket.socket | None:
    """Listen on the abstract socket of this name; None if a server does already."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind("\0" + name)
    except OSError:
        listener.close()
        return None
    listener.listen(64)
    return listener


if __name__ == "__main__":
    found = open_listener(sys.argv[1])
    if not found or os.fork():
        os._exit(0)
    os.setsid()
    with suppress(Exception):  # a program that fails for the same reason writes it into its log
        import tests.spaces.gradio_launch  # noqa: F401  (gradio, kept from the network)
    gc.freeze()
    ForkServer(found).serve()
