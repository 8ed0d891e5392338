"""docs/security.md names every chapter of ASVS, and tests, settings and services that there are."""

import re

import pytest

from hfcourse.config import SETTINGS
from tests.support.campus import COMPOSE_CONFIG
from tests.support.paths import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
# The chapters of OWASP ASVS 5.0.
CHAPTERS = [f"V{number}" for number in range(1, 18)]
WITHOUT_A_TEST = {"V10", "V17"}


def section(title: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    (found,) = re.findall(rf"^## {title}[^\n]*\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in found.splitlines() if line[:1] == "|"][
        2:
    ]


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:\w+/)?test_\w+\.py)`", TEXT))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / "tests" / name).is_file()] == []


def test_every_chapter_is_there_once_in_order() -> None:
    assert [cells[0].split()[0] for cells in section("OWASP ASVS 5.0")] == CHAPTERS


def test_every_chapter_names_its_tests_and_says_why_something_is_not_met() -> None:
    for chapter, met, tests, unmet in section("OWASP ASVS 5.0"):
        name = chapter.split()[0]
        assert ("`test_" in tests or "/test_" in tests) != (name in WITHOUT_A_TEST), name
        assert re.search(rf"\b{name[1:]}\.\d+\.\d+", met) or name in WITHOUT_A_TEST, name
        assert unmet == "–" or len(unmet.split()) > 5, name


def test_the_settings_that_it_names_are_those_of_the_site() -> None:
    known = {setting.variable for setting in SETTINGS} | {"HF_TOKEN"}
    assert set(re.findall(r"`(HF(?:COURSE)?_[A-Z_]+)`", TEXT)) <= known


def test_every_key_that_a_service_is_given_is_in_the_inventory() -> None:
    given = re.findall(r"\$\{([A-Z_]*(?:KEY|PASSWORD|TOKEN))\b", (ROOT / "compose.yaml").read_text(encoding="utf-8"))
    named = " ".join(cells[0] for cells in section("Cryptographic inventory"))
    assert given
    assert [key for key in set(given) if key not in named] == []


def test_the_networks_that_it_names_are_those_of_compose() -> None:
    said = {
        name: set(re.findall(r"front|back|outside|practice", cells[1]))
        for cells in section("Images and dependencies")
        for name in cells[0].split(", ")
    }
    assert said == {name: set(service["networks"]) for name, service in COMPOSE_CONFIG["services"].items()}


@pytest.mark.parametrize("path", ["SECURITY.md", "README.md"])
def test_whoever_looks_for_it_finds_it(path: str) -> None:
    assert "docs/security.md" in (ROOT / path).read_text(encoding="utf-8")


def test_every_link_of_it_leads_somewhere_in_the_repository() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / "docs" / target).resolve().exists(), target
