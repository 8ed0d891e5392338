"""Queries of a visitor's run list: filter, pagination, counts; and deletion of the listed runs.

No output is read: a line consists of index columns and of the columns before the JSON of its row.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVarTuple, cast

from sqlalchemy import Select, and_, func, literal, select, tuple_

from hfcourse import database, tokens
from hfcourse.runs.history import result_summaries
from hfcourse.runs.queue import dispatcher
from hfcourse.runs.retention import pruning
from hfcourse.runs.store import heartbeat
from hfcourse.runs.store.effective_status import EFFECTIVE_STATUS, make_status_condition
from hfcourse.runs.store.models import UNFINISHED_STATUSES, Run, RunSearchText
from hfcourse.runs.store.search_text import MAX_QUERY_CHARACTERS, split_query
from hfcourse.runs.values.status_labels import STATUS_LABELS

Columns = TypeVarTuple("Columns")

RUNS_PER_PAGE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAGE_TOKEN = re.compile(r"(\d{1,14})\.([\w-]{1,24})", re.ASCII)
# Names of the filter's fields in the page and its URLs.
FILTER_FIELDS = {"space": "espace", "endpoint": "point", "outcome": "issue", "words": "q"}
OUTCOMES = {
    "reussi": (STATUS_LABELS["succeeded"].short, ("succeeded",)),
    "echec": (STATUS_LABELS["failed"].short, ("failed",)),
    "arrete": (STATUS_LABELS["stopped"].short, ("stopped",)),
    "interrompu": (STATUS_LABELS["interrupted"].short, ("interrupted",)),
    "en-cours": (STATUS_LABELS["running"].short, UNFINISHED_STATUSES),
}


@dataclass(frozen=True)
class RunSummary:
    """Line of the run list."""

    id: str
    space: str
    endpoint: str
    title: str
    status: str
    created: datetime
    excerpt: str | None  # None: a run older than the search index
    result: str = ""  # what came back, or why nothing did; '' for a run that has not ended or has no summary

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED_STATUSES

    @property
    def page_token(self) -> str:
        """Return the pagination token of this line, for a URL."""
        return f"{(self.created - EPOCH) // timedelta(milliseconds=1)}.{self.id}"


@dataclass(frozen=True)
class RunFilter:
    """Filter by Space, endpoint, outcome (a key of OUTCOMES) and words sent; '' for all."""

    space: str = ""
    endpoint: str = ""
    outcome: str = ""
    words: str = ""
    is_valid: bool = True  # False if the request contained an unknown value

    @classmethod
    def from_form(cls, args: Mapping[str, str], spaces: Sequence[str], endpoints: Sequence[str]) -> "RunFilter":
        """Parse the fields of the filter form; ignore an unknown Space, endpoint or outcome.

        The words are retained as typed, masked, unless they contain nothing to search for.
        """
        space, endpoint, outcome, typed = (args.get(name, "") for name in FILTER_FIELDS.values())
        words = tokens.mask_tokens(typed[:MAX_QUERY_CHARACTERS].strip()) if split_query(typed) else ""
        return cls(
            space if space in spaces else "",
            endpoint if endpoint in endpoints else "",
            outcome if outcome in OUTCOMES else "",
            words,
            space in ("", *spaces) and endpoint in ("", *endpoints) and outcome in ("", *OUTCOMES),
        )

    @property
    def query(self) -> dict[str, Any]:
        """Return the filter as URL query parameters."""
        return {name: getattr(self, field) for field, name in FILTER_FIELDS.items() if getattr(self, field)}

    def without_field(self, name: str) -> "RunFilter":
        """Return the filter without one of its fields, named as in the query."""
        fields = {field: "" if known == name else getattr(self, field) for field, known in FILTER_FIELDS.items()}
        return RunFilter(**cast(dict[str, Any], fields))

    @property
    def is_empty(self) -> bool:
        """Does it match every run?"""
        return not self.query

    def apply_to(self, statement: Select[*Columns], visitor: str) -> Select[*Columns]:
        """Apply the filter to a statement about Run, restricted to this visitor."""
        statement = statement.where(Run.visitor == visitor)
        if self.space:
            statement = statement.where(Run.space == self.space)
        if self.endpoint:
            statement = statement.where(Run.endpoint == self.endpoint)
        if self.outcome:
            statement = statement.where(make_status_condition(OUTCOMES[self.outcome][1]))
        if words := split_query(self.words):
            matches = (RunSearchText.words.contains(word, autoescape=True) for word in words)
            found = select(RunSearchText.run_id).where(RunSearchText.visitor == visitor, *matches)
            statement = statement.where(Run.id.in_(found))
        return statement


@dataclass(frozen=True)
class RunPage:
    """Page of the list, the newest run first."""

    summaries: Sequence[RunSummary]
    has_newer: bool = False
    has_older: bool = False


def build_list_context(args: Mapping[str, str], visitor: str | None) -> dict[str, Any]:
    """Build the template context of the list for a visitor and a request."""
    if visitor is None:
        return {"total": 0}
    spaces, endpoints = list_run_spaces(visitor), list_run_endpoints(visitor)
    run_filter = RunFilter.from_form(args, spaces, endpoints)
    total = count_runs(visitor, RunFilter())
    return {
        "run_filter": run_filter,
        "spaces": spaces,
        "endpoints": endpoints,
        "outcomes": {name: word for name, (word, _) in OUTCOMES.items()},
        "total": total,
        "match_count": total if run_filter.is_empty else count_runs(visitor, run_filter),
        "page": fetch_page(visitor, run_filter, args.get("avant"), args.get("apres")),
    }


def parse_page_token(text: str | None) -> tuple[datetime, str] | None:
    """Parse a pagination token into time and id; None if it is invalid."""
    found = PAGE_TOKEN.fullmatch(text or "")
    return (EPOCH + timedelta(milliseconds=int(found[1])), found[2]) if found else None


def fetch_page(visitor: str, run_filter: RunFilter, before: str | None = None, after: str | None = None) -> RunPage:
    """Return the page before or after a token; the newest page without token, or if that one is empty."""
    if older_than := parse_page_token(before):
        lines = fetch_summaries(visitor, run_filter, before=older_than)
        if lines:
            return RunPage(lines[:RUNS_PER_PAGE], True, len(lines) > RUNS_PER_PAGE)
    elif newer_than := parse_page_token(after):
        lines = fetch_summaries(visitor, run_filter, after=newer_than)
        if len(lines) > RUNS_PER_PAGE:  # else it is the newest page, which is fetched in full
            return RunPage(lines[1:], True, True)
    lines = fetch_summaries(visitor, run_filter)
    return RunPage(lines[:RUNS_PER_PAGE], False, len(lines) > RUNS_PER_PAGE)


def fetch_summaries(
    visitor: str,
    run_filter: RunFilter,
    *,
    before: tuple[datetime, str] | None = None,
    after: tuple[datetime, str] | None = None,
    run_ids: Sequence[str] | None = None,
    most: int = RUNS_PER_PAGE + 1,
) -> Sequence[RunSummary]:
    """Return up to `most` runs before or after a position, or the newest; always the newest first.

    Args:
        run_ids: only these, as a URL has them; None for all.
    """
    position = tuple_(Run.created, Run.id)
    chosen = run_filter.apply_to(select(Run.id, Run.created), visitor).limit(most)
    if run_ids is not None:
        chosen = chosen.where(Run.id.in_([run_id for run_id in run_ids if "\0" not in run_id]))
    if after:
        chosen = chosen.where(position > make_page_key(after)).order_by(Run.created, Run.id)
    else:
        chosen = chosen.order_by(Run.created.desc(), Run.id.desc())
        chosen = chosen.where(position < make_page_key(before)) if before else chosen
    # `created` is read from the index: in the row it is stored after the outputs, which would all be read.
    key = chosen.subquery()
    lines = (
        select(key.c.id, Run.space, Run.endpoint, Run.title, EFFECTIVE_STATUS, key.c.created, RunSearchText.excerpt)
        .join(Run, Run.id == key.c.id)
        .outerjoin(RunSearchText, and_(RunSearchText.visitor == visitor, RunSearchText.run_id == key.c.id))
        .order_by(key.c.created.desc(), key.c.id.desc())
    )
    with database.read_connection() as connection:
        rows = connection.execute(lines).all()
        results = result_summaries.fetch_results(connection, [row.id for row in rows])
    return [RunSummary(*cast(Any, (*row, results.get(row.id, "")))) for row in rows]


def make_page_key(position: tuple[datetime, str]) -> Any:
    moment, run_id = position
    return tuple_(literal(moment, database.UtcDateTime), literal(run_id))


def fetch_latest_summaries(visitor: str | None, count: int) -> Sequence[RunSummary]:
    """Return the visitor's newest runs."""
    if visitor is None:
        return []
    return fetch_summaries(visitor, RunFilter(), most=count)


def count_runs(visitor: str, run_filter: RunFilter) -> int:
    """Count the runs that match."""
    with database.read_connection() as connection:
        return connection.scalar(run_filter.apply_to(select(func.count()).select_from(Run), visitor)) or 0


def list_run_spaces(visitor: str) -> Sequence[str]:
    """Return the Spaces of the visitor's runs, by name."""
    with database.read_connection() as connection:
        return connection.scalars(select(Run.space).where(Run.visitor == visitor).distinct().order_by(Run.space)).all()


def list_run_endpoints(visitor: str) -> Sequence[str]:
    """Return the names of the endpoints of the visitor's runs."""
    names = select(Run.endpoint).where(Run.visitor == visitor).distinct().order_by(Run.endpoint)
    with database.read_connection() as connection:
        return connection.scalars(names).all()


def iter_run_ids(visitor: str, run_filter: RunFilter, until: str | None = None) -> Iterator[Sequence[str]]:
    """Iterate over the matching runs up to and including a token, the newest first, in batches.

    The runs of a batch may be deleted during the iteration.
    """
    last = parse_page_token(until)
    key = tuple_(Run.created, Run.id)
    bound = [] if last is None else [key <= make_page_key(last)]
    while True:
        chosen = run_filter.apply_to(select(Run.id, Run.created), visitor).where(*bound)
        with database.read_connection() as connection:
            rows = connection.execute(
                chosen.order_by(Run.created.desc(), Run.id.desc()).limit(pruning.RUNS_PER_BATCH)
            ).all()
        if not rows:
            return
        yield [row.id for row in rows]
        bound = [key < make_page_key((rows[-1].created, rows[-1].id))]


def stop_and_delete_runs(run_ids: Sequence[str]) -> int:
    """Delete these runs, then cancel the calls of the unfinished ones; return the number deleted."""
    heartbeat.mark_abandoned()  # deleted here, they would be counted as stopped
    with database.read_connection() as connection:
        active = select(Run.id).where(Run.id.in_(run_ids), Run.status.in_(UNFINISHED_STATUSES))
        unfinished = connection.scalars(active).all()
    count = pruning.delete_runs(run_ids)
    # In this order: cancelled first, a run would be shown as stopped, for good, on a page that follows it.
    for run_id in unfinished:
        dispatcher.get_dispatcher().stop_run(run_id)
    return count
