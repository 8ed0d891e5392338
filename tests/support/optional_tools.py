"""Skip a test without its optional tool, or fail if REQUIRE_ALL=1."""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tests.spaces import gradio_environments

POSTGRES_FOLDERS = "/usr/lib/postgresql/*/bin"  # Debian puts its programs outside of PATH
NEWEST_GRADIO = 6  # of the environment that runs the tests


def skip_or_fail(reason: str) -> NoReturn:
    """Skip for what the machine lacks, unless everything is required."""
    pytest.fail(reason) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(reason)


def find_program(name: str) -> str | None:
    """Return the path of a program, None if it is not installed."""
    beside = sorted(str(each) for each in Path("/").glob(f"{POSTGRES_FOLDERS.lstrip('/')}/{name}"))
    return shutil.which(name) or next(reversed(beside), None)


def require_program(name: str) -> str:
    """Return the path of a program; without it, skip the test, or fail it if everything is required."""
    return find_program(name) or skip_or_fail(f"{name} is not installed")


def require_gradio_python(version: int) -> Path:
    """Return the interpreter that has this Gradio; without one, skip the test, or fail it in CI."""
    if version == NEWEST_GRADIO:
        return Path(sys.executable)
    if reason := gradio_environments.explain_unavailable(version):
        pytest.skip(reason)
    if not gradio_environments.is_installed(version):
        skip_or_fail(f"Gradio {version} is not installed here (make older-gradio)")
    return gradio_environments.get_python(version)
