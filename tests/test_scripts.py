"""The scripts of the site: unit tests in Node, and what browsers must not find in them."""

import re
from pathlib import Path

import pytest

from hfcourse.config import ROOT
from tests.support.node import run_node

SCRIPTS = ROOT / "static" / "js"
UNIT_TESTS = sorted((ROOT / "tests" / "js").glob("*.test.js"))
TEMPLATES = ROOT / "templates"
MAX_MODULE_LINES = 250


def test_unit_tests_of_scripts_pass_in_node() -> None:
    ended = run_node("--test", *UNIT_TESTS, folder=ROOT)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    passed = re.search(r"^\S+ pass (\d+)$", ended.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > len(UNIT_TESTS), "every file holds several tests"


def test_every_script_of_a_page_is_a_module() -> None:
    tags = [
        tag for path in TEMPLATES.rglob("*.html") for tag in re.findall(r"<script\b[^>]*>", path.read_text("utf-8"))
    ]
    assert len(tags) > 10
    assert [tag for tag in tags if 'type="module"' not in tag] == []


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("*.js")), ids=lambda path: path.relative_to(SCRIPTS).as_posix())
def test_a_script_sets_no_global_and_stays_short(path: Path) -> None:
    source = path.read_text("utf-8")
    assert not re.search(r"\b(?:globalThis|window|self)\.\w+ *=[^=]", source)
    assert "currentScript" not in source
    assert "htmx" not in source
    assert len(source.splitlines()) <= MAX_MODULE_LINES


def test_every_script_is_loaded_by_a_page_or_another_script() -> None:
    users = [*SCRIPTS.rglob("*.js"), *TEMPLATES.rglob("*.html"), *(ROOT / "hfcourse").rglob("*.py")]
    texts = {path: path.read_text("utf-8") for path in users if "content" not in path.parts}
    for path in SCRIPTS.rglob("*.js"):
        others = [text for user, text in texts.items() if user != path]
        assert any(f'{path.name}"' in text or f"{path.name}'" in text for text in others), path
