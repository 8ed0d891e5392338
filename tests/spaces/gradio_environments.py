"""The environments of older Gradios, beside .venv.

`python -m tests.spaces.gradio_environments` makes those that are missing.

They cannot share one: each wants other versions of the same libraries. What they hold is in requirements/.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).parent / "requirements"
# The newest Python for which all their libraries come built.
NEWEST_PYTHON = {3: (3, 12), 4: (3, 12), 5: (3, 13)}


def folder_of(version: int) -> Path:
    return ROOT / f".venv-gradio-{version}"


def python_of(version: int) -> Path:
    return folder_of(version) / "bin" / "python"


def requirements_of(version: int) -> Path:
    return REQUIREMENTS / f"gradio-{version}.txt"


def stamp_of(version: int) -> Path:
    """A copy of the requirements that were installed, written last."""
    return folder_of(version) / "installed.txt"


def impossible(version: int) -> str:
    """Why the environment cannot be made with this Python, '' if it can."""
    newest = NEWEST_PYTHON[version]
    if sys.version_info[:2] <= newest:
        return ""
    return f"the libraries of Gradio {version} do not come built for a Python after {newest[0]}.{newest[1]}"


def is_made(version: int) -> bool:
    """Is it there, and as its requirements are now?"""
    stamp = stamp_of(version)
    return stamp.exists() and stamp.read_text() == requirements_of(version).read_text()


def make(version: int) -> None:
    """Make it anew."""
    print(f"Installing Gradio {version} into {folder_of(version).name}.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder_of(version)], check=True)
    pip = [python_of(version), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-r", requirements_of(version)], check=True)
    stamp_of(version).write_text(requirements_of(version).read_text())


if __name__ == "__main__":
    for each in NEWEST_PYTHON:
        if impossible(each):
            print(f"Left out: {impossible(each)}.")
        elif not is_made(each):
            make(each)
