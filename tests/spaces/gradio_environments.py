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


def get_environment_folder(version: int) -> Path:
    return ROOT / f".venv-gradio-{version}"


def get_python(version: int) -> Path:
    return get_environment_folder(version) / "bin" / "python"


def get_requirements_file(version: int) -> Path:
    return REQUIREMENTS / f"gradio-{version}.txt"


def get_stamp_file(version: int) -> Path:
    """A copy of the requirements that were installed, written last."""
    return get_environment_folder(version) / "installed.txt"


def explain_unavailable(version: int) -> str:
    """Why the environment cannot be made with this Python, '' if it can."""
    newest = NEWEST_PYTHON[version]
    if sys.version_info[:2] <= newest:
        return ""
    return f"the libraries of Gradio {version} do not come built for a Python after {newest[0]}.{newest[1]}"


def is_installed(version: int) -> bool:
    """Is it there, and as its requirements are now?"""
    stamp = get_stamp_file(version)
    return stamp.exists() and stamp.read_text() == get_requirements_file(version).read_text()


def install(version: int) -> None:
    """Make it anew."""
    print(f"Installing Gradio {version} into {get_environment_folder(version).name}.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", get_environment_folder(version)], check=True)
    pip = [get_python(version), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-r", get_requirements_file(version)], check=True)
    get_stamp_file(version).write_text(get_requirements_file(version).read_text())


if __name__ == "__main__":
    for each in NEWEST_PYTHON:
        if explain_unavailable(each):
            print(f"Left out: {explain_unavailable(each)}.")
        elif not is_installed(each):
            install(each)
