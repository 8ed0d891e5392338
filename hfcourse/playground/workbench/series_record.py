"""What a student typed to start a series, kept as an event of its first run, so that the form can show it again.

An event and not an address: a list of values may be long, and addresses are logged.
"""

import json
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import Connection, update
from sqlalchemy.exc import SQLAlchemyError

from hfcourse import database
from hfcourse.playground.workbench.series_input import SeriesInput
from hfcourse.runs.store import run_store
from hfcourse.runs.store.models import RUN_EVENTS, RUNS, SERIES_EVENT, Run
from hfcourse.runs.store.run_store import NewEvent


def build_series_insertion(series: SeriesInput) -> Callable[[Connection, str], None]:
    """Return a function that inserts the event in the transaction of the run."""
    data = {"parameter": series.parameter, "text": series.text, "unsent": 0}

    def insert_event(connection: Connection, run_id: str) -> None:
        run_store.append_events(connection, run_id, [NewEvent(SERIES_EVENT, data)])
        size = len(json.dumps(data))
        connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(text_bytes=RUNS.c.text_bytes + size))

    return insert_event


def keep_unsent_values(run_id: str, series: SeriesInput) -> None:
    """Replace the values of the event by those that a limit kept back; if that fails, it has all of them."""
    data = {"parameter": series.parameter, "text": series.text, "unsent": len(series.lines)}
    event = RUN_EVENTS.c.run_id == run_id, RUN_EVENTS.c.kind == SERIES_EVENT
    with suppress(SQLAlchemyError), database.write_connection() as connection:
        connection.execute(update(RUN_EVENTS).where(*event).values(data=data))


def load_series_input(run: Run | None) -> SeriesInput:
    """Return what started the series of this run; it is empty for a run that began none."""
    data = run.get_latest_event(SERIES_EVENT) if run else {}
    return SeriesInput(data.get("parameter", ""), data.get("text", ""))
