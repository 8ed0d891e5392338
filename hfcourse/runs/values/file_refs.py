"""Files inside stored values: `{"$file": n}` stands for file number `n` of the run. Pure.

What was sent is resolved only where the run has a file that was sent for that very parameter: a student may write
`{"$file": 0}` in a JSON field, and it stays what it is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hfcourse.runs.values.value_types import FILE_KEY

T = TypeVar("T")


def is_file_reference(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {FILE_KEY}


class FileNumberer:
    """Takes the files out of the values of a form, and numbers them in order."""

    def __init__(self, file_type: type) -> None:
        self._file_type = file_type
        self.files: list[tuple[str, Any]] = []

    def extract_files(self, parameter: str, value: Any) -> Any:
        """The value with a reference in place of each file; `files` has them with the name of their parameter."""
        if isinstance(value, self._file_type):
            self.files.append((parameter, value))
            return {FILE_KEY: len(self.files) - 1}
        if isinstance(value, dict):
            return {key: self.extract_files(parameter, item) for key, item in value.items()}
        return [self.extract_files(parameter, item) for item in value] if isinstance(value, list) else value


def restore_files(value: Any, sent: Mapping[int, T], replace: Callable[[T], Any]) -> Any:
    """The value of a parameter with `replace(file)` in place of each reference to one of the files sent for it."""
    if is_file_reference(value):
        number = value[FILE_KEY]
        return replace(sent[number]) if type(number) is int and number in sent else value
    if isinstance(value, dict):
        return {key: restore_files(item, sent, replace) for key, item in value.items()}
    return [restore_files(item, sent, replace) for item in value] if isinstance(value, list) else value


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
