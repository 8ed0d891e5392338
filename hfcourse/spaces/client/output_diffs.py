"""Generator values that arrive as diffs, applied by copy-on-write. Pure.

A diff of Gradio (protocol sse_v2 and later) is a list of edits [action, path, value]; gradio_client
applies it to a deep copy of the whole value. Here an edit copies only the containers on its path,
so that a few bytes from a Space cause little work, and the values that were already yielded do not
change.
"""

from collections.abc import Sequence
from typing import Any

from hfcourse.errors import CallError
from hfcourse.limits.cpu_budget import CpuBudget
from hfcourse.spaces.untrusted.json_nodes import MAX_JSON_NODES, count_nodes
from hfcourse.spaces.untrusted.safe_json import check_json_depth


class StreamedOutputs:
    """Latest values of a generator, one per output of its function.

    Args:
        budget: processor time that the edits may use; each edit checks it.
    """

    def __init__(self, budget: CpuBudget) -> None:
        self.values: list[Any] | None = None
        self._budget = budget
        self._nodes_added = 0

    def replace_values(self, values: Any) -> None:
        """Replace all values."""
        self.values, self._nodes_added = list(values), 0

    def apply_diffs(self, diffs: Sequence[Any]) -> None:
        """Apply a diff to each value.

        Raises:
            CallError: `bad-answer`, the result has too many levels; `answer-too-large`, it has too
                many nodes.
            CpuBudgetExceeded: the edits take too long.
            TypeError, ValueError, LookupError, OverflowError: a diff does not fit its value.
        """
        patched = []
        for value, diff in zip(self.values or [], diffs, strict=True):
            patch = ValuePatch(value)
            for action, path, new_value in diff:
                self._budget.check()
                check_json_depth(new_value, levels_above=1 + len(path))
                self._nodes_added += count_nodes(new_value)
                patch.apply_edit(action, path, new_value)
            patched.append(patch.value)
        self.values = patched
        self._check_node_count()

    def _check_node_count(self) -> None:
        """Reject values with too many nodes; count them only after as many nodes again were added."""
        if self._nodes_added <= MAX_JSON_NODES:
            return
        if count_nodes(self.values) > MAX_JSON_NODES:
            raise CallError("answer-too-large")
        self._nodes_added = 0


class ValuePatch:
    """Copy-on-write edits of one value; the original is not changed.

    A container is copied at its first change, and then changed in place: many edits of one list
    copy it once.
    """

    def __init__(self, value: Any) -> None:
        self.value = value
        self._copied: dict[int, Any] = {}  # by id(); a reference here prevents the reuse of an id

    def apply_edit(self, action: str, path: Sequence[Any], value: Any) -> None:
        """Apply one edit.

        Raises:
            TypeError, ValueError, LookupError, OverflowError: it does not fit the value.
        """
        if not path:
            self.value = self._edit_root(action, value)
            return
        parent = self._get_writable_parent(path)
        key = parse_path_key(parent, path[-1])
        if action == "replace":
            parent[key] = value
        elif action == "append":
            parent[key] = append_value(parent[key], value)
        elif action == "add" and isinstance(parent, list):
            parent.insert(key, value)
        elif action == "add":
            parent[key] = value
        elif action == "delete":
            del parent[key]
        else:
            raise ValueError(action)

    def _edit_root(self, action: str, value: Any) -> Any:
        if action == "replace":
            return value
        if action == "append":
            return append_value(self.value, value)
        raise ValueError(action)

    def _get_writable_parent(self, path: Sequence[Any]) -> Any:
        """Return the container at the end of the path; it and its ancestors are private copies."""
        current = self.value = self._copy_on_write(self.value)
        for step in path[:-1]:
            key = parse_path_key(current, step)
            child = self._copy_on_write(current[key])
            current[key] = child
            current = child
        return current

    def _copy_on_write(self, value: Any) -> Any:
        if id(value) in self._copied:
            return value
        if not isinstance(value, dict | list):
            raise TypeError("an edit inside a value that is no container")
        copy = value.copy()
        self._copied[id(copy)] = copy
        return copy


def parse_path_key(container: Any, step: Any) -> Any:
    """Return a step of a path as an index of a list, or as a key of a dictionary (a string, as in JSON)."""
    if isinstance(step, bool) or not isinstance(step, str | int):
        raise TypeError("a step that is neither a text nor a number")
    return int(step) if isinstance(container, list) else str(step)


def append_value(value: Any, addition: Any) -> Any:
    """Append to a text or a list; reject other types.

    A sum of numbers may be infinite, which is not JSON.
    """
    if isinstance(value, str) and isinstance(addition, str):
        return value + addition
    if isinstance(value, list) and isinstance(addition, list):
        return [*value, *addition]
    raise TypeError("only a text or a list can be appended to")
