"""The modules of the project, each parsed once, when a test asks for it."""

import ast
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT

PACKAGE = ROOT / "hfcourse"


def get_module_name(path: Path) -> str:
    """`hfcourse/spaces/catalogue.py` → `spaces.catalogue`, a package by its own name, '' for the whole."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


# What students build in a lesson is shown and tested, and no part of the site.
MODULE_PATHS = {
    get_module_name(path): path for path in sorted(PACKAGE.rglob("*.py")) if PACKAGE / "content" not in path.parents
}


@cache
def parse_module(name: str) -> ast.Module:
    """Return the syntax tree of a module; to collect the tests, none is parsed."""
    return ast.parse(MODULE_PATHS[name].read_text(encoding="utf-8"))
