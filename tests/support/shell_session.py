"""A terminal in which a test types what a lesson says: one bash that stays open, so that `cd` and `activate` hold."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.processes import build_environment

END_MARKER = "__typed__"
OFFLINE_ENVIRONMENT = {
    # `pip install` of what the tests' environment has is satisfied at once, also in a new virtual environment.
    "PYTHONPATH": sysconfig.get_path("purelib"),
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTHONIOENCODING": "utf-8",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "npm_config_prefer_offline": "true",
    "npm_config_ignore_scripts": "true",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
}


class ShellSession:
    """A shell in `folder`. `python3` is the one of the tests."""

    def __init__(self, folder: Path, **settings: str) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.errors = folder / ".typed-errors"
        self._shell = subprocess.Popen(
            ["bash", "--norc", "-c", f"exec bash --norc 2>{self.errors}"],
            cwd=folder,
            env=build_environment(**OFFLINE_ENVIRONMENT, **settings, PATH=path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run_lines(self, commands: str, *answers: str) -> str:
        """Type the lines and return what they print on standard output.

        Args:
            answers: what is typed after a line that asks for something (`read`), one for each of these.
        """
        assert self._shell.stdin
        assert self._shell.stdout
        waiting = list(answers)
        for line in commands.rstrip("\n").split("\n"):
            self._shell.stdin.write(f"{line}\n")
            if line.startswith("read "):
                self._shell.stdin.write(f"{waiting.pop(0)}\n")
        self._shell.stdin.write(f"printf '\\n%s %s\\n' {END_MARKER} $?\n")
        self._shell.stdin.flush()
        printed = ""
        while not (line := self._shell.stdout.readline()).startswith(END_MARKER):
            assert line, f"the shell ended: {self.read_stderr()}"
            printed += line
        self.status = int(line.split()[1])
        return printed.strip("\n")

    def read_stderr(self) -> str:
        """What was printed on standard error so far."""
        return self.errors.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End the shell."""
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.close()
        self._shell.wait(30)
        self._shell.stdout.close()
