"""A terminal in which the commands of a lesson are typed as they stand, on Linux.

Three things are not what a student's machine has: ports are free ones; `pip install` compares the pins with what is
installed here, downloads nothing, and puts the commands of what it "installed" into the environment; the site's own
commands are run by the Python of the tests.
"""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from contextlib import ExitStack
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.processes import build_environment, find_free_port

COMMAND_TIMEOUT_SECONDS = 60
STARTUP_TIMEOUT_SECONDS = 90
PORT_PATTERN = re.compile(r"\b(?:5001|7860|8000)\b")
# A process that a shell put in the background ignores Ctrl+C, and so does all that it starts, unless told otherwise.
INTERRUPTIBLE_CODE = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp("bash", ["bash", "-c", sys.argv[1]])
"""
PYTHON3_SCRIPT = """#!/bin/sh
# python3 -m venv .venv
set -e
"{python}" -m venv --without-pip "$3"
cp "{bin}/pip" "$3/bin/pip"
"""
PIP_SCRIPT = """#!{python}
# pip install -r requirements.txt
import pathlib, sys
from importlib.metadata import version
place = pathlib.Path(sys.argv[0]).absolute().parent
for line in pathlib.Path(sys.argv[3]).read_text().splitlines():
    name, _, pin = line.partition(";")[0].strip().partition("==")
    assert version(name) == pin, f"{{name}} is {{version(name)}} here, not {{pin}}"
    if name in ("flask", "gunicorn"):
        (place / name).write_text('#!/bin/sh\\nexec "%s/python" -m %s "$@"\\n' % (place, name))
        (place / name).chmod(0o755)
[packages] = place.parent.glob("lib/python*/site-packages")
(packages / "installed.pth").write_text("{packages}")
"""


class LessonTerminal:
    """Runs blocks of commands one after another in one folder; a command that serves goes on in the background."""

    def __init__(self, folder: Path, own: Path) -> None:
        """Start in `folder`; `own` will hold this terminal's python3 and pip, and what its servers print."""
        self.folder, self.bin_folder = folder, own
        self.variables = build_environment(PATH=f"{own}:{os.environ['PATH']}", PYTHONDONTWRITEBYTECODE="1")
        self.ports: dict[str, int] = {}
        self.background: list[BackgroundCommand] = []
        own.mkdir()
        values = {"python": sys.executable, "bin": own, "packages": sysconfig.get_path("purelib")}
        for name, script in (("python3", PYTHON3_SCRIPT), ("pip", PIP_SCRIPT)):
            (own / name).write_text(script.format(**values), encoding="utf-8")
            (own / name).chmod(0o755)

    def map_port(self, number: str) -> int:
        """Return the free port that takes the place of this one of the lesson."""
        return self.ports.setdefault(number, find_free_port())

    def replace_ports(self, text: str) -> str:
        """Return the text with a free port in the place of each port of the lesson, always the same."""
        return PORT_PATTERN.sub(lambda found: str(self.map_port(found[0])), text)

    def run_commands(self, commands: str) -> None:
        """Run every line; the folder and the environment that they leave are those of the next block."""
        kept = self.bin_folder / "state"
        ended = subprocess.run(
            ["bash", "-c", f"set -e\n{commands}\npwd > {kept}\nprintenv PATH >> {kept}"],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=COMMAND_TIMEOUT_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{commands}\n{ended.stdout}"
        folder, self.variables["PATH"] = kept.read_text(encoding="utf-8").splitlines()
        self.folder = Path(folder)

    def serve(self, command: str, ready: str) -> "BackgroundCommand":
        """Start a command that goes on until Ctrl+C, and return once it has printed `ready`."""
        return self.start(self.replace_ports(command), self.folder, self.variables, ready)

    def serve_practice(self, command: str, instance: Path) -> "BackgroundCommand":
        """Start the practice Space as in a second terminal, in the folder of the site, with an instance of its own."""
        typed = self.replace_ports(command).replace(".venv/bin/flask", f"{sys.executable} -m flask")
        return self.start(typed, ROOT, build_environment(HFCOURSE_INSTANCE=str(instance)), f":{self.map_port('7860')}")

    def start(self, command: str, folder: Path, variables: dict[str, str], ready: str) -> "BackgroundCommand":
        """Start a command in the background, and return once it has printed `ready`."""
        made = BackgroundCommand(command, folder, variables, self.bin_folder / f"served-{len(self.background)}.log")
        self.background.append(made)
        made.wait_for_output(ready)
        return made

    def close(self) -> None:
        """End what still runs."""
        with ExitStack() as all_of_them:
            for each in self.background:
                all_of_them.callback(each.interrupt)


class BackgroundCommand:
    """A command in the background; what it prints goes to `log`."""

    def __init__(self, command: str, folder: Path, variables: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as kept:
            self.process = subprocess.Popen(
                [sys.executable, "-c", INTERRUPTIBLE_CODE, f"exec {command.strip()}"],
                cwd=folder,
                env=variables | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=kept,
                stderr=kept,
                start_new_session=True,
            )

    def read_output(self) -> str:
        """Return all that it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for_output(self, words: str, after: int = 0) -> None:
        """Return once it has printed these words beyond the first `after` characters."""
        deadline = time.monotonic() + STARTUP_TIMEOUT_SECONDS
        while words not in self.read_output()[after:]:
            assert self.process.poll() is None, self.read_output()
            assert time.monotonic() < deadline, self.read_output()
            time.sleep(0.05)

    def interrupt(self) -> None:
        """Press Ctrl+C: the signal goes to the command and to what it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(COMMAND_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
