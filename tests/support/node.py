"""Node.js of this machine, for tests of scripts."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

OLDEST_NODE = 20
NODE_SECONDS = 120


def find_node() -> str:
    """Return the path of Node, or skip the test if it is missing or too old; with REQUIRE_ALL=1, fail."""
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout if node else "v0"
    if node is None or int(re.sub(r"v(\d+).*", r"\1", version.strip())) < OLDEST_NODE:
        reason = f"Node {OLDEST_NODE} or newer is not installed (on Debian and Ubuntu: apt install nodejs)"
        pytest.fail(reason) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(reason)
    return node


def run_node(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Node in this folder."""
    command = [find_node(), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=NODE_SECONDS)
