"""Queued runs and counters of active runs by visitor, Space, session and client group. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

# Visitors whose cookies were made in the same minute are one cohort.
COHORT_SECONDS = 60

# Client group that shares slots: ("visitor", name) or ("newcomers", origin).
ClientGroup = tuple[str, str]


@dataclass(frozen=True)
class QueuedRun:
    """Queued run, as the scheduler sees it.

    `origin` is the keyed digest of the client's address, None if unknown; all newcomers of one
    origin share the slots of one client group. `cohort` is when the visitor's cookie was made: see
    `compute_cohort`.
    """

    run_id: str
    visitor: str
    space: str
    keeps_state: bool = False
    origin: str | None = None
    is_newcomer: bool = False
    endpoint: str = ""
    cohort: int = 0

    @property
    def session(self) -> tuple[str, str] | None:
        """Return the key of its session at the Space; two concurrent calls in one would mix their responses."""
        return (self.visitor, self.space) if self.keeps_state else None

    @property
    def group(self) -> ClientGroup:
        """Return the client group in which it is counted."""
        if self.is_newcomer and self.origin is not None:
            return "newcomers", self.origin
        return "visitor", self.visitor

    @cached_property
    def nested_groups(self) -> tuple[tuple[object, ...], ...]:
        """Return the groups by which slots are reserved, the outermost first; () if the origin is unknown.

        All visitors of the address; its newcomers; these at the Space; these of one cohort at one
        endpoint.
        """
        if self.origin is None:
            return ()
        address = (self.origin,)
        if not self.is_newcomer:
            return (address,)
        newcomers = (*address, "newcomers")
        at_space = (*newcomers, self.space)
        return address, newcomers, at_space, (*at_space, self.endpoint, self.cohort)


def compute_cohort(moment: datetime | None) -> int:
    """Return the cohort number of a visitor whose cookie was made at this time, 0 if unknown."""
    return int(moment.timestamp()) // COHORT_SECONDS if moment else 0


class ActiveCounts:
    """Counters of running or queued runs."""

    def __init__(self, runs: Iterable[QueuedRun] = ()) -> None:
        self.total = 0
        self.visitors: Counter[str] = Counter()
        self.spaces: Counter[str] = Counter()
        self.groups: Counter[ClientGroup] = Counter()
        self.nested_groups: Counter[tuple[object, ...]] = Counter()
        self.sessions: set[tuple[str, str]] = set()
        for run in runs:
            self.add(run)

    def add(self, run: QueuedRun) -> None:
        """Count a run that has started."""
        self.total += 1
        for counted, key in self._counters(run):
            counted[key] += 1
        if run.session:
            self.sessions.add(run.session)

    def remove(self, run: QueuedRun) -> None:
        """Discount a run that has ended."""
        self.total -= 1
        for counted, key in self._counters(run):
            counted[key] -= 1
            if not counted[key]:
                del counted[key]
        if run.session:
            self.sessions.discard(run.session)

    def _counters(self, run: QueuedRun) -> "list[tuple[Counter[Any], object]]":
        return [
            (self.visitors, run.visitor),
            (self.spaces, run.space),
            (self.groups, run.group),
            *((self.nested_groups, group) for group in run.nested_groups),
        ]
