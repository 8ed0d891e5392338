"""`flask practice`, as it is typed: one practice Space for several processes, ended cleanly, without our secrets."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hfcourse.practice import app_process, foreground_server
from tests.support.commands import run_command
from tests.support.paths import ROOT
from tests.support.plain_typography import untypeset
from tests.support.practice_space import WAKE_TIMEOUT_SECONDS
from tests.support.processes import build_environment, find_free_port, is_process_running
from tests.support.waiting import wait_until

COMMAND = [sys.executable, "-m", "flask", "practice"]
TOKEN = "hf_" + "b3C4" * 8
Started = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Started]:
    """Types the command and returns its process and the address that it says."""
    begun: list[subprocess.Popen[str]] = []

    def start(*options: str) -> tuple[subprocess.Popen[str], str]:
        settings = build_environment(HFCOURSE_INSTANCE=str(tmp_path), HF_TOKEN=TOKEN, HFCOURSE_SECRET_KEY="k" * 40)
        process = subprocess.Popen([*COMMAND, *options], cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, process.wait(WAKE_TIMEOUT_SECONDS)
        return process, found[0]

    yield start
    for process in begun:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def children_of(process_id: int) -> list[int]:
    """The processes that this one has started (Linux)."""
    if not (tasks := Path(f"/proc/{process_id}/task")).is_dir():
        pytest.skip("processes are looked up in /proc")
    found = []
    for task in tasks.iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def described(url: str) -> set[str]:
    """The endpoints of the Space at this address."""
    with urllib.request.urlopen(f"{url}/gradio_api/info", timeout=WAKE_TIMEOUT_SECONDS) as answer:
        return set(json.load(answer)["named_endpoints"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_practice_command_answers_at_the_address_it_says_and_leaves_nothing_behind(
    start: Started, tmp_path: Path, number: signal.Signals
) -> None:
    port = find_free_port()
    process, url = start("--port", str(port))
    assert url == f"http://127.0.0.1:{port}"
    assert "/saluer" in described(url)
    (app,) = children_of(process.pid)
    told = Path(f"/proc/{app}/environ").read_bytes().decode()
    assert TOKEN not in told
    assert {line.partition("=")[0] for line in told.split("\0") if line.startswith(("HF_TOKEN", "HFCOURSE_"))} == set()
    process.send_signal(number)
    assert process.wait(app_process.END_TIMEOUT_SECONDS + 5) == (-number if number is signal.SIGKILL else 0)
    assert wait_until(lambda: not is_process_running(app))
    assert wait_until(lambda: not list((tmp_path / "practice").glob("practice-*")))


def test_practice_command_says_so_when_the_app_ends_by_itself(start: Started) -> None:
    process, _ = start("--port", "0")
    (app,) = children_of(process.pid)
    os.kill(app, signal.SIGKILL)
    assert process.wait(foreground_server.CHECK_INTERVAL_SECONDS + 5) == 1


def test_other_machines_see_it_only_when_that_is_asked_for(start: Started) -> None:
    _, url = start("--port", "0", "--host", "0.0.0.0")
    assert "/saluer" in described(url)
    port = int(url.rpartition(":")[2])
    socket.create_connection(("127.0.0.2", port), 5).close()
    _, url = start("--port", "0")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", int(url.rpartition(":")[2])), 5)


def test_network_address_and_settings_are_printed_for_other_machines(start: Started) -> None:
    process, url = start("--port", "0", "--host", "0.0.0.0")
    assert process.stdout
    address = foreground_server.find_network_address()
    following = [process.stdout.readline() for _ in range(4 if address else 1)]
    if not address:
        pytest.skip(f"this machine has no network: {following}")
    network_url = f"http://{address}:{url.rpartition(':')[2]}"
    assert network_url in following[0]
    assert "/saluer" in described(network_url)
    assert [line.strip() for line in following[2:]] == [
        f"HFCOURSE_PRACTICE_URL={url}",
        f"HFCOURSE_PRACTICE_PAGE_URL={network_url}",
    ]


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        said = run_command(tmp_path, *COMMAND, "--port", str(port))
    assert said.returncode == 1
    assert len(said.stderr.strip().splitlines()) == 1
    assert f"écouter à 127.0.0.1:{port} : ce port est déjà pris. Changez --host ou --port." in untypeset(said.stderr)


def test_a_host_that_is_not_of_this_machine_is_told_in_one_line(tmp_path: Path) -> None:
    said = run_command(tmp_path, *COMMAND, "--host", "192.0.2.1", "--port", "0")
    assert (said.returncode, len(said.stderr.strip().splitlines())) == (1, 1)
    assert "192.0.2.1" in said.stderr
