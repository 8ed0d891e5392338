"""Walk the tree of a parsed JSON value: replace nodes, iterate over leaves. Pure."""

from collections.abc import Callable, Iterator
from typing import Any

# Returned by a replace function for a node to copy and to walk into.
DESCEND = object()


def map_nodes(value: Any, replace: Callable[[Any], Any]) -> Any:
    """Return a copy of a JSON value with some of its nodes replaced, top down.

    Args:
        replace: called with each node; returns its replacement, which is not walked into, or DESCEND.
    """
    replaced = replace(value)
    if replaced is not DESCEND:
        return replaced
    if isinstance(value, dict):
        return {key: map_nodes(item, replace) for key, item in value.items()}
    return [map_nodes(item, replace) for item in value] if isinstance(value, list) else value


def iterate_leaves(value: Any) -> Iterator[Any]:
    """Yield each node that is neither a dictionary nor a list, in no particular order, without recursion."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict | list):
            pending += item.values() if isinstance(item, dict) else item
        else:
            yield item
