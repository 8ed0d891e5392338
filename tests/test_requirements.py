"""What is installed is locked: every package with its version and the hashes of its files, for each profile."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import requirements_lock
from tests.support.paths import ROOT
from tests.support.requirements_lock import (
    ADDED_PROFILES,
    ALL_PROFILES,
    PROFILES,
    find_faults,
    read_pins,
    read_requirements,
)

OLDER_GRADIO = sorted((ROOT / "tests" / "spaces" / "requirements").glob("*.txt"))
# Compiled packages: their files differ with the system, the processor and the version of Python.
COMPILED = ("brotli", "markupsafe", "nh3", "numpy", "orjson", "pandas", "pillow", "pydantic-core", "sqlalchemy")
MIN_COMPILED_FILES = 20


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The inputs and locks in a folder of their own."""
    for path in ROOT.glob("requirements*"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.mark.parametrize("profile", ALL_PROFILES)
def test_a_lock_is_that_of_its_input(profile: str) -> None:
    assert find_faults(profile) == []


@pytest.mark.parametrize("profile", ALL_PROFILES)
def test_a_lock_names_no_host_and_no_path_of_a_machine(profile: str) -> None:
    text = (ROOT / f"{profile}.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|^--|(^|\s)(/|[A-Z]:\\|file:)|@ ", text, re.MULTILINE)


@pytest.mark.parametrize("profile", ALL_PROFILES)
def test_a_direct_requirement_is_pinned_exactly(profile: str) -> None:
    assert [str(each) for each in read_requirements(profile) if not str(each.specifier).startswith("==")] == []


def test_a_lock_has_the_files_of_every_system() -> None:
    files = {pin.name: len(pin.hashes) for pin in read_pins("requirements")}
    assert {name: files[name] for name in COMPILED if files[name] < MIN_COMPILED_FILES} == {}
    markers = {str(pin.requirement.marker) for pin in read_pins("requirements")}
    assert 'sys_platform == "win32"' in markers


def test_locks_agree_so_that_what_is_tested_is_what_runs() -> None:
    def versions(profile: str) -> set[tuple[str, str]]:
        return {(pin.name, pin.version) for pin in read_pins(profile)}

    assert versions("requirements") < versions("requirements-campus") < versions("requirements-dev")


@pytest.mark.parametrize("profile", ADDED_PROFILES)
def test_an_added_profile_lists_all_that_it_installs_and_changes_no_other_pin(profile: str) -> None:
    assert {pin.name for pin in read_pins(profile)} == {each.name for each in read_requirements(profile)}
    others = {pin.name: pin.version for pin in read_pins("requirements-dev")}
    assert {pin.name for pin in read_pins(profile) if others.get(pin.name, pin.version) != pin.version} == set()


def test_a_changed_input_is_seen(copy: Path) -> None:
    with (copy / "requirements.in").open("a", encoding="utf-8") as file:
        file.write("left-pad==1.0\n")
    for profile in PROFILES:
        faults = find_faults(profile, copy)
        assert f"{profile}.in has changed since {profile}.txt was locked" in faults
        assert f"left-pad==1.0 is not in {profile}.txt" in faults


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (r"(flask==\S+ )(?:\\\n +--hash=\S+ ?)+", r"\1", "flask has no hash"),
        (r"flask==", "flask>=", "flask is not pinned exactly"),
        (r"flask==\S+", "flask==0.1", "flask==3"),
    ],
)
def test_a_lock_that_was_edited_is_seen(copy: Path, old: str, new: str, fault: str) -> None:
    lock = copy / "requirements.txt"
    text, count = re.subn(rf"^{old}", new, lock.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count
    lock.write_text(text, encoding="utf-8")
    assert any(each.startswith(fault) for each in find_faults("requirements", copy))


def test_the_digest_does_not_change_with_line_ends(copy: Path) -> None:
    before = requirements_lock.compute_digest("requirements-dev", copy)
    for path in copy.glob("*.in"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert requirements_lock.compute_digest("requirements-dev", copy) == before


def test_make_installs_with_hashes_and_without_building() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (command,) = re.findall(r"^PIP_INSTALL = (.*)$", makefile, re.MULTILINE)
    assert command.endswith("install --require-hashes $(ONLY_BINARY)")
    assert "\nONLY_BINARY ?= --only-binary :all:\n" in makefile
    assert sorted(re.findall(r"\$\(PIP_INSTALL\) -r (\S+)", makefile)) == ["requirements-dev.txt", "requirements.txt"]


def test_make_model_builds_one_package_with_locked_tools() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"^model: compiler \$\(RUN_STAMP\).*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    commands = [line.strip("\t@") for line in recipe.splitlines() if "_INSTALL" in line]
    assert commands == [
        "$(PIP_INSTALL) --no-deps -r requirements-model-build.txt",
        "$(BUILD_INSTALL) -r requirements-model.txt",
    ]
    (build,) = re.findall(r"^BUILD_INSTALL = (.*)$", makefile, re.MULTILINE)
    assert build.endswith("$(PIP_INSTALL) --no-deps --no-build-isolation --no-binary llama-cpp-python")


def test_make_model_without_a_compiler_says_what_to_install(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    environment = {"PATH": os.environ["PATH"], "CXX": "no-such-compiler"}
    ended = subprocess.run(
        ["make", "model"], check=False, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert ended.returncode
    assert ended.stdout == ""
    assert ended.stderr.startswith("hfcourse\u00a0: il faut un compilateur C++ pour construire le modèle de langue")
    assert "no-such-compiler" in ended.stderr
    assert [path.name for path in (tmp_path / ".venv").iterdir()] == ["bin"]


@pytest.mark.parametrize("path", OLDER_GRADIO, ids=lambda path: path.stem)
def test_an_older_gradio_is_pinned_exactly(path: Path) -> None:
    lines = [re.sub(r"\s*#.*", "", line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if line and not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
