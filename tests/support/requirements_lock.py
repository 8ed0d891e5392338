"""Lock the dependencies of each profile.

`python -m tests.support.requirements_lock` makes each requirements*.txt of its .in.

A lock pins every package, transitive ones included, with the hashes that PyPI publishes for all of its files. It is
universal: one file for every platform and for Python 3.11 and newer, with environment markers where they differ. pip
refuses any file whose hash is not listed, because a requirements file with one hash switches on `--require-hashes`.
"""

import argparse
import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# The development lock comes first and constrains the others, so that the tests run what production installs.
DEVELOPMENT = "requirements-dev"
PROFILES = (DEVELOPMENT, "requirements", "requirements-campus")
# Added to another profile, locked without the dependencies: their .in files list all that is installed.
ADDED_PROFILES = ("requirements-model-build", "requirements-model")
ALL_PROFILES = PROFILES + ADDED_PROFILES
OLDEST_PYTHON = "3.11"
# A release that was hijacked is usually noticed, and withdrawn, within days.
MIN_RELEASE_AGE = "7 days"
HEADER_LINE = "# Locked by `make lock`: edit {profile}.in instead.\n"
DIGEST_LINE = "# sha256 of its input: {digest}\n"
HASH_PATTERN = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """One package of a lock: its requirement, markers included, and the SHA-256 of each file that may be installed."""

    requirement: Requirement
    hashes: frozenset[str]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        return str(self.requirement.specifier)


def read_inputs(profile: str, folder: Path = ROOT) -> list[Path]:
    """List the .in file of a profile and those that it includes by `-r`, innermost last."""
    path = folder / f"{profile}.in"
    included = re.findall(r"^-r +(\S+)\.in\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [path, *(inner for name in included for inner in read_inputs(name, folder))]


def compute_digest(profile: str, folder: Path = ROOT) -> str:
    """Hash what the lock of a profile is made from: the lines of its .in files, whatever their line ends."""
    digest = hashlib.sha256()
    for path in read_inputs(profile, folder):
        digest.update(path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def read_requirements(profile: str, folder: Path = ROOT) -> list[Requirement]:
    """Parse the direct requirements of a profile, comments and `-r` lines left out."""
    lines = [line for path in read_inputs(profile, folder) for line in path.read_text(encoding="utf-8").splitlines()]
    words = [re.sub(r"(^|\s)#.*", "", line).strip() for line in lines]
    return [Requirement(word) for word in words if word and not word.startswith("-")]


def read_pins(profile: str, folder: Path = ROOT) -> list[Pin]:
    """Parse a lock. Lines that continue with a backslash are one."""
    text = (folder / f"{profile}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return [
        Pin(Requirement(line.partition("--hash")[0].strip()), frozenset(HASH_PATTERN.findall(line))) for line in lines
    ]


def find_faults(profile: str, folder: Path = ROOT) -> list[str]:
    """Compare a lock with its input, without a network: one sentence for each thing that does not agree."""
    faults = []
    lock = (folder / f"{profile}.txt").read_text(encoding="utf-8")
    if DIGEST_LINE.format(digest=compute_digest(profile, folder)) not in lock:
        faults.append(f"{profile}.in has changed since {profile}.txt was locked")
    pins = read_pins(profile, folder)
    faults += [f"{pin.name} is not pinned exactly" for pin in pins if not pin.version.startswith("==")]
    faults += [f"{pin.name} has no hash" for pin in pins if not pin.hashes]
    locked = {(pin.name, pin.version) for pin in pins}
    for wanted in read_requirements(profile, folder):
        if (canonicalize_name(wanted.name), str(wanted.specifier)) not in locked:
            faults.append(f"{wanted.name}{wanted.specifier} is not in {profile}.txt")
    return faults


def compile_lock(profile: str, upgrade: bool) -> None:
    """Resolve one profile with uv and write its lock. Pins that still fit are kept unless `upgrade` is set."""
    options = ["--universal", "--generate-hashes", "--python-version", OLDEST_PYTHON]
    options += ["--no-header", "--no-emit-index-url", "--no-emit-find-links", "--annotation-style", "line", "--quiet"]
    if upgrade:
        options += ["--upgrade", "--exclude-newer", MIN_RELEASE_AGE]
    if profile != DEVELOPMENT:
        options += ["--constraints", f"{DEVELOPMENT}.txt"]
    if profile in ADDED_PROFILES:
        options += ["--no-deps"]
    lock = ROOT / f"{profile}.txt"
    command = [sys.executable, "-m", "uv", "pip", "compile", *options, "--output-file", lock.name, f"{profile}.in"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    header = HEADER_LINE.format(profile=profile) + DIGEST_LINE.format(digest=compute_digest(profile))
    lock.write_text(header + lock.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")


def main() -> None:
    """Write the locks, or say with `--check` what is wrong with those that are there."""
    parser = argparse.ArgumentParser(description="Lock the dependencies of each profile.")
    parser.add_argument("--check", action="store_true", help="compare only, without a network")
    parser.add_argument("--upgrade", action="store_true", help=f"take the newest releases older than {MIN_RELEASE_AGE}")
    arguments = parser.parse_args()
    if arguments.check:
        faults = [fault for profile in ALL_PROFILES for fault in find_faults(profile)]
        sys.exit("\n".join([*faults, "Run `make lock`."]) if faults else 0)
    for profile in ALL_PROFILES:
        compile_lock(profile, arguments.upgrade)


if __name__ == "__main__":
    main()
