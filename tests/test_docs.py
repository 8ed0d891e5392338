"""docs/architecture.md, the decisions and the glossary name the packages, arrows, threads and locks of the code."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.source_tree import MODULE_PATHS, parse_module

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
MODULES = {str(path.relative_to(ROOT)): name for name, path in MODULE_PATHS.items()}
LOCK_CLASSES = {"Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore"}
DECISION_SECTIONS = ["Context", "Decision", "Consequences", "Measured"]


def parse_modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield the file of each module, with its syntax tree."""
    return ((file, parse_module(name)) for file, name in MODULES.items())


def table_under(text: str, title: str) -> list[list[str]]:
    """Return the rows of the table under a heading, without its head."""
    (body,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    lines = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def calls_of(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    """Yield the calls of `name(…)` or `module.name(…)`, a `default_factory=module.name` as one too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if getattr(node.func, "attr", getattr(node.func, "id", "")) in names:
                yield node
            if any(
                item.arg == "default_factory" and getattr(item.value, "attr", "") in names for item in node.keywords
            ):
                yield node


def thread_name(call: ast.Call) -> str:
    """Return the name that a thread is given, `<id>` for what varies in it, '' without one."""
    for keyword in call.keywords:
        if keyword.arg == "name":
            if isinstance(keyword.value, ast.JoinedStr):
                parts = keyword.value.values
                return "".join(str(each.value) if isinstance(each, ast.Constant) else "<id>" for each in parts)
            assert isinstance(keyword.value, ast.Constant)
            return str(keyword.value.value)
    return ""


def started_threads() -> set[tuple[str, str]]:
    """Return the name and the module of every thread that the code starts."""
    return {(thread_name(call), module) for module, tree in parse_modules() for call in calls_of(tree, {"Thread"})}


def test_the_table_of_threads_has_every_named_thread_and_no_other() -> None:
    named = {(name, module) for name, module in started_threads() if name}
    assert len(named) > 5
    listed = {(cells[0].strip("`"), cells[1].strip("`")) for cells in table_under(ARCHITECTURE, "Threads of a process")}
    assert listed == named


def test_the_threads_without_a_name_are_named_by_their_module() -> None:
    unnamed = {module for name, module in started_threads() if not name}
    timers = {module for module, tree in parse_modules() if list(calls_of(tree, {"Timer", "ThreadPoolExecutor"}))}
    assert unnamed | timers
    assert [module for module in unnamed | timers if f"`{module}`" not in ARCHITECTURE] == []


def test_the_table_of_threads_says_what_for_and_how_each_ends() -> None:
    for name, _, purpose, end in table_under(ARCHITECTURE, "Threads of a process"):
        assert purpose, name
        assert end, name


def test_the_table_of_locks_has_every_module_with_a_lock_and_no_other() -> None:
    locked = {module for module, tree in parse_modules() if list(calls_of(tree, LOCK_CLASSES))}
    assert len(locked) > 10
    assert {cells[0].strip("`") for cells in table_under(ARCHITECTURE, "Locks of a process")} == locked


def test_the_tree_names_every_package_and_no_other() -> None:
    packages = {str(Path(module).parent) for module in MODULES}
    packages -= {"hfcourse/migrations/versions"}
    assert {cells[0].strip("`") for cells in table_under(ARCHITECTURE, "The tree")} == packages


def read_arrows() -> dict[str, set[str]]:
    """Return the table of arrows that the imports are held to: each part, and those directly below it."""
    source = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    (text,) = (
        ast.literal_eval(node.value)
        for node in source.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ARROWS"
    )
    arrows: dict[str, set[str]] = {}
    for line in re.sub(r",\s*\n", ", ", text).splitlines():
        uppers, _, lowers = line.partition("->")
        for upper in filter(None, map(str.strip, uppers.split(","))):
            arrows.setdefault(upper, set()).update(filter(None, map(str.strip, lowers.split(","))))
    return arrows


def parts_below(arrows: dict[str, set[str]], part: str) -> set[str]:
    """Return every part that this one may import, directly or not."""
    below = arrows.get(part, set())
    return below.union(*(parts_below(arrows, lower) for lower in below))


def drawn_arrows() -> list[tuple[str, str]]:
    """Return the arrows of the drawing; a node with a label (`id["label"]`) by its label."""
    text = re.sub(r'[\w.]+\["([\w.]+)"\]', r"\1", ARCHITECTURE)
    return re.findall(r"^ +([\w.]+) --> ([\w.]+)$", text, re.MULTILINE)


def test_the_drawing_shows_parts_and_arrows_that_the_imports_are_held_to() -> None:
    arrows = read_arrows()
    drawn = drawn_arrows()
    assert len(drawn) > 30
    assert [(upper, lower) for upper, lower in drawn if lower not in parts_below(arrows, upper)] == []
    TopologicalSorter({upper: {lower for each, lower in drawn if each == upper} for upper, _ in drawn}).prepare()


def test_the_drawing_shows_every_package_of_runs_and_spaces() -> None:
    drawn = drawn_arrows()
    names = {name for pair in drawn for name in pair if name}
    packages = {
        f"{parent.name}.{folder.name}"
        for parent in (ROOT / "hfcourse" / "runs", ROOT / "hfcourse" / "spaces")
        for folder in parent.iterdir()
        if (folder / "__init__.py").is_file()
    }
    assert packages
    assert packages <= names


def test_decisions_are_numbered_in_order() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert len(DECISIONS) > 10


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_sections_and_names_where_it_is_in_the_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(rf"# {int(path.name[:4])}\. \S", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == DECISION_SECTIONS
    assert re.search(r"`(?:hfcourse|tests|bench|static|templates)/", text)
    assert f"]({path.name})" in (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")


def test_the_glossary_gives_modules_that_exist_for_those_that_do_not() -> None:
    moved = table_under(GLOSSARY, "Old and new names of modules")
    assert len(moved) > 100
    for old, new in moved:
        assert f"hfcourse/{new.strip('`').replace('.', '/')}.py" in MODULES, new
        assert f"hfcourse/{old.strip('`').replace('.', '/')}.py" not in MODULES, old
