"""Fair scheduling of a limited number of places, of running calls or in the waiting room. Pure.

While at most half of the places are taken, whoever comes first is served. Beyond that (under pressure):

- the next place goes to the client group that holds the fewest (max-min fairness), ties by arrival, and a visitor
  who holds one already comes after those who hold none;
- a group may grow only while some places stay free for others. A call cannot be preempted, so these must be there
  before somebody asks for them. What a group may hold depends on what the others leave, as the thresholds of a
  shared buffer do (Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches",
  IEEE/ACM Transactions on Networking 6(2), 1998): several greedy groups together leave places free, too.

Groups are nested: all visitors of an address; its newcomers, who share the places of one group, since whoever drops
the cookie is a newcomer again; its newcomers at one Space.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hfcourse.runs.turns import GoingOn, Waiting


@dataclass(frozen=True)
class Reserve:
    """What a group leaves free of the places that are open to it: one in `divisor`, at most `most`."""

    divisor: int
    most: float = math.inf

    def apply(self, places: int, *, rounds_up: bool = True) -> int:
        """Return how many of these places the group may hold, at least one."""
        part = math.ceil(places / self.divisor) if rounds_up else places // self.divisor
        return max(places - int(min(part, self.most)), 1)


@dataclass(frozen=True)
class Reserves:
    """What an address leaves to others, its newcomers to its other visitors, and these at one Space to other Spaces."""

    address: Reserve
    newcomers: Reserve
    space: Reserve


# Of 128 running calls, newcomers of one address hold at most 112, and 104 at one Space: a class of a hundred that
# sends all at once still starts all at once. Of 8 they hold 6, and 4 at one Space.
RUNNING_RESERVES = Reserves(address=Reserve(8, 8), newcomers=Reserve(4, 16), space=Reserve(3, 8))
# Of 500 that wait: 375, and 250 at one Space.
WAITING_RESERVES = Reserves(address=Reserve(8), newcomers=Reserve(4), space=Reserve(3))


def is_under_pressure(counts: GoingOn, places: float) -> bool:
    """Would one more take more than half of the places?"""
    return 2 * (counts.total + 1) > places


def is_within_share(counts: GoingOn, run: Waiting, places: int, reserves: Reserves = RUNNING_RESERVES) -> bool:
    """May the groups of this run hold one more of these places, under pressure?"""
    if counts.total >= places:
        return False
    if run.origin is None:
        return True
    own = counts.origins[run.origin]
    if own >= reserves.address.apply(places - counts.total + own, rounds_up=False):
        return False
    return not run.is_newcomer or is_within_newcomers_share(counts, run, places, reserves)


def is_within_newcomers_share(counts: GoingOn, run: Waiting, places: int, reserves: Reserves) -> bool:
    """May the newcomers of this run's address hold one more, at its Space?"""
    held, held_here = counts.groups[run.group], counts.group_spaces[run.group, run.space]
    most = reserves.newcomers.apply(places - counts.total + held)
    if held >= most:
        return False
    left = most - (held - held_here)
    return held_here < (reserves.space.apply(left) if left > 1 else left)


def turn(counts: GoingOn, run: Waiting) -> tuple[bool, int, int]:
    """Return the sort key of a waiting run under pressure: the lowest is next, equal ones by arrival."""
    held = counts.visitors[run.visitor]
    return held > 0, counts.groups[run.group], held


def select_next(
    waiting: Iterable[Waiting], counts: GoingOn, places: float, is_allowed: Callable[[Waiting], bool]
) -> Waiting | None:
    """Return the run that should start now, None if none may.

    Args:
        waiting: in the order of arrival.
        places: how many may go on at once; infinite where nobody knows.
        is_allowed: do the other limits (visitor, session, Space, rate) let it start?
    """
    if counts.total >= places:
        return None
    if not is_under_pressure(counts, places):
        return next(filter(is_allowed, waiting), None)
    return next(filter(is_allowed, sort_by_turn(waiting, counts, int(places))), None)


def sort_by_turn(waiting: Iterable[Waiting], counts: GoingOn, places: int) -> Sequence[Waiting]:
    """Return the waiting runs that are within their share, the next one first.

    The answer for a group at a Space is computed once: a class that waits is one group at one Space.
    """
    within: dict[tuple[object, ...], bool] = {}
    chosen = []
    for each in waiting:
        key = each.origin, each.group, each.space
        if key not in within:
            within[key] = is_within_share(counts, each, places)
        if within[key]:
            chosen.append(each)
    return sorted(chosen, key=lambda each: turn(counts, each))


def is_among_next(run: Waiting, waiting: Iterable[Waiting], counts: GoingOn, places: int) -> bool:
    """Is a free place left for this run, under pressure, once those whose turn comes before have one each?"""
    return run in sort_by_turn(waiting, counts, places)[: max(places - counts.total, 0)]
