"""The README and .env.example say what the code does: settings, commands, where things are."""

import re
from pathlib import Path

import pytest
from flask import Flask

from hfcourse.config import SETTINGS
from tests.browser.site import ROOT

TOKEN = "HF_TOKEN"  # read by tokens.py alone, so it is not among the SETTINGS
DEFAULTS = {setting.variable: setting.default for setting in SETTINGS}
NOTHING = {"", "-", "–", "—", "empty", "none", "vide"}


@pytest.fixture
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def plain(cell: str) -> str:
    """A cell of a table without its marks; '' for whatever says that there is nothing."""
    words = cell.strip().strip("`*«»() \u00a0\u202f")
    return "" if words.lower() in NOTHING else words


def rows(text: str) -> list[list[str]]:
    """The cells of every line of every table."""
    return [re.split(r"(?<!\\)\|", line.strip())[1:-1] for line in text.splitlines() if line.startswith("|")]


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next one."""
    found = re.search(rf"^#+ [^\n]*{title}[^\n]*\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    assert found, f"no heading says « {title} »"
    return found[1]


def test_the_table_of_settings_is_that_of_the_code(readme: str):
    listed = {plain(cells[0]): cells for cells in rows(readme) if re.fullmatch(r"HF(COURSE)?_[A-Z_]+", plain(cells[0]))}
    assert listed.keys() == DEFAULTS.keys()
    assert {name: plain(cells[1]) for name, cells in listed.items()} == DEFAULTS
    assert [name for name, cells in listed.items() if not plain(cells[2])] == []


def test_the_readme_says_where_the_token_goes(readme: str):
    assert f"`{TOKEN}" in readme


def test_the_example_of_env_has_every_setting_with_its_default_and_sets_none():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    assert dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line)) == {**DEFAULTS, TOKEN: ""}


def test_every_command_is_in_the_readme_and_no_other(readme: str, app: Flask):
    named = set(re.findall(r"\bflask ([a-z][a-z-]*)", readme)) - {"run"}
    assert named == set(app.cli.commands)


def test_every_option_of_a_command_in_the_readme_exists(readme: str, app: Flask):
    listed = {found[1]: cells for cells in rows(readme) if (found := re.match(r" *`flask ([a-z-]+)", cells[0]))}
    for name, command in app.cli.commands.items():
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", "".join(listed[name]))) <= known, name


def test_every_target_of_make_in_the_readme_exists(readme: str):
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)|^\s*make ([a-z-]+)", readme, re.MULTILINE))
    names = {word for pair in named for word in pair if word}
    assert {"run", "test"} <= names <= targets


def test_every_measure_in_the_readme_exists_and_make_bench_prints_it(readme: str):
    named = set(re.findall(r"`python (bench/\w+\.py)", readme))
    recipe = set(re.findall(r"/python (bench/\w+\.py)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert named
    assert named <= recipe
    assert [script for script in recipe if not (ROOT / script).is_file()] == []


def test_what_the_readme_locates_is_there(readme: str):
    named = re.findall(r"`([^`\s]+)`", "\n".join(cells[-1] + cells[0] for cells in rows(section(readme, "where"))))
    paths = [name for name in named if re.search(r"[./]", name) and not name.startswith(("/", "http"))]
    assert paths
    assert [path for path in paths if not is_there(path)] == []


def is_there(path: str) -> bool:
    """Does a file of the project match? `*` and NN stand for anything."""
    pattern = path.removesuffix("/").replace("NN-slug", "*")
    return (ROOT / pattern).exists() or any(Path(ROOT).glob(pattern))
