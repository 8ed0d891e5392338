"""LISEZMOI.md, for the French instructor: commands, settings, addresses and files that it names exist; its French."""

import re

import click
import pytest
from flask import Flask

from hfcourse.config import SETTINGS
from hfcourse.text.typography import typeset_french
from tests.support.french_typography import find_typography_faults
from tests.support.markdown_tables import list_table_rows
from tests.support.paths import ROOT
from tests.support.spelling import find_unknown_words

TEXT = (ROOT / "LISEZMOI.md").read_text(encoding="utf-8")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
TOKEN_VARIABLE = "HF_TOKEN"  # read by tokens.py alone, so it is not among the SETTINGS
DEFAULTS = {setting.variable: setting.default for setting in SETTINGS}
STAND_IN = "x"
# Two screens of a terminal or of a page at the usual sizes.
MAX_LINES, MAX_CHARACTERS = 80, 5_500
# Makefile's own variables, beside the settings of the site.
MAKE_VARIABLES = {"HOST", "PORT"}


def codes() -> list[str]:
    """Return each piece of code, without its marks."""
    return [found.strip("`") for found in CODE.findall(TEXT)]


def prose() -> str:
    """Return the text, with one word in the place of each piece of code and of each link."""
    return re.sub(r"\[[^]]*\]\([^)]*\)", STAND_IN, CODE.sub(STAND_IN, TEXT))


def test_lisezmoi_fits_two_screens_and_the_readme_begins_with_a_link_to_it() -> None:
    assert len(TEXT.splitlines()) <= MAX_LINES
    assert len(TEXT) <= MAX_CHARACTERS
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](LISEZMOI.md)" in "".join(readme.splitlines()[:4])


def test_lisezmoi_is_typeset_and_spelled() -> None:
    lines = [line for line in prose().splitlines() if not re.fullmatch(r"[| -]+", line)]
    assert lines == [typeset_french(line) for line in lines]
    assert [fault for line in lines for fault in find_typography_faults(line)] == []
    assert [word for line in lines for word in find_unknown_words(line.replace("README", ""))] == []


def test_every_command_of_flask_and_option_in_it_exists(app: Flask) -> None:
    found = [
        match for code in codes() for match in re.finditer(r"\bflask ([a-z][a-z-]*)((?: +--?[a-z-]+[^\n]*)?)", code)
    ]
    assert {match[1] for match in found} <= {*app.cli.commands, "run"}
    assert {"check", "export", "practice", "instructor-link"} <= {match[1] for match in found}
    for match in found:
        if match[1] != "run":
            command = app.cli.commands[match[1]]
            known = {option for each in command.get_params(click.Context(command)) for option in each.opts}
            assert set(re.findall(r"--[a-z-]+", match[2])) <= known, match[0]


def test_every_target_of_make_and_variable_in_it_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {match for code in codes() for match in re.findall(r"\bmake ([a-z-]+)", code)}
    assert named == {"run"}
    assert re.search(r"^run:", makefile, re.MULTILINE)
    variables = {match for code in codes() for match in re.findall(r"(?<![A-Z_])([A-Z]+)=", code)}
    assert variables == MAKE_VARIABLES
    assert all(re.search(rf"^{name} \?=", makefile, re.MULTILINE) for name in variables)


def test_every_setting_in_it_exists_and_has_the_value_that_it_says() -> None:
    assert set(re.findall(r"\bHF(?:COURSE)?_[A-Z_]+", TEXT)) <= {*DEFAULTS, TOKEN_VARIABLE}
    for cells in list_table_rows(TEXT):
        for value in re.findall(r"\((\d+)\)", cells[1]):
            [name] = re.findall(r"HFCOURSE_[A-Z_]+", cells[0])
            assert DEFAULTS[name] == value
    [open_catalogue] = [cells for cells in list_table_rows(TEXT) if "OPEN_CATALOGUE" in cells[0]]
    [setting] = [setting for setting in SETTINGS if setting.name == "OPEN_CATALOGUE"]
    assert setting.parse(re.findall(r"`(\w+)`", open_catalogue[1])[0]) is False


@pytest.mark.parametrize("address", sorted({code for code in codes() if re.fullmatch(r"/[a-z/]+", code)}))
def test_every_address_in_it_is_a_page(app: Flask, address: str) -> None:
    assert app.test_client().get(address).status_code == 200


def test_every_file_in_it_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert links
    paths = [code for code in codes() if re.fullmatch(r"hfcourse/[\w/.]+|\.env\.example", code)]
    assert paths
    assert [name for name in [*links, *paths] if not (ROOT / name).exists()] == []
