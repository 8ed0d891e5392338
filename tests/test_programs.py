"""Programs that tests run beside themselves, as forks of a server that has imported Gradio."""

import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.spaces.program_runner import forked, running, started
from tests.support.practice_space import until
from tests.support.site_process import free_port

START_SECONDS = 60


@pytest.mark.parametrize(
    "run",
    [pytest.param(forked, marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux alone forks")), started],
)
def test_program_that_fails_has_ended_and_said_why(tmp_path: Path, run: Callable) -> None:
    log = tmp_path / "app.log"
    with run(sys.executable, "tests.spaces.nothing", str(tmp_path), log, {}) as has_ended:
        assert until(has_ended, START_SECONDS)
    assert "No module named tests.spaces.nothing" in log.read_text()


def test_program_ends_with_its_block(tmp_path: Path) -> None:
    port = free_port()
    url, temporary = f"http://127.0.0.1:{port}/asked", {"GRADIO_TEMP_DIR": str(tmp_path)}
    with running(
        sys.executable, "tests.spaces.session_counter", str(port), tmp_path / "app.log", temporary
    ) as has_ended:
        assert until(lambda: is_up(url), START_SECONDS)
        assert not has_ended()
    assert until(lambda: not is_up(url))


def is_up(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, verify=False).is_success
    except httpx.TransportError:
        return False
