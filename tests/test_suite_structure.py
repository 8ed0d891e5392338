"""How the tests are built: where helpers are, and that every test asserts, by itself or by a helper."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT

TESTS = ROOT / "tests"


@cache
def parse_trees() -> dict[str, ast.Module]:
    """Return the syntax tree of every file, by its path."""
    paths = [path for folder in (TESTS, ROOT / "bench") for path in sorted(folder.rglob("*.py"))]
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths
        if TESTS / "data" not in path.parents
    }


# Functions of libraries that assert.
ASSERTING = {"expect", "fail", "raises", "warns"}
# These wait for a time to pass, because the time between two events is what they test.
SLEEPING = {"tests/test_concurrency.py", "tests/test_server.py"}


def is_test_module(module: str) -> bool:
    return module.startswith("tests.") and module.rpartition(".")[2].startswith("test_")


def list_imports(tree: ast.AST) -> Iterator[str]:
    """Yield the names of all imported modules, whatever an import takes of them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def list_functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def is_fixture(function: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(each).partition("(")[0] for each in function.decorator_list)


def get_called_name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


@cache
def list_checks(function: ast.FunctionDef) -> frozenset[str]:
    """Return the names of the functions that a function calls, and "assert" if it has an assertion."""
    calls = {get_called_name(node) for node in ast.walk(function) if isinstance(node, ast.Call)}
    has_assertion = any(isinstance(node, ast.Assert) for node in ast.walk(function))
    return frozenset(calls | ({"assert"} if has_assertion else set()))


def asserts(function: ast.FunctionDef, helpers: set[str]) -> bool:
    """Tell whether a function asserts, or calls a helper that does."""
    return not list_checks(function).isdisjoint({"assert"} | ASSERTING | helpers)


def find_asserting_helpers() -> set[str]:
    """Return the names of the helpers that assert, by themselves or by another one."""
    helpers: set[str] = set()
    functions = [
        each for tree in parse_trees().values() for each in list_functions(tree) if not each.name.startswith("test")
    ]
    while found := {each.name for each in functions if each.name not in helpers and asserts(each, helpers)}:
        helpers |= found
    return helpers


def test_no_module_imports_a_module_of_tests() -> None:
    importers = {file for file, tree in parse_trees().items() if any(map(is_test_module, list_imports(tree)))}
    assert importers == set()


def test_support_imports_no_conftest() -> None:
    importers = {file for file, tree in parse_trees().items() if any("conftest" in each for each in list_imports(tree))}
    assert importers <= {"tests/fuzz/stage.py"}, "the child of a campaign, which no pytest starts"


def test_a_test_asserts() -> None:
    helpers = find_asserting_helpers()
    silent = {
        each.name
        for tree in parse_trees().values()
        for each in list_functions(tree)
        if each.name.startswith("test_") and not asserts(each, helpers)
    }
    assert silent == set()


def test_a_fixture_of_several_modules_is_in_a_conftest() -> None:
    definitions: dict[str, list[str]] = defaultdict(list)
    for file, tree in parse_trees().items():
        for function in filter(is_fixture, list_functions(tree)):
            body = function.body[1:] if ast.get_docstring(function) else function.body
            signature = " ".join(map(ast.unparse, [*function.decorator_list, function.args]))
            if function.name != "space":  # each overrides that of conftest.py, for `site` to call it
                definitions[signature + ast.dump(ast.Module(body, []))].append(f"{file}: {function.name}")
    assert [each for each in definitions.values() if len(each) > 1] == []


def test_names_of_tests_are_unique_in_a_module() -> None:
    for file, tree in parse_trees().items():
        for scope in (tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))):
            names = Counter(node.name for node in scope.body if isinstance(node, ast.FunctionDef))
            assert {name for name, count in names.items() if count > 1 and name.startswith("test")} == set(), file


def test_a_test_waits_for_a_thing_and_not_for_a_time() -> None:
    sleeping = {
        file
        for file, tree in parse_trees().items()
        if Path(file).name.startswith("test_")
        and any(isinstance(node, ast.Call) and ast.unparse(node.func) == "time.sleep" for node in ast.walk(tree))
    }
    assert sleeping == SLEEPING


def is_status_choice(node: ast.AST) -> bool:
    """Tell whether an expression compares a status of HTTP with several."""
    return isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In) and "status_code" in ast.unparse(node.left)


def test_a_status_of_http_is_asserted_exactly() -> None:
    lenient = [
        f"{file}:{node.lineno}"
        for file, tree in parse_trees().items()
        for statement in ast.walk(tree)
        if isinstance(statement, ast.Assert)
        for node in ast.walk(statement.test)
        if is_status_choice(node)
    ]
    assert lenient == []


def test_a_missing_program_is_no_mark_that_skips() -> None:
    """A mark would skip the test even where everything is required."""
    skipping = [
        f"{file}:{node.lineno}"
        for file, tree in parse_trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and get_called_name(node) == "skipif" and "which" in ast.unparse(node)
    ]
    assert skipping == []
