"""Check scripts and style sheets with Biome: `python -m tests.support.biome`, from `make check`.

The locked version is installed into `node_modules` when package-lock.json has changed. Without npm nothing is checked;
with REQUIRE_ALL=1 this is a failure.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "node_modules"
BIOME = MODULES / ".bin" / "biome"
LOCK = ROOT / "package-lock.json"
STAMP = MODULES / ".installed-lock.json"
MISSING = "hfcourse : npm n’est pas installé, les scripts ne sont pas vérifiés. Sous Debian et Ubuntu : apt install npm"
NOT_INSTALLED = "hfcourse : npm n’a pas pu installer Biome, voir ci-dessus."


def is_installed() -> bool:
    """Is what package-lock.json names installed?"""
    return BIOME.exists() and STAMP.exists() and STAMP.read_bytes() == LOCK.read_bytes()


def install(npm: str) -> bool:
    """Install the locked packages, whose hashes npm checks, without running any of their scripts."""
    print("Installation de package-lock.json dans node_modules.", flush=True)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        return False
    shutil.copyfile(LOCK, STAMP)
    return True


def main(arguments: list[str]) -> int:
    """Check the files, or fix them with `--write`; return the exit status."""
    npm = shutil.which("npm")
    if npm is None:
        print(MISSING, file=sys.stderr)
        return 1 if os.environ.get("REQUIRE_ALL") == "1" else 0
    if not is_installed() and not install(npm):
        print(NOT_INSTALLED, file=sys.stderr)
        return 1
    return subprocess.run([BIOME, "check", "--error-on-warnings", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
