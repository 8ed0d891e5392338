"""JSON as something to unfold level by level, of a size that a page can hold. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hfcourse.runs.values.page_budget import TextAllowance
from hfcourse.text.typography import expand_exponent

MOST_LEAVES, MOST_LEVELS, MOST_CHARACTERS, KEY_CHARACTERS = 600, 12, 300, 100
NUMBER_CHARACTERS = 350  # a float has no more digits, its zeros included
MAX_TREE_CHARACTERS = 60_000  # all texts and keys of a tree together
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
    return planted("", value, 0, iter(range(MOST_LEAVES)), TextAllowance(MAX_TREE_CHARACTERS))


def planted(key: str, value: Any, level: int, room: Iterator[int], allowance: TextAllowance) -> Tree:
    name = allowance.cut(printable(key[: KEY_CHARACTERS + 1]), KEY_CHARACTERS)
    if not isinstance(value, dict | list):
        return leaf(name, value, allowance)
    kind = "dict" if isinstance(value, dict) else "list"
    if level >= MOST_LEVELS and value:
        return Tree(name, "cut", "{…}" if kind == "dict" else "[…]")
    made = Tree(name, kind, str(len(value)), level < OPEN_LEVELS and len(value) <= OPEN_CHILDREN)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for child, item in items:
        if next(room, None) is None:
            made.left = len(value) - len(made.children)
            break
        made.children.append(planted(str(child), item, level + 1, room, allowance))
    return made


def leaf(name: str, value: Any, allowance: TextAllowance) -> Tree:
    kind = "string" if isinstance(value, str) else "word" if value is None or isinstance(value, bool) else "number"
    written = expand_exponent(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
    most = NUMBER_CHARACTERS if kind == "number" else MOST_CHARACTERS
    return Tree(name, kind, allowance.cut(printable(written), most))


def printable(text: str) -> str:
    """The text without half characters (lone surrogates), which no page takes; a figure's own JSON may escape some."""
    return text.encode(errors="replace").decode()
