"""Biome, which checks the scripts: locked with hashes, installed by npm, and not needed where npm is missing."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hfcourse.config import ROOT
from tests.support import biome

PACKAGE = json.loads((ROOT / "package.json").read_text("utf-8"))
LOCK = json.loads((ROOT / "package-lock.json").read_text("utf-8"))


class Commands:
    """Commands that would be run; npm ends with this status."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.lines: list[str] = []

    def run(self, command: list[str | Path], **_options: Any) -> subprocess.CompletedProcess[str]:
        self.lines.append(" ".join(map(str, command)))
        return subprocess.CompletedProcess(command, self.status)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Nothing is installed, and nothing is run."""
    made = Commands()
    modules = tmp_path / "node_modules"
    (modules / ".bin").mkdir(parents=True)
    monkeypatch.setattr(biome, "STAMP", modules / "stamp")
    monkeypatch.setattr(biome, "BIOME", modules / ".bin" / "biome")
    monkeypatch.setattr(biome.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(biome.subprocess, "run", made.run)
    return made


def test_lock_has_the_hash_of_every_package_and_no_address() -> None:
    packages = {name: each for name, each in LOCK["packages"].items() if name}
    assert packages
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert not [name for name, each in packages.items() if "resolved" in each]
    exact = PACKAGE["devDependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in exact} == exact


def test_locked_version_is_installed_once(commands: Commands, capsys: pytest.CaptureFixture[str]) -> None:
    assert biome.main([]) == 0
    biome.BIOME.touch()
    assert biome.main(["--write"]) == 0
    assert [line.partition(" ")[2].partition(" --")[0] for line in commands.lines] == ["ci", "check", "check"]
    assert "--ignore-scripts" in commands.lines[0]
    assert commands.lines[2].endswith(" --write")
    assert "Installation de package-lock.json" in capsys.readouterr().out


def test_changed_lock_is_installed_again(commands: Commands) -> None:
    biome.BIOME.touch()
    biome.STAMP.write_text("{}")
    biome.main([])
    assert len(commands.lines) == 2


def test_failed_installation_is_a_failure(commands: Commands, capsys: pytest.CaptureFixture[str]) -> None:
    commands.status = 1
    assert biome.main([]) == 1
    assert not biome.STAMP.exists()
    assert "n’a pas pu installer Biome" in capsys.readouterr().err


@pytest.mark.parametrize(("required", "status"), [("", 0), ("1", 1)])
def test_without_npm_scripts_are_not_checked_and_the_reason_is_printed(
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    required: str,
    status: int,
) -> None:
    monkeypatch.setattr(biome.shutil, "which", lambda name: None)
    monkeypatch.setenv("REQUIRE_ALL", required)
    assert biome.main([]) == status
    assert commands.lines == []
    assert "npm n’est pas installé" in capsys.readouterr().err


def test_scripts_and_style_sheets_are_checked_and_no_vendored_file() -> None:
    included = json.loads((ROOT / "biome.json").read_text("utf-8"))["files"]["includes"]
    assert {"static/js/**/*.js", "static/css/**/*.css", "tests/js/**/*.js"} == set(included)
