"""The command that writes a migration: its number, and what changed in the models."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, Table

from hfcourse import database
from tests.support.migration_generator import generate_migration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations of the site."""
    return Path(shutil.copytree(database.MIGRATIONS_FOLDER, tmp_path / "migrations"))


@pytest.fixture
def new_table() -> Iterator[Table]:
    """A model that no migration knows."""
    made = Table("languages", database.Base.metadata, Column("id", Integer, primary_key=True))
    yield made
    database.Base.metadata.remove(made)


def list_operations(path: Path, function: str) -> list[str]:
    """Return the names of what a migration calls in one of its functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    calls = [node.func for node in ast.walk(body) if isinstance(node, ast.Call)]
    return [call.attr for call in calls if isinstance(call, ast.Attribute) and ast.unparse(call.value) == "op"]


def test_migration_of_unchanged_models_is_empty_and_has_the_next_number(folder: Path) -> None:
    path = generate_migration("Say nothing new", folder)
    newest = int(database.get_newest_revision())
    assert path.parent == folder / "versions"
    assert path.name == f"{newest + 1:04}_say_nothing_new.py"
    assert f"down_revision = {f'{newest:04}'!r}" in path.read_text(encoding="utf-8")
    assert (list_operations(path, "upgrade"), list_operations(path, "downgrade")) == ([], [])


def test_migration_of_a_new_model_makes_its_table_and_drops_it(folder: Path, new_table: Table) -> None:
    path = generate_migration("Add languages", folder)
    assert list_operations(path, "upgrade")[0] == "create_table"
    assert list_operations(path, "downgrade") == ["drop_table"]
