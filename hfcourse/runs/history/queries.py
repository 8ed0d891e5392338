"""The list of a visitor's runs: narrowed, page by page, counted; and the deletion of those that it shows.

Nothing here reads what was answered: a line is made of an index and of what stands before the JSON of its row.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVarTuple, cast

from sqlalchemy import Select, and_, func, literal, select, tuple_

from hfcourse import database, tokens
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention import pruning
from hfcourse.runs.store import heartbeat, run_store
from hfcourse.runs.store.models import UNFINISHED, Run, RunWords
from hfcourse.runs.store.search_text import MOST_TYPED, typed_words

Columns = TypeVarTuple("Columns")

PAGE_RUNS = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"(\d{1,14})\.([\w-]{1,24})", re.ASCII)
# What the page calls the fields of a filter.
FIELDS = {"space": "espace", "outcome": "issue", "words": "q"}
OUTCOMES = {
    "reussi": ("Réussi", ("succeeded",)),
    "echec": ("Échec", ("failed",)),
    "arrete": ("Arrêté", ("stopped",)),
    "interrompu": ("Interrompu", ("interrupted",)),
    "en-cours": ("En cours", UNFINISHED),
}


@dataclass(frozen=True)
class Line:
    """A run in a list."""

    id: str
    space: str
    endpoint: str
    title: str
    status: str
    created: datetime
    excerpt: str | None  # None: a run of before, which no word finds

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED

    @property
    def place(self) -> str:
        """Where it is in the list, for an address."""
        return f"{(self.created - EPOCH) // timedelta(milliseconds=1)}.{self.id}"


@dataclass(frozen=True)
class Filter:
    """Which runs: of a Space, with an outcome (of OUTCOMES), in which these words were sent; '' for all."""

    space: str = ""
    outcome: str = ""
    words: str = ""
    is_understood: bool = True  # nothing else was asked for

    @classmethod
    def of(cls, asked: Mapping[str, str], spaces: Sequence[str]) -> "Filter":
        """What the fields of the list's form ask for; a Space that is none of these, or an outcome that is none, goes.

        The field of the words keeps what was typed, but for what looks like nothing.
        """
        space, outcome, typed = (asked.get(name, "") for name in FIELDS.values())
        words = tokens.mask_tokens(typed[:MOST_TYPED].strip()) if typed_words(typed) else ""
        return cls(
            space if space in spaces else "",
            outcome if outcome in OUTCOMES else "",
            words,
            space in ("", *spaces) and outcome in ("", *OUTCOMES),
        )

    @property
    def query(self) -> dict[str, Any]:
        """The same, for an address."""
        return {name: getattr(self, field) for field, name in FIELDS.items() if getattr(self, field)}

    def without(self, name: str) -> "Filter":
        """The filter without one of its fields, as the query names it."""
        kept = {field: "" if known == name else getattr(self, field) for field, known in FIELDS.items()}
        return Filter(**cast(dict[str, Any], kept))

    @property
    def is_open(self) -> bool:
        """Does it let everything pass?"""
        return not self.query

    def narrow(self, statement: Select[*Columns], visitor: str) -> Select[*Columns]:
        """The statement about Run, for those of the visitor alone that pass."""
        statement = statement.where(Run.visitor == visitor)
        if self.space:
            statement = statement.where(Run.space == self.space)
        if self.outcome:
            statement = statement.where(Run.status.in_(OUTCOMES[self.outcome][1]))
        if words := typed_words(self.words):
            has_them = (RunWords.words.contains(word, autoescape=True) for word in words)
            found = select(RunWords.run_id).where(RunWords.visitor == visitor, *has_them)
            statement = statement.where(Run.id.in_(found))
        return statement


@dataclass(frozen=True)
class Page:
    """Some lines of the list, the newest first; are there newer ones, older ones?"""

    lines: Sequence[Line]
    has_newer: bool = False
    has_older: bool = False


def shown(asked: Mapping[str, str], visitor: str | None) -> dict[str, Any]:
    """What the page of the list shows to a visitor who asks for this."""
    if visitor is None:
        return {"total": 0}
    spaces = spaces_of(visitor)
    chosen = Filter.of(asked, spaces)
    total = count(visitor, Filter())
    return {
        "asked": chosen,
        "spaces": spaces,
        "outcomes": {name: word for name, (word, _) in OUTCOMES.items()},
        "total": total,
        "found": total if chosen.is_open else count(visitor, chosen),
        "page": page(visitor, chosen, asked.get("avant"), asked.get("apres")),
    }


def place_of(text: str | None) -> tuple[datetime, str] | None:
    """The moment and the id that a place in an address names; None if it is none."""
    found = PLACE.fullmatch(text or "")
    return (EPOCH + timedelta(milliseconds=int(found[1])), found[2]) if found else None


def page(visitor: str, asked: Filter, before: str | None = None, after: str | None = None) -> Page:
    """The runs before or after a place; the newest where none is named, or where there is nothing."""
    heartbeat.interrupt_abandoned()
    if older_than := place_of(before):
        lines = lines_of(visitor, asked, before=older_than)
        if lines:
            return Page(lines[:PAGE_RUNS], True, len(lines) > PAGE_RUNS)
    elif newer_than := place_of(after):
        lines = lines_of(visitor, asked, after=newer_than)
        if len(lines) > PAGE_RUNS:  # else they are the newest, and the page of these is whole
            return Page(lines[1:], True, True)
    lines = lines_of(visitor, asked)
    return Page(lines[:PAGE_RUNS], False, len(lines) > PAGE_RUNS)


def lines_of(
    visitor: str,
    asked: Filter,
    *,
    before: tuple[datetime, str] | None = None,
    after: tuple[datetime, str] | None = None,
    most: int = PAGE_RUNS + 1,
) -> Sequence[Line]:
    """So many runs before or after a place, or the newest; always the newest first."""
    place = tuple_(Run.created, Run.id)
    chosen = asked.narrow(select(Run.id, Run.created), visitor).limit(most)
    if after:
        chosen = chosen.where(place > as_place(after)).order_by(Run.created, Run.id)
    else:
        chosen = chosen.order_by(Run.created.desc(), Run.id.desc())
        chosen = chosen.where(place < as_place(before)) if before else chosen
    # The moment comes from the index: in the row it stands behind the outputs, which would all have to be read.
    key = chosen.subquery()
    lines = (
        select(key.c.id, Run.space, Run.endpoint, Run.title, Run.status, key.c.created, RunWords.excerpt)
        .join(Run, Run.id == key.c.id)
        .outerjoin(RunWords, and_(RunWords.visitor == visitor, RunWords.run_id == key.c.id))
        .order_by(key.c.created.desc(), key.c.id.desc())
    )
    with database.looking() as connection:
        return [Line(*row) for row in connection.execute(lines)]


def as_place(place: tuple[datetime, str]) -> Any:
    moment, run_id = place
    return tuple_(literal(moment, database.Moment), literal(run_id))


def latest(visitor: str | None, count: int) -> Sequence[Line]:
    """The visitor's newest runs."""
    if visitor is None:
        return []
    heartbeat.interrupt_abandoned()
    return lines_of(visitor, Filter(), most=count)


def count(visitor: str, asked: Filter) -> int:
    """How many runs pass."""
    with database.looking() as connection:
        return connection.scalar(asked.narrow(select(func.count()).select_from(Run), visitor)) or 0


def spaces_of(visitor: str) -> Sequence[str]:
    """The Spaces of the visitor's runs, by name."""
    with database.looking() as connection:
        return connection.scalars(select(Run.space).where(Run.visitor == visitor).distinct().order_by(Run.space)).all()


def all_ids(visitor: str, asked: Filter, until: str | None = None) -> Iterator[Sequence[str]]:
    """The runs that pass, up to and with a place, the newest first, in batches; they may be deleted on the way."""
    last = place_of(until)
    here = tuple_(Run.created, Run.id)
    bound = [] if last is None else [here <= as_place(last)]
    while True:
        chosen = asked.narrow(select(Run.id, Run.created), visitor).where(*bound)
        with database.looking() as connection:
            rows = connection.execute(
                chosen.order_by(Run.created.desc(), Run.id.desc()).limit(pruning.RUNS_AT_ONCE)
            ).all()
        if not rows:
            return
        yield [row.id for row in rows]
        bound = [here < as_place((rows[-1].created, rows[-1].id))]


def delete(run_ids: Sequence[str]) -> int:
    """Delete these runs, those that go on stopped first; return how many went."""
    with database.looking() as connection:
        going_on = select(Run.id).where(Run.id.in_(run_ids), Run.status.in_(UNFINISHED))
        unfinished = connection.scalars(going_on).all()
    for run_id in unfinished:
        dispatcher.current().stop(run_id)
        run_store.finish(run_id, "stopped")  # gone before its call has ended, it would be counted nowhere
    return pruning.remove(run_ids)
