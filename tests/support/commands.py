"""Run the commands of the site as typed in a terminal, or in the process."""

import subprocess
from pathlib import Path

from click.testing import Result
from flask import Flask

from tests.support.paths import ROOT
from tests.support.processes import build_environment


def run_command(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Type a command at the top of the project, with an instance of its own in `folder`."""
    settings.setdefault("HFCOURSE_INSTANCE", str(folder / "instance"))
    return subprocess.run(
        command,
        cwd=ROOT,
        env=build_environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def invoke_command(app: Flask, *words: str) -> Result:
    """Give one of our commands to an application that is already made."""
    with app.app_context():
        return app.test_cli_runner().invoke(args=words)
