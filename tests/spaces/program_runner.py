"""Programs of ours in the environment of any Gradio: forks of a server that has imported it, where Linux lets them."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT

HasEnded = Callable[[], bool]


@contextmanager
def run_program(
    python: str | Path, program: str, argument: str, log: Path, environment: Mapping[str, str]
) -> Iterator[HasEnded]:
    """Run `python -m program argument` until the end of the block; yields whether it has ended by itself.

    Args:
        log: what it prints.
        environment: variables that this process does not have.
    """
    run = run_forked if sys.platform == "linux" else run_subprocess
    with run(python, program, argument, log, environment) as has_ended:
        yield has_ended


@contextmanager
def run_subprocess(
    python: str | Path, program: str, argument: str, log: Path, environment: Mapping[str, str]
) -> Iterator[HasEnded]:
    """Run it as a process of its own."""
    with log.open("ab") as kept:
        command = [str(python), "-m", program, argument]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=kept, stderr=kept)
    try:
        yield lambda: process.poll() is not None
    finally:
        process.terminate()
        process.wait()


@contextmanager
def run_forked(
    python: str | Path, program: str, argument: str, log: Path, environment: Mapping[str, str]
) -> Iterator[HasEnded]:
    """Run it as a fork of the server of this environment."""
    keep_fork_server(str(python))
    variables = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    request = {
        "program": program,
        "argument": argument,
        "log": str(log),
        "environment": variables | dict(environment),
    }
    log.touch()
    with closing(connect_fork_server(str(python))) as connection:
        connection.sendall(json.dumps(request).encode() + b"\n")
        connection.setblocking(False)
        yield lambda: is_connection_closed(connection)


@cache
def keep_fork_server(python: str) -> None:
    """Hold a connection to the server of this environment until this process ends: it ends with its last one."""
    connect_fork_server(python).detach()


def connect_fork_server(python: str) -> socket.socket:
    """A connection to the server of this environment, started if there is none."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    name = f"hfcourse-tests-{session}-{hashlib.sha256(python.encode()).hexdigest()[:12]}"
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect("\0" + name)
    except ConnectionRefusedError:
        command = [python, "-m", "tests.spaces.fork_server", name]
        nothing = subprocess.DEVNULL  # what the server held open, whoever reads it would wait for
        subprocess.run(command, cwd=ROOT, check=True, stdin=nothing, stdout=nothing, stderr=nothing)
        connection.connect("\0" + name)
    return connection


def is_connection_closed(connection: socket.socket) -> bool:
    """Has the other end closed it?"""
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
