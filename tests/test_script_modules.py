"""Imports between the site's scripts: their URLs carry hashes, and the exported course bundles them."""

import re
import shutil
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hfcourse.config import ROOT
from hfcourse.lessons import single_page
from hfcourse.web import script_modules
from hfcourse.web.script_modules import add_import_fingerprints, bundle_modules, fingerprint_file
from tests.support.node import run_node

SCRIPTS = ROOT / "static" / "js"
FILES = sorted(SCRIPTS.rglob("*.js"))
IMPORT = re.compile(r"^(?:import|export)\b.*|\bimport\(.*", re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three modules: the first imports the second, which imports the third on demand."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "first.js").write_text('import { second } from "./parts/second.js";\n\nawait second();\n')
    (tmp_path / "parts" / "second.js").write_text(
        'const name = "a";\nexport async function second() {\n'
        '  const { third } = await import("../third.js");\n  console.log(name + third);\n}\n'
    )
    (tmp_path / "third.js").write_text('const name = "b";\nexport const third = name;\n')
    return tmp_path


def test_fingerprint_changes_with_any_module_below(folder: Path) -> None:
    names = ("first.js", "parts/second.js", "third.js")
    before = [fingerprint_file(folder / name) for name in names]
    assert len(set(before)) == 3
    (folder / "third.js").write_text("export const third = 2;\n")
    assert not set(before) & {fingerprint_file(folder / name) for name in names}


def test_fingerprint_leaves_out_modules_above(folder: Path) -> None:
    before = fingerprint_file(folder / "third.js")
    (folder / "first.js").write_text('import { second } from "./parts/second.js";\n')
    assert fingerprint_file(folder / "third.js") == before


def test_fingerprint_ends_where_modules_import_each_other(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{one}.js").write_text(f'import "./{other}.js";\n')
    assert fingerprint_file(tmp_path / "a.js") == fingerprint_file(tmp_path / "b.js")


@pytest.mark.parametrize(
    "statement", ['import { a } from "./a.js";', 'import "./a.js";', 'load(() => import("./a.js"));']
)
def test_imports_of_every_form_get_the_hash_of_the_module(tmp_path: Path, statement: str) -> None:
    (tmp_path / "a.js").write_text("export const a = 1;\n")
    rewritten = add_import_fingerprints(statement, tmp_path / "main.js")
    assert rewritten == statement.replace("./a.js", f"./a.js?v={fingerprint_file(tmp_path / 'a.js')}")


@pytest.mark.parametrize("statement", ['import "./none.js";', 'const from = "./a.js";', 'fetch("./a.js");'])
def test_other_strings_and_missing_modules_stay(tmp_path: Path, statement: str) -> None:
    (tmp_path / "a.js").write_text("")
    assert add_import_fingerprints(statement, tmp_path / "main.js") == statement


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SCRIPTS).as_posix())
def test_scripts_import_in_the_forms_that_are_rewritten(path: Path) -> None:
    source = path.read_text("utf-8")
    for statement in IMPORT.findall(source):
        if statement == "import {":
            continue  # its names and path are on the next lines
        assert (
            script_modules.IMPORT_PATTERN.search(statement)
            or script_modules.EXPORT_PATTERN.match(statement)
            or "import(script)" in statement  # the address comes from a page
        ), statement
    for found in script_modules.IMPORT_PATTERN.finditer(source):
        assert (path.parent / found[2]).is_file(), found[0]


@pytest.mark.parametrize("prefix", ["", "/cours"])
def test_imported_modules_are_served_under_their_hash_for_a_year(client: FlaskClient, app: Flask, prefix: str) -> None:
    with app.test_request_context(environ_overrides={"SCRIPT_NAME": prefix}):
        waiting = [
            app.url_for("static", filename="js/lesson.js"),
            app.url_for("static", filename="js/live/run_page.js"),
        ]
    seen: set[str] = set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        assert re.search(r"\.js\?v=[0-9a-f]{10}$", address)
        with client.get(address.removeprefix(prefix), environ_overrides={"SCRIPT_NAME": prefix}) as response:
            assert response.status_code == 200
            assert "max-age=31536000" in response.headers["Cache-Control"]
            waiting += [urljoin(address, each) for each in re.findall(r'"(\.{1,2}/[^"]+\.js[^"]*)"', response.text)]
    names = {re.sub(r".*/js/|\?.*", "", address) for address in seen}
    assert {"exercises/quiz.js", "try/panel.js", "live/morph.js", "live/matching.js"} <= names
    assert len(names) == len(seen), "each module has one address, so that it is loaded once"


def run_module(source: str, folder: Path) -> str:
    """Run a module in Node and return what it prints."""
    (folder / "bundle.mjs").write_text(source, encoding="utf-8")
    ended = run_node("bundle.mjs", folder=folder)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_bundle_runs_its_modules_each_in_its_own_scope(folder: Path) -> None:
    assert run_module(bundle_modules(folder, ("first.js",)), folder) == "ab\n"


def test_bundle_without_a_module_rejects_its_import(folder: Path) -> None:
    source = bundle_modules(folder, ("parts/second.js",), ("third.js",))
    check = 'const { second } = await load("parts/second.js");\nawait second().catch(() => console.log("rejected"));\n'
    assert run_module(source + check, folder) == "rejected\n"


def test_bundle_of_the_exported_course_is_valid_and_leaves_out_trying(tmp_path: Path) -> None:
    source = bundle_modules(ROOT / "static", single_page.SCRIPTS, single_page.ABSENT_SCRIPTS)
    assert "class TryPanel" not in source
    assert "showOrderVerdict" in source
    assert not re.search(r"^(?:import|export)\b", source, re.MULTILINE)
    (tmp_path / "bundle.mjs").write_text(source, encoding="utf-8")
    checked = run_node("--check", "bundle.mjs", folder=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_copy_of_the_scripts_changes_no_fingerprint(tmp_path: Path) -> None:
    copy = tmp_path / "js"
    shutil.copytree(SCRIPTS, copy)
    for name in ("site.js", "lesson.js", "live/run_page.js"):
        assert fingerprint_file(copy / name) == fingerprint_file(SCRIPTS / name)
