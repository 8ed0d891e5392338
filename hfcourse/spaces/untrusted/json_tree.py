"""Walk the tree of a parsed JSON value: replace nodes, find nodes, measure the depth. Pure.

The callbacks get dictionaries, lists and objects that are not JSON (a file handle), never a scalar: most nodes of a
large value are scalars, and a call for each would double the time of a walk.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

JsonObject = Mapping[str, Any]

# Returned by a replace function for a node to copy and to walk into.
DESCEND = object()
SCALAR_TYPES = frozenset((str, int, float, bool, type(None)))


def is_scalar(value: Any) -> bool:
    """Is this null, a text, a number or a boolean?"""
    return value is None or isinstance(value, str | int | float | bool)


def map_nodes(value: Any, replace: Callable[[Any], Any], max_depth: int = -1) -> Any:
    """Return a copy of a JSON value with some of its nodes replaced, top down.

    Args:
        replace: called with each node but scalars; returns its replacement, which is not walked into, or DESCEND.
        max_depth: number of levels below the root; deeper nodes become null. Negative for no limit.
    """
    if type(value) in SCALAR_TYPES:
        return value
    replaced = replace(value)
    if replaced is not DESCEND:
        return replaced
    if not isinstance(value, dict | list):
        return value
    if max_depth == 0:
        return dict.fromkeys(value) if isinstance(value, dict) else [None] * len(value)
    left, scalars = max_depth - 1, SCALAR_TYPES
    if isinstance(value, dict):
        return {k: item if type(item) in scalars else map_nodes(item, replace, left) for k, item in value.items()}
    return [item if type(item) in scalars else map_nodes(item, replace, left) for item in value]


def find_nodes(value: Any, matches: Callable[[Any], bool]) -> Iterator[Any]:
    """Yield each node that matches, in document order, without recursion.

    Args:
        matches: called with each node but scalars; a match is not walked into.
    """
    pending, scalars = [value], SCALAR_TYPES
    while pending:
        node = pending.pop()
        if type(node) in scalars:
            continue
        if matches(node):
            yield node
        elif isinstance(node, dict | list):
            items = reversed(node.values()) if isinstance(node, dict) else reversed(node)
            pending += [item for item in items if type(item) not in scalars]


def contains_node(value: Any, matches: Callable[[Any], bool]) -> bool:
    """Does a node of this value match? The walk stops at the first one."""
    return any(True for _ in find_nodes(value, matches))


def exceeds_depth(value: Any, max_depth: int) -> bool:
    """Does this value have a node more than `max_depth` levels below its root? Without recursion."""
    containers = [value] if isinstance(value, dict | list) else []
    for _ in range(max_depth):
        children = chain.from_iterable(each.values() if isinstance(each, dict) else each for each in containers)
        containers = [child for child in children if isinstance(child, dict | list)]
    return any(containers)
