"""JSON as a tree of collapsible nodes, limited in size. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.text.typography import expand_exponent

MAX_LEAVES, MAX_TREE_LEVELS, MAX_STRING_CHARACTERS, MAX_KEY_CHARACTERS = 600, 12, 300, 100
MAX_TREE_NUMBER_CHARACTERS = 350  # a float has no more digits, its zeros included
MAX_TREE_CHARACTERS = 60_000  # budget of all texts and keys of a tree
MAX_OPEN_LEVELS, MAX_OPEN_CHILDREN = 2, 20


@dataclass
class JsonTree:
    """Node: a value under its key in the parent ('' for the root).

    `kind` is list, dict, string, number, word or cut; `text` is its JSON, for a container its
    length. `omitted_count` children of a truncated container are not shown.
    """

    name: str
    kind: str
    text: str
    is_open: bool = False
    children: list["JsonTree"] = field(default_factory=list)
    omitted_count: int = 0


def build_json_tree(value: Any) -> JsonTree:
    """Build the tree of a value, limited to MAX_LEAVES nodes and MAX_TREE_LEVELS levels."""
    return build_node("", value, 0, iter(range(MAX_LEAVES)), TextAllowance(MAX_TREE_CHARACTERS))


def build_node(key: str, value: Any, level: int, node_budget: Iterator[int], allowance: TextAllowance) -> JsonTree:
    """Build a node with its children, while the budget has nodes left; `level` is 0 at the root."""
    name = allowance.cut(replace_surrogates(key[: MAX_KEY_CHARACTERS + 1]), MAX_KEY_CHARACTERS)
    if not isinstance(value, dict | list):
        return build_leaf(name, value, allowance)
    kind = "dict" if isinstance(value, dict) else "list"
    if level >= MAX_TREE_LEVELS and value:
        return JsonTree(name, "cut", "{…}" if kind == "dict" else "[…]")
    node = JsonTree(name, kind, str(len(value)), level < MAX_OPEN_LEVELS and len(value) <= MAX_OPEN_CHILDREN)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for child, item in items:
        if next(node_budget, None) is None:
            node.omitted_count = len(value) - len(node.children)
            break
        node.children.append(build_node(str(child), item, level + 1, node_budget, allowance))
    return node


def build_leaf(name: str, value: Any, allowance: TextAllowance) -> JsonTree:
    """Build the node of a scalar."""
    kind = "string" if isinstance(value, str) else "word" if value is None or isinstance(value, bool) else "number"
    written = expand_exponent(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
    most = MAX_TREE_NUMBER_CHARACTERS if kind == "number" else MAX_STRING_CHARACTERS
    return JsonTree(name, kind, allowance.cut(replace_surrogates(written), most))


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot encode; a figure's own JSON may escape some."""
    return text.encode(errors="replace").decode()
