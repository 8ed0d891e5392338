"""@gradio/client for the tests that run programs in Node."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.optional_tools import skip_or_fail
from tests.support.typed_lessons import GRADIO_JS_VERSION


@pytest.fixture(scope="session")
def node_client_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node finds @gradio/client."""
    if not (shutil.which("node") and shutil.which("npm")):
        skip_or_fail("Node is not installed (on Debian and Ubuntu: apt install nodejs npm)")
    folder = tmp_path_factory.mktemp("node")
    package = f"@gradio/client@{GRADIO_JS_VERSION}"
    installed = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", ".", package],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        skip_or_fail(f"npm could not install {package}: {installed.stderr.strip()[-300:]}")
    return folder
