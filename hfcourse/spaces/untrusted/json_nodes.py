"""Count the nodes of JSON (dictionaries, lists, scalars, keys) in its text, or in the value made of it. Pure."""

import re
from collections.abc import Sequence
from typing import Any

# Two bytes of JSON are an object of 56 bytes or more: without this, 1.8 MB of « [[],[],… » are 74 MB of memory.
MAX_JSON_NODES = 200_000
# Possessive quantifiers never backtrack: linear in time whatever the text.
JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)
WHITESPACE = b" \t\r\n"


def has_too_many_nodes(raw: bytes, max_nodes: int = MAX_JSON_NODES) -> bool:
    """Has this JSON text more nodes than that? Asked before any object is made of it.

    The separators of the raw text bound the number of its nodes from above; only where they are many are those inside
    strings told apart.
    """
    return count_separators(raw) > max_nodes and count_raw_nodes(raw, max_nodes) > max_nodes


def count_separators(raw: bytes | bytearray) -> int:
    """Count the bytes that may begin a node, those inside strings included."""
    return 1 + sum(map(raw.count, (b",", b":", b"[", b"{")))


def count_raw_nodes(raw: bytes, max_nodes: int = MAX_JSON_NODES) -> int:
    """Count the nodes of a JSON text; where its strings alone are more than `max_nodes`, return their number so far.

    Each comma separates two nodes, each colon follows a key, each container that is not empty holds a first node. The
    text without its strings grows in one buffer: a list of its pieces would take as much memory as the value.
    """
    structure, position = bytearray(), 0
    for strings, string in enumerate(JSON_STRING.finditer(raw), 1):
        if strings > max_nodes:
            return strings
        structure += raw[position : string.start()] + b"0"
        position = string.end()
    structure += raw[position:]
    without_spaces = structure.translate(None, delete=WHITESPACE)
    return count_separators(without_spaces) - without_spaces.count(b"[]") - without_spaces.count(b"{}")


def count_nodes(value: Any) -> int:
    """Count the nodes of a parsed value, without recursion."""
    count, level = 0, [value]
    while level:
        count += len(level) + sum(len(item) for item in level if isinstance(item, dict))
        level = collect_json_children(level)
    return count


def collect_json_children(values: Sequence[Any]) -> list[Any]:
    """The values one level below these: the items of lists, the values of dictionaries."""
    containers = (list(item.values()) if isinstance(item, dict) else item for item in values)
    return [child for children in containers if isinstance(children, list) for child in children]
