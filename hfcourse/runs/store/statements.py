"""SQL statements of `run_store` and `stop_requests`.

Built once: building one costs more than executing it. Those on tables, not classes, are for a bare connection.
"""

from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Text,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from hfcourse import database
from hfcourse.runs.store import run_statistics
from hfcourse.runs.store.models import (
    RUN_CLIENTS,
    RUN_EVENTS,
    RUN_FILES,
    RUN_SEARCH_TEXTS,
    RUNS,
    UNFINISHED_STATUSES,
    Run,
    RunEvent,
    RunFile,
)

RUN_QUERY = select(Run, exists().where(RUN_FILES.c.run_id == Run.id)).where(Run.id == bindparam("run_id"))
EVENTS_QUERY = select(RunEvent).where(RunEvent.run_id == bindparam("run_id")).order_by(RunEvent.position)
FILES_QUERY = select(RunFile).where(RunFile.run_id == bindparam("run_id")).order_by(RunFile.position)
CLAIM_UPDATE = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("run_id"), RUNS.c.status == "queued")
    .values(
        status="running", started=bindparam("moment"), heartbeat=bindparam("moment"), process=bindparam("new_process")
    )
)
RUN_EXISTS_QUERY = select(RUNS.c.id).where(RUNS.c.id == bindparam("run_id"))
NEXT_EVENT_POSITION = select(func.coalesce(func.max(RUN_EVENTS.c.n), 0) + 1).where(
    RUN_EVENTS.c.run_id == bindparam("run_id")
)
# A queued run is stopped by this update alone.
STOP_REQUEST_UPDATE = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("run_id"), RUNS.c.status.in_(UNFINISHED_STATUSES))
    .values(
        stop_asked=func.coalesce(RUNS.c.stop_asked, bindparam("moment", type_=database.UtcDateTime)),
        status=case((RUNS.c.status == "queued", "stopped"), else_=RUNS.c.status),
        finished=case((RUNS.c.status == "queued", bindparam("moment", type_=database.UtcDateTime))),
    )
    .returning(*run_statistics.COUNTED_COLUMNS)
)
UNSTOPPED_QUERY = select(RUNS.c.id).where(
    RUNS.c.id.in_(bindparam("run_ids", expanding=True)), RUNS.c.stop_asked.is_(None)
)
RUN_INSERT, FILE_INSERT, EVENT_INSERT, SEARCH_TEXT_INSERT = (
    insert(RUNS),
    insert(RUN_FILES),
    insert(RUN_EVENTS),
    insert(RUN_SEARCH_TEXTS),
)
# Numbers each event after the last one of its run: one statement instead of two. Inline, or RETURNING would let
# PostgreSQL insert several rows at once, all with one number.
NUMBERED_EVENT_INSERT = EVENT_INSERT.inline().values(
    run_id=bindparam("run_id"),
    n=NEXT_EVENT_POSITION.scalar_subquery(),
    kind=bindparam("kind"),
    data=bindparam("data"),
    at=bindparam("at"),
)
CLIENT_INSERT = insert(RUN_CLIENTS)
CLIENT_DELETE = delete(RUN_CLIENTS).where(RUN_CLIENTS.c.run_id == bindparam("of_run"))
EVENT_BYTES = (
    select(func.coalesce(func.sum(func.length(cast(RUN_EVENTS.c.data, Text))), 0))
    .where(RUN_EVENTS.c.run_id == bindparam("run_id"))
    .scalar_subquery()
)
PARTIAL_DELETE = delete(RUN_EVENTS).where(RUN_EVENTS.c.run_id == bindparam("of_run"), RUN_EVENTS.c.kind == "partial")
PARTIAL_COUNT_UPDATE = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("run_id"))
    .values(
        partials=bindparam("received"),
        first_output=func.coalesce(RUNS.c.first_output, bindparam("moment", type_=database.UtcDateTime)),
    )
)
# Equality, not IN: SQLAlchemy renders the list of an IN at each execution.
IS_UNFINISHED = or_(*(RUNS.c.status == each for each in UNFINISHED_STATUSES))
FINISH_UPDATE = (
    update(RUNS)
    .where(RUNS.c.id == bindparam("run_id"), IS_UNFINISHED)
    .values(
        status=bindparam("new_status"),
        outputs=bindparam("new_outputs"),
        error=bindparam("new_error"),
        said=bindparam("new_error_detail"),
        partials=bindparam("received"),
        finished=bindparam("moment"),
        first_output=func.coalesce(RUNS.c.first_output, bindparam("first", type_=database.UtcDateTime)),
        # The text size of a run: the database measures the events, which it stores.
        text_bytes=RUNS.c.text_bytes + bindparam("output_bytes", type_=Integer) + EVENT_BYTES,
    )
    .returning(*run_statistics.COUNTED_COLUMNS)
)


def insert_run_parts(
    connection: Connection,
    search_row: dict[str, Any],
    client: dict[str, Any] | None,
    files: list[dict[str, Any]],
) -> None:
    """Insert the rows of a new run in the tables beside `runs`."""
    connection.execute(SEARCH_TEXT_INSERT, search_row)
    if client:
        connection.execute(CLIENT_INSERT, client)
    if files:
        connection.execute(FILE_INSERT, files)
