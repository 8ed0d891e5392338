"""Files inside stored values: `{"$file": n}` stands for file number `n` of the run. Pure.

What was sent is resolved only where the run has a file that was sent for that very parameter: a student may write
`{"$file": 0}` in a JSON field, and it stays what it is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hfcourse.runs.values.value_types import FILE_KEY
from hfcourse.spaces.untrusted.json_tree import DESCEND, map_nodes

T = TypeVar("T")


def is_file_reference(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {FILE_KEY}


class FileNumberer:
    """Takes the files out of the values of a form, and numbers them in order."""

    def __init__(self, file_type: type) -> None:
        self._file_type = file_type
        self.files: list[tuple[str, Any]] = []

    def extract_files(self, parameter: str, value: Any) -> Any:
        """Return the value with a reference for each file, and append the files to `files` with their parameter."""

        def replace(node: Any) -> Any:
            if not isinstance(node, self._file_type):
                return DESCEND
            self.files.append((parameter, node))
            return {FILE_KEY: len(self.files) - 1}

        return map_nodes(value, replace)


def restore_files(value: Any, sent: Mapping[int, T], replace: Callable[[T], Any]) -> Any:
    """Return the value of a parameter with `replace(file)` for each reference to one of the files sent for it."""

    def restore(node: Any) -> Any:
        if not is_file_reference(node):
            return DESCEND
        number = node[FILE_KEY]
        return replace(sent[number]) if type(number) is int and number in sent else node

    return map_nodes(value, restore)


def restore_input_files(
    inputs: Mapping[str, Any], sent: Sequence[tuple[str, int, T]], replace: Callable[[T], Any]
) -> dict[str, Any]:
    """All that was sent, by parameter name.

    Args:
        sent: parameter, number and file of each file that was sent.
    """
    resolved = {}
    for name, value in inputs.items():
        own = {number: file for parameter, number, file in sent if parameter == name}
        # A run of before kept null for its one file.
        is_old = value is None and len(own) == 1
        resolved[name] = replace(*own.values()) if is_old else restore_files(value, own, replace)
    return resolved
