"""A process that has imported slow modules and runs programs in forks of itself: the import takes seconds each time.

`python -m tests.spaces.fork_server NAME MODULE` imports the module, and returns once a server listens on the abstract
socket NAME; all workers of a test session share it, and it ends with its last connection. Linux alone has abstract
sockets, which no file outlives. `fork_client` has the other end.
"""

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass

MAX_REQUEST_BYTES = 1_000_000
STANDARD_STREAMS = 3


@dataclass(frozen=True)
class Program:
    """What a fork is to run.

    Attributes:
        module: run as by `python -m`.
        descriptors: its standard input, output and error.
    """

    module: str
    arguments: list[str]
    environment: dict[str, str]
    descriptors: list[int]

    def run(self) -> None:
        """Become this program; the interpreter ends as usual after it."""
        os.setsid()
        for number, each in enumerate(self.descriptors):
            os.dup2(each, number)
            os.close(each)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.environ.clear()
        os.environ.update(self.environment)
        tempfile.tempdir = None  # TMPDIR may be another one
        sys.argv = [self.module, *self.arguments]
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


class ForkServer:
    """The connections of clients, each with the process of its program once it has asked for one.

    A connection receives the process id as a line, and the exit status as another one, as `os.waitstatus_to_exitcode`
    gives it. A client that closes its connection kills its program.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._connections: set[socket.socket] = set()
        self._programs: dict[socket.socket, tuple[int, int]] = {}  # process id, and its descriptor
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)

    def serve(self) -> Program | None:
        """Serve until the last connection is closed, then return None; in a fork, return what it is to run."""
        has_served = False
        while self._connections or not has_served:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                    has_served = True
                elif key.data in self._programs:
                    self._report_end(key.data)
                elif key.fileobj in self._connections and (program := self._read(key.fileobj)):
                    return program
        return None

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self._connections.add(connection)
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection: socket.socket) -> Program | None:
        """Fork for a request, and return it in the fork; a connection that is closed ends its program."""
        text, descriptors, _, _ = socket.recv_fds(connection, MAX_REQUEST_BYTES, STANDARD_STREAMS)
        if not text:
            self._drop(connection)
            return None
        while not text.endswith(b"\n"):
            text += connection.recv(MAX_REQUEST_BYTES)
        if not (pid := os.fork()):
            self._close_in_fork()
            return Program(**json.loads(text), descriptors=descriptors)
        for each in descriptors:
            os.close(each)
        process = os.pidfd_open(pid)
        self._programs[connection] = pid, process
        self._selector.register(process, selectors.EVENT_READ, connection)
        connection.sendall(b"%d\n" % pid)
        return None

    def _close_in_fork(self) -> None:
        self._selector.close()
        for each in (self._listener, *self._connections):
            each.close()
        for _, process in self._programs.values():
            os.close(process)

    def _report_end(self, connection: socket.socket) -> None:
        """Send the exit status of a program that has ended."""
        status = self._reap(connection)
        with suppress(OSError):  # the client is gone, which the next read finds
            connection.sendall(b"%d\n" % status)

    def _drop(self, connection: socket.socket) -> None:
        if connection in self._programs:
            os.kill(self._programs[connection][0], signal.SIGKILL)  # uvicorn would wait for its clients
            self._reap(connection)
        self._selector.unregister(connection)
        self._connections.remove(connection)
        connection.close()

    def _reap(self, connection: socket.socket) -> int:
        pid, process = self._programs.pop(connection)
        self._selector.unregister(process)
        os.close(process)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


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


def serve_forks(name: str, module: str) -> Program | None:
    """Serve in the background, and return in the foreground process and at the end; in a fork, return its program."""
    listener = open_listener(name)
    if not listener or os.fork():
        os._exit(0)
    os.setsid()
    with suppress(Exception):  # a program that fails for the same reason writes it into its log
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    return ForkServer(listener).serve()


if __name__ == "__main__":
    if program := serve_forks(*sys.argv[1:]):
        program.run()
