"""Runs of the turns that a page shows: loaded together, with what their templates read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from hfcourse import database
from hfcourse.runs.retention import recent_views
from hfcourse.runs.store import run_store
from hfcourse.runs.store.conversation_models import Turn
from hfcourse.runs.store.conversation_store import TurnLink
from hfcourse.runs.store.models import RUNS, Run, RunEvent, RunFile

SHOWN_EVENT_KINDS = ("memory", "opening", "invalid", "log")
MAX_LOADED_BYTES = 8_000_000  # stored text of the runs in memory at once; JSON takes up to twenty times as much parsed


@dataclass(frozen=True)
class SentMessage:
    """Text of a visitor's message, and how many messages of the branch were not sent with it."""

    text: str
    omitted_messages: int = 0


def split_batches(links: Sequence[TurnLink], max_turns: int) -> Iterator[list[TurnLink]]:
    """Yield the turns in batches of at most `max_turns` and MAX_LOADED_BYTES, one turn at least."""
    for start in range(0, len(links), max_turns):
        batch: list[TurnLink] = []
        sizes, left = load_sizes(links[start : start + max_turns]), MAX_LOADED_BYTES
        for link in links[start : start + max_turns]:
            left -= sizes.get(link.run_id, 0)
            if batch and left < 0:
                yield batch
                batch, left = [], MAX_LOADED_BYTES - sizes.get(link.run_id, 0)
            batch.append(link)
        yield batch


def load_sizes(links: Sequence[TurnLink]) -> dict[str, int]:
    """Return the bytes of stored text of the runs of these turns, by run id."""
    query = select(RUNS.c.id, RUNS.c.text_bytes).where(RUNS.c.id.in_([link.run_id for link in links]))
    with database.read_connection() as connection:
        return {row.id: row.text_bytes for row in connection.execute(query)}


def load_messages(links: Sequence[TurnLink]) -> dict[str, SentMessage]:
    """Return the visitor's message of each of these turns, by turn id."""
    query = select(Turn.id, Turn.text, Turn.omitted_messages).where(Turn.id.in_([link.id for link in links]))
    with database.read_connection() as connection:
        return {row.id: SentMessage(row.text, row.omitted_messages) for row in connection.execute(query)}


def load_runs(links: Sequence[TurnLink], visitor: str) -> dict[str, Run]:
    """Return the runs of these turns, by run id; the finished ones are protected from pruning for an hour.

    An unfinished or interrupted run has all its events, since its outputs are the latest of them; any other has those
    that a page of the conversation shows.
    """
    whole = [link.run_id for link in links if not link.is_finished or link.status == "interrupted"]
    run_ids = [link.run_id for link in links if link.run_id not in whole]
    with database.read_session() as session:
        runs = session.scalars(select(Run).where(Run.id.in_(run_ids))).all()
        chosen = RunEvent.run_id.in_(run_ids), RunEvent.kind.in_(SHOWN_EVENT_KINDS)
        events = session.scalars(select(RunEvent).where(*chosen).order_by(RunEvent.position)).all()
        files = session.scalars(select(RunFile).where(RunFile.run_id.in_(run_ids)).order_by(RunFile.position)).all()
    for run in runs:
        set_committed_value(run, "events", [each for each in events if each.run_id == run.id])
        set_committed_value(run, "files", [each for each in files if each.run_id == run.id])
    recent_views.record_views(run_ids)
    found = {run.id: run for run in runs}
    for run_id in whole:
        if (stored := run_store.find_run(run_id, visitor)) is not None:
            found[stored.id] = stored
    return found
