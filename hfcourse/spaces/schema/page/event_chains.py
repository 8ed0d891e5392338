"""Chains of events on a Space's page, `.click(a).then(b).success(c)`, resolved to their first event. Pure.

A dependency of `/config` that another one starts references it in `trigger_after` and has the target
`[null, "then"]`, in Gradio 4, 5 and 6. Ids and references are untrusted: they may be duplicate, dangling or cyclic.
All functions run in linear time in the number of steps, whatever the length of the chains.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

ChainStep = Mapping[str, Any]


class EventChains:
    """Index of the dependencies of one page by id, and of the chains that they form."""

    def __init__(self, dependencies: Iterable[ChainStep]) -> None:
        self.steps = {read_dependency_id(step, place): step for place, step in enumerate(dependencies)}
        self._previous_ids = find_previous_ids(self.steps)
        self._roots = find_chain_roots(self.steps, self._previous_ids)
        self._members: dict[int, list[int]] = {}
        for number, root in self._roots.items():
            self._members.setdefault(root, []).append(number)

    def get_root_id(self, number: int) -> int:
        """Return the id of the first step of its chain, its own for the first step."""
        return self._roots[number]

    def get_root_step(self, number: int) -> ChainStep:
        """Return the first step of its chain, whose targets are what a person clicks on or fills in."""
        return self.steps[self._roots[number]]

    def list_member_ids(self, number: int) -> list[int]:
        """Return the ids of all steps of its chain, in the author's order."""
        return self._members[self._roots[number]]

    def find_preceding_ids(self, number: int) -> set[int]:
        """Return the ids of the steps before this one in its chain."""
        before: set[int] = set()
        step = self._previous_ids.get(number)
        while step is not None and step not in before and step != number:
            before.add(step)
            step = self._previous_ids.get(step)
        return before

    def find_nearest_included(self, included: Collection[int]) -> dict[int, int]:
        """Return the nearest preceding step of `included` for each step; a step without one is omitted."""
        return find_nearest_preceding(self._previous_ids, included)


def read_dependency_id(step: ChainStep, place: int) -> int:
    """Return the id of a dependency, by default its index in the list."""
    number = step.get("id")
    return number if type(number) is int else place


def find_previous_ids(steps: Mapping[int, ChainStep]) -> dict[int, int]:
    """Return the id of the previous step by step id; a step without one is omitted."""
    named = ((number, step.get("trigger_after")) for number, step in steps.items())
    return {number: previous for number, previous in named if type(previous) is int and previous in steps}


def find_chain_roots(numbers: Iterable[int], previous: Mapping[int, int]) -> dict[int, int]:
    """Return the first step of the chain of each step; for a cycle, one of its steps, the same for all."""
    roots: dict[int, int] = {}
    for number in numbers:
        path: dict[int, None] = {}
        step = number
        while step not in roots and step not in path:
            path[step] = None
            step = previous.get(step, step)
        root = roots.get(step, step)
        roots.update(dict.fromkeys(path, root))
    return {number: roots[number] for number in numbers}


def find_nearest_preceding(previous: Mapping[int, int], included: Collection[int]) -> dict[int, int]:
    """Return the nearest preceding step of `included` for each step; a step without one is omitted."""
    found: dict[int, int | None] = {}
    for number in previous:
        path: dict[int, None] = {}
        step = number
        while step in previous and step not in found and step not in path:
            path[step] = None
            if previous[step] in included:
                found[step] = previous[step]
                break
            step = previous[step]
        nearest = found.get(step)
        for each in path:
            found.setdefault(each, nearest)
    return {number: step for number, step in found.items() if step is not None}
