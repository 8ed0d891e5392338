"""Whose turn it is: the runs that wait, and how many go on, of each visitor, at each Space, in each session. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

# A client group, by which places are shared: ("visitor", name) or ("newcomers", origin).
Group = tuple[str, str]


@dataclass(frozen=True)
class Waiting:
    """A run that waits for its turn.

    `origin` is the keyed digest of the client's address, None where it is not known; all newcomers of one origin
    share the places of one client group.
    """

    run_id: str
    visitor: str
    space: str
    keeps_state: bool = False
    origin: str | None = None
    is_newcomer: bool = False

    @property
    def session(self) -> tuple[str, str] | None:
        """The session at the Space that it speaks in; two calls at once would read each other's answers."""
        return (self.visitor, self.space) if self.keeps_state else None

    @property
    def group(self) -> Group:
        """The client group that it counts in."""
        if self.is_newcomer and self.origin is not None:
            return "newcomers", self.origin
        return "visitor", self.visitor


class GoingOn:
    """The runs that go on, or that wait, counted."""

    def __init__(self, runs: Iterable[Waiting] = ()) -> None:
        self.total = 0
        self.visitors: Counter[str] = Counter()
        self.spaces: Counter[str] = Counter()
        self.origins: Counter[str] = Counter()
        self.groups: Counter[Group] = Counter()
        self.group_spaces: Counter[tuple[Group, str]] = Counter()
        self.sessions: set[tuple[str, str]] = set()
        for run in runs:
            self.add(run)

    def add(self, run: Waiting) -> None:
        """One more has started."""
        self.total += 1
        for counted, key in self._counters(run):
            counted[key] += 1
        if run.session:
            self.sessions.add(run.session)

    def remove(self, run: Waiting) -> None:
        """One has ended."""
        self.total -= 1
        for counted, key in self._counters(run):
            counted[key] -= 1
            if not counted[key]:
                del counted[key]
        if run.session:
            self.sessions.discard(run.session)

    def _counters(self, run: Waiting) -> "list[tuple[Counter, object]]":
        counters: list[tuple[Counter, object]] = [
            (self.visitors, run.visitor),
            (self.spaces, run.space),
            (self.groups, run.group),
            (self.group_spaces, (run.group, run.space)),
        ]
        return counters if run.origin is None else [*counters, (self.origins, run.origin)]
