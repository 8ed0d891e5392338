"""The shape of the house: who may import whom, what stays small, what a start does not load."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.support.source_tree import MODULE_PATHS, PACKAGE, parse_module

ROOT = Path(__file__).parents[1]
MAX_FUNCTION_LINES = 50
MAX_MODULE_LINES = 300
MAX_FOLDER_MODULES = 15
SHARED_NAMES = {"init_app", "index", "show"}  # Flask's for extensions, and the views of a blueprint's first two pages
# The parts, from the top down. `a -> b, c`: a may import b and c, and whatever these may import; nothing else.
ARROWS = """
    chat              -> playground, runs.live, runs.history, runs.trace.browser_recording
    cli               -> classroom, runs.queue, practice.foreground_server, server, french_command
    home              -> patterns, runs.views, runs.metrics, lessons.views
    patterns          -> chat, playground, runs.history, lessons.library
    classroom         -> playground, lessons.views
    playground        -> playground.experiments, runs.blueprint, runs.embedded_run, runs.history, runs.outputs,
                         runs.queue, runs.form_choice_updates, runs.trace.browser_recording
    playground.experiments -> playground.experiments.experiment_table, runs.trace
    playground.experiments.experiment_table -> playground.experiments.experiment
    playground.experiments.experiment -> text

    runs.views        -> runs.blueprint, runs.embedded_run, runs.history
    runs.live         -> runs.embedded_run, server
    runs.embedded_run -> runs.presenter
    runs.blueprint    -> web
    runs.history      -> runs.presenter, runs.trace
    runs.trace        -> runs.trace.browser_recording, runs.trace.recording, web
    runs.presenter    -> runs.queue, runs.outputs
    runs.queue        -> runs.execution
    runs.execution    -> runs.retention, runs.trace.recording
    runs.trace.browser_recording -> runs.trace.recording
    runs.trace.recording -> runs.retention, runs.trace.masking, runs.trace.model, runs.trace.trace_writer
    runs.trace.trace_writer -> runs.store
    runs.trace.masking, runs.trace.model -> token_masking
    runs.metrics      -> runs.retention
    runs.retention    -> runs.store, spaces.form, spaces.registry
    runs.form_choice_updates -> runs.store, spaces.form
    runs.store        -> runs.values, files, visitors
    runs.outputs      -> runs.values, spaces.schema.endpoints
    runs.values       -> spaces.untrusted

    spaces.registry   -> spaces.hub
    spaces.hub        -> spaces.client, spaces.catalogue
    spaces.client     -> spaces.schema.endpoints, files
    spaces.form       -> spaces.schema.endpoints, files
    spaces.schema.endpoints  -> spaces.schema.page, spaces.schema.examples
    spaces.schema.examples   -> spaces.schema.page, spaces.schema.values
    spaces.schema.page       -> spaces.schema.parameters
    spaces.schema.values     -> spaces.schema.parameters
    spaces.schema.parameters -> spaces.schema.layout
    spaces.schema.layout     -> spaces.schema
    spaces.schema     -> spaces.untrusted
    spaces.untrusted  -> base
    spaces.catalogue  -> practice.server, spaces.catalogue_errors, spaces.reloaded_file, config, tokens
    spaces.catalogue_errors  -> text

    lessons.views     -> lessons.authoring, lessons.content_checks, lessons.page_cache, lessons.progress_forms,
                         lessons.search, lessons.single_page, lessons.speaker_notes, lessons.troubleshooting_views,
                         lessons.zips, base
    lessons.authoring, lessons.back_links, lessons.content_checks, lessons.page_cache, lessons.search,
        lessons.single_page, lessons.slides, lessons.troubleshooting_views -> lessons.library
    lessons.speaker_notes    -> lessons.slides
    lessons.library, lessons.progress_forms -> lessons.lesson_files
    lessons.lesson_files     -> lessons.markup
    lessons.markup    -> lessons.exercises, lessons.reference, playground.experiments.experiment_table
    lessons.exercises, lessons.reference -> lessons.syntax, base
    lessons.syntax    -> text

    files             -> base, token_masking
    base              -> instructors, failure_explanations, wal_truncation
    instructors, wal_truncation -> web
    web               -> database, visitors, tokens
    database          -> config, limits, file_permissions
    visitors          -> limits
    limits            -> errors, server
    failure_explanations, errors -> error_messages
    error_messages    -> text
    config            -> setting_parsers
    token_masking     -> tokens
    setting_parsers, tokens, server, french_command -> text
    practice.server, practice.foreground_server -> practice
    practice          -> practice.tutor
"""
# The extensions of the application that a module besides their owner names, until it asks their accessor.
EXTENSION_EXCEPTIONS = {"runs.store.heartbeat: dispatcher"}  # the arrows point the other way
IMPURE = {"flask", "sqlalchemy", "werkzeug", "os", "pathlib", "io", "socket", "subprocess", "shutil", "tempfile",
          "httpx", "httpcore", "httpcore2", "requests", "urllib.request", "threading"}  # fmt: skip
TOKEN_VARIABLES = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}


@cache
def imports_of(name: str) -> frozenset[str]:
    """Every module that this one imports, whole names, wherever the import stands (but not for the types alone)."""
    return frozenset(iterate_imports(name))


def iterate_imports(name: str) -> Iterator[str]:
    hidden = {id(node) for guard in ast.walk(parse_module(name)) if is_for_types(guard) for node in ast.walk(guard)}
    for node in ast.walk(parse_module(name)):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(name, node)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield (
                    whole
                    if whole.removeprefix("hfcourse.") in MODULE_PATHS or not base.startswith("hfcourse")
                    else base
                )


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def absolute(name: str, node: ast.ImportFrom) -> str:
    """The module of a `from … import`, a relative one made whole."""
    if not node.level:
        return node.module or ""
    parts = ["hfcourse", *filter(None, name.split("."))]
    if MODULE_PATHS[name].name == "__init__.py":
        parts.append("")
    return ".".join([*parts[: -node.level], *filter(None, [node.module])])


@cache
def ours(name: str) -> frozenset[str]:
    """The modules of hfcourse that this one imports, by their short names; a package for itself only if it is named."""
    found = set()
    for imported in imports_of(name):
        head, _, rest = imported.partition(".")
        if head == "hfcourse" and rest in MODULE_PATHS and rest:
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
    return {name for name in MODULE_PATHS if any(each.split(".")[0] == library for each in outside(name))}


def test_the_reading_of_imports_reads_them() -> None:
    assert "spaces.client.http_client" in ours("spaces.registry.resolver")  # inside a function
    assert "runs" in ours("")
    assert "practice.app_process" in ours("practice.server")
    assert "spaces.client.space_client" not in ours("spaces.client.single_flight_cache")
    assert "httpcore2" in outside("spaces.client.transport.connection_pool")


def read_arrows() -> dict[str, set[str]]:
    """The table above: each part, and the parts directly below it."""
    arrows: dict[str, set[str]] = {}
    for line in re.sub(r",\s*\n", ", ", ARROWS).split("\n"):
        uppers, _, lowers = line.partition("->")
        for upper in filter(None, map(str.strip, uppers.split(","))):
            arrows[upper] = set(filter(None, map(str.strip, lowers.split(","))))
            for lower in arrows[upper]:
                arrows.setdefault(lower, set())
    return arrows


PARTS = read_arrows()


def part_of(name: str) -> str:
    """The longest part that holds this module."""
    return max((part for part in PARTS if f"{name}.".startswith(f"{part}.")), key=len, default=name)


@cache
def parts_below(part: str) -> frozenset[str]:
    """Every part that this one may import, however far down."""
    return frozenset(PARTS[part].union(*(parts_below(lower) for lower in PARTS[part])))


def test_every_module_has_its_part() -> None:
    loose = {name for name in MODULE_PATHS if part_of(name) not in PARTS and MODULE_PATHS[name].name != "__init__.py"}
    assert {name for name in loose if not name.startswith("migrations.")} == set()
    assert {
        part for part in PARTS if part != "base" and not any(part_of(name) == part for name in MODULE_PATHS)
    } == set()


@pytest.mark.parametrize(
    "name", [name for name in MODULE_PATHS if part_of(name) in PARTS and MODULE_PATHS[name].name != "__init__.py"]
)
def test_arrows_point_down(name: str) -> None:
    part = part_of(name)
    modules = {each for each in ours(name) if MODULE_PATHS[each].name != "__init__.py"}
    assert {part_of(each) for each in modules} <= parts_below(part) | {part}


def test_arrows_form_no_circle() -> None:
    TopologicalSorter(PARTS).prepare()


def test_a_folder_holds_few_modules() -> None:
    folders = Counter(path.parent.relative_to(ROOT) for path in MODULE_PATHS.values() if path.name != "__init__.py")
    migrations = Path("hfcourse/migrations/versions")
    assert {folder: count for folder, count in folders.items() if count > MAX_FOLDER_MODULES} in ({}, {migrations: 16})


def test_of_the_practice_space_others_know_alone_what_starts_it() -> None:
    for name in MODULE_PATHS:
        if not name.startswith("practice"):
            known = {each for each in ours(name) if each.startswith("practice.")}
            assert known <= {"practice.server", "practice.foreground_server"}, name


def test_nothing_but_the_factory_imports_views() -> None:
    views = {name for name in MODULE_PATHS if name.endswith((".views", "troubleshooting_views"))}
    importers = {name for name in MODULE_PATHS if ours(name) & views}
    assert importers == {"chat", "classroom", "lessons", "playground", "runs"}  # the packages register them


def test_no_two_modules_import_each_other_however_far_round() -> None:
    TopologicalSorter(
        {name: ours(name) for name in MODULE_PATHS}
    ).prepare()  # raises CycleError, with the modules of a circle


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("gradio_client", {"spaces.client.gradio_client_adapter"}),
        ("gradio", {"practice.adaptive_queue", "practice.app", "practice.endpoints", "practice.page"}),
        ("llama_cpp", {"practice.language_model"}),
        ("httpcore", set()),
        ("httpcore2", {"spaces.client.transport.connection_pool"}),
        ("httpx", set()),
        ("huggingface_hub", set()),
        ("requests", set()),
        ("nh3", {"runs.outputs.html_sanitizer"}),
        ("nbformat", {"playground.code.languages.notebook_code"}),
        ("celery", {"runs.queue.celery_queue"}),
        ("redis", set()),
        ("fsspec", {"files.storage_backends"}),
        ("s3fs", set()),
        ("prometheus_client", {"runs.metrics"}),
        (
            "alembic",
            {"database", "migrations.env", *(name for name in MODULE_PATHS if name.startswith("migrations.versions."))},
        ),
    ],
)
def test_a_library_has_one_door(library: str, owners: set[str]) -> None:
    assert who_imports(library) == owners


PURE = [
    name
    for name, path in MODULE_PATHS.items()
    if path.read_text(encoding="utf-8").partition("\n")[0].removesuffix('"""').endswith(" Pure.")
]


def test_whole_packages_are_pure() -> None:
    pure = ("runs.outputs", "runs.values", "spaces.schema", "spaces.untrusted", "lessons.syntax")
    assert {name for name in MODULE_PATHS if name.startswith(pure)} <= set(PURE)


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_touches_nothing(name: str) -> None:
    for each in {name, *everything(name)}:
        assert not {library for library in outside(each) if library in IMPURE or library.split(".")[0] in IMPURE}, each
        called = {
            node.func.id
            for node in ast.walk(parse_module(each))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"open", "print", "input", "eval", "exec"}, each


def test_only_tokens_reads_the_tokens_variables() -> None:
    named = set()
    for name, tree in ((each, parse_module(each)) for each in MODULE_PATHS):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node.value in TOKEN_VARIABLES:
                named.add(name)
    named.discard("playground.code.languages.code_call")  # writes it into the programs of readers
    assert named == {"tokens"}


def test_the_practice_spaces_environment_is_a_list_of_what_it_needs() -> None:
    from hfcourse.practice import app_process

    assert not {
        name for name in app_process._INHERITED_VARIABLES if "TOKEN" in name or name.startswith(("HF", "HUGGING"))
    }


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for name, tree in ((each, parse_module(each)) for each in MODULE_PATHS):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}.{node.name}", node


def extension_keys(name: str) -> set[str]:
    """The keys by which a module names extensions: `extensions["key"]`, `.get("key")`, `.setdefault("key", …)`."""
    keys = set()
    for node in ast.walk(parse_module(name)):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("extensions"):
            keys.add(node.slice)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("extensions.get", "extensions.setdefault")
        ):
            keys.add(node.args[0])
        elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]).endswith("extensions"):
            keys.add(node.left)
    return {key.value if isinstance(key, ast.Constant) else ast.unparse(key) for key in keys}


def test_an_extension_is_named_by_its_own_module_alone() -> None:
    owners: dict[str, set[str]] = {}
    for name in MODULE_PATHS:
        for key in extension_keys(name):
            if f"{name}: {key}" not in EXTENSION_EXCEPTIONS:
                owners.setdefault(key, set()).add(name)
    assert {key: sorted(names) for key, names in owners.items() if len(names) > 1} == {}
    assert owners["dispatcher"] == {"runs.queue.dispatcher"}


def test_no_function_is_longer_than_a_screen() -> None:
    alembic = "migrations.versions."  # a migration is a list of columns
    lengths = {
        where: (node.end_lineno or 0) - node.lineno + 1 for where, node in functions() if not where.startswith(alembic)
    }
    assert {where: lines for where, lines in lengths.items() if lines > MAX_FUNCTION_LINES} == {}


def test_no_module_is_longer_than_a_few_screens() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULE_PATHS.items()}
    long = {name: lines for name, lines in lengths.items() if lines > MAX_MODULE_LINES}
    assert long == {}


def test_a_function_has_a_name_of_its_own() -> None:
    names = Counter(
        node.name
        for module in MODULE_PATHS
        if not module.startswith("migrations.versions.")  # Alembic's names
        for node in parse_module(module).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )
    assert {name for name, count in names.items() if count > 1} == SHARED_NAMES


def test_the_factory_is_a_table_of_contents() -> None:
    assert len((PACKAGE / "__init__.py").read_text().splitlines()) <= MAX_FUNCTION_LINES


def test_every_module_says_what_it_is() -> None:
    assert [
        name for name, tree in ((each, parse_module(each)) for each in MODULE_PATHS) if not ast.get_docstring(tree)
    ] == []


HEAVY = {"gradio", "gradio_client", "httpx", "huggingface_hub", "numpy", "pandas", "PIL", "alembic", "celery", "redis"}
HEAVY |= {"fsspec", "s3fs", "botocore", "aiobotocore", "boto3"}
HEAVY |= {"nbformat", "prometheus_client"}


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
