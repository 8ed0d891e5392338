"""Programs of ours in the environment of any Gradio: forks of a server that has imported it, where Linux lets them."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.spaces.fork_client import ForkedProcess, connect_server
from tests.support.paths import ROOT

HasEnded = Callable[[], bool]
CAN_FORK = sys.platform == "linux"
GRADIO_MODULE = "tests.spaces.gradio_launch"
PRACTICE_SERVER_VARIABLE = "TEST_PRACTICE_SERVER"  # names the server that forks the practice Spaces of sites


@contextmanager
def run_program(
    python: str | Path, program: str, argument: str, log: Path, environment: Mapping[str, str]
) -> Iterator[HasEnded]:
    """Run `python -m program argument` until the end of the block; yields whether it has ended by itself.

    Args:
        log: what it prints.
        environment: variables that this process does not have.
    """
    variables = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    with log.open("ab") as kept:
        if CAN_FORK:
            server = start_fork_server(str(python), GRADIO_MODULE)
            process = start_forked(server, program, [argument], variables | dict(environment), kept.fileno())
        else:
            command = [str(python), "-m", program, argument]
            process = subprocess.Popen(command, cwd=ROOT, env=variables | dict(environment), stdout=kept, stderr=kept)
    try:
        yield lambda: process.poll() is not None
    finally:
        process.kill()  # uvicorn would wait for its clients
        process.wait()


def start_forked(
    server: str, module: str, arguments: list[str], environment: Mapping[str, str], log: int
) -> ForkedProcess:
    """Start a program in a fork of this server, without standard input; what it prints goes to the descriptor `log`."""
    with open(os.devnull) as nothing:
        return ForkedProcess(server, module, arguments, environment, (nothing.fileno(), log, log))


@cache
def start_fork_server(python: str, module: str) -> str:
    """Return the name of the server that has imported this module with this interpreter; start it if there is none.

    All workers of a session share it. This process holds a connection to its end: the server ends with its last one.
    """
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    name = f"hfcourse-tests-{session}-{hashlib.sha256(f'{python} {module}'.encode()).hexdigest()[:12]}"
    try:
        connection = connect_server(name)
    except ConnectionRefusedError:
        command = [python, "-m", "tests.spaces.fork_server", name, module]
        nothing = subprocess.DEVNULL  # what the server held open, whoever reads it would wait for
        subprocess.run(command, cwd=ROOT, check=True, stdin=nothing, stdout=nothing, stderr=nothing)
        connection = connect_server(name)
    connection.detach()
    return name
