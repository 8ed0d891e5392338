"""Programs in forks of a process that has imported what they need behave as processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spaces.fork_client import FORK_CLIENT, ForkedProcess, connect_server
from tests.spaces.program_runner import CAN_FORK, start_fork_server, start_forked
from tests.support.processes import is_process_running
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="abstract sockets are Linux's")

WAIT_TIMEOUT_SECONDS = 30


@pytest.fixture(scope="module")
def server() -> str:
    """A server that has imported next to nothing."""
    return start_fork_server(sys.executable, "code")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[int]:
    with (tmp_path / "log").open("wb") as opened:
        yield opened.fileno()


def start_sleeper(server: str, log: int) -> ForkedProcess:
    """A program that listens, and goes on until it is ended."""
    return start_forked(server, "http.server", ["0", "--bind", "127.0.0.1"], os.environ, log)


def test_status_and_output_are_those_of_the_program(server: str, log: int, tmp_path: Path) -> None:
    process = start_forked(server, "platform", ["terse"], os.environ, log)
    assert process.wait(WAIT_TIMEOUT_SECONDS) == 0
    expected = subprocess.run([sys.executable, "-m", "platform", "terse"], capture_output=True, check=True).stdout
    assert (tmp_path / "log").read_bytes() == expected


def test_exit_with_an_error_is_told_and_written(server: str, log: int, tmp_path: Path) -> None:
    process = start_forked(server, "no_such_module", [], os.environ, log)
    assert process.wait(WAIT_TIMEOUT_SECONDS) == 1
    assert "No module named no_such_module" in (tmp_path / "log").read_text()


def test_program_has_the_given_environment_alone(server: str, log: int, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    process = start_forked(server, "tests.support.print_environment", [], environment, log)
    assert process.wait(WAIT_TIMEOUT_SECONDS) == 0
    assert (tmp_path / "log").read_text() == f"{sorted(environment.items())} {tmp_path}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_signal_ends_the_program(server: str, log: int, number: int) -> None:
    process = start_sleeper(server, log)
    assert process.poll() is None
    process.send_signal(number)
    assert process.wait(WAIT_TIMEOUT_SECONDS) == -number
    assert not is_process_running(process.pid)
    process.kill()  # as Popen's, of no effect on a process that has ended


def test_wait_has_a_timeout(server: str, log: int) -> None:
    process = start_sleeper(server, log)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.kill()
    assert process.wait(WAIT_TIMEOUT_SECONDS) == -signal.SIGKILL


def test_program_ends_with_its_client(server: str, log: int) -> None:
    process = start_sleeper(server, log)
    process.close()
    assert wait_until(lambda: not is_process_running(process.pid))


def test_program_goes_on_while_another_ends(server: str, log: int) -> None:
    going, ended = start_sleeper(server, log), start_sleeper(server, log)
    ended.kill()
    assert ended.wait(WAIT_TIMEOUT_SECONDS) == -signal.SIGKILL
    assert going.poll() is None
    going.kill()
    going.wait(WAIT_TIMEOUT_SECONDS)


@pytest.mark.parametrize(("module", "status"), [("platform", 0), ("no_such_module", 1)])
def test_command_stands_for_its_program(server: str, module: str, status: int) -> None:
    command = [sys.executable, "-I", str(FORK_CLIENT), server, module]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=WAIT_TIMEOUT_SECONDS)
    assert ran.returncode == status
    assert bool(ran.stdout) == (status == 0)
    assert bool(ran.stderr) == (status == 1)


def test_absent_server_is_an_error() -> None:
    with pytest.raises(ConnectionRefusedError):
        connect_server("hfcourse-tests-nobody")
