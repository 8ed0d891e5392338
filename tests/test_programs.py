"""Programs that tests run beside themselves, as forks of a server that has imported Gradio."""

import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.spaces.program_runner import run_forked, run_program, run_subprocess
from tests.support.processes import find_free_port
from tests.support.waiting import wait_until

START_SECONDS = 60


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(run_forked, marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux alone forks")),
        run_subprocess,
    ],
)
def test_program_that_fails_has_ended_and_said_why(tmp_path: Path, run: Callable) -> None:
    log = tmp_path / "app.log"
    with run(sys.executable, "tests.spaces.nothing", str(tmp_path), log, {}) as has_ended:
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
