"""Programs that tests run beside themselves, as forks of a server that has imported Gradio."""

import sys
from pathlib import Path

import httpx
import pytest

from tests.spaces import program_runner
from tests.spaces.program_runner import CAN_FORK, run_program
from tests.support.processes import find_free_port
from tests.support.waiting import wait_until

START_SECONDS = 60


@pytest.mark.parametrize(
    "can_fork",
    [pytest.param(True, marks=pytest.mark.skipif(not CAN_FORK, reason="abstract sockets are Linux's")), False],
    ids=["fork", "process"],
)
def test_program_that_fails_has_ended_and_said_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_fork: bool
) -> None:
    monkeypatch.setattr(program_runner, "CAN_FORK", can_fork)
    log = tmp_path / "app.log"
    with run_program(sys.executable, "tests.spaces.nothing", str(tmp_path), log, {}) as has_ended:
        assert wait_until(has_ended, START_SECONDS)
    assert "No module named tests.spaces.nothing" in log.read_text()


def test_program_ends_with_its_block(tmp_path: Path) -> None:
    port = find_free_port()
    url, temporary = f"http://127.0.0.1:{port}/asked", {"GRADIO_TEMP_DIR": str(tmp_path)}
    with run_program(
        sys.executable, "tests.spaces.session_counter", str(port), tmp_path / "app.log", temporary
    ) as has_ended:
        assert wait_until(lambda: is_up(url), START_SECONDS)
        assert not has_ended()
    assert wait_until(lambda: not is_up(url))


def is_up(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, verify=False).is_success
    except httpx.TransportError:
        return False
