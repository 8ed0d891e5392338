"""The walker over JSON values: what it replaces, what it yields, what it leaves alone."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hfcourse.spaces.untrusted.json_tree import DESCEND, iterate_leaves, map_nodes

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner))


@given(VALUES)
def test_map_nodes_without_replacement_copies_the_value(value: Any) -> None:
    copied = map_nodes(value, lambda node: DESCEND)
    assert copied == value
    assert not isinstance(value, dict | list) or copied is not value


@given(VALUES)
def test_map_nodes_replaces_every_leaf_once(value: Any) -> None:
    def wrap(node: Any) -> Any:
        return DESCEND if isinstance(node, dict | list) else (node,)

    wrapped = list(iterate_leaves(map_nodes(value, wrap)))
    assert [each for (each,) in wrapped] == list(iterate_leaves(value))


def test_map_nodes_does_not_walk_into_a_replacement() -> None:
    seen = []

    def replace(node: Any) -> Any:
        seen.append(node)
        return {"inner": [1]} if node == {"a": 1} else DESCEND

    assert map_nodes([{"a": 1}, None], replace) == [{"inner": [1]}, None]
    assert seen == [[{"a": 1}, None], {"a": 1}, None]  # None is replaced by nothing, and stays


def test_map_nodes_may_replace_a_node_by_null() -> None:
    assert map_nodes({"a": 1, "b": [1, 2]}, lambda node: None if node == 1 else DESCEND) == {"a": None, "b": [None, 2]}


def test_iterate_leaves_finds_them_at_any_depth_without_recursion() -> None:
    value: Any = "leaf"
    for _ in range(100_000):
        value = [value]
    found = list(iterate_leaves(value))
    assert found == ["leaf"]
    while isinstance(value, list):  # taken apart by hand: its destruction would not end either on some interpreters
        value = value.pop()
