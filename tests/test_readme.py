"""README, docs/ and .env.example say what the code does: settings, commands, measures, files, links."""

import re
from pathlib import Path

import pytest
from flask import Flask

from hfcourse.config import SETTINGS
from tests.support.markdown_tables import list_table_rows
from tests.support.paths import ROOT

TOKEN_VARIABLE = "HF_TOKEN"  # read by tokens.py alone, so it is not among the SETTINGS
DEFAULTS = {setting.variable: setting.default for setting in SETTINGS}
EMPTY_CELLS = {"", "-", "–", "—", "empty", "none", "vide"}


DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
}
ALL_DOCUMENTS = pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
MAX_README_LINES = 60


@pytest.fixture
def settings() -> str:
    return DOCUMENTS["docs/settings.md"]


@pytest.fixture
def commands() -> str:
    return DOCUMENTS["docs/commands.md"]


def strip_cell_marks(cell: str) -> str:
    """A cell of a table without its marks; '' for whatever says that there is nothing."""
    words = cell.strip().strip("`*«»() \u00a0\u202f")
    return "" if words.lower() in EMPTY_CELLS else words


def make_targets() -> set[str]:
    """Return the targets of the Makefile that have a line of help."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def named_targets(text: str) -> set[str]:
    """Return the targets of make that a document names, in code."""
    named = re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)|^\s*make ([a-z-]+)", text, re.MULTILINE)
    return {word for pair in named for word in pair if word}


def named_paths(text: str) -> set[str]:
    """Return the files and folders of the project that a document names, in code."""
    quoted = re.findall(r"`([^`\s]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return {
        name.partition("::")[0] for name in quoted if re.match(r"(?:hfcourse|tests|bench|templates|static|docs)/", name)
    }


def test_the_readme_is_one_page_and_leads_to_every_document():
    readme = DOCUMENTS["README.md"]
    assert len(readme.splitlines()) <= MAX_README_LINES
    links = {*re.findall(r"\]\(([^)#]+)", readme)}
    decisions = "docs/decisions/"
    expected = {name for name in DOCUMENTS if not name.startswith(decisions)} - {"README.md"}
    assert expected | {decisions} <= links


def test_the_table_of_settings_is_that_of_the_code(settings: str):
    listed = {
        strip_cell_marks(cells[0]): cells
        for cells in list_table_rows(settings)
        if re.fullmatch(r"HF(COURSE)?_[A-Z_]+", strip_cell_marks(cells[0]))
    }
    assert listed.keys() == DEFAULTS.keys()
    assert {name: strip_cell_marks(cells[1]) for name, cells in listed.items()} == DEFAULTS
    assert [name for name, cells in listed.items() if not strip_cell_marks(cells[2])] == []


@pytest.mark.parametrize("document", ["README.md", "docs/settings.md"])
def test_a_document_says_where_the_token_goes(document: str):
    assert f"`{TOKEN_VARIABLE}" in DOCUMENTS[document]


@ALL_DOCUMENTS
def test_a_document_names_settings_that_exist(document: str):
    named = set(re.findall(r"`(HF(?:COURSE)?_[A-Z_]*[A-Z])\b", DOCUMENTS[document]))
    assert named <= DEFAULTS.keys() | {TOKEN_VARIABLE}


def test_the_example_of_env_has_every_setting_with_its_default_and_sets_none():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    assert dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line)) == {
        **DEFAULTS,
        TOKEN_VARIABLE: "",
    }


def test_every_command_is_in_the_table_of_commands_and_no_other(commands: str, app: Flask):
    named = set(re.findall(r"\bflask ([a-z][a-z-]*)", commands)) - {"run"}
    assert named == set(app.cli.commands)


@ALL_DOCUMENTS
def test_a_document_names_commands_that_exist(document: str, app: Flask):
    named = set(re.findall(r"[`/]flask ([a-z][a-z-]*)", DOCUMENTS[document]))
    assert named <= {*app.cli.commands, "run"}


def test_every_option_of_a_command_in_the_table_exists(commands: str, app: Flask):
    listed = {
        found[1]: cells for cells in list_table_rows(commands) if (found := re.match(r" *`flask ([a-z-]+)", cells[0]))
    }
    for name, command in app.cli.commands.items():
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", "".join(listed[name]))) <= known, name


@ALL_DOCUMENTS
def test_a_document_names_targets_of_make_that_exist(document: str):
    assert named_targets(DOCUMENTS[document]) <= make_targets()


def test_the_readme_names_the_targets_that_start_and_test_the_site():
    assert {"run", "test"} <= named_targets(DOCUMENTS["README.md"])


def test_every_measure_exists_and_make_bench_prints_it():
    named = set(re.findall(r"`python (bench/\w+\.py)", DOCUMENTS["docs/figures.md"]))
    recipe = set(re.findall(r"/python (bench/\w+\.py)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert named
    assert {script for text in DOCUMENTS.values() for script in re.findall(r"`python (bench/\w+\.py)", text)} <= recipe
    assert named <= recipe
    assert [script for script in recipe if not (ROOT / script).is_file()] == []


@ALL_DOCUMENTS
def test_a_document_names_files_that_exist(document: str):
    assert [path for path in sorted(named_paths(DOCUMENTS[document])) if not is_there(path)] == []


def test_documents_name_files():
    assert len(set().union(*map(named_paths, DOCUMENTS.values()))) > 20


@ALL_DOCUMENTS
def test_every_link_of_a_document_leads_to_a_file(document: str):
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", DOCUMENTS[document])
    folder = (ROOT / document).parent
    assert [link for link in links if not (folder / link).exists()] == []


def is_there(path: str) -> bool:
    """Does a file of the project match? `*` and `<name>` stand for anything."""
    pattern = path.removesuffix("/").replace("<name>", "*")
    return (ROOT / pattern).exists() or any(Path(ROOT).glob(pattern))
