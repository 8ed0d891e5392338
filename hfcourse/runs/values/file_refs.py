"""Files inside stored values: `{"$file": n}` stands for file number `n` of the run. Pure.

What was sent is resolved only where the run has a file that was sent for that very parameter: a student may write
`{"$file": 0}` in a JSON field, and it stays what it is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hfcourse.runs.values.value_types import FILE

T = TypeVar("T")


def is_sent_file(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {FILE}


class Numbered:
    """Takes the files out of the values of a form, and numbers them in order."""

    def __init__(self, file_type: type) -> None:
        self._file_type = file_type
        self.files: list[tuple[str, Any]] = []

    def without_files(self, parameter: str, value: Any) -> Any:
        """The value with a reference in place of each file; `files` has them with the name of their parameter."""
        if isinstance(value, self._file_type):
            self.files.append((parameter, value))
            return {FILE: len(self.files) - 1}
        if isinstance(value, dict):
            return {key: self.without_files(parameter, item) for key, item in value.items()}
        return [self.without_files(parameter, item) for item in value] if isinstance(value, list) else value


def with_files(value: Any, sent: Mapping[int, T], replace: Callable[[T], Any]) -> Any:
    """The value of a parameter with `replace(file)` in place of each reference to one of the files sent for it."""
    if is_sent_file(value):
        number = value[FILE]
        return replace(sent[number]) if type(number) is int and number in sent else value
    if isinstance(value, dict):
        return {key: with_files(item, sent, replace) for key, item in value.items()}
    return [with_files(item, sent, replace) for item in value] if isinstance(value, list) else value


def inputs_with_files(
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
        resolved[name] = replace(*own.values()) if is_old else with_files(value, own, replace)
    return resolved
