"""ES modules in static files: fingerprinted URLs for what they import, and one script made of several modules.

Browsers cache a script for a year, under a URL with a hash. What it imports needs such URLs too, and an import map
would be an inline script: so the URLs are written into the module when it is served. The hash of a module covers
everything that it imports: an edit changes the URL of each module above it.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path

# Imports have double quotes and a relative path; tests/test_script_modules.py holds the scripts to this.
IMPORT_PATTERN = re.compile(r"""\b((?:from|import)(?:\s*\(\s*|\s+))"(\.{1,2}/[\w./-]+\.js)\"""")
STATIC_IMPORT_PATTERN = re.compile(r"""^import\s+(?:(\{[^{}]*\})\s+from\s+)?"([^"]+)";$""", re.MULTILINE)
DYNAMIC_IMPORT_PATTERN = re.compile(r"""\bimport\("([^"]+)"\)""")
EXPORT_PATTERN = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
HASH_CHARACTERS = 10
MODULE_LOADER = """const modules = {};
const loaded = {};
const load = (name) => (loaded[name] ??= modules[name]());
"""


@lru_cache(maxsize=256)
def hash_file(path: Path, modified_ns: int) -> str:
    """Return the first characters of the file's hash; `modified_ns` is a cache key that changes with an edit."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_CHARACTERS]


@lru_cache(maxsize=256)
def list_imports(path: Path, modified_ns: int) -> tuple[Path, ...]:
    """List the files that a module imports, statically or on demand; `modified_ns` as for `hash_file`."""
    source = path.read_text(encoding="utf-8")
    paths = [(path.parent / found[2]).resolve() for found in IMPORT_PATTERN.finditer(source)]
    return tuple(each for each in paths if each.is_file())


def collect_module_files(path: Path) -> dict[Path, int]:
    """Return the module and everything that it imports, each with its modification time in ns."""
    files: dict[Path, int] = {}
    waiting = [path]
    while waiting:
        each = waiting.pop()
        if each not in files:
            files[each] = each.stat().st_mtime_ns
            waiting += list_imports(each, files[each])
    return files


def fingerprint_file(path: Path) -> str:
    """Return the hash for the URL of a static file; that of a module also covers what it imports."""
    if path.suffix != ".js":
        return hash_file(path, path.stat().st_mtime_ns)
    hashes = sorted(hash_file(*each) for each in collect_module_files(path.resolve()).items())
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()[:HASH_CHARACTERS]


def add_import_fingerprints(source: str, path: Path) -> str:
    """Add the hash of each imported module to its URL in the source of the module at `path`."""

    def add_hash(found: re.Match[str]) -> str:
        imported = path.parent / found[2]
        return f'{found[1]}"{found[2]}?v={fingerprint_file(imported)}"' if imported.is_file() else found[0]

    return IMPORT_PATTERN.sub(add_hash, source)


def wrap_module(source: str, name: str, resolve: dict[str, str]) -> str:
    """Wrap a module into a function that returns its exports; `resolve` maps its import paths to names of modules."""
    exports = ", ".join(found[2] for found in EXPORT_PATTERN.finditer(source))
    body = STATIC_IMPORT_PATTERN.sub(
        lambda found: f'{f"const {found[1]} = " if found[1] else ""}await load("{resolve[found[2]]}");', source
    )
    body = DYNAMIC_IMPORT_PATTERN.sub(lambda found: f'load("{resolve[found[1]]}")', body)
    body = EXPORT_PATTERN.sub(r"\1 \2", body)
    return f'modules["{name}"] = async () => {{\n{body}return {{ {exports} }};\n}};\n'


def bundle_modules(folder: Path, entries: tuple[str, ...], left_out: tuple[str, ...] = ()) -> str:
    """Return one module script that runs the modules `entries` and holds all that they import.

    No entry waits for the one before it, so that an error in one does not stop the others.

    Args:
        folder: that of the static files; names are relative to it.
        left_out: modules that are imported on demand and whose page part is absent; their imports fail.
    """
    excluded = {(folder / name).resolve() for name in left_out}
    paths: dict[Path, None] = {}
    waiting = [(folder / name).resolve() for name in entries]
    while waiting:
        path = waiting.pop()
        if path not in paths and path not in excluded:
            paths[path] = None
            waiting += list_imports(path, path.stat().st_mtime_ns)
    root = folder.resolve()
    texts = []
    for path in paths:
        source = path.read_text(encoding="utf-8")
        resolve = {
            found[2]: (path.parent / found[2]).resolve().relative_to(root).as_posix()
            for found in IMPORT_PATTERN.finditer(source)
        }
        texts.append(wrap_module(source, path.relative_to(root).as_posix(), resolve))
    return MODULE_LOADER + "".join(texts) + "".join(f'load("{name}");\n' for name in entries)
