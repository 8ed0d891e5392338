"""Node counts of JSON (dictionaries, lists, scalars, keys), in its text or in the parsed value. Pure."""

import re
from collections.abc import Sequence
from typing import Any

# Two bytes of JSON parse to an object of 56 bytes or more: without a limit, 1.8 MB of « [[],[],… »
# use 74 MB of memory.
MAX_JSON_NODES = 200_000
# Possessive quantifiers never backtrack: linear in time for every text.
JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)
WHITESPACE = b" \t\r\n"


def has_too_many_nodes(raw: bytes, max_nodes: int = MAX_JSON_NODES) -> bool:
    """Does this JSON text have more nodes than the limit? Checked before it is parsed.

    The number of separators in the raw text is an upper bound; strings are only excluded if that
    exceeds the limit.
    """
    return count_separators(raw) > max_nodes and count_raw_nodes(raw, max_nodes) > max_nodes


def count_separators(raw: bytes | bytearray) -> int:
    """Count the bytes that may begin a node, including those inside strings."""
    return 1 + sum(map(raw.count, (b",", b":", b"[", b"{")))


def count_raw_nodes(raw: bytes, max_nodes: int = MAX_JSON_NODES) -> int:
    """Count the nodes of a JSON text; stop early once it has more strings than `max_nodes`.

    Each comma separates two nodes, each colon follows a key, each non-empty container has a first
    node. The text without its strings is built in one buffer: a list of its parts would use as much
    memory as the value.
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
    """Return the values one level below these: items of lists, values of dictionaries."""
    containers = (list(item.values()) if isinstance(item, dict) else item for item in values)
    return [child for children in containers if isinstance(children, list) for child in children]
