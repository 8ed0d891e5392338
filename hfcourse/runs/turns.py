"""Whose turn it is: the runs that wait, and how many go on, of each visitor, at each Space, in each session. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A run that waits for its turn."""

    run_id: str
    visitor: str
    space: str
    keeps_state: bool = False

    @property
    def session(self) -> tuple[str, str] | None:
        """The session at the Space that it speaks in; two calls at once would read each other's answers."""
        return (self.visitor, self.space) if self.keeps_state else None


class GoingOn:
    """The runs that go on, counted."""

    def __init__(self, runs: Iterable[Waiting] = ()) -> None:
        self.total = 0
        self.visitors: Counter[str] = Counter()
        self.spaces: Counter[str] = Counter()
        self.sessions: set[tuple[str, str]] = set()
        for run in runs:
            self.add(run)

    def add(self, run: Waiting) -> None:
        """One more has started."""
        self.total += 1
        self.visitors[run.visitor] += 1
        self.spaces[run.space] += 1
        if run.session:
            self.sessions.add(run.session)

    def remove(self, run: Waiting) -> None:
        """One has ended."""
        self.total -= 1
        for counted, key in ((self.visitors, run.visitor), (self.spaces, run.space)):
            counted[key] -= 1
            if not counted[key]:
                del counted[key]
        if run.session:
            self.sessions.discard(run.session)
