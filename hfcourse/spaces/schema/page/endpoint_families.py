"""Endpoints of one function: twins, which differ in nothing, and families, which Gradio numbers. Pure.

Gradio names an endpoint after its function and, where the name is taken, adds `_1`, `_2`… So `/generate_1` comes of the
function of `/generate`, but `/step_1` is a name of its own where there is no `/step`.
"""

import re
from collections.abc import Collection, Hashable, Iterable
from typing import TypeVar

MIN_FAMILY_SIZE = 4  # endpoints of one function that share one line of the list
NUMBERED_NAME_PATTERN = re.compile(r"(.+)_[0-9]{1,4}", re.ASCII)

TwinKey = TypeVar("TwinKey", bound=Hashable)


def find_base_name(name: str, known: Collection[str]) -> str:
    """The name that Gradio numbered to make this one; the name itself where it is not numbered."""
    found = NUMBERED_NAME_PATTERN.fullmatch(name)
    return found[1] if found and found[1] in known else name


def find_twins(signatures: Iterable[tuple[str, TwinKey | None, str]]) -> dict[str, str]:
    """Which endpoints repeat one before them: name → name of the first.

    The same function on the same components, begun by the Enter key and by a button, or by each field that changes.
    Two buttons with words of their own are no twins: a factory makes functions of one name that do different things.

    Args:
        signatures: of each endpoint, the one to list first first: its name, what tells its function and components
            (None for one that has no twin), and the words of its button.
    """
    firsts: dict[TwinKey, list[tuple[str, str]]] = {}
    twins: dict[str, str] = {}
    for name, key, button in signatures:
        if key is None:
            continue
        known = firsts.setdefault(key, [])
        first = next((each for each, words in known if not button or button == words), None)
        if first:
            twins[name] = first
        else:
            known.append((name, button))
    return twins
