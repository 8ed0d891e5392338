"""File references in stored values, inputs and outputs alike, and the entries that replace them. Pure.

A reference is a dictionary with FILE_KEY and no keys but these three: `{FILE_KEY: n}` is file number `n` of the run,
`{FILE_KEY: None, REASON_KEY: reason, NAME_KEY: name}` a file that the site has not stored. A student or a Space may
send a dictionary of that shape itself. It only ever resolves to a file of the same run: in an input to one that was
sent for the same parameter (any other stays as typed), in an output to one of the run's output files.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hfcourse.spaces.untrusted.json_tree import DESCEND, find_nodes, map_nodes

FILE_KEY, REASON_KEY, NAME_KEY = "$file", "$why", "$name"
# Reasons for a missing file: it is fetched with the last value; it is a live stream; over the limit of files; the Space
# rejected the request; the site could not store it.
PENDING, LIVE_STREAM, OVER_LIMIT, FETCH_FAILED, NOT_STORED = "later", "stream", "surplus", "lost", "unkept"
TOO_LARGE = "too-large"  # larger than the site's limit for a file
ERASED = "erased"  # its bytes were evicted: recorded in the row of the file, not in the stored value
MAX_ENTRY_NAME_CHARACTERS = 120  # of a file; a Space may send such an entry itself

T = TypeVar("T")


class FileEntry(dict[str, Any]):
    """File as the JSON shows it: `file` (its URL), `name`, `bytes`, `media_type`.

    A separate type, since a Space can send a dict of the same keys, with a URL of its choice.
    `missing_reason` is '' for a stored file.
    """

    missing_reason = ""

    @classmethod
    def make_missing(cls, why: Any, name: Any) -> "FileEntry":
        """Create the entry of a file that is not stored."""
        entry = cls(
            file=None,
            name=name[:MAX_ENTRY_NAME_CHARACTERS] if isinstance(name, str) else None,
            bytes=None,
            media_type=None,
        )
        entry.missing_reason = why if isinstance(why, str) else PENDING
        return entry


def make_file_reference(number: int) -> dict[str, Any]:
    """Return the reference to file number `number` of the run."""
    return {FILE_KEY: number}


def make_missing_file_reference(reason: str, name: str) -> dict[str, Any]:
    """Return the reference to a file that is not stored."""
    return {FILE_KEY: None, REASON_KEY: reason, NAME_KEY: name}


def is_file_reference(node: Any) -> bool:
    """Is this part of a stored value a file reference?"""
    return isinstance(node, dict) and FILE_KEY in node and node.keys() <= {FILE_KEY, REASON_KEY, NAME_KEY}


def find_referenced_file(reference: Mapping[str, Any], files: Mapping[int, T]) -> T | None:
    """Return the file of a reference; None for a missing file or a number that is not in `files`."""
    number = reference[FILE_KEY]
    return files.get(number) if type(number) is int else None  # true is no number


def replace_file_references(value: Any, replace: Callable[[dict[str, Any]], Any]) -> Any:
    """Return a stored value with `replace(reference)` for each file reference."""
    return map_nodes(value, lambda node: replace(node) if is_file_reference(node) else DESCEND)


class FileNumberer:
    """Replace the files in the values of a form by references, numbered in order."""

    def __init__(self, file_type: type) -> None:
        self._file_type = file_type
        self.files: list[tuple[str, Any]] = []

    def extract_files(self, parameter: str, value: Any) -> Any:
        """Return the value with a reference for each file, and append the files to `files` with their parameter."""

        def replace(node: Any) -> Any:
            if not isinstance(node, self._file_type):
                return DESCEND
            self.files.append((parameter, node))
            return make_file_reference(len(self.files) - 1)

        return map_nodes(value, replace)


def restore_input_files(
    inputs: Mapping[str, Any], sent: Sequence[tuple[str, int, T]], replace: Callable[[T], Any]
) -> dict[str, Any]:
    """Return the values sent by parameter name, with `replace(file)` for each reference to a file.

    Args:
        sent: parameter, number and file of each file that was sent.
    """
    resolved = {}
    for name, value in inputs.items():
        own = {number: file for parameter, number, file in sent if parameter == name}
        is_old = value is None and len(own) == 1  # runs of earlier versions stored null for their only file
        resolved[name] = replace(*own.values()) if is_old else restore_parameter_files(value, own, replace)
    return resolved


def restore_parameter_files(value: Any, sent: Mapping[int, T], replace: Callable[[T], Any]) -> Any:
    """Return the value of a parameter with `replace(file)` for each reference to a file sent for that parameter."""

    def restore(reference: dict[str, Any]) -> Any:
        file = find_referenced_file(reference, sent)
        return reference if file is None else replace(file)

    return replace_file_references(value, restore)


def resolve_output_references(value: Any, entries: Mapping[int, FileEntry]) -> Any:
    """Return the stored value of an output with an entry for each file reference, a missing one if it has no file."""

    def resolve(reference: dict[str, Any]) -> FileEntry:
        found = find_referenced_file(reference, entries)
        return found or FileEntry.make_missing(reference.get(REASON_KEY), reference.get(NAME_KEY))

    return replace_file_references(value, resolve)


def count_references_over_limit(value: Any) -> int:
    """Count the references to files that were not stored because a run has a limit of them."""
    return sum(node.get(REASON_KEY) == OVER_LIMIT for node in find_nodes(value, is_file_reference))
