"""JSON as something to unfold level by level, of a size that a page can hold. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_LEAVES, MOST_LEVELS, MOST_CHARACTERS = 600, 12, 300
OPEN_LEVELS, OPEN_CHILDREN = 2, 20


@dataclass
class Tree:
    """A value under its name in the one above ('' for the first).

    `kind` is list, dict, string, number, word or cut; `text` is its JSON, of a container « 3 » its size. Of a
    container that is not shown to its end, `left` children are not.
    """

    name: str
    kind: str
    text: str
    is_open: bool = False
    children: list["Tree"] = field(default_factory=list)
    left: int = 0


def tree(value: Any) -> Tree:
    """The value, its first MOST_LEAVES parts at most; what is deeper than MOST_LEVELS is cut."""
    return planted("", value, 0, iter(range(MOST_LEAVES)))


def planted(name: str, value: Any, level: int, room: Iterator[int]) -> Tree:
    if not isinstance(value, dict | list):
        return leaf(name, value)
    kind = "dict" if isinstance(value, dict) else "list"
    if level >= MOST_LEVELS and value:
        return Tree(name, "cut", "{…}" if kind == "dict" else "[…]")
    made = Tree(name, kind, str(len(value)), level < OPEN_LEVELS and len(value) <= OPEN_CHILDREN)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if next(room, None) is None:
            made.left = len(value) - len(made.children)
            break
        made.children.append(planted(str(key), item, level + 1, room))
    return made


def leaf(name: str, value: Any) -> Tree:
    kind = "string" if isinstance(value, str) else "word" if value is None or isinstance(value, bool) else "number"
    text = json.dumps(value, ensure_ascii=False)
    return Tree(name, kind, text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…")
