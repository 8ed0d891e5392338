"""Storage of traces: one row for each part of the trace of a run, kept and deleted with the run."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from hfcourse import database
from hfcourse.runs.store.models import RUNS

log = logging.getLogger(__name__)


class RunTrace(database.Base):
    """Part of the trace of a run: compressed JSON, see `runs/trace/model.py`."""

    __tablename__ = "run_traces"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(8), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


TRACES_TABLE = cast(Table, RunTrace.__table__)
TRACE_INSERT = insert(TRACES_TABLE)
TEXT_BYTES_UPDATE = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("of_run"))
    .values(text_bytes=RUNS.c.text_bytes + bindparam("added_bytes", type_=Integer))
)
TRACES_QUERY = select(TRACES_TABLE.c.part, TRACES_TABLE.c.content).where(TRACES_TABLE.c.run_id == bindparam("of_run"))


@dataclass(frozen=True)
class TracePart:
    """Part of the trace of a run, not stored yet."""

    run_id: str
    part: str
    content: bytes


def store_traces(parts: Sequence[TracePart]) -> None:
    """Store parts of traces in one transaction, and count their sizes in those of their runs."""
    try:
        insert_parts(parts)
    except IntegrityError:  # one of the runs was deleted, or executed again by another process
        for each in parts:
            try:
                insert_parts([each])
            except IntegrityError:
                log.warning(
                    "Part %r of the trace of run %s is not stored: no such run, or there already",
                    each.part,
                    each.run_id,
                )


def insert_parts(parts: Sequence[TracePart]) -> None:
    """Insert parts. Raises IntegrityError for a run that is gone, or a part that is there."""
    rows = [{"run_id": each.run_id, "part": each.part, "content": each.content} for each in parts]
    added_bytes: Counter[str] = Counter()
    for each in parts:
        added_bytes[each.run_id] += len(each.content)
    sizes = [{"of_run": run_id, "added_bytes": size} for run_id, size in added_bytes.items()]
    with database.write_connection() as connection:
        connection.execute(TRACE_INSERT, rows)
        connection.execute(TEXT_BYTES_UPDATE, sizes)


def load_traces(run_id: str) -> Mapping[str, bytes]:
    """Return the stored parts of the trace of a run, by name."""
    with database.read_connection() as connection:
        return {row.part: row.content for row in connection.execute(TRACES_QUERY, {"of_run": run_id})}
