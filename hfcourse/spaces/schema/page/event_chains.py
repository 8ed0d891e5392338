"""Chains of events on a Space's page: `.click(a).then(b).success(c)`, followed back to the event that began them. Pure.

A dependency of `/config` that another one starts names it in `trigger_after` and has the target `[null, "then"]`, in
Gradio 4, 5 and 6 alike. Ids and references are a stranger's: they may repeat, point nowhere or go round in a circle.
Everything here takes time in proportion to the number of steps, however long the chains are.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

ChainStep = Mapping[str, Any]


class EventChains:
    """The dependencies of one page by their id, and the chains that they form."""

    def __init__(self, dependencies: Iterable[ChainStep]) -> None:
        self.steps = {read_dependency_id(step, place): step for place, step in enumerate(dependencies)}
        self._previous_ids = find_previous_ids(self.steps)
        self._roots = find_chain_roots(self.steps, self._previous_ids)
        self._members: dict[int, list[int]] = {}
        for number, root in self._roots.items():
            self._members.setdefault(root, []).append(number)

    def get_root_id(self, number: int) -> int:
        """The id of the step that began the chain of this one: its own where it begins one."""
        return self._roots[number]

    def get_root_step(self, number: int) -> ChainStep:
        """The step that began the chain: its targets are what a person clicks on or fills in."""
        return self.steps[self._roots[number]]

    def list_member_ids(self, number: int) -> list[int]:
        """The ids of all steps of the chain, in the author's order."""
        return self._members[self._roots[number]]

    def find_preceding_ids(self, number: int) -> set[int]:
        """The ids of the steps that the page makes before this one."""
        before: set[int] = set()
        step = self._previous_ids.get(number)
        while step is not None and step not in before and step != number:
            before.add(step)
            step = self._previous_ids.get(step)
        return before

    def find_nearest_kept(self, kept: Collection[int]) -> dict[int, int]:
        """For each step, the nearest one before it that is among `kept`; a step without one is left out."""
        return find_nearest_preceding(self._previous_ids, kept)


def read_dependency_id(step: ChainStep, place: int) -> int:
    """The id of a dependency; its place where it has none, or one that is no number."""
    number = step.get("id")
    return number if type(number) is int else place


def find_previous_ids(steps: Mapping[int, ChainStep]) -> dict[int, int]:
    """The id of the step just before each one, of those that have one."""
    named = ((number, step.get("trigger_after")) for number, step in steps.items())
    return {number: previous for number, previous in named if type(previous) is int and previous in steps}


def find_chain_roots(numbers: Iterable[int], previous: Mapping[int, int]) -> dict[int, int]:
    """The first step of the chain of each; of a circle, which has none, one of its steps, the same for all."""
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


def find_nearest_preceding(previous: Mapping[int, int], kept: Collection[int]) -> dict[int, int]:
    """The nearest step of `kept` before each one, whatever stands between."""
    found: dict[int, int | None] = {}
    for number in previous:
        path: dict[int, None] = {}
        step = number
        while step in previous and step not in found and step not in path:
            path[step] = None
            if previous[step] in kept:
                found[step] = previous[step]
                break
            step = previous[step]
        nearest = found.get(step)
        for each in path:
            found.setdefault(each, nearest)
    return {number: step for number, step in found.items() if step is not None}
