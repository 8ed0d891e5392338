"""The shape of the house: who may import whom, what stays small, what a start does not load."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hfcourse"
MOST_LINES = 50
BASE = {
    "code_lexer",
    "bulkhead",
    "config",
    "connections",
    "cpu_budget",
    "cookies",
    "database",
    "echo",
    "erasure",
    "errors",
    "explanations",
    "file_errors",
    "file_scanning",
    "gate",
    "headers",
    "highlighting",
    "hosts",
    "instructors",
    "networks",
    "pages",
    "rate_limits",
    "passwords",
    "permissions",
    "proxies",
    "routing",
    "security_log",
    "security",
    "server",
    "server_threads",
    "templating",
    "token_search",
    "setting_values",
    "static_text",
    "tokens",
    "typography",
}
BASE |= {"echo", "port", "visitors"}
# Each room, and the rooms that it may look into; every room may use the base.
ARROWS = {
    "lessons": set(),
    "practice": set(),
    "spaces": {"practice"},
    "runs": {"spaces"},
    "migrations": {"classroom", "lessons", "runs", "spaces"},
    "chat": {"runs", "spaces"},
    "classroom": {"lessons", "runs", "spaces"},
}
PURE = (
    "chat.conversation", "code_lexer", "cpu_budget", "file_errors", "highlighting", "lessons.checklist",
    "lessons.markdown", "lessons.quiz", "lessons.spelling", "networks", "runs.aggregation", "runs.answer_texts",
    "runs.brief_text", "runs.chart_axes", "runs.charts", "runs.conversations", "runs.drawings", "runs.exports",
    "runs.kinds", "runs.outputs", "runs.prose", "runs.quoting", "runs.references", "runs.scheduling", "runs.scores",
    "runs.sent_summary", "runs.sent_tables", "runs.shapes", "runs.table_drawings", "runs.trees", "runs.turns",
    "runs.words", "spaces.captions", "spaces.circuit_breaker", "spaces.compositions", "spaces.description",
    "spaces.error_summary", "spaces.events", "spaces.example_words", "spaces.examples", "spaces.field_marks",
    "spaces.file_limits", "spaces.file_objects", "spaces.file_places", "spaces.file_routes", "spaces.flows",
    "spaces.html_text", "spaces.introduction", "spaces.json_nodes", "spaces.layout", "spaces.media_types",
    "spaces.needs", "spaces.page_events", "spaces.placement", "spaces.retry_after", "spaces.sample_files",
    "spaces.sample_names", "spaces.schemas", "spaces.sections", "spaces.seeds", "spaces.snippets",
    "spaces.space_card", "spaces.translations", "spaces.type_words", "spaces.updates", "spaces.values",
    "spaces.wav_stream", "token_search", "typography",
    "lessons.message_search", "lessons.quiz", "lessons.troubleshooting",
    "networks", "runs.aggregation", "runs.answer_texts", "runs.brief_text", "runs.chart_axes",
    "runs.charts", "runs.conversations", "runs.drawings", "runs.exports", "runs.kinds", "runs.outputs",
    "runs.prose", "runs.quoting", "runs.references", "runs.scheduling", "runs.scores", "runs.sent_tables",
    "runs.shapes", "runs.table_drawings", "runs.trees", "runs.turns", "runs.words", "spaces.captions",
    "spaces.circuit_breaker", "spaces.compositions", "spaces.description", "spaces.error_summary",
    "spaces.events", "spaces.example_words", "spaces.examples", "spaces.field_marks", "spaces.file_limits",
    "spaces.file_objects", "spaces.file_places", "spaces.file_routes", "spaces.flows", "spaces.html_text",
    "spaces.introduction", "spaces.json_nodes", "spaces.layout", "spaces.media_types", "spaces.needs",
    "spaces.page_events", "spaces.placement", "spaces.retry_after", "spaces.sample_files", "spaces.sample_names",
    "spaces.schemas", "spaces.sections", "spaces.seeds", "spaces.snippets", "spaces.space_card",
    "spaces.translations", "spaces.type_words", "spaces.updates", "spaces.values", "spaces.wav_stream",
    "token_search", "typography",
    "chat.conversation", "code_lexer", "cpu_budget", "highlighting", "lessons.checklist", "lessons.downloads",
    "lessons.editions", "lessons.facts", "lessons.markdown", "lessons.ordering", "lessons.outline", "lessons.quiz",
    "networks", "runs.aggregation", "runs.answer_texts", "runs.brief_text", "runs.chart_axes", "runs.charts",
    "runs.conversations", "runs.drawings", "runs.exports", "runs.kinds", "runs.outputs", "runs.prose", "runs.quoting",
    "runs.references", "runs.scheduling", "runs.scores", "runs.sent_tables", "runs.shapes", "runs.table_drawings",
    "runs.trees", "runs.turns", "runs.words", "spaces.captions", "spaces.circuit_breaker", "spaces.compositions",
    "spaces.description", "spaces.error_summary", "spaces.events", "spaces.example_words", "spaces.examples",
    "spaces.field_marks", "spaces.file_limits", "spaces.file_objects", "spaces.file_places", "spaces.file_routes",
    "spaces.flows", "spaces.html_text", "spaces.introduction", "spaces.json_nodes", "spaces.layout",
    "spaces.media_types", "spaces.needs", "spaces.page_events", "spaces.placement", "spaces.retry_after",
    "spaces.sample_files", "spaces.sample_names", "spaces.schemas", "spaces.sections", "spaces.seeds",
    "spaces.snippets", "spaces.space_card", "spaces.translations", "spaces.type_words", "spaces.updates",
    "spaces.values", "spaces.wav_stream", "token_search", "typography",
)  # fmt: skip
IMPURE = {"flask", "sqlalchemy", "werkzeug", "os", "pathlib", "io", "socket", "subprocess", "shutil", "tempfile",
          "httpx", "httpcore", "requests", "urllib.request", "threading"}  # fmt: skip
TOKEN_VARIABLES = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}


def name_of(path: Path) -> str:
    """`hfcourse/spaces/client/http_client.py` → `spaces.wire`, a package by its own name, '' for the whole."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


# What students build in a lesson is shown and tested, and no part of the site.
FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if PACKAGE / "content" not in path.parents}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def imports_of(name: str) -> Iterator[str]:
    """Every module that this one imports, whole names, wherever the import stands (but not for the types alone)."""
    hidden = {id(node) for guard in ast.walk(TREES[name]) if is_for_types(guard) for node in ast.walk(guard)}
    for node in ast.walk(TREES[name]):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(name, node)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def absolute(name: str, node: ast.ImportFrom) -> str:
    """The module of a `from … import`, a relative one made whole."""
    if not node.level:
        return node.module or ""
    parts = ["hfcourse", *filter(None, name.split("."))]
    if FILES[name].name == "__init__.py":
        parts.append("")
    return ".".join([*parts[: -node.level], *filter(None, [node.module])])


@lru_cache
def ours(name: str) -> frozenset[str]:
    """The modules of hfcourse that this one imports, by their short names; a package for itself only if it is named."""
    found = set()
    for imported in imports_of(name):
        head, _, rest = imported.partition(".")
        if head == "hfcourse" and rest in FILES and rest:
            found.add(rest)
    return frozenset(found)


def everything(name: str) -> set[str]:
    """What this module imports of ours, and what that imports, and so on."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for each in ours(waiting.pop()) - seen:
            seen.add(each)
            waiting.append(each)
    return seen


def outside(name: str) -> set[str]:
    """What this module imports that is not ours."""
    return {imported for imported in imports_of(name) if not imported.startswith("hfcourse")}


def who_imports(library: str) -> set[str]:
    """The modules that import this library or a part of it."""
    return {name for name in FILES if any(each.split(".")[0] == library for each in outside(name))}


def test_the_reading_of_imports_reads_them() -> None:
    assert "spaces.wire" in ours("spaces.location")  # inside a function
    assert "runs.store" in ours("")
    assert "practice.child" in ours("practice.server")  # relative
    assert "spaces.client" not in ours("spaces.memory")
    assert "httpcore" in outside("spaces.wire")


@pytest.mark.parametrize("name", [name for name in FILES if "." in name])
def test_arrows_point_down(name: str) -> None:
    room = name.split(".", maxsplit=1)[0]
    allowed = ARROWS[room] | BASE | {room}
    assert {each.split(".")[0] for each in ours(name)} <= (allowed - BASE if room == "practice" else allowed)


@pytest.mark.parametrize("name", sorted(BASE))
def test_the_base_knows_no_room(name: str) -> None:
    assert {each.split(".")[0] for each in ours(name)} <= BASE


def test_of_the_practice_space_others_know_alone_what_starts_it() -> None:
    for name in FILES:
        if not name.startswith("practice"):
            known = {each for each in ours(name) if each.startswith("practice.")}
            assert known <= {"practice.server", "practice.foreground"}, name


def test_nothing_but_the_factory_imports_views() -> None:
    assert [name for name in FILES if any(each.endswith("views") for each in ours(name))] == [""]


def test_no_two_modules_import_each_other_however_far_round() -> None:
    TopologicalSorter({name: ours(name) for name in FILES}).prepare()  # raises CycleError, with the modules of a circle


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("gradio_client", {"spaces.client"}),
        ("gradio", {"practice.app"}),
        ("llama_cpp", {"practice.language_model"}),
        ("httpcore", {"spaces.wire"}),
        ("httpx", set()),
        ("huggingface_hub", set()),
        ("requests", set()),
        ("nh3", {"runs.prose"}),
        ("celery", {"runs.workers"}),
        ("redis", set()),
        ("fsspec", {"spaces.storage"}),
        ("s3fs", set()),
        ("prometheus_client", {"runs.metrics"}),
        (
            "alembic",
            {"database", "migrations.env", *(name for name in FILES if name.startswith("migrations.versions."))},
        ),
    ],
)
def test_a_library_has_one_door(library: str, owners: set[str]) -> None:
    assert who_imports(library) == owners


@pytest.mark.parametrize("name", [name for name in PURE if name in FILES])
def test_what_is_pure_touches_nothing(name: str) -> None:
    for each in {name, *everything(name)}:
        assert not {library for library in outside(each) if library in IMPURE or library.split(".")[0] in IMPURE}, each
        called = {
            node.func.id
            for node in ast.walk(TREES[each])
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"open", "print", "input", "eval", "exec"}, each


def test_only_tokens_reads_the_tokens_variables() -> None:
    named = set()
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node.value in TOKEN_VARIABLES:
                named.add(name)
    assert named == {"tokens"}


def test_the_practice_spaces_environment_is_a_list_of_what_it_needs() -> None:
    from hfcourse.practice import app_process

    assert not {name for name in app_process._ENVIRONMENT if "TOKEN" in name or name.startswith(("HF", "HUGGING"))}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}.{node.name}", node


def test_no_function_is_longer_than_a_screen() -> None:
    alembic = "migrations.versions."  # a migration is a list of columns
    lengths = {
        where: (node.end_lineno or 0) - node.lineno + 1 for where, node in functions() if not where.startswith(alembic)
    }
    assert {where: lines for where, lines in lengths.items() if lines > MOST_LINES} == {}


def test_the_factory_is_a_table_of_contents() -> None:
    assert len((PACKAGE / "__init__.py").read_text().splitlines()) <= MOST_LINES


def test_every_module_says_what_it_is() -> None:
    assert [name for name, tree in TREES.items() if not ast.get_docstring(tree)] == []


HEAVY = {"gradio", "gradio_client", "httpx", "huggingface_hub", "numpy", "pandas", "PIL", "alembic", "celery", "redis"}
HEAVY |= {"fsspec", "s3fs", "botocore", "aiobotocore", "boto3"}
HEAVY |= {"prometheus_client"}


def started(folder: Path, environment: dict[str, str]) -> dict:
    """What a process has loaded, and what its environment holds, once the site is made."""
    code = (
        "import json, os, sys; from hfcourse import create_app; create_app(); "
        "print(json.dumps({'modules': sorted(sys.modules), 'environment': dict(os.environ)}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=ROOT,
        env=os.environ | {"HFCOURSE_INSTANCE": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return json.loads(ended.stdout)


def test_a_start_loads_nothing_heavy_and_leaves_no_token_behind(tmp_path: Path) -> None:
    started(tmp_path, {})  # the first one makes the database
    token = "hf_" + "e" * 30
    found = started(tmp_path, {"HF_TOKEN": token, "HUGGING_FACE_HUB_TOKEN": token})
    assert HEAVY & {module.split(".")[0] for module in found["modules"]} == set()
    assert token not in repr(found["environment"])
