"""Fair scheduling of a limited number of slots, of running calls or of the queue. Pure.

While at most half of the slots are used, runs start in the order of arrival. Beyond that (under pressure):

- the next slot is assigned to the client group that uses the fewest (max-min fairness), then to the visitor who
  started the fewest in the last minute, ties by arrival; a visitor who uses one already is after those without any;
- a group may grow only while some slots remain free for others. A call cannot be preempted, so these must be free
  before they are requested. The limit of a group depends on the slots that the others leave, as the thresholds of
  a shared buffer do (Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches",
  IEEE/ACM Transactions on Networking 6(2), 1998): several greedy groups together leave slots free, too.

Groups are nested: all visitors of an address; its newcomers, who share the slots of one group, since a visitor who
drops the cookie is a newcomer again; its newcomers at one Space; those of one cohort (cookies made in the same
minute) at one endpoint.

At any time a newcomer's second run waits while newcomers of the address use a thirty-second of the slots: there are
then enough for each to have one.

One person with many cookies (jars) at one address cannot be distinguished from a class that arrives. Guaranteed:

- however many jars there are: other addresses, visitors with standing, other Spaces, other endpoints of the Space, and
  the same endpoint for those whose cookies were made in another minute, always find free slots;
- up to as many jars as a cohort may have slots (104 of 128), with several runs each: at the same endpoint, and with
  cookies made in the same minute, others find the slots that one run of each jar leaves.

Not guaranteed: against more jars than that at the endpoint and in the minute of the others; jars made over many
minutes or used at many endpoints, each of which takes two thirds of the rest of that reserve; and jars that are ten
minutes old with a run each, which count as separate visitors. The cost: in the first ten minutes a visitor of a class
may wait with a second run for the end of the first.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hfcourse.runs.store.queue_counts import ActiveCounts, QueuedRun

# Fraction of the slots that newcomers of one address may use before each is limited to one run at a time.
SECOND_RUN_DIVISOR = 32
MIN_SECOND_RUN_PLACES = 2  # a single newcomer may have two concurrent runs


@dataclass(frozen=True)
class Reserve:
    """Slots that a group leaves free: one in `divisor` of those open to it, at most `max_places`."""

    divisor: int
    max_places: float = math.inf
    rounds_up: bool = True

    def apply(self, places: int) -> int:
        """Return how many of these slots the group may use; a single one is not divided."""
        if places <= 1:
            return max(places, 0)
        part = math.ceil(places / self.divisor) if self.rounds_up else places // self.divisor
        return max(places - int(min(part, self.max_places)), 1)


# Reserve of each of `QueuedRun.nested_groups`, within the slots that the enclosing group leaves: an address to others,
# its newcomers to its other visitors, these at one Space to other Spaces, a cohort at an endpoint to others there.
# Of 128 running calls they use at most 120, 116, 112 and 104: a class of a hundred that sends all at once starts all
# at once. Of 8 they use 7, 6, 5, and 4 as long as these arrive first.
RUNNING_RESERVES = (Reserve(8, 8, rounds_up=False), Reserve(8, 4), Reserve(8, 4), Reserve(3, 8))
# Of 500 queued runs: 438, 383, 335, and 251.
WAITING_RESERVES = (Reserve(8, rounds_up=False), Reserve(8), Reserve(8), Reserve(4))


def is_under_pressure(counts: ActiveCounts, places: float) -> bool:
    """Would one more take more than half of the places?"""
    return 2 * (counts.total + 1) > places


def is_within_share(
    counts: ActiveCounts, run: QueuedRun, places: int, reserves: Sequence[Reserve] = RUNNING_RESERVES
) -> bool:
    """May each of the nested groups of this run use one more of these slots, under pressure?"""
    limit, used_outside = places, counts.total
    if used_outside >= limit:
        return False
    for group, reserve in zip(run.nested_groups, reserves, strict=False):
        used = counts.nested_groups[group]
        limit = reserve.apply(limit - (used_outside - used))
        if used >= limit:
            return False
        used_outside = used
    return True


def is_deferred(run: QueuedRun, counts: ActiveCounts, places: float) -> bool:
    """Is this the second run of a newcomer, while newcomers of the address use several slots?

    Args:
        places: number of slots; infinite if unknown.
    """
    if run.origin is None or not run.is_newcomer or not counts.visitors[run.visitor]:
        return False
    return counts.groups[run.group] >= max(places / SECOND_RUN_DIVISOR, MIN_SECOND_RUN_PLACES)


def drop_deferred(waiting: Iterable[QueuedRun], counts: ActiveCounts, places: float) -> Iterator[QueuedRun]:
    """Yield the runs that are not deferred."""
    return (each for each in waiting if not is_deferred(each, counts, places))


def compute_turn_key(counts: ActiveCounts, run: QueuedRun, started: int) -> tuple[bool, int, int, int, int]:
    """Return the sort key of a queued run under pressure: the lowest is next, ties by arrival.

    Args:
        started: number of runs that its visitor started in the last minute.
    """
    used = counts.visitors[run.visitor]
    used_by_cohort = counts.nested_groups[run.nested_groups[-1]] if run.is_newcomer and run.nested_groups else 0
    return used > 0, counts.groups[run.group], used_by_cohort, used, started


def select_next(
    waiting: Iterable[QueuedRun],
    counts: ActiveCounts,
    places: float,
    is_allowed: Callable[[QueuedRun], bool],
    count_recent_starts: Callable[[str], int],
) -> QueuedRun | None:
    """Return the run that should start now, None if none may.

    Args:
        waiting: in the order of arrival.
        places: number of slots; infinite if unknown.
        is_allowed: do the other limits (visitor, session, Space, rate) let it start?
        count_recent_starts: returns the number of runs that a visitor started in the last minute.
    """
    if counts.total >= places:
        return None
    if not is_under_pressure(counts, places):
        return next(filter(is_allowed, drop_deferred(waiting, counts, places)), None)
    return next(filter(is_allowed, sort_by_turn(waiting, counts, int(places), count_recent_starts)), None)


def sort_by_turn(
    waiting: Iterable[QueuedRun], counts: ActiveCounts, places: int, count_recent_starts: Callable[[str], int]
) -> Sequence[QueuedRun]:
    """Return the queued runs that are within their share, the next one first.

    The result is cached by nested groups within the call: a queued class has few of them.
    """
    cached: dict[tuple[object, ...], bool] = {}
    chosen = []
    for each in drop_deferred(waiting, counts, places):
        key = each.nested_groups
        if key not in cached:
            cached[key] = is_within_share(counts, each, places)
        if cached[key]:
            chosen.append(each)
    return sorted(chosen, key=lambda each: compute_turn_key(counts, each, count_recent_starts(each.visitor)))


def is_among_next(
    run: QueuedRun,
    waiting: Iterable[QueuedRun],
    counts: ActiveCounts,
    places: int,
    count_recent_starts: Callable[[str], int],
) -> bool:
    """Is a slot left for this run, under pressure, once the runs before it in turn have one each?"""
    return run in sort_by_turn(waiting, counts, places, count_recent_starts)[: max(places - counts.total, 0)]
