"""Grouping of endpoints of one function: twins, which are duplicates, and families, with numbered names. Pure.

Gradio names an endpoint after its function and, if the name is taken, appends `_1`, `_2`… So `/generate_1` has the
function of `/generate`, but `/step_1` is an original name if there is no `/step`.
"""

import re
from collections.abc import Collection, Hashable, Iterable
from typing import TypeVar

MIN_FAMILY_SIZE = 4  # endpoints of one function that are grouped in one list item
NUMBERED_NAME_PATTERN = re.compile(r"(.+)_[0-9]{1,4}", re.ASCII)

TwinKey = TypeVar("TwinKey", bound=Hashable)


def find_base_name(name: str, known: Collection[str]) -> str:
    """Return the name without Gradio's numeric suffix, if that is a known name; else the name itself."""
    found = NUMBERED_NAME_PATTERN.fullmatch(name)
    return found[1] if found and found[1] in known else name


def find_twins(signatures: Iterable[tuple[str, TwinKey | None, str]]) -> dict[str, str]:
    """Find endpoints that duplicate an earlier one.

    Twins have the same function and components, triggered by the Enter key and by a button, or by each field
    change. Two buttons with different labels are not twins: a factory may create functions of one name that do
    different things.

    Args:
        signatures: name, twin key (None for an endpoint without twins) and button label of each endpoint, by
            priority.

    Returns:
        The name of the first twin, by name of the duplicate.
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
