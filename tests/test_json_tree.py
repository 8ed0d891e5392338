"""The walker over JSON values: what it replaces, what it yields, what it leaves alone."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.untrusted.json_tree import DESCEND, contains_node, exceeds_depth, find_nodes, map_nodes

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
MAX_DEPTH = 4
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner))


@given(VALUES)
def test_map_nodes_without_replacement_copies_the_value(value: Any) -> None:
    copied = map_nodes(value, lambda node: DESCEND)
    assert copied == value
    assert not isinstance(value, dict | list) or copied is not value


class Handle:
    """Object in a value that is not JSON, as a file handle is."""


@given(st.recursive(SCALARS | st.builds(Handle), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_map_nodes_replaces_every_object_once_and_keeps_scalars(value: Any) -> None:
    def wrap(node: Any) -> Any:
        return (node,) if isinstance(node, Handle) else DESCEND

    wrapped = list_nodes(map_nodes(value, wrap))
    assert [each[0] for each in wrapped if isinstance(each, tuple)] == list(filter(is_handle, list_nodes(value)))
    assert list(filter(is_scalar, wrapped)) == list(filter(is_scalar, list_nodes(value)))


def test_map_nodes_does_not_walk_into_a_replacement() -> None:
    seen = []

    def replace(node: Any) -> Any:
        seen.append(node)
        return {"inner": [1]} if node == {"a": 1} else DESCEND

    assert map_nodes([{"a": 1}, None], replace) == [{"inner": [1]}, None]
    assert seen == [[{"a": 1}, None], {"a": 1}]


def test_map_nodes_may_replace_a_node_by_null() -> None:
    assert map_nodes({"a": [], "b": [1, []]}, lambda node: None if node == [] else DESCEND) == {
        "a": None,
        "b": [1, None],
    }


@given(VALUES)
def test_map_nodes_with_a_depth_is_map_nodes_of_the_truncated_value(value: Any) -> None:
    copied = map_nodes(value, lambda node: DESCEND, MAX_DEPTH)
    assert copied == truncate(value, MAX_DEPTH)
    assert not exceeds_depth(copied, MAX_DEPTH + 1)


def truncate(value: Any, depth: int) -> Any:
    if depth < 0:
        return None
    if isinstance(value, dict):
        return {key: truncate(item, depth - 1) for key, item in value.items()}
    return [truncate(item, depth - 1) for item in value] if isinstance(value, list) else value


def list_nodes(value: Any) -> list[Any]:
    """Return all nodes in document order, by plain recursion."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(node for item in items for node in list_nodes(item))]


def is_handle(node: Any) -> bool:
    return isinstance(node, Handle)


def is_scalar(node: Any) -> bool:
    return node is None or isinstance(node, str | int | float)


def is_short(node: Any) -> bool:
    return len(node) < 2


@given(VALUES)
def test_find_nodes_visits_all_but_scalars_in_document_order(value: Any) -> None:
    visited: list[Any] = []

    def visit(node: Any) -> bool:
        visited.append(node)
        return False

    assert not contains_node(value, visit)
    assert [*map(id, visited)] == [id(node) for node in list_nodes(value) if not is_scalar(node)]


@given(VALUES)
def test_find_nodes_yields_the_outermost_matches(value: Any) -> None:
    assert list(find_nodes(value, is_short)) == list_outermost(value)


def list_outermost(value: Any) -> list[Any]:
    if is_scalar(value) or is_short(value):
        return [] if is_scalar(value) else [value]
    items = value.values() if isinstance(value, dict) else value
    return [node for item in items for node in list_outermost(item)]


def test_find_nodes_does_not_walk_into_a_match() -> None:
    value = {"a": {"path": "x", "inner": {"path": "y"}}, "b": [{"path": "z"}]}
    found = find_nodes(value, lambda node: isinstance(node, dict) and "path" in node)
    assert list(found) == [value["a"], {"path": "z"}]


@given(VALUES, st.integers(0, 6))
def test_exceeds_depth_measures_the_deepest_node(value: Any, depth: int) -> None:
    assert exceeds_depth(value, depth) == (measure_depth(value) > depth)


def measure_depth(value: Any) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(measure_depth, items)) if items else 0


def test_walks_of_a_very_deep_value_need_no_recursion() -> None:
    value: Any = "leaf"
    for _ in range(100_000):
        value = [value]
    assert list(find_nodes(value, lambda node: node == ["leaf"])) == [["leaf"]]
    assert exceeds_depth(value, 99_999)
    assert not exceeds_depth(value, 100_000)
    assert map_nodes(value, lambda node: DESCEND, 1) == [[None]]
    while isinstance(value, list):  # taken apart by hand: its destruction would not end either on some interpreters
        value = value.pop()
